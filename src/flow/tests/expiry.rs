//! Retention: what is old expires, at any time, and in the moment in which somebody goes back to it.

use super::{
    account::{Meant, Run, State},
    aws::Caller,
    run::Sandbox,
    wishes::{FAMILY, REGION, SOURCE, Wish, key},
    world::World,
};
use crate::{
    config::reach::FamilyArns,
    decide::{Origin, tests::dice::Dice},
    error::{Error, Result},
    flow::expire::family::{Expirer, ExpiryFinding},
    outcome::{Decision, Outcome, subject::Subject},
    trigger::Goal,
};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};

/// What is kept, and what went because it was old.
pub struct Retention {
    dice: Dice,
    keep: usize,
    /// Schedules name each revision whose number this divides.
    pins: u32,
    expired: BTreeSet<u32>,
}

impl Retention {
    pub fn new(seed: u64) -> Retention {
        let mut dice = Dice::new(seed ^ 0x01d);
        Retention { keep: dice.pick(&[2, 2, 3, 4]), pins: dice.pick(&[2, 3, 5, 1_000]), dice, expired: BTreeSet::new() }
    }

    fn is_pinned(&self, number: u32) -> bool {
        number.is_multiple_of(self.pins)
    }
}

impl World {
    /// `KEEP_REVISIONS`.
    pub fn keep(&self) -> Option<usize> {
        self.account.state().retention.as_ref().map(|retention| retention.keep)
    }

    /// Some revisions before anything happens, each another definition than the one before.
    pub async fn revisions_gather(&self, sandbox: &mut Sandbox) {
        let (count, faults) = {
            let state = &mut *self.account.state();
            let Some(retention) = &mut state.retention else { return };
            (retention.dice.between(2, 12), std::mem::take(&mut state.faults))
        };
        for number in 0..count {
            let wish = self.wish.get();
            self.wish.set(Wish { image: number % 4, config: (wish.config + 1) % 3, ..wish });
            self.invoke(sandbox, self.event(Meant::Register(Origin::ConfigChange))).await;
            sleep(Duration::from_secs(30)).await;
        }
        self.account.state().faults = faults;
    }

    /// A run of expiry, or none; and with it somebody who goes back to the oldest revision.
    pub async fn what_is_old_expires(&self) {
        let (goes_back, gap) = {
            let state = &mut *self.account.state();
            let Some(retention) = &mut state.retention else { return };
            if !retention.dice.one_in(2) {
                return;
            }
            (retention.dice.one_in(3), retention.dice.pick(&[0, 1, 30, 100, 300, 2_000]))
        };
        self.send(Meant::Expire);
        let oldest = self.account.state().standing().active().last().map(|stood| stood.number);
        if let Some(oldest) = oldest.filter(|_| goes_back) {
            sleep(Duration::from_millis(gap)).await;
            self.account.state().draw("rollbacks to the oldest in the moment of an expiry");
            self.send(Meant::RollBack { goal: Goal::To(oldest), again: false, allow_last: false });
        }
    }

    /// What the function does where it is asked to expire.
    pub async fn expire(&self, sandbox: &Sandbox, caller: &Caller<'_>, until: Instant) -> Result<Option<Outcome>> {
        let key = key();
        let keep = self.keep().unwrap_or_default();
        let expirer = Expirer {
            api: caller,
            cache: &sandbox.cache,
            key: &key,
            source: SOURCE,
            location: "s3://bucket/prefix/",
            reach: &FamilyArns::default(),
            keep,
            until,
        };
        let pinned = async || {
            let state = self.account.state();
            let retention = state.retention.as_ref()?;
            let numbers = state.revisions.iter().map(|stood| stood.number);
            Some(numbers.filter(|number| retention.is_pinned(*number)).collect())
        };
        let subject = Subject::of_family(FAMILY, REGION);
        let mut gone = BTreeSet::new();
        let done = timeout_at(until, async {
            match expirer.find(self.wish.get().fingerprint(), 10, pinned).await? {
                ExpiryFinding::Aged(aged) => expirer.expire(&aged, &mut gone).await.map(|_| ()),
                _ => Ok(()),
            }
        });
        match done.await {
            Ok(Err(fault)) if !fault.is_transient() => Err(Error::from(fault)),
            _ if gone.is_empty() => Ok(None),
            _ => {
                let revisions = gone.into_iter().rev().collect();
                Ok(Some(Outcome { revisions, ..Outcome::new(subject, Decision::Expired) }))
            }
        }
    }
}

impl State {
    /// Judges that this one expired; it is INACTIVE by now.
    pub fn judge_expiry(&mut self, run: &Run, number: u32, now: u64) {
        self.draw("revisions expired");
        let Some(retention) = &mut self.retention else { return };
        retention.expired.insert(number);
        let (keep, is_pinned) = (retention.keep, retention.is_pinned(number));
        let kept: Vec<u32> =
            self.standing().active().map(|stood| stood.number).filter(|other| *other < number).collect();
        let pinned = |state: &State, other: &u32| state.retention.as_ref().is_some_and(|r| r.is_pinned(*other));
        if kept.iter().any(|other| pinned(self, other)) {
            self.draw("pinned revisions kept");
        }
        self.blame(!is_pinned, || format!("{number}, which a schedule names, expired"));
        let is_own = self.revisions[number as usize - 1].made.is_some();
        self.blame(is_own, || format!("{number}, which a person registered, expired"));
        // Whoever changed something so lately that the run may not have seen it, changed what it measured by.
        if self.is_disturbed(run, now) {
            return;
        }
        let above = self.standing().active().filter(|stood| stood.number > number).count();
        self.blame(above >= keep, || format!("{number} expired, and {above} stand above it, not {keep}"));
        let is_proven = |number: u32| self.proven.get(&number).is_some_and(|at| *at + LATELY < now);
        let active = self.standing().active().map(|stood| stood.number);
        let proven_above = active.filter(|other| *other > number && is_proven(*other)).count();
        let is_fallback = is_proven(number) && proven_above < 2;
        self.blame(!is_fallback, || format!("{number} expired, which the breaker may have to go back to"));
    }

    /// Judges that something stands, where nobody but an expiry came between: neither of the two takes the last one from the
    /// other.
    pub fn judge_last(&mut self, run: &Run, now: u64) {
        let may = matches!(run.meant, Meant::RollBack { allow_last: true, .. });
        if self.retention.is_none() || may || self.standing().newest().is_some() {
            return;
        }
        let is_disturbed = self.is_disturbed_by(run, now, |effect| !effect.is_expiry);
        self.blame(is_disturbed, || "the last ACTIVE revision went between a rollback and an expiry".into());
    }

    /// Whether what is told of a rollback is no expiry.
    pub fn judge_told(&mut self, run: &Run, outcome: &Outcome) {
        let Some(retention) = &self.retention else { return };
        let newest = self.standing().newest().map_or(0, |a| a.number);
        let is_expiry = outcome.decision == Decision::AlreadyRolledBack
            && matches!(run.meant, Meant::RollBack { goal: Goal::Latest, .. })
            && outcome.revision.is_some_and(|number| retention.expired.contains(&number) && number < newest);
        self.blame(!is_expiry, || format!("run {}: an expiry is told as a rollback", run.number));
    }
}

/// What was marked within this time may not be readable yet.
const LATELY: u64 = 4_000;
