//! What one pass through the families of an event came to.

use crate::{
    flow::register::round::key_of,
    outcome::{Outcome, draft::Warning},
    reference::FamilyKey,
};
use std::collections::BTreeSet;

/// What was done, and what is to be looked at once more.
#[derive(Default)]
pub struct Pass {
    pub outcomes: Vec<Outcome>,
    pub warnings: Vec<Warning>,
    /// Those that have to be read anew.
    pub outdated: BTreeSet<FamilyKey>,
    /// All keys, in the order in which they were looked at.
    pub order: Vec<FamilyKey>,
    /// Whether something was rendered that stays in this copy for the next round.
    pub has_rendered: bool,
    /// Whether it came to look at families.
    pub has_begun: bool,
}

impl Pass {
    /// These families went through another pass.
    pub fn replace(&mut self, some: &BTreeSet<FamilyKey>, next: Pass) {
        self.outcomes.retain(|outcome| key_of(outcome).is_none_or(|key| !some.contains(&key)));
        self.outcomes.extend(next.outcomes);
        self.warnings.extend(next.warnings);
    }
}
