//! What one pass through the families of an event came to.

use crate::{
    flow::register::round::key_of,
    outcome::{Decision, Outcome, draft::Warning},
    reference::FamilyKey,
};
use std::collections::BTreeSet;

/// Why something is looked at again that was registered.
const MET: &str = "it was registered at the moment in which another function registered the same family, and whose wish is the \
                   newer one could not be looked at in time";

/// What was done, and what is to be looked at once more.
#[derive(Default)]
pub struct Pass {
    pub outcomes: Vec<Outcome>,
    pub warnings: Vec<Warning>,
    /// Those that have to be read anew.
    pub outdated: BTreeSet<FamilyKey>,
    /// All keys, in the order in which they were looked at.
    pub order: Vec<FamilyKey>,
    /// Those of them whose app failed in a round before, and which come last.
    pub again: BTreeSet<FamilyKey>,
    /// Whether something was rendered that stays in this copy for the next round.
    pub has_rendered: bool,
    /// Whether it came to look at families.
    pub has_begun: bool,
}

impl Pass {
    /// These families went through another pass. What was registered before stays so where that pass had nothing to do.
    pub fn replace(&mut self, some: &BTreeSet<FamilyKey>, next: Pass) {
        let is_done = |outcome: &Outcome| outcome.decision == Decision::Unchanged;
        let unchanged: BTreeSet<FamilyKey> = next.outcomes.iter().filter(|o| is_done(o)).filter_map(key_of).collect();
        let mut stands = BTreeSet::new();
        self.outcomes.retain(|outcome| {
            let Some(key) = key_of(outcome).filter(|key| some.contains(key)) else { return true };
            let is_kept = outcome.decision == Decision::Registered && unchanged.contains(&key);
            if is_kept {
                stands.insert(key);
            }
            is_kept
        });
        let is_new = |outcome: &Outcome| key_of(outcome).is_none_or(|key| !stands.contains(&key));
        self.outcomes.extend(next.outcomes.into_iter().filter(is_new));
        self.warnings.extend(next.warnings);
    }

    /// There is no time to look once more at what has to be read anew: another try of the event does.
    pub fn leave_outdated(&mut self) {
        for outcome in &mut self.outcomes {
            let is_outdated = key_of(outcome).is_some_and(|key| self.outdated.contains(&key));
            if is_outdated && outcome.decision == Decision::Registered {
                outcome.decision = Decision::NotReached;
                outcome.reason = Some(MET.to_owned());
            }
        }
    }
}
