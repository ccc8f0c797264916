//! Which revisions a rollback takes back.

use super::common::{listed, registered_after};
use crate::{
    ecs::revision::{History, Revision},
    moment::shown,
    trigger::Goal,
};
use time::{Duration, OffsetDateTime};

/// A request to roll back, with the settings that matter for it.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub family: &'a str,
    pub goal: Goal,
    /// The trigger's time.
    pub asked: OffsetDateTime,
    pub again: bool,
    pub allow_last: AllowLast,
    pub allow_missing_image: bool,
    pub allow_unmanaged: bool,
    /// `FAMILY_ARNS`, if the family is not among them.
    pub outside: Option<&'a str>,
    /// `ROLLBACK_QUIET_SECONDS`; zero turns it off.
    pub quiet: Duration,
}

/// Whether the last ACTIVE revision may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowLast {
    No,
    Yes,
    /// Asked for by an event, which may not ask for that.
    NotByEvent,
}

/// What has to be found out elsewhere. It is found out only if a row asks for it.
#[derive(Clone, Debug, Default)]
pub struct RollbackFacts {
    /// Whether some app renders the family.
    pub rendered: Option<bool>,
    /// The images of the revision that would become the latest.
    pub images: Option<ImagesExist>,
}

/// Whether the ECR images of one revision exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImagesExist {
    All,
    /// These do not exist: `repository@digest`.
    Missing(Vec<String>),
    /// ECR could not be asked, and why.
    Unknown(String),
}

/// What to do. Reasons are one sentence each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollbackDecision {
    Deregister(RollbackPlan),
    /// `revision` is the one that was taken back already, if it is a single one.
    AlreadyRolledBack {
        revision: Option<u32>,
        reason: String,
    },
    Superseded(String),
    Refused(String),
    /// There is no such revision: the request is invalid.
    NoSuchRevision(u32),
    /// Decide again with [`RollbackFacts::rendered`].
    AskRendered,
    /// Decide again with [`RollbackFacts::images`] of this revision.
    AskImages(u32),
}

/// The revisions to deregister, and what remains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollbackPlan {
    /// The revisions in the order in which they are deregistered. Copies of one definition go oldest first, so that a
    /// run that is interrupted can be continued.
    pub revisions: Vec<u32>,
    /// The revision that schedules run afterwards.
    pub latest: Option<u32>,
    pub warning: Option<String>,
}

/// Decides by the first row that fits in the tables of ARCHITECTURE.md.
pub fn rollback(request: &Request<'_>, history: &History, facts: &RollbackFacts) -> RollbackDecision {
    // B0
    if let Some(reach) = request.outside {
        return RollbackDecision::Refused(format!(
            "{} lies outside of what rollbacks may touch, which is {reach} (FAMILY_ARNS, by the stack's parameter `FamilyArns`)",
            request.family
        ));
    }
    match request.goal {
        Goal::Latest => latest(request, history, facts),
        Goal::Revision(number) => exactly(request, history, facts, number),
        Goal::To(number) => back_to(request, history, facts, number),
    }
}

