//! A family's revisions, as far as decisions look at them: plain data.

use super::api::{Described, Status};
use crate::{
    definition::{digests_of, fingerprint::Fingerprint, tags},
    moment,
};
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};

/// Tags that a person's "create new revision" copies name another time of registration than ECS does. This is the
/// difference from which they count as copied.
const COPIED_AFTER: Duration = Duration::minutes(10);

/// One revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub number: u32,
    pub status: Status,
    pub registered_at: Option<OffsetDateTime>,
    pub deregistered_at: Option<OffsetDateTime>,
    /// The fingerprint that it carries; none if somebody else registered it.
    pub fingerprint: Option<Fingerprint>,
    /// Whether any tag of crema's stands there, its own or copied.
    pub tagged: bool,
    /// The ECR digests of its containers.
    pub digests: BTreeSet<String>,
}

/// Whose fingerprints count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagSource<'a> {
    /// Fingerprints of this installation and app. Two apps whose names a tag cannot distinguish count as one: they
    /// differ only in characters that ECS does not accept, or after the 256th, and are in one bucket.
    Of(&'a str),
    /// All fingerprints: a rollback names a family and no app.
    Any,
    /// Those of all apps of one installation: its `CONFIG_URI`.
    Within(&'a str),
}

impl Revision {
    /// Reads a described revision. The fingerprint counts only if it is crema's own: its source is the one asked for,
    /// and ECS registered it when its tag says.
    pub fn read(described: &Described, source: TagSource<'_>) -> Revision {
        let tag = |key: &str| described.tags.get(key).map(String::as_str);
        let own = match source {
            TagSource::Of(source) => tag(tags::SOURCE) == Some(&tags::sanitised(source)),
            TagSource::Within(location) => tag(tags::SOURCE).is_some_and(|s| s.starts_with(&tags::sanitised(location))),
            TagSource::Any => tag(tags::SOURCE).is_some(),
        };
        let said = tag(tags::REGISTERED_AT).and_then(moment::parse);
        let original = match (described.registered_at, said) {
            (None, _) => true,
            (Some(real), Some(said)) => (real - said).abs() <= COPIED_AFTER,
            (Some(_), None) => false,
        };
        let fingerprint = tag(tags::FINGERPRINT).and_then(Fingerprint::parse);
        Revision {
            number: described.revision,
            status: described.status,
            registered_at: described.registered_at,
            deregistered_at: described.deregistered_at,
            fingerprint: fingerprint.filter(|_| own && original),
            tagged: tag(tags::FINGERPRINT).is_some(),
            digests: digests_of(&described.definition),
        }
    }

    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }
}

/// A family: every revision above its newest ACTIVE one, that one, and some below.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Newest first.
    pub revisions: Vec<Revision>,
    /// The numbers of all ACTIVE revisions that were listed, newest first: more than are described.
    pub active: Vec<u32>,
}

impl History {
    /// A: the newest ACTIVE revision.
    pub fn newest_active(&self) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.is_active())
    }

    /// F: the newest ACTIVE revision that carries a fingerprint.
    pub fn newest_own(&self) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.is_active() && revision.fingerprint.is_some())
    }

    /// The INACTIVE revisions above F that carry a fingerprint, newest first. While there are any, the family is on hold.
    pub fn taken_back(&self) -> impl Iterator<Item = &Revision> {
        let floor = self.newest_own().map_or(0, |own| own.number);
        self.revisions
            .iter()
            .filter(move |revision| revision.number > floor && !revision.is_active() && revision.fingerprint.is_some())
    }

    /// This revision, if it was described.
    pub fn get(&self, number: u32) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.number == number)
    }
}
