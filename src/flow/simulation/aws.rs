//! ECS in memory: one family, told by several callers.

use super::wishes::FAMILY;
use crate::{
    decide::{Asker, tests::dice::Dice},
    definition::{Fingerprint, tags},
    ecs::api::{Api, CallError, Described, Status},
    trigger::Goal,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

/// Reads lag so many milliseconds behind at most.
pub const LAG: u64 = 2000;

/// What the account does to its callers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    pub stale: bool,
    /// One call in so many; 0 is never.
    pub throttled: u64,
    pub lost: u64,
    pub broken_reads: u64,
}

/// One revision, and the truth about it.
#[derive(Clone)]
pub struct Stood {
    pub number: u32,
    pub body: Value,
    pub tags: BTreeMap<String, String>,
    /// Of crema's own; `None` where a person registered it.
    pub made: Option<Fingerprint>,
    pub registered: u64,
    pub gone: Option<u64>,
}

impl Stood {
    pub fn is_active(&self) -> bool {
        self.gone.is_none()
    }

    /// Copies of a definition are one; what people registered is each its own.
    pub fn definition(&self) -> String {
        self.made.as_ref().map_or_else(|| self.number.to_string(), ToString::to_string)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    Register(Asker),
    RollBack { goal: Goal, again: bool, allow_last: bool },
}

/// One run of the function for one event.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub number: usize,
    /// Whose memory it has.
    pub sandbox: u64,
    pub started: u64,
    pub event: u64,
    pub meant: Meant,
    /// The event's own time, on the account's scale.
    pub asked: u64,
    pub quiet: u64,
}

/// A revision that a request took back: when it was registered, when that run began, when it went.
#[derive(Clone, Copy)]
pub struct Taken {
    pub registered: u64,
    pub started: u64,
    pub gone: u64,
}

/// A change that happened.
pub struct Effect {
    pub at: u64,
    /// `None`: a person.
    pub run: Option<usize>,
    pub sandbox: u64,
    /// Whether the caller was told.
    pub told: bool,
}

pub struct State {
    pub dice: Dice,
    pub faults: Faults,
    pub revisions: Vec<Stood>,
    pub effects: Vec<Effect>,
    /// What each request of the latest took back, by definition.
    pub taken: BTreeMap<u64, BTreeMap<String, Taken>>,
    pub wrong: Option<String>,
    pub tells: bool,
    pub log: Vec<String>,
}

pub struct Account {
    start: Instant,
    state: Mutex<State>,
}

impl Account {
    pub fn new(dice: Dice, faults: Faults, tells: bool) -> Account {
        let state = State {
            dice,
            faults,
            revisions: vec![],
            effects: vec![],
            taken: BTreeMap::new(),
            wrong: None,
            tells,
            log: vec![],
        };
        Account { start: Instant::now(), state: Mutex::new(state) }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked")
    }

    /// Milliseconds.
    pub fn now(&self) -> u64 {
        1_000_000 + u64::try_from(self.start.elapsed().as_millis()).expect("a short while")
    }

    pub fn log(&self, line: impl FnOnce() -> String) {
        let mut state = self.state();
        if state.tells {
            let line = format!("{:>9} {}", self.now(), line());
            state.log.push(line);
        }
    }
}

pub fn time(ms: u64) -> OffsetDateTime {
    let epoch = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
    epoch + time::Duration::milliseconds(i64::try_from(ms).expect("a near time"))
}

/// One run's way to the account.
pub struct Caller<'a> {
    pub account: &'a Account,
    pub run: Run,
}

enum Fate {
    Well,
    Throttled,
    /// The request does not arrive.
    Lost,
    /// It arrives, and the reply does not.
    Cut,
}

impl Caller<'_> {
    async fn while_it_travels(&self) {
        let wait = self.account.state().dice.between(1, 60);
        sleep(Duration::from_millis(wait)).await;
    }

    async fn fate(&self) -> Fate {
        self.while_it_travels().await;
        let state = &mut *self.account.state();
        let Faults { throttled, lost, .. } = state.faults;
        if throttled > 0 && state.dice.one_in(throttled) {
            return Fate::Throttled;
        }
        if lost > 0 && state.dice.one_in(lost) {
            return if state.dice.one_in(2) { Fate::Lost } else { Fate::Cut };
        }
        Fate::Well
    }

    /// A client waits a while for an answer that does not come.
    async fn in_vain<T>(&self, what: &str) -> Result<T, CallError> {
        let wait = self.account.state().dice.pick(&[5, 200, 3000]);
        sleep(Duration::from_millis(wait)).await;
        self.account.log(|| format!("run {}: no answer to {what}", self.run.number));
        Err(CallError::Open(format!("{what}: no answer")))
    }

    /// What a read sees: the revisions as they were a moment ago.
    async fn view(&self, what: &str) -> Result<Vec<Stood>, CallError> {
        self.while_it_travels().await;
        let seen = {
            let state = &mut *self.account.state();
            let broken = state.faults.broken_reads;
            if broken > 0 && state.dice.one_in(broken) {
                return Err(CallError::Open(format!("{what}: broken")));
            }
            let lag = if state.faults.stale && state.dice.one_in(2) { state.dice.below(LAG) } else { 0 };
            let moment = self.account.now() - lag;
            let there = state.revisions.iter().filter(|stood| stood.registered <= moment).cloned();
            there.map(|stood| Stood { gone: stood.gone.filter(|gone| *gone <= moment), ..stood }).collect()
        };
        self.while_it_travels().await;
        Ok(seen)
    }

    fn told(&self, effect: usize) {
        self.account.state().effects[effect].told = true;
    }
}

