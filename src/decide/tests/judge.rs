//! What must never happen, judged on the truth at every change: of the histories that are decided on, and of the
//! simulation that runs the real code.

use crate::{decide::Origin, definition::Fingerprint, trigger::Goal};
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds that reads lag behind at most.
pub(crate) const LAG: u64 = 2000;

const SECOND: u64 = 1000;

/// One revision, and the truth about it. Times are milliseconds. `more` is what an account keeps of it besides.
#[derive(Clone, Debug)]
pub(crate) struct Stood<T> {
    pub number: u32,
    /// Of crema's own; `None` where a person registered it.
    pub made: Option<Fingerprint>,
    /// The ECR digests of its containers.
    pub digests: BTreeSet<String>,
    pub registered: u64,
    pub gone: Option<u64>,
    pub more: T,
}

impl<T> Stood<T> {
    pub(crate) fn is_active(&self) -> bool {
        self.gone.is_none()
    }

    /// Copies of a definition are one; what people registered is each its own.
    fn definition(&self) -> String {
        self.made.as_ref().map_or_else(|| self.number.to_string(), ToString::to_string)
    }

    /// Whether it was registered after a request of that time, which may be in whole seconds.
    fn is_after(&self, asked: u64) -> bool {
        self.registered / SECOND * SECOND > asked
    }
}

/// The revisions of a family, oldest first.
pub(crate) struct Standing<'a, T>(pub &'a [Stood<T>]);

// Derived it would be so for a `T` that can be copied only.
impl<T> Copy for Standing<'_, T> {}

impl<T> Clone for Standing<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<'a, T> Standing<'a, T> {
    /// Newest first.
    pub(crate) fn active(self) -> impl Iterator<Item = &'a Stood<T>> {
        self.0.iter().rev().filter(|stood| stood.is_active())
    }

    pub(crate) fn newest(self) -> Option<&'a Stood<T>> {
        self.active().next()
    }

    /// The newest ACTIVE one of crema's own.
    pub(crate) fn newest_own(self) -> Option<&'a Stood<T>> {
        self.active().find(|stood| stood.made.is_some())
    }

    /// What of crema's was taken back above the newest of its own that stands.
    fn on_hold(self) -> impl Iterator<Item = &'a Stood<T>> {
        let floor = self.newest_own().map_or(0, |own| own.number);
        self.0.iter().filter(move |stood| stood.number > floor && !stood.is_active() && stood.made.is_some())
    }

    /// The two newest ACTIVE revisions, where they are one definition registered twice.
    pub(crate) fn twins(self) -> Option<[u32; 2]> {
        let mut active = self.active();
        let (a, b) = (active.next()?, active.next()?);
        (a.made.is_some() && a.made == b.made && b.number + 1 == a.number).then_some([b.number, a.number])
    }

    /// Judges a registration by crema, for an event of the time `asked`, onto what stands here.
    pub(crate) fn judge_registration(self, new: &Stood<T>, origin: Origin, asked: u64) -> Result<(), String> {
        let newest = self.newest();
        must(newest.is_none_or(|a| a.made != new.made), || "one wish, two revisions".into())?;
        if origin == Origin::Direct {
            return Ok(());
        }
        let hotfix = newest.filter(|a| a.made.is_none());
        must(origin != Origin::Sweep || hotfix.is_none(), || "a sweep overrode someone".into())?;
        must(!hotfix.is_some_and(|a| a.is_after(asked)), || "a late event overrode a hotfix".into())?;
        must(origin != Origin::Sweep || self.on_hold().next().is_none(), || "a sweep ended a hold".into())?;
        must(self.on_hold().all(|held| held.made != new.made), || "what was taken back returned".into())?;
        let bad: BTreeSet<&String> = self.on_hold().flat_map(|held| &held.digests).collect();
        let is_standing = |digest: &String| self.newest_own().is_some_and(|own| own.digests.contains(digest));
        let returns = new.digests.iter().any(|digest| bad.contains(digest) && !is_standing(digest));
        must(origin != Origin::ImagePush || !returns, || "an image that was taken back returned".into())
    }

    /// Judges how a family stands after quiet and one sweep.
    pub(crate) fn judge_rest(self, desired: &Fingerprint) -> Result<(), String> {
        let newest = self.newest();
        let in_sync = newest.is_some_and(|a| a.made.as_ref() == Some(desired));
        let drifted = newest.is_some_and(|a| a.made.is_none());
        let holds = in_sync || drifted || self.on_hold().next().is_some();
        must(holds, || "after quiet and a sweep: not at its wish, nor on hold, nor drifted".into())
    }
}

