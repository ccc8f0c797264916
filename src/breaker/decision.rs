//! What is done about a verdict. The rows are those of ARCHITECTURE.md.

use super::{standing::Standing, verdict::TaskVerdict};
use crate::{
    decide::{ImagesExist, RollbackPlan},
    moment::shown,
};

/// What is known when it is decided.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    pub family: &'a str,
    pub verdict: &'a TaskVerdict,
    /// The revision that the task ran.
    pub task: &'a Standing,
    /// The ACTIVE revisions that were described, newest first: A, and those of the twenty below it. Needed for a bad
    /// verdict only.
    pub active: &'a [Standing],
    /// Whether the images of the newest fallback are there, once that was asked for.
    pub images: Option<&'a ImagesExist>,
}

/// What to do. Texts are one sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreakerDecision {
    /// Nothing is said about it but in the log: why.
    Nothing(String),
    /// Tag the task's revision as proven.
    Prove,
    Kept(String),
    /// Take these back, oldest first and A last.
    RollBack(RollbackPlan),
    /// Decide again with [`Situation::images`] of this revision.
    AskImages(u32),
}

/// The first row that fits.
pub fn decide(situation: &Situation<'_>) -> BreakerDecision {
    let Situation { family, verdict, task, active, .. } = situation;
    let number = task.revision.number;
    match verdict {
        // C1
        TaskVerdict::Neutral { why, .. } => return BreakerDecision::Nothing((*why).to_owned()),
        // C2
        TaskVerdict::Good(_) if task.revision.is_active() && task.is_own() && task.proven_at.is_none() => {
            return BreakerDecision::Prove;
        }
        // C3
        TaskVerdict::Good(_) => return BreakerDecision::Nothing(nothing_to_prove(task).to_owned()),
        TaskVerdict::Bad(_) => {}
    }
    // C4
    let Some(a) = active.first().filter(|a| a.revision.number == number) else {
        let why = format!("{family}:{number} is not what schedules run now");
        return BreakerDecision::Nothing(why);
    };
    // C5
    if !a.is_own() {
        let why = format!("{family}:{number} was not registered by this installation of crema: it is its owner's");
        return BreakerDecision::Kept(why);
    }
    if a.is_off {
        let why = format!("the app of {family}:{number} is taken out of the circuit breaker (`circuit_breaker`)");
        return BreakerDecision::Kept(why);
    }
    // C6
    if let Some(at) = a.proven_at {
        return BreakerDecision::Kept(format!(
            "{family}:{number} ran well at {}, so what failed is probably not the revision",
            shown(at)
        ));
    }
    let below = active.get(1..).unwrap_or_default();
    // C7
    let is_same = |other: &&Standing| other.proven_at.is_some() && other.revision.fingerprint == a.revision.fingerprint;
    if let Some(same) = below.iter().find(is_same) {
        return BreakerDecision::Kept(format!(
            "this definition ran well as {family}:{}, so what failed is probably not the revision",
            same.revision.number
        ));
    }
    roll_back(situation, below)
}

/// The newest revision below A that can be gone back to. `below` are ACTIVE ones, newest first.
pub fn fallback(below: &[Standing]) -> Option<&Standing> {
    below.iter().find(|standing| standing.is_vouched_for())
}

fn roll_back(situation: &Situation<'_>, below: &[Standing]) -> BreakerDecision {
    let Situation { family, task, images, .. } = situation;
    let number = task.revision.number;
    // C8
    let Some(to) = fallback(below) else {
        return BreakerDecision::Kept(format!(
            "there is nothing to go back to from {family}:{number}: no ACTIVE revision among the twenty below it ran well or \
             was registered by somebody else"
        ));
    };
    let latest = to.revision.number;
    let warning = match images {
        None if !to.revision.digests.is_empty() => return BreakerDecision::AskImages(latest),
        None | Some(ImagesExist::All) => None,
        // C9
        Some(ImagesExist::Missing(gone)) => {
            return BreakerDecision::Kept(format!(
                "{family}:{latest}, which would become the latest, has an image that is gone: {}",
                gone.join(", ")
            ));
        }
        Some(ImagesExist::Unknown(why)) => {
            Some(format!("whether the images of {family}:{latest} are still there is not known: {why}"))
        }
    };
    // C10
    let above = below.iter().map(|standing| standing.revision.number).filter(|other| *other > latest);
    let mut revisions: Vec<u32> = std::iter::once(number).chain(above).collect();
    revisions.sort_unstable();
    BreakerDecision::RollBack(RollbackPlan { revisions, latest: Some(latest), warning })
}

fn nothing_to_prove(task: &Standing) -> &'static str {
    match task {
        Standing { proven_at: Some(_), .. } => "the revision is proven already",
        task if !task.revision.is_active() => "the revision is not ACTIVE any more",
        _ => "the revision is not this installation's",
    }
}
