//! What is said about a stopped task.

use crate::{
    breaker::{BreakerDecision, Standing, TaskVerdict},
    decide::RollbackPlan,
    ecs::history::Read,
    flow::rollback::operator::so_far,
    outcome::{Decision, Outcome},
    reference::FamilyKey,
};
use crema_base::secrecy::Secrets;
use std::collections::BTreeSet;

/// Of how a task ended, so many characters are told.
const LONGEST_REASON: usize = 300;

/// What came of it.
pub enum Looked {
    /// Nothing but a line in the log: why, and the texts of ECS that nobody knows.
    Nothing {
        why: String,
        unknown: Vec<String>,
    },
    Done(Box<Outcome>),
}

/// A task that went wrong: the verdict, how it ended as it may be told, and what of the definition is not told.
pub struct Failed<'a> {
    pub verdict: &'a TaskVerdict,
    pub reason: String,
}

/// The revisions that stand, newest first.
pub fn active(read: &Read) -> Vec<Standing> {
    let numbers = read.history.revisions.iter().filter(|revision| revision.is_active()).map(|revision| revision.number);
    numbers.filter_map(|number| standing(read, number)).collect()
}

/// One revision, with the status that the history has of it: descriptions may lag behind.
pub fn standing(read: &Read, number: u32) -> Option<Standing> {
    Some(Standing::of(read.history.get(number)?.clone(), read.described(number)?))
}

/// What ECS or a container's end says, without what is not told, and not longer than anybody reads.
pub fn told(words: &str, secrets: &Secrets) -> String {
    let told = secrets.told(words);
    match told.char_indices().nth(LONGEST_REASON) {
        Some(_) => told.chars().take(LONGEST_REASON - 1).chain(['…']).collect(),
        None => told,
    }
}

pub fn nothing(why: &str) -> Looked {
    Looked::Nothing { why: why.to_owned(), unknown: vec![] }
}

pub fn undecided(decision: BreakerDecision) -> Looked {
    match decision {
        BreakerDecision::Nothing(why) => Looked::Nothing { why, unknown: vec![] },
        _ => nothing("there is nothing to do"),
    }
}

/// Where nothing is left to do: what this event has taken back itself is its outcome.
pub fn ended(looked: Looked, outcome: Outcome, gone: &BTreeSet<u32>, latest: Option<u32>) -> Looked {
    if gone.is_empty() {
        return looked;
    }
    let revisions = gone.iter().rev().copied().collect();
    let revision = gone.last().copied();
    Looked::Done(Box::new(Outcome { decision: Decision::RolledBack, revision, revisions, latest, ..outcome }))
}

pub fn partly(mut outcome: Outcome, family: &str, gone: &BTreeSet<u32>) -> Outcome {
    if !gone.is_empty() {
        let so_far = so_far(family, gone);
        outcome.reason = outcome.reason.map(|reason| format!("{so_far}: {reason}"));
        outcome.revisions = gone.iter().rev().copied().collect();
    }
    outcome
}

pub fn rolled_back(
    outcome: Outcome,
    plan: &RollbackPlan,
    gone: &BTreeSet<u32>,
    failed: &Failed<'_>,
    key: &FamilyKey,
) -> Outcome {
    let newest = gone.last().copied().unwrap_or_default();
    let reason = match plan.latest {
        Some(latest) => format!(
            "a task of {} failed ({}), and no task of it had run well yet: schedules run {} again",
            key.at(newest),
            failed.reason,
            key.at(latest)
        ),
        None => format!("a task of {} failed ({})", key.at(newest), failed.reason),
    };
    Outcome {
        revision: Some(newest),
        revisions: gone.iter().rev().copied().collect(),
        latest: plan.latest,
        decision: Decision::RolledBack,
        ..outcome.because(reason)
    }
}
