//! One copy of the function: the real code, its memory, its death.

use super::{
    account::{Account, Meant, Revised, Run, time},
    aws::Caller,
    lanes,
    wishes::{FAMILY, REGION, SOURCE, key},
    world::{Event, World},
};
use crate::{
    aws::Paces,
    breaker::ProvenRevisions,
    config::reach::FamilyArns,
    decide::{AllowLast, Origin, Request, tests::judge::LAG},
    ecs::{api::Api, cache::Cache, history::Family, revision::TagSource},
    error::{Error, ErrorKind, Result},
    flow::{
        prefetch::{Prefetch, first_look},
        register::{allowance::Allowance, registrar::Registrar},
        rollback::operator::Operator,
    },
    outcome::{Decision, Outcome, subject::Subject},
    trigger::{Ask, Goal, Trigger},
};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A run, until it ends or dies.
struct Life<'a> {
    account: &'a Account,
    number: usize,
}

impl Drop for Life<'_> {
    fn drop(&mut self) {
        self.account.state().alive.remove(&self.number);
    }
}

/// What a copy keeps between events.
pub struct Sandbox {
    number: u64,
    pub cache: Cache,
    pub proven: ProvenRevisions,
    /// Of a world with lanes.
    paces: Option<Paces>,
}

impl Sandbox {
    pub fn new(world: &World) -> Sandbox {
        world.sandboxes.set(world.sandboxes.get() + 1);
        Sandbox {
            number: world.sandboxes.get(),
            cache: Cache::default(),
            proven: ProvenRevisions::default(),
            paces: world.lanes.is_some().then(lanes::paces),
        }
    }
}

impl World {
    /// Handles a delivery as Lambda does: what failed or died is delivered twice more.
    pub async fn handle(&self, sandbox: &mut Sandbox, event: Event) {
        let crashes = self.weather.crashes;
        let dies = crashes > 0 && self.dice.borrow_mut().one_in(crashes);
        let life = if dies { self.dice.borrow_mut().pick(&[60, 300, 300, 3000]) } else { 1_000_000 };
        let life = Duration::from_millis(self.dice.borrow_mut().between(life / 2, life));
        let retry = match timeout(life, self.run(sandbox, event)).await {
            Ok(Ok(_)) => return,
            Ok(Err(wrong)) => {
                self.account.log(|| format!("failed: {wrong}"));
                self.dice.borrow_mut().pick(&[1000, 60_000])
            }
            Err(_) => {
                self.account.log(|| "the function died".into());
                self.account.state().draw("deaths");
                self.dice.borrow_mut().pick(&[1, 500, 60_000])
            }
        };
        if dies || self.dice.borrow_mut().one_in(8) {
            *sandbox = Sandbox::new(self);
        }
        if !event.direct && event.attempt < 2 {
            self.deliver(Event { attempt: event.attempt + 1, ..event }, retry);
        }
    }

    /// One event in good weather; the warnings.
    pub async fn invoke(&self, sandbox: &mut Sandbox, event: Event) -> Vec<String> {
        let done = self.run(sandbox, event).await;
        done.unwrap_or_else(|wrong| {
            self.account.state().blame(false, || format!("in good weather: {wrong}"));
            vec![]
        })
    }

    async fn run(&self, sandbox: &Sandbox, event: Event) -> Result<Vec<String>> {
        self.runs.set(self.runs.get() + 1);
        let (number, started) = (self.runs.get(), self.account.now());
        let Event { id, meant, asked, round, .. } = event;
        self.account.state().alive.insert(number);
        let _life = Life { account: &self.account, number };
        let quiet = self.weather.quiet;
        let run = Run { number, sandbox: sandbox.number, started, event: id, meant, asked, quiet, round };
        self.account.log(|| format!("{run:?} wishes {:?}", self.wish.get()));
        let left = self.dice.borrow_mut().pick(&[58, 58, 58, 58, 3]);
        // A copy that was throttled may be slow for a while.
        let left = if self.is_quiet.get() && self.lanes.is_some() { 58 } else { left };
        let until = Instant::now() + Duration::from_secs(left);
        let caller = Caller { account: &self.account, run, paces: sandbox.paces.as_ref() };
        let mut warnings = vec![];
        let outcome = match meant {
            Meant::Register(_) if self.lanes.is_some() => {
                self.round(sandbox, &caller, event, until, &mut warnings).await?
            }
            Meant::Register(origin) => self.reconcile(sandbox, &caller, origin, until, &mut warnings).await,
            Meant::RollBack { .. } => self.roll_back(sandbox, &caller, until, &mut warnings).await?,
            Meant::Expire => match self.expire(sandbox, &caller, until).await? {
                Some(outcome) => outcome,
                None => return Ok(warnings),
            },
            Meant::TaskStopped { .. } => match self.task_stopped(sandbox, &caller, until, &mut warnings).await? {
                Some(outcome) => outcome,
                None => return Ok(warnings),
            },
        };
        self.account.log(|| {
            let Outcome { decision, revision, revisions, reason, .. } = &outcome;
            format!("run {number}: {decision:?} {revision:?} {revisions:?} {reason:?} {warnings:?}")
        });
        self.judge_outcome(&run, &outcome);
        match outcome.decision {
            Decision::Failed | Decision::NotReached => {
                Err(Error::transient(ErrorKind::AwsError, outcome.reason.unwrap_or_default()))
            }
            _ => Ok(warnings),
        }
    }

