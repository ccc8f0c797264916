//! What is read about families, to say how they stand.

use crate::{
    ecs::{api::Described, history::Read},
    error::Result,
    flow::desired::{check::Images, revision::DesiredRevision},
    outcome::{Outcome, subject::Subject},
    schedules::Found,
};
use crema_base::image::EcrImage;
use std::collections::BTreeMap;

/// One app and variant, as far as it was prepared.
pub struct PreparedApp<'a> {
    /// What its family is to have; or how that ended before it was known.
    pub desired: std::result::Result<&'a DesiredRevision, &'a Outcome>,
    /// The images as the files name them.
    pub written: Images,
}

impl PreparedApp<'_> {
    /// What its status is about.
    pub fn subject(&self) -> &Subject {
        match self.desired {
            Ok(desired_revision) => &desired_revision.family.subject,
            Err(ended) => &ended.subject,
        }
    }

    /// Family and region, if the family is known.
    pub fn family(&self) -> Option<(&str, &str)> {
        let Subject { family, region, .. } = self.subject();
        family.as_deref().zip(region.as_deref())
    }
}

/// The answers of ECR: the digest of each image that was asked for, or why there is none.
pub type Registry = BTreeMap<EcrImage, Result<String>>;

/// The history of one family; none if its name is not known.
pub type FamilyHistory = Option<Result<Read>>;

/// What was read besides the history.
pub struct StatusFacts<'a> {
    pub registry: &'a Registry,
    /// The schedules of the family's region.
    pub found: Option<&'a Found>,
    /// The revisions that schedules are pinned to.
    pub pinned: &'a BTreeMap<u32, Option<Described>>,
    /// What the circuit breaker would go back to, where that was looked for.
    pub fallback: Option<u32>,
}
