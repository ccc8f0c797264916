//! What goes. The rows are those of ARCHITECTURE.md.

use crate::breaker::Standing;
use std::collections::BTreeSet;

/// A family as it stands.
#[derive(Debug, Clone, Copy)]
pub struct RetentionFacts<'a> {
    /// Whether the family is among `FAMILY_ARNS`.
    pub is_within: bool,
    /// Whether A is what configuration and images say.
    pub is_at_wish: bool,
    pub is_on_hold: bool,
    /// Where the floor is known: it, and what lies below.
    pub under: Option<Under<'a>>,
}

/// What lies below the floor.
#[derive(Debug, Clone, Copy)]
pub struct Under<'a> {
    pub floor: u32,
    /// ACTIVE revisions, oldest first: all, or the oldest of them without a gap.
    pub oldest: &'a [Standing],
    /// The revisions that schedules name; none where that could not be read.
    pub pinned: Option<&'a BTreeSet<u32>>,
}

/// What to do about a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetentionDecision {
    /// Nothing goes: why.
    Nothing(&'static str),
    /// Decide again with [`RetentionFacts::under`].
    AskUnder,
    /// These go, in this order: oldest first.
    Expire(Vec<u32>),
}

/// The first row that fits; of revisions the first row for each, and of those that go the oldest, at most so many.
pub fn decide(facts: &RetentionFacts<'_>, most: usize) -> RetentionDecision {
    // E1
    if !facts.is_within {
        return RetentionDecision::Nothing("the family lies outside of FAMILY_ARNS");
    }
    // E2
    if !facts.is_at_wish {
        return RetentionDecision::Nothing("the latest revision is not as configuration and images say");
    }
    // E3
    if facts.is_on_hold {
        return RetentionDecision::Nothing("the family is on hold");
    }
    let Some(under) = facts.under else { return RetentionDecision::AskUnder };
    let goes: Vec<u32> = under.oldest.iter().filter(|standing| goes(standing, &under)).map(number).take(most).collect();
    if goes.is_empty() {
        RetentionDecision::Nothing("nothing is older than what is kept")
    } else {
        RetentionDecision::Expire(goes)
    }
}

fn number(standing: &Standing) -> u32 {
    standing.revision.number
}

fn goes(standing: &Standing, under: &Under<'_>) -> bool {
    // E4 and E5
    let is_kept = number(standing) >= under.floor || !standing.revision.is_active();
    // E6
    let is_foreign = !standing.is_own();
    // E7
    let is_pinned = under.pinned.is_none_or(|pinned| pinned.contains(&number(standing)));
    // E8
    !(is_kept || is_foreign || is_pinned)
}