    async fn reconcile(
        &self,
        sandbox: &Sandbox,
        caller: &Caller<'_>,
        origin: Origin,
        until: Instant,
        warnings: &mut Vec<String>,
    ) -> Outcome {
        let ask = match origin {
            Origin::ImagePush => Ask::ImagePush(None),
            Origin::ConfigChange => Ask::ConfigChange(vec![]),
            Origin::Sweep => Ask::Sweep,
            Origin::Direct | Origin::Page => Ask::Register { app: "batch".into() },
        };
        let trigger = Trigger { id: caller.run.event.to_string(), time: time(caller.run.asked), ask };
        let clock = self.weather.function_clock;
        let now = || time(caller.account.now().saturating_add_signed(clock));
        let allowance = Allowance::until(until);
        let registrar = Registrar {
            api: caller,
            cache: &sandbox.cache,
            trigger: &trigger,
            origin,
            until,
            preflight: None,
            moment: None,
            is_later_round: false,
            allowance: &allowance,
            now: &now,
        };
        let look = if self.reads_ahead { self.look(sandbox, caller, origin, until).await } else { None };
        let done = registrar.reconcile(&self.wish.get().desired_revision(), look).await;
        warnings.extend(done.warnings);
        done.outcome
    }

    /// Reads ahead, on a guess or for a definition that was checked, and lets that lie a while.
    pub async fn look(
        &self,
        sandbox: &Sandbox,
        caller: &Caller<'_>,
        origin: Origin,
        until: Instant,
    ) -> Option<Prefetch> {
        let is_guess = match self.guesses.borrow_mut().below(4) {
            0 => return None,
            one => one == 1,
        };
        self.account.state().draw("reads ahead");
        let family = Family { api: caller, cache: &sandbox.cache, key: &key(), source: TagSource::Of(SOURCE) };
        // The account does not outlive its calls: what was seen is handed over as a read that ends at once.
        let look = Prefetch::begin(std::future::ready(first_look(&family, origin).await), is_guess);
        tokio::task::yield_now().await;
        let lies = self.guesses.borrow_mut().pick(&[0, 100, 800, 1500, 9000, 11_000, 40_000]);
        let left = until.saturating_duration_since(Instant::now());
        sleep(Duration::from_millis(lies).min(left / 2)).await;
        Some(look)
    }

    async fn roll_back(
        &self,
        sandbox: &Sandbox,
        caller: &Caller<'_>,
        until: Instant,
        warnings: &mut Vec<String>,
    ) -> Result<Outcome> {
        let Meant::RollBack { goal, again, allow_last } = caller.run.meant else { unreachable!("a rollback") };
        let quiet = i64::try_from(self.weather.quiet).expect("a short while");
        let operator = Operator {
            api: caller,
            cache: &sandbox.cache,
            key: &key(),
            request: Request {
                family: FAMILY,
                goal,
                asked: time(caller.run.asked),
                again,
                allow_last: if allow_last { AllowLast::Yes } else { AllowLast::No },
                allow_missing_image: false,
                allow_unmanaged: false,
                outside: None,
                quiet: ::time::Duration::milliseconds(quiet),
            },
            account: None,
            is_dry: false,
            reach: &FamilyArns::default(),
            keep: self.keep(),
            rendered: async { Ok(true) },
            // Drawn as when the seeds failed that are kept: there the latest was described once more.
            missing: async |_| match goal {
                Goal::Latest => caller.describe(FAMILY).await.map(|_| vec![]).map_err(Error::from),
                Goal::Revision(_) | Goal::To(_) => Ok(vec![]),
            },
            until,
        };
        let subject = Subject::of_family(FAMILY, REGION);
        match tokio::time::timeout_at(until, operator.roll_back(&subject, warnings)).await {
            Ok(done) => done,
            Err(_) => Ok(Outcome::not_reached(subject)),
        }
    }

    /// Whether what is said is what happened.
    fn judge_outcome(&self, run: &Run, outcome: &Outcome) {
        let state = &mut *self.account.state();
        let stood = |number: &u32| state.revisions[*number as usize - 1].clone();
        let said: Vec<_> = match outcome.decision {
            Decision::Registered | Decision::Unchanged => outcome.revision.iter().map(stood).collect(),
            Decision::RolledBack | Decision::Expired => outcome.revisions.iter().map(stood).collect(),
            _ => {
                state.judge_told(run, outcome);
                return;
            }
        };
        let is_back = matches!(outcome.decision, Decision::RolledBack | Decision::Expired);
        // One that somebody took back at once may have been on neither list, whoever registered it.
        let is_new = |stood: &Revised| {
            outcome.decision != Decision::Registered || !stood.is_active() || stood.registered + LAG >= run.started
        };
        let holds = !said.is_empty()
            && said.iter().all(|s| if is_back { !s.is_active() } else { s.made.is_some() && is_new(s) });
        state.blame(holds, || format!("run {}: {:?} is not what happened", run.number, outcome.decision));
    }
}