fn latest(request: &Request<'_>, history: &History, facts: &RollbackFacts) -> RollbackDecision {
    let family = request.family;
    let a = history.newest_active();
    let inactive = || history.revisions.iter().filter(|revision| !revision.is_active());
    let answers = |r: &&Revision| {
        r.deregistered_at.is_some_and(|gone| {
            gone >= request.asked
                && a.is_none_or(|a| {
                    let is_before = |registered| registered > gone;
                    r.number > a.number || a.registered_at.is_some_and(is_before) && !had_expired(history, r, gone)
                })
        })
    };
    // B1
    if let Some(r) = inactive().find(answers) {
        let reason = format!("{family}:{} was taken back{} already, after this was asked for", r.number, at(r));
        return RollbackDecision::AlreadyRolledBack { revision: Some(r.number), reason };
    }
    // B2
    let Some(a) = a else {
        return RollbackDecision::Refused(format!("{family} has no ACTIVE revision: there is nothing to take back"));
    };
    let loud = |r: &&Revision| {
        r.number > a.number && r.deregistered_at.is_some_and(|gone| gone > request.asked - request.quiet)
    };
    // B3
    if let Some(r) = inactive().filter(|_| !request.again && !request.quiet.is_zero()).find(loud) {
        let reason = format!(
            "{family}:{} was taken back{}, less than {} seconds before this was asked for; to go further back say \
             `again`, or name the `revision`, or say `to` which one",
            r.number,
            at(r),
            request.quiet.whole_seconds()
        );
        return RollbackDecision::AlreadyRolledBack { revision: Some(r.number), reason };
    }
    // B4
    if registered_after(a.registered_at, request.asked) {
        return RollbackDecision::Superseded(superseded(family, a, NO_LONGER));
    }
    let go = with_copies(history, a);
    let next = history.active.iter().copied().find(|number| !go.contains(number));
    // B5
    if next.is_none() && request.allow_last != AllowLast::Yes {
        return RollbackDecision::Refused(nothing_left(request, &go));
    }
    // B6
    if let Some(other) = unmanaged(request, a, facts) {
        return other;
    }
    // B7 and B8
    deregister(request, history, facts, go, next)
}

/// Whether what went then was no rollback of the latest, but below what is kept: at least two stood above it.
fn had_expired(history: &History, r: &Revision, gone: OffsetDateTime) -> bool {
    let stood = |above: &&Revision| {
        above.number > r.number
            && above.registered_at.is_some_and(|registered| registered <= gone)
            && (above.is_active() || above.deregistered_at.is_some_and(|later| later > gone))
    };
    history.revisions.iter().filter(stood).count() >= 2
}

/// What prevents a revision from becoming the latest, or a warning about it: whether its images still exist. For a
/// rollback that names a revision, a missing image is a warning and no refusal.
fn image_warning(
    request: &Request<'_>,
    history: &History,
    facts: &RollbackFacts,
    next: u32,
) -> Result<Option<String>, RollbackDecision> {
    let family = request.family;
    let has_images = history.get(next).is_none_or(|revision| !revision.digests.is_empty());
    match &facts.images {
        None if has_images => Err(RollbackDecision::AskImages(next)),
        None | Some(ImagesExist::All) => Ok(None),
        Some(ImagesExist::Unknown(why)) => {
            Ok(Some(format!("whether the images of {family}:{next} are still there is not known: {why}")))
        }
        Some(ImagesExist::Missing(gone)) => {
            let gone = gone.join(", ");
            let what = format!("{family}:{next}, which would become the latest, has an image that is gone: {gone}");
            if request.goal == Goal::Latest && !request.allow_missing_image {
                Err(RollbackDecision::Refused(format!("{what}; `allow_missing_image` takes back all the same")))
            } else {
                let what = what.replacen("would become", "becomes", 1);
                Ok(Some(format!("{what}; no task of it starts until that image is there again")))
            }
        }
    }
}

/// Takes these revisions back, unless something about the revision that becomes the latest prevents it.
fn deregister(
    request: &Request<'_>,
    history: &History,
    facts: &RollbackFacts,
    revisions: Vec<u32>,
    latest: Option<u32>,
) -> RollbackDecision {
    // One that was the latest before is not gone back to.
    let is_new = |next: &u32| history.active.first() != Some(next);
    let warning = latest.filter(is_new).map_or(Ok(None), |next| image_warning(request, history, facts, next));
    warning
        .map_or_else(|other| other, |warning| RollbackDecision::Deregister(RollbackPlan { revisions, latest, warning }))
}

/// A, preceded by the ACTIVE revisions directly below it that carry the same fingerprint.
fn with_copies(history: &History, a: &Revision) -> Vec<u32> {
    let below = history.revisions.iter().filter(|revision| revision.is_active() && revision.number < a.number);
    let copies = below.take_while(|revision| a.fingerprint.is_some() && revision.fingerprint == a.fingerprint);
    let mut go: Vec<u32> = std::iter::once(a.number).chain(copies.map(|revision| revision.number)).collect();
    go.reverse();
    go
}