/// A request to roll back.
#[derive(Clone, Copy)]
pub(crate) struct Requested {
    pub event: u64,
    pub goal: Goal,
    pub allow_last: bool,
    /// Its time.
    pub asked: u64,
}

/// What a run cannot know, where not all that is true is readable at once.
#[derive(Clone, Copy)]
pub(crate) struct Blind {
    /// When it began: what was registered at most [`LAG`] before, it may have missed.
    pub started: u64,
    pub now: u64,
    /// Whether somebody else changed something so lately that it may have missed that.
    pub is_disturbed: bool,
    /// Whether a second delivery is not told by the time that has passed since the first.
    pub unquiet: bool,
}

/// A revision that a request took back: when it was registered, when that run began, when it went.
#[derive(Clone, Copy)]
struct Taken {
    registered: u64,
    started: u64,
    gone: u64,
}

/// What each request of the latest took back, by definition.
#[derive(Default)]
pub(crate) struct Requests(BTreeMap<u64, BTreeMap<String, Taken>>);

impl Requests {
    /// Judges that `stood` is INACTIVE now: by what the run `saw`, and what is `left`. A run that is not blind saw all.
    pub(crate) fn judge_deregistration<T>(
        &mut self,
        request: &Requested,
        stood: &Stood<T>,
        saw: Standing<'_, T>,
        left: Standing<'_, T>,
        blind: Option<Blind>,
    ) -> Result<(), String> {
        let number = stood.number;
        let is_disturbed = blind.is_some_and(|blind| blind.is_disturbed);
        let is_left = left.newest().is_some();
        must(is_left || request.allow_last || is_disturbed, || "the last ACTIVE revision went".into())?;
        must(!stood.is_after(request.asked), || format!("{number} was registered after the request"))?;
        match request.goal {
            Goal::Revision(named) => must(number == named, || format!("{number} went, {named} was named")),
            Goal::To(named) => must(number > named, || format!("{number} went, back to {named} was asked")),
            Goal::Latest => {
                let definition = stood.definition();
                let above = saw.active().find(|a| a.number > number && a.definition() != definition);
                let is_unseen = |above: &Stood<T>| blind.is_some_and(|blind| above.registered + LAG >= blind.started);
                must(above.is_none_or(is_unseen), || format!("{number} was not the latest"))?;
                self.one_definition(request, stood, left, blind)
            }
        }
    }

    fn one_definition<T>(
        &mut self,
        request: &Requested,
        stood: &Stood<T>,
        left: Standing<'_, T>,
        blind: Option<Blind>,
    ) -> Result<(), String> {
        let definition = stood.definition();
        let same = left.active().filter(|a| a.definition() == definition).map(|a| a.registered).max();
        let newest = same.map_or(stood.registered, |newest| newest.max(stood.registered));
        let taken = self.0.entry(request.event).or_default();
        let is_excused = blind.is_some_and(|blind| {
            // What the tables cannot tell: where EventBridge's clock is ahead, what a request took back may seem older
            // than the request. And what somebody registers in the very second of a request, while a copy already
            // takes back what stood before, is meant by the second delivery.
            let seemed_older = blind.unquiet && taken.values().any(|first| first.gone < request.asked);
            let is_meant = taken.values().any(|first| newest + LAG >= first.started);
            // Nor could another copy see what was there for a moment only.
            let is_unseen = blind.is_disturbed && taken.values().any(|first| first.registered + LAG >= blind.started);
            seemed_older || is_meant || is_unseen
        });
        let (started, gone) = blind.map_or((0, 0), |blind| (blind.started, blind.now));
        taken.insert(definition, Taken { registered: stood.registered, started, gone });
        let many = taken.len();
        must(many <= 1 || is_excused, || format!("request {} took back {many} definitions", request.event))
    }
}

fn must(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(wrong()) }
}
