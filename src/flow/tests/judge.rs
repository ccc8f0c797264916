//! What must never happen, judged on the truth at the moment of every change.

use super::account::{LAG, Meant, Run, State, Stood, Taken};
use crate::{
    decide::Origin,
    definition::{Fingerprint, digests_of},
    trigger::Goal,
};
use std::collections::BTreeSet;

/// What a run knows when it changes something is no older, in milliseconds: a look lies ten seconds, and a call takes some.
const OLDEST: u64 = 18_000;

impl State {
    pub fn active(&self) -> impl Iterator<Item = &Stood> {
        self.revisions.iter().rev().filter(|stood| stood.is_active())
    }

    pub fn newest_own(&self) -> Option<&Stood> {
        self.active().find(|stood| stood.made.is_some())
    }

    /// What of crema's was taken back above the newest of its own that stands.
    pub fn on_hold(&self) -> Vec<&Stood> {
        let floor = self.newest_own().map_or(0, |own| own.number);
        self.revisions.iter().filter(|s| s.number > floor && !s.is_active() && s.made.is_some()).collect()
    }

    /// The two newest ACTIVE revisions, where they are one definition registered twice.
    pub fn twins(&self) -> Option<[u32; 2]> {
        let mut active = self.active();
        let (a, b) = (active.next()?, active.next()?);
        (a.made.is_some() && a.made == b.made && b.number + 1 == a.number).then_some([b.number, a.number])
    }

    pub fn blame(&mut self, holds: bool, wrong: impl FnOnce() -> String) {
        if !holds && self.wrong.is_none() {
            let wrong = wrong();
            self.log.push(format!("wrong: {wrong}"));
            self.wrong = Some(wrong);
        }
    }

    /// Whether somebody else changed something so lately that this run may not have seen it: a person, another copy, or
    /// one that died before it was told.
    fn is_disturbed(&self, run: &Run, now: u64) -> bool {
        let unseen = |at: u64| at + LAG >= run.started && at + LAG + OLDEST >= now;
        self.effects.iter().rev().take_while(|effect| unseen(effect.at)).any(|effect| {
            effect.run != Some(run.number) && !(effect.sandbox == run.sandbox && effect.run.is_some() && effect.told)
        })
    }

    pub fn judge_registration(&mut self, run: &Run, stood: &Stood, now: u64) {
        let Meant::Register(origin) = run.meant else {
            return self.blame(false, || format!("{now}: a rollback registered"));
        };
        if self.is_disturbed(run, now) {
            return;
        }
        let newest = self.active().next().cloned();
        let is_there = newest.as_ref().is_some_and(|a| a.made == stood.made);
        self.blame(!is_there, || "one wish, two revisions".into());
        if origin == Origin::Direct {
            return;
        }
        let hotfix = newest.filter(|a| a.made.is_none());
        let is_late = hotfix.as_ref().is_some_and(|a| a.registered / 1000 * 1000 > run.asked);
        self.blame(origin != Origin::Sweep || hotfix.is_none(), || "a sweep overrode someone".into());
        self.blame(!is_late, || "a late event overrode a hotfix".into());
        let held: Vec<Option<Fingerprint>> = self.on_hold().iter().map(|held| held.made.clone()).collect();
        let bad: BTreeSet<String> = self.on_hold().iter().flat_map(|held| digests_of(&held.body)).collect();
        let standing = self.newest_own().map(|own| digests_of(&own.body)).unwrap_or_default();
        let returns = digests_of(&stood.body).iter().any(|d| bad.contains(d) && !standing.contains(d));
        self.blame(origin != Origin::Sweep || held.is_empty(), || "a sweep ended a hold".into());
        self.blame(!held.contains(&stood.made), || "what was taken back returned".into());
        self.blame(origin != Origin::ImagePush || !returns, || "an image that was taken back returned".into());
    }

    /// The revision is INACTIVE by now.
    pub fn judge_deregistration(&mut self, run: &Run, number: u32, now: u64) {
        let Meant::RollBack { goal, again, allow_last } = run.meant else {
            return self.blame(false, || format!("a registration took {number} back"));
        };
        let is_disturbed = self.is_disturbed(run, now);
        let is_left = self.active().next().is_some();
        self.blame(is_left || allow_last || is_disturbed, || "the last ACTIVE revision went".into());
        let stood = self.revisions[number as usize - 1].clone();
        let is_later = stood.registered / 1000 * 1000 > run.asked;
        self.blame(!is_later, || format!("{number} was registered after the request"));
        match goal {
            Goal::Revision(named) => self.blame(number == named, || format!("{number} went, {named} was named")),
            Goal::To(named) => self.blame(number > named, || format!("{number} went, back to {named} was asked")),
            Goal::Latest => {
                let definition = stood.definition();
                let above = self.active().find(|a| a.number > number && a.definition() != definition).cloned();
                let is_newer = above.is_none_or(|above| above.registered + LAG >= run.started);
                self.blame(is_newer, || format!("{number} was not the latest"));
                let same = self.active().filter(|a| a.definition() == definition).map(|a| a.registered).max();
                let newest = same.map_or(stood.registered, |newest| newest.max(stood.registered));
                let taken = self.taken.entry(run.event).or_default();
                // What the tables cannot tell: where EventBridge's clock is ahead, what a request took back may seem older
                // than the request. And what somebody registers in the very second of a request, while a copy already
                // takes back what stood before, is meant by the second delivery.
                let unquiet = again || run.quiet == 0;
                let seemed_older = unquiet && taken.values().any(|first| first.gone < run.asked);
                let is_meant = taken.values().any(|first| newest + LAG >= first.started);
                // Nor could another copy see what was there for a moment only.
                let is_unseen = is_disturbed && taken.values().any(|first| first.registered + LAG >= run.started);
                taken.insert(definition, Taken { registered: stood.registered, started: run.started, gone: now });
                let many = taken.len();
                self.blame(many <= 1 || seemed_older || is_meant || is_unseen, || {
                    format!("request {} took back {many} definitions", run.event)
                });
            }
        }
    }
}