fn described(stood: &Stood) -> Described {
    Described {
        family: FAMILY.to_owned(),
        revision: stood.number,
        status: if stood.is_active() { Status::Active } else { Status::Inactive },
        arn: format!("arn:aws:ecs:ap-northeast-1:123456789012:task-definition/{FAMILY}:{}", stood.number),
        registered_at: Some(time(stood.registered)),
        deregistered_at: stood.gone.map(time),
        tags: stood.tags.clone(),
        definition: stood.body.clone(),
    }
}

impl Api for Caller<'_> {
    async fn describe(&self, reference: &str) -> Result<Option<Described>, CallError> {
        let seen = self.view("DescribeTaskDefinition").await?;
        let found = match reference.split_once(':') {
            Some((_, number)) => seen.iter().find(|stood| stood.number.to_string() == number),
            None => seen.iter().rev().find(|stood| stood.is_active()),
        };
        let text = || found.map_or("nothing".into(), |s| format!("{} gone {:?}", s.number, s.gone));
        self.account.log(|| format!("run {}: describe {reference}: {}", self.run.number, text()));
        Ok(found.map(described))
    }

    async fn list(&self, _family: &str, status: Status, most: usize) -> Result<Vec<u32>, CallError> {
        let seen = self.view("ListTaskDefinitions").await?;
        let is_wanted = |stood: &&Stood| stood.is_active() == (status == Status::Active);
        let numbers: Vec<u32> = seen.iter().rev().filter(is_wanted).map(|stood| stood.number).take(most).collect();
        self.account.log(|| format!("run {}: list {status:?}: {numbers:?}", self.run.number));
        Ok(numbers)
    }

    async fn register(&self, body: &Value) -> Result<Described, CallError> {
        let fate = self.fate().await;
        if matches!(fate, Fate::Throttled) {
            return Err(CallError::Throttled("RegisterTaskDefinition: Rate exceeded".into()));
        }
        if matches!(fate, Fate::Lost) {
            return self.in_vain("RegisterTaskDefinition").await;
        }
        let (effect, stood) = self.account.register(body, Some(self.run));
        if matches!(fate, Fate::Cut) {
            return self.in_vain("RegisterTaskDefinition").await;
        }
        self.while_it_travels().await;
        self.told(effect);
        Ok(Described { tags: BTreeMap::new(), ..described(&stood) })
    }

    async fn deregister(&self, _family: &str, revision: u32) -> Result<Described, CallError> {
        let fate = self.fate().await;
        if matches!(fate, Fate::Throttled) {
            return Err(CallError::Throttled("DeregisterTaskDefinition: Rate exceeded".into()));
        }
        if matches!(fate, Fate::Lost) {
            return self.in_vain("DeregisterTaskDefinition").await;
        }
        let effect = self.account.deregister(revision, Some(self.run));
        if matches!(fate, Fate::Cut) {
            return self.in_vain("DeregisterTaskDefinition").await;
        }
        self.while_it_travels().await;
        match effect {
            Some(effect) => self.told(effect),
            // Undocumented: success and ClientException are both to be expected.
            None if self.account.state().dice.one_in(2) => return Err(CallError::Refused("it is INACTIVE".into())),
            None => {}
        }
        let stood = self.account.state().revisions[revision as usize - 1].clone();
        Ok(described(&stood))
    }
}

impl Account {
    /// What happens, and what is thought of it.
    pub fn register(&self, body: &Value, run: Option<Run>) -> (usize, Stood) {
        let now = self.now();
        self.log(|| format!("{} registers", run.map_or("a person".to_owned(), |run| format!("run {}", run.number))));
        let state = &mut *self.state();
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let tags: BTreeMap<String, String> =
            body["tags"].as_array().into_iter().flatten().map(|tag| (text(tag, "key"), text(tag, "value"))).collect();
        let made = run.and_then(|_| Fingerprint::parse(tags.get(tags::FINGERPRINT)?));
        let number = u32::try_from(state.revisions.len()).expect("few") + 1;
        let stood = Stood { number, body: body.clone(), tags, made, registered: now, gone: None };
        if let Some(run) = run {
            state.judge_registration(&run, &stood, now);
        }
        state.revisions.push(stood.clone());
        (state.note(run, now), stood)
    }

    /// Nothing happens to one that is INACTIVE.
    pub fn deregister(&self, number: u32, run: Option<Run>) -> Option<usize> {
        let now = self.now();
        let who = || run.map_or("a person".to_owned(), |run| format!("run {}", run.number));
        self.log(|| format!("{} deregisters {number}", who()));
        let state = &mut *self.state();
        if !state.revisions[number as usize - 1].is_active() {
            return None;
        }
        state.revisions[number as usize - 1].gone = Some(now);
        if let Some(run) = run {
            state.judge_deregistration(&run, number, now);
        }
        Some(state.note(run, now))
    }
}

impl State {
    fn note(&mut self, run: Option<Run>, at: u64) -> usize {
        let (sandbox, run) = (run.map_or(0, |run| run.sandbox), run.map(|run| run.number));
        self.effects.push(Effect { at, run, sandbox, told: false });
        self.effects.len() - 1
    }
}
