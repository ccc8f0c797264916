//! Tasks: a schedule runs the latest revision, which is good or bad, in a world that may be down; and the circuit breaker.

use super::{
    account::{Meant, Run, State, time},
    aws::Caller,
    run::Sandbox,
    wishes::{FAMILY, REGION, SOURCE, key},
    world::World,
};
use crate::{
    decide::tests::dice::Dice,
    error::Result,
    flow::breaker::{circuit::Breaker, ended::Looked},
    outcome::{Decision, Outcome, subject::Subject},
    trigger::{StoppedContainer, StoppedTask},
};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How tasks end.
pub struct Tasks {
    dice: Dice,
    seed: u64,
    is_down: bool,
}

impl Tasks {
    pub fn new(seed: u64) -> Tasks {
        Tasks { dice: Dice::new(seed ^ 0x7a5c), seed, is_down: false }
    }

    /// The exit code of a task of this definition, and what to call that.
    fn code(&mut self, definition: &str) -> (i64, &'static str) {
        if self.dice.one_in(6) {
            self.is_down = !self.is_down;
        }
        if self.dice.one_in(12) {
            return (143, "neutral tasks");
        }
        // The same definition is good or bad for ever.
        let nature =
            definition.bytes().fold(self.seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        match (self.is_down, nature >> 7 & 1) {
            (true, _) => (1, "tasks while the world was down"),
            (false, 0) => (0, "good tasks"),
            (false, _) => (1, "bad tasks"),
        }
    }
}

impl World {
    /// Some tasks of what is the latest, one after the other.
    pub async fn tasks_run(&self) {
        let Some(tasks) = &self.tasks else { return };
        let count = tasks.borrow_mut().dice.between(0, 3);
        for _ in 0..count {
            let gap = tasks.borrow_mut().dice.pick(&[1, 1000, 3000, 30_000, 600_000]);
            sleep(Duration::from_millis(gap)).await;
            let latest = self.account.state().standing().newest().cloned();
            let Some(a) = latest else { continue };
            let definition = a.made.as_ref().map_or_else(|| a.number.to_string(), ToString::to_string);
            let (code, what) = tasks.borrow_mut().code(&definition);
            self.account.state().draw(what);
            self.send(Meant::TaskStopped { revision: a.number, code });
        }
    }

    /// What the function does about a task.
    pub async fn task_stopped(
        &self,
        sandbox: &Sandbox,
        caller: &Caller<'_>,
        until: Instant,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Outcome>> {
        let Meant::TaskStopped { revision, code } = caller.run.meant else { unreachable!("a task") };
        let container = StoppedContainer { name: "app".into(), exit_code: Some(code), reason: String::new() };
        let task = StoppedTask {
            last_status: "STOPPED".into(),
            stop_code: "EssentialContainerExited".into(),
            containers: vec![container],
            ..StoppedTask::default()
        };
        let breaker = Breaker {
            api: caller,
            cache: &sandbox.cache,
            proven: &sandbox.proven,
            key: &key(),
            revision,
            account: "123456789012",
            location: SOURCE,
            task: &task,
            stopped_at: time(caller.run.asked.max(self.registered(revision))),
            missing: async |_| Ok(vec![]),
            until,
        };
        let subject = Subject::of_family(FAMILY, REGION);
        let outcome = Outcome::new(subject.clone(), Decision::Failed);
        match timeout_at(until, breaker.look(outcome, warnings)).await {
            Ok(Ok(Looked::Done(outcome))) => {
                if outcome.decision == Decision::Proven {
                    self.account.state().draw("revisions proven");
                }
                Ok(Some(*outcome))
            }
            Ok(Ok(Looked::Nothing { .. })) => Ok(None),
            Ok(Err(e)) => Err(e),
            Err(_) => Ok(Some(Outcome::not_reached(subject))),
        }
    }

    /// A task stops after its revision was registered, whatever clocks say.
    fn registered(&self, revision: u32) -> u64 {
        self.account.state().revisions[revision as usize - 1].registered
    }
}

impl State {
    /// Judges what the circuit breaker has taken back; the revision is INACTIVE by now. `was_latest`: before that.
    pub fn judge_breaker(&mut self, run: &Run, number: u32, was_latest: bool, now: u64) {
        self.draw("revisions taken back by the breaker");
        let is_own = self.revisions[number as usize - 1].made.is_some();
        self.blame(is_own, || format!("the breaker took back {number}, which a person registered"));
        // Whoever changed something so lately that the run may not have seen it, changed what it stands on.
        if self.is_disturbed(run, now) {
            return;
        }
        self.blame(!self.proven.contains_key(&number), || format!("the breaker took back {number}, which is proven"));
        let stands = |state: &State| {
            let below = state.standing().active().find(|stood| stood.number < number).map(|stood| stood.number);
            below.is_some_and(|below| {
                state.revisions[below as usize - 1].made.is_none() || state.proven.contains_key(&below)
            })
        };
        // Oldest first: what is directly below is what is gone back to.
        let goes_back = stands(self);
        self.blame(goes_back, || {
            format!("below {number}, which the breaker took back, nothing is proven or a person's")
        });
        let registered = self.revisions.iter().map(|stood| stood.registered).max().unwrap_or_default();
        let again = self.broken.is_some_and(|broken| broken > registered);
        self.blame(!again, || {
            format!("{number} is taken back by the breaker a second time since the last registration")
        });
        if was_latest {
            self.broken = Some(now);
        }
    }
}
