//! What of a revision counts for the breaker.

use crate::{
    definition::tags,
    ecs::{
        api::Described,
        revision::{Revision, TagSource},
    },
    moment,
};
use time::OffsetDateTime;

/// What the tag `crema:circuit-breaker` says of an app that is taken out.
pub const OFF: &str = "off";

/// A revision as decisions take it.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Carries a fingerprint only where this installation registered it.
    pub revision: Revision,
    /// When a task of it ran well.
    pub proven_at: Option<OffsetDateTime>,
    /// Its app is taken out.
    pub is_off: bool,
}

impl Standing {
    /// Reads a described revision. `source` is the installation's.
    pub fn read(described: &Described, source: TagSource<'_>) -> Standing {
        Standing::of(Revision::read(described, source), described)
    }

    /// The same of a revision that was read already.
    pub fn of(revision: Revision, described: &Described) -> Standing {
        let is_off = described.tags.get(tags::CIRCUIT_BREAKER).is_some_and(|tag| tag == OFF);
        Standing { proven_at: proven_at(described), revision, is_off }
    }

    /// Whether this installation registered it.
    pub fn is_own(&self) -> bool {
        self.revision.fingerprint.is_some()
    }

    /// Whether it can be gone back to: a task of it ran well, or somebody else registered it, who vouched for it.
    pub fn is_vouched_for(&self) -> bool {
        self.proven_at.is_some() || !self.is_own()
    }
}

/// When a task of this revision ran well, as its tag says. The console's "create new revision" copies tags: one that is
/// older than the revision is not its own. ECS's times are finer than those of events.
pub fn proven_at(described: &Described) -> Option<OffsetDateTime> {
    let proven = moment::parse(described.tags.get(tags::PROVEN_AT)?)?;
    let registered = described.registered_at.map(moment::to_the_second);
    registered.is_none_or(|registered| proven >= registered).then_some(proven)
}
