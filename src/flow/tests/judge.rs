//! Judges the simulation: what a run did, and what it could know.

use super::account::{Effect, Meant, Revised, Run, State, Stored};
use crate::decide::tests::judge::{Blind, LAG, Requested, Standing};

/// Maximum age, in milliseconds, of what a run knows when it changes something: a prefetch is kept for ten seconds, and
/// a call takes some.
const OLDEST: u64 = 18_000;

impl State {
    pub fn standing(&self) -> Standing<'_, Stored> {
        Standing(&self.revisions)
    }

    pub fn blame(&mut self, holds: bool, wrong: impl FnOnce() -> String) {
        self.judge(if holds { Ok(()) } else { Err(wrong()) });
    }

    /// Keeps the first judgement that is wrong.
    pub fn judge(&mut self, judged: Result<(), String>) {
        if let (Err(wrong), None) = (judged, &self.wrong) {
            self.log.push(format!("wrong: {wrong}"));
            self.wrong = Some(wrong);
        }
    }

    /// Whether somebody else changed something so lately that this run may not have seen it: a person, another copy, or
    /// one that died before it was told.
    pub fn is_disturbed(&self, run: &Run, now: u64) -> bool {
        self.is_disturbed_by(run, now, |_| true)
    }

    /// The same of some changes only.
    pub fn is_disturbed_by(&self, run: &Run, now: u64, counts: impl Fn(&Effect) -> bool) -> bool {
        let unseen = |at: u64| at + LAG >= run.started && at + LAG + OLDEST >= now;
        self.effects.iter().rev().take_while(|effect| unseen(effect.at)).any(|effect| {
            counts(effect)
                && effect.run != Some(run.number)
                && !(effect.sandbox == run.sandbox && effect.run.is_some() && effect.told)
        })
    }

    pub fn judge_registration(&mut self, run: &Run, stood: &Revised, now: u64) {
        let Meant::Register(origin) = run.meant else {
            return self.blame(false, || format!("{now}: a rollback registered"));
        };
        if !self.is_disturbed(run, now) {
            self.judge(self.standing().judge_registration(stood, origin, run.asked));
            self.judge_later_round(run);
        }
    }

    /// Judges a deregistration; the revision is INACTIVE by now.
    pub fn judge_deregistration(&mut self, run: &Run, number: u32, now: u64) {
        let Meant::RollBack { goal, again, allow_last } = run.meant else {
            return self.blame(false, || format!("a registration took {number} back"));
        };
        let request = Requested { event: run.event, goal, allow_last, asked: run.asked };
        let is_disturbed = self.is_disturbed(run, now);
        let blind = Blind { started: run.started, now, is_disturbed, unquiet: again || run.quiet == 0 };
        let (stood, standing) = (&self.revisions[number as usize - 1], Standing(&self.revisions));
        let judged = self.requests.judge_deregistration(&request, stood, standing, standing, Some(blind));
        self.judge(judged);
    }
}