fn exactly(request: &Request<'_>, history: &History, facts: &RollbackFacts, number: u32) -> RollbackDecision {
    let family = request.family;
    let Some(revision) = history.get(number) else { return RollbackDecision::NoSuchRevision(number) };
    // B9
    if !revision.is_active() {
        let reason = format!("{family}:{number} was taken back{} already", at(revision));
        return RollbackDecision::AlreadyRolledBack { revision: Some(number), reason };
    }
    // B12
    if registered_after(revision.registered_at, request.asked) {
        return RollbackDecision::Superseded(superseded(family, revision, "it cannot be the one that was meant"));
    }
    let next = history.active.iter().copied().find(|other| *other != number);
    // B13
    if next.is_none() && request.allow_last != AllowLast::Yes {
        return RollbackDecision::Refused(nothing_left(request, &[number]));
    }
    // B14
    if let Some(other) = unmanaged(request, history.newest_active().unwrap_or(revision), facts) {
        return other;
    }
    // B15
    deregister(request, history, facts, vec![number], next)
}

fn back_to(request: &Request<'_>, history: &History, facts: &RollbackFacts, number: u32) -> RollbackDecision {
    let family = request.family;
    let Some(goal) = history.get(number) else { return RollbackDecision::NoSuchRevision(number) };
    // B10
    if !goal.is_active() {
        return RollbackDecision::Refused(format!(
            "{family}:{number} is INACTIVE{}: schedules could not run it, and `to` goes back to an ACTIVE one",
            at(goal)
        ));
    }
    let go: Vec<u32> = history.active.iter().copied().filter(|other| *other > number).collect();
    // B11
    if go.is_empty() {
        let reason = format!("{family}:{number} is the latest ACTIVE revision already");
        return RollbackDecision::AlreadyRolledBack { revision: None, reason };
    }
    let a = history.newest_active().unwrap_or(goal);
    // B12
    if registered_after(a.registered_at, request.asked) {
        return RollbackDecision::Superseded(superseded(family, a, NO_LONGER));
    }
    // B14
    if let Some(other) = unmanaged(request, a, facts) {
        return other;
    }
    // B15
    deregister(request, history, facts, go, Some(number))
}

/// The refusal if the family is not managed, or the question whether some app renders it.
fn unmanaged(request: &Request<'_>, a: &Revision, facts: &RollbackFacts) -> Option<RollbackDecision> {
    if request.allow_unmanaged || a.tagged {
        return None;
    }
    match facts.rendered {
        Some(true) => None,
        Some(false) => Some(RollbackDecision::Refused(format!(
            "{} is not managed: {}:{} has no tag of crema's and no app renders the family; ALLOW_UNMANAGED lets a \
             rollback touch it all the same",
            request.family, request.family, a.number
        ))),
        None => Some(RollbackDecision::AskRendered),
    }
}

fn at(revision: &Revision) -> String {
    revision.deregistered_at.map(|time| format!(" at {}", shown(time))).unwrap_or_default()
}

/// Why nothing is taken back: the newest revision is not the one that was there at the time of the request.
const NO_LONGER: &str = "what was meant is no longer the latest";

fn superseded(family: &str, revision: &Revision, so: &str) -> String {
    let when = revision.registered_at.map(|time| format!(" at {}", shown(time))).unwrap_or_default();
    format!("{family}:{} was registered{when}, after this was asked for: {so}", revision.number)
}

fn nothing_left(request: &Request<'_>, go: &[u32]) -> String {
    let verb = if go.len() == 1 { "is the only ACTIVE revision" } else { "are the only ACTIVE revisions" };
    let how = match request.allow_last {
        AllowLast::NotByEvent => {
            "`allow_last` of an event does not count (ALLOW_LAST_BY_EVENT, by the stack's parameter `AllowLastByEvent`); \
             a direct call may take back all the same"
        }
        AllowLast::No | AllowLast::Yes => "`allow_last` takes back all the same",
    };
    format!("{} {verb}: schedules would have nothing to run; {how}", listed(request.family, go))
}
