//! Two lanes and the operator, each a copy of its own with its own buckets, before an account whose buckets they share with
//! others: rounds that leave the rest to the next, by a bus that refuses, loses, doubles and delays it, and wishes that
//! were read a while before they are looked at.

use super::{
    account::{Meant, Revised, Run, State, time},
    aws::Caller,
    run::Sandbox,
    world::{Event, World},
};
use crate::{
    aws::{
        Paces,
        pace::{Pace, Rate},
    },
    config::lane::Lane,
    decide::{Origin, tests::dice::Dice},
    error::{Error, ErrorKind, Result},
    flow::register::{allowance::Allowance, registrar::Registrar},
    outcome::{Decision, Outcome, subject::Subject},
    trigger::{Ask, Trigger},
};
use std::{cell::Cell, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// As often an event looks anew at what others registered meanwhile.
const PASSES: u32 = 4;
/// No family is begun any more so long before the end.
const TO_END: Duration = Duration::from_secs(7);

/// What lanes add to a world.
pub struct Lanes {
    pub dice: Dice,
    /// What the functions' clocks are off by for a while, in milliseconds.
    jump: Cell<i64>,
}

impl Lanes {
    pub fn new(seed: u64) -> Lanes {
        Lanes { dice: Dice::new(seed ^ 0x1a2e5), jump: Cell::new(0) }
    }
}

/// A token bucket of the account, of which others take their part.
pub struct Bucket {
    burst: f64,
    /// Tokens a millisecond.
    rate: f64,
    left: f64,
    at: u64,
}

impl Bucket {
    fn new(burst: u32, a_second: f64) -> Bucket {
        Bucket { burst: burst.into(), rate: a_second / 1000.0, left: burst.into(), at: 0 }
    }

    /// Whether there was a token.
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of a few days")]
    pub fn take(&mut self, now: u64) -> bool {
        self.left = (self.left + now.saturating_sub(self.at) as f64 * self.rate).min(self.burst);
        self.at = now;
        let is_left = self.left >= 1.0;
        self.left -= if is_left { 1.0 } else { 0.0 };
        is_left
    }
}

/// What ECS allows the account and others leave of it.
pub struct Buckets {
    pub reads: Bucket,
    pub changes: Bucket,
}

impl Buckets {
    pub fn new(seed: u64) -> Buckets {
        let mut dice = Dice::new(seed ^ 0xb0c4);
        let (burst, a_second) = dice.pick(&[(50, 20.0), (50, 20.0), (6, 4.0), (2, 2.0)]);
        let reads = Bucket::new(burst, a_second);
        let (burst, a_second) = dice.pick(&[(20, 1.0), (20, 1.0), (2, 0.3), (1, 0.1)]);
        Buckets { reads, changes: Bucket::new(burst, a_second) }
    }
}

/// The buckets of a copy.
pub fn paces() -> Paces {
    let pace = |per_second, burst| Arc::new(Pace::new(Rate { per_second, burst }));
    Paces { reads: pace(15.0, 40), changes: pace(0.95, 18) }
}

/// Who takes it.
pub fn lane_of(event: &Event) -> Lane {
    match event.meant {
        Meant::Register(Origin::Sweep) => Lane::Reconciler,
        Meant::Register(Origin::ImagePush | Origin::ConfigChange) if event.round > 0 => Lane::Reconciler,
        Meant::Register(Origin::ImagePush | Origin::ConfigChange) => Lane::Registrar,
        Meant::Register(Origin::Direct | Origin::Page)
        | Meant::RollBack { .. }
        | Meant::Expire
        | Meant::TaskStopped { .. } => Lane::Operator,
    }
}

impl World {
    fn draw_of_lanes<T: Copy>(&self, all: &[T]) -> T {
        self.lanes.as_ref().expect("lanes").borrow_mut().dice.pick(all)
    }

    /// One round of an event, as `Crema::register` goes through it for one family.
    pub async fn round(
        &self,
        sandbox: &Sandbox,
        caller: &Caller<'_>,
        event: Event,
        until: Instant,
        warnings: &mut Vec<String>,
    ) -> Result<Outcome> {
        // Beyond five minutes AWS takes no signature.
        let jump = self.draw_of_lanes(&[0, 0, 0, 0, 0, -290_000, 90_000, 290_000]);
        self.lanes.as_ref().expect("lanes").borrow().jump.set(if self.is_quiet.get() { 0 } else { jump });
        let outcome = self.passes(sandbox, caller, event, until, warnings).await;
        let lane = lane_of(&event);
        let is_left = matches!(outcome.decision, Decision::HandedOn | Decision::NotReached);
        if lane == Lane::Operator || !is_left || event.round > 20 || self.is_quiet.get() {
            return Ok(outcome);
        }
        // Of all other families nothing was done either.
        if lane == Lane::Reconciler && self.draw_of_lanes(&[true, false]) {
            return Ok(outcome);
        }
        if self.draw_of_lanes(&[true, false, false, false, false, false]) {
            self.account.state().draw("rounds whose rest the bus refused");
            return Err(Error::transient(ErrorKind::AwsError, "the bus did not take it"));
        }
        let deliveries = self.draw_of_lanes(&[0, 1, 1, 1, 1, 1, 2]);
        self.account.state().draw(match deliveries {
            0 => "rounds whose rest was lost",
            1 => "rounds that were handed on",
            _ => "rounds whose rest was doubled",
        });
        for _ in 0..deliveries {
            let wait = self.draw_of_lanes(&[50, 50, 1000, 120_000, 3_600_000]);
            self.deliver(Event { round: event.round + 1, attempt: 0, direct: false, ..event }, wait);
        }
        Ok(Outcome::handed_on(outcome.subject))
    }

    /// Passes through the family, until what is desired is not older than what is there.
    async fn passes(
        &self,
        sandbox: &Sandbox,
        caller: &Caller<'_>,
        event: Event,
        until: Instant,
        warnings: &mut Vec<String>,
    ) -> Outcome {
        let Meant::Register(origin) = event.meant else { unreachable!("a registration") };
        let left = until.saturating_duration_since(Instant::now());
        let begin_until = until.checked_sub(TO_END.min(left / 4)).expect("a while");
        let clock = self.weather.function_clock + self.lanes.as_ref().map_or(0, |lanes| lanes.borrow().jump.get());
        let account = caller.account;
        let now = || time(account.now().saturating_add_signed(clock));
        let mut registered = None;
        for pass in 0..PASSES {
            if pass > 0 {
                caller.account.state().draw("passes for what others registered meanwhile");
                sleep(Duration::from_secs(1)).await;
            }
            let (listed, wish) = (caller.account.now(), self.wish.get());
            caller.account.state().wished.insert(caller.run.number, listed);
            // S3's times are in whole seconds.
            let moment = time(listed / 1000 * 1000).min(now());
            // Other families come first.
            let wait = self.draw_of_lanes(&[0, 0, 0, 700, 5000, 40_000]);
            let wait = Duration::from_millis(if self.is_quiet.get() { 0 } else { wait });
            sleep(wait.min(begin_until.saturating_duration_since(Instant::now()))).await;
            let is_bulk = lane_of(&event) == Lane::Registrar && self.draw_of_lanes(&[true, false, false]);
            let is_bulk = is_bulk && !self.is_quiet.get();
            let allowance = match pass == 0 && is_bulk {
                true => Allowance::looking(0, begin_until),
                false => Allowance::until(begin_until),
            };
            let registrar = Registrar {
                api: caller,
                cache: &sandbox.cache,
                trigger: &trigger(&caller.run, origin),
                origin,
                until,
                preflight: None,
                moment: Some(moment),
                is_later_round: event.round > 0,
                allowance: &allowance,
                now: &now,
            };
            let look =
                if pass == 0 && self.reads_ahead { self.look(sandbox, caller, origin, until).await } else { None };
            let done = registrar.reconcile(&wish.desired_revision(), look).await;
            warnings.extend(done.warnings);
            let outcome = match registered.take() {
                Some(before) if done.outcome.decision == Decision::Unchanged => before,
                _ => done.outcome,
            };
            if !done.is_outdated {
                self.judge_wishes(&caller.run, &outcome);
                return outcome;
            }
            if Instant::now() >= begin_until {
                break;
            }
            registered = (outcome.decision == Decision::Registered).then_some(outcome);
        }
        Outcome::not_reached(Subject::of_family(super::wishes::FAMILY, super::wishes::REGION))
    }

    /// No newer wish stands below what a run leaves as the latest.
    fn judge_wishes(&self, run: &Run, outcome: &Outcome) {
        let state = &mut *self.account.state();
        let Some(listed) = state.wished.get(&run.number).copied() else { return };
        let newest = state.standing().newest().filter(|a| a.more.run == Some(run.number)).cloned();
        let Some(a) = newest.filter(|_| outcome.decision == Decision::Registered) else { return };
        let newer = state.standing().active().find(|b| {
            b.number < a.number && b.made.is_some() && b.made != a.made && b.more.wished.is_some_and(|at| at > listed)
        });
        let newer = newer.map(|b| b.number);
        state.blame(newer.is_none(), || {
            format!("run {}: {} has undone {newer:?}, which is of a newer wish", run.number, a.number)
        });
    }
}

fn trigger(run: &Run, origin: Origin) -> Trigger {
    let ask = match origin {
        Origin::ImagePush => Ask::ImagePush(None),
        Origin::ConfigChange => Ask::ConfigChange(vec![]),
        Origin::Sweep => Ask::Sweep,
        Origin::Direct | Origin::Page => Ask::Register { app: "batch".into() },
    };
    Trigger { id: run.event.to_string(), time: time(run.asked), ask }
}

impl State {
    /// In a later round nothing is registered above what was taken back since the event, unless something else was
    /// registered above that by now.
    pub fn judge_later_round(&mut self, run: &Run) {
        let second = run.asked / 1000 * 1000;
        let floor = self.standing().newest_own().map_or(0, |own| own.number);
        let is_since = |stood: &&Revised| stood.made.is_some() && stood.gone.is_some_and(|gone| gone >= second);
        let mut above = self.revisions.iter().filter(|stood| run.round > 0 && stood.number > floor);
        let back = above.find(is_since).map(|stood| stood.number);
        self.blame(back.is_none(), || format!("round {}: {back:?} was taken back since the event", run.round));
    }
}
