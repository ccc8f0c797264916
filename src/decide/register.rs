//! Whether a definition becomes a revision.

use super::common::{listed, registered_after};
use crate::{
    definition::fingerprint::Fingerprint,
    ecs::revision::{History, Revision},
    moment::{shown, to_the_second},
};
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// Who asks, as far as the decision depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    ImagePush,
    ConfigChange,
    Sweep,
    /// A direct `register`: a person, or a pipeline that waits for the answer.
    Direct,
    /// The button of a page, which may have been made a while ago.
    Page,
}

/// What is wanted: the pinned definition of one family.
#[derive(Clone, Debug)]
pub struct Desired<'a> {
    pub family: &'a str,
    pub fingerprint: &'a Fingerprint,
    /// The ECR digests of its containers.
    pub digests: &'a BTreeSet<String>,
}

/// What to do about what is desired. Reasons and warnings are one sentence each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterDecision {
    Unchanged,
    Drifted(String),
    Held(String),
    /// Register a revision; with a warning if that ends a hold.
    Register(Option<String>),
}

/// Decides by the first row that fits in the table of ARCHITECTURE.md. `asked` is the trigger's time.
pub fn register(desired: &Desired<'_>, history: &History, origin: Origin, asked: OffsetDateTime) -> RegisterDecision {
    let latest = history.newest_active();
    // R1
    if latest.is_some_and(|a| a.fingerprint.as_ref() == Some(desired.fingerprint)) {
        return RegisterDecision::Unchanged;
    }
    // R2
    let foreign = latest.filter(|a| a.fingerprint.is_none() && origin != Origin::Direct);
    let keeps = |a: &&Revision| origin == Origin::Sweep || registered_after(a.registered_at, asked);
    if let Some(a) = foreign.filter(keeps) {
        return RegisterDecision::Drifted(drifted(desired.family, a, origin));
    }
    let taken_back: Vec<&Revision> = history.taken_back().collect();
    if taken_back.is_empty() {
        return RegisterDecision::Register(None);
    }
    let same: Vec<u32> = numbers(&taken_back, |r| r.fingerprint.as_ref() == Some(desired.fingerprint));
    let kept = history.newest_own().map(|own| &own.digests);
    let is_bad = |digest: &&String| {
        taken_back.iter().any(|r| r.digests.contains(*digest)) && !kept.is_some_and(|kept| kept.contains(*digest))
    };
    let bad: Vec<&String> = desired.digests.iter().filter(is_bad).collect();
    let all = listed(desired.family, &numbers(&taken_back, |_| true));
    let hold = format!("{all} {} taken back{}", if taken_back.len() == 1 { "was" } else { "were" }, when(&taken_back));
    let how = "a new image, a changed configuration or a direct `register` ends the hold";
    match origin {
        // R3
        Origin::Sweep => RegisterDecision::Held(format!("{hold}, and a sweep ends no hold: {how}")),
        // R4
        Origin::ImagePush | Origin::ConfigChange if !same.is_empty() => {
            let again = listed(desired.family, &same);
            RegisterDecision::Held(format!("{hold}, and what is wanted is the definition of {again} again: {how}"))
        }
        // R5
        Origin::ImagePush if !bad.is_empty() => {
            RegisterDecision::Held(format!("{hold}, and what is wanted holds its image {} again: {how}", joined(&bad)))
        }
        // R7
        Origin::ImagePush | Origin::ConfigChange | Origin::Direct | Origin::Page => {
            RegisterDecision::Register(Some(returning(&hold, &same, &bad, desired.family)))
        }
    }
}

/// In a later round of an event: why the family is held where something of it was taken back in or after the second in
/// which the event was made. It knows nothing of that, and may be an hour old.
pub fn taken_back_since(family: &str, history: &History, asked: OffsetDateTime) -> Option<String> {
    let second = to_the_second(asked);
    let is_since = |r: &&Revision| r.fingerprint.is_some() && r.deregistered_at.is_some_and(|at| at >= second);
    let since: Vec<&Revision> = history.revisions.iter().filter(|r| !r.is_active()).filter(is_since).collect();
    // R6
    (!since.is_empty()).then(|| {
        let all = listed(family, &numbers(&since, |_| true));
        format!(
            "{all} {} taken back{}, after this event was made: a newer push, a changed configuration or a direct \
             `register` goes on from there",
            if since.len() == 1 { "was" } else { "were" },
            when(&since)
        )
    })
}

fn numbers(revisions: &[&Revision], wanted: impl Fn(&Revision) -> bool) -> Vec<u32> {
    revisions.iter().filter(|revision| wanted(revision)).map(|revision| revision.number).collect()
}

fn when(taken_back: &[&Revision]) -> String {
    match taken_back.iter().filter_map(|revision| revision.deregistered_at).max() {
        Some(time) => format!(" at {}", shown(time)),
        None => String::new(),
    }
}

fn joined(digests: &[&String]) -> String {
    digests.iter().map(|digest| digest.as_str()).collect::<Vec<_>>().join(", ")
}

fn drifted(family: &str, a: &Revision, origin: Origin) -> String {
    let since = a.registered_at.map(|time| format!(" at {}", shown(time))).unwrap_or_default();
    let why = match origin {
        Origin::Sweep => "a sweep overrides nobody",
        Origin::Page => "the page that asks is older than that",
        _ => "this event is older than that",
    };
    format!(
        "{family}:{} was registered by someone else{since}, and {why}: a push, a changed configuration or a direct \
         `register` replaces it",
        a.number
    )
}

fn returning(hold: &str, same: &[u32], bad: &[&String], family: &str) -> String {
    let returns = match (same.is_empty(), bad.is_empty()) {
        (false, _) => format!("the definition of {} returns with this one", listed(family, same)),
        (true, false) => format!("of it the image {} returns with this one", joined(bad)),
        (true, true) => "none of its images returns with this one".to_owned(),
    };
    format!("{hold}; this registration ends the hold, and {returns}")
}
