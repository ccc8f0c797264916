//! Both tables row by row, and random histories.

mod by_number;
pub(crate) mod dice;
mod histories;
pub(crate) mod judge;
mod model;
mod reach;
mod register;
mod rollback;

use super::*;
use crate::{
    definition::Fingerprint,
    ecs::{
        api::Status,
        revision::{History, Revision},
    },
    trigger::Goal,
};
use serde_json::json;
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};

/// So many seconds into the test's day; fractions count.
fn at(seconds: f64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::days(20_000) + Duration::seconds_f64(seconds)
}

fn fingerprint(definition: &str) -> Fingerprint {
    Fingerprint::of(&json!(definition))
}

/// An ACTIVE revision of crema's, registered at 100 seconds a number, whose definition and image are called so.
fn own(number: u32, definition: &str, image: &str) -> Revision {
    Revision {
        number,
        status: Status::Active,
        registered_at: Some(at(f64::from(number) * 100.0)),
        deregistered_at: None,
        fingerprint: Some(fingerprint(definition)),
        tagged: true,
        digests: BTreeSet::from([format!("sha256:{image}")]),
    }
}

/// An ACTIVE revision that someone else registered.
fn foreign(number: u32) -> Revision {
    Revision { fingerprint: None, tagged: false, ..own(number, "", "theirs") }
}

/// The same revision, deregistered so late.
fn gone(revision: Revision, seconds: f64) -> Revision {
    Revision { status: Status::Inactive, deregistered_at: Some(at(seconds)), ..revision }
}

/// A history of these, oldest first.
fn history(revisions: impl IntoIterator<Item = Revision>) -> History {
    let mut revisions: Vec<Revision> = revisions.into_iter().collect();
    revisions.reverse();
    let active = revisions.iter().filter(|r| r.is_active()).map(|r| r.number).collect();
    History { revisions, active }
}
