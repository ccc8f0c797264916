//! The account: one family of revisions, who changed it, and what the judge says about that.

use super::{expiry::Retention, faults::Faults, lanes::Buckets};
use crate::{
    decide::{
        Origin,
        tests::{
            dice::Dice,
            judge::{Requests, Stood},
        },
    },
    definition::{Fingerprint, digests_of, tags},
    trigger::Goal,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};
use time::OffsetDateTime;
use tokio::time::Instant;

/// What a call asks for.
pub enum Change {
    Register(Value),
    Deregister(u32),
}

/// A change on its way, and when it arrives.
struct Late {
    due: u64,
    change: Change,
    run: Run,
}

/// How often each kind of mishap was drawn.
pub type Drawn = BTreeMap<&'static str, u64>;

/// What ECS keeps of a revision.
#[derive(Clone)]
pub struct Stored {
    pub body: Arc<Value>,
    pub tags: Arc<BTreeMap<String, String>>,
    /// Which run registered it, and when that had read what is wished.
    pub run: Option<usize>,
    pub wished: Option<u64>,
}

/// One revision, and the truth about it.
pub type Revised = Stood<Stored>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    Register(Origin),
    RollBack {
        goal: Goal,
        again: bool,
        allow_last: bool,
    },
    Expire,
    /// A task of this revision ended with this code.
    TaskStopped {
        revision: u32,
        code: i64,
    },
}

/// One run of the function for one event.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub number: usize,
    /// The sandbox whose memory it has.
    pub sandbox: u64,
    pub started: u64,
    pub event: u64,
    pub meant: Meant,
    /// The event's own time, on the account's scale.
    pub asked: u64,
    pub quiet: u64,
    /// Of what an earlier round left.
    pub round: u32,
}

/// A change that happened.
pub struct Effect {
    pub at: u64,
    /// `None`: a person.
    pub run: Option<usize>,
    pub sandbox: u64,
    /// Whether it was an expiry's.
    pub is_expiry: bool,
    /// Whether the caller was told.
    pub told: bool,
}

pub struct State {
    pub dice: Dice,
    /// Decides on what was added to the worlds after the first regressions had been drawn in them.
    pub more: Dice,
    /// Decides on throttled reads, which were added later still.
    pub throttles: Dice,
    pub drawn: Drawn,
    late: Vec<Late>,
    /// The runs that have neither ended nor died.
    pub alive: BTreeSet<usize>,
    pub faults: Faults,
    pub revisions: Vec<Revised>,
    pub effects: Vec<Effect>,
    pub requests: Requests,
    /// When a task of a revision was marked to have run well.
    pub proven: BTreeMap<u32, u64>,
    /// When each run last read what is wished.
    pub wished: BTreeMap<usize, u64>,
    /// What ECS allows; anything without it.
    pub buckets: Option<Buckets>,
    /// When the circuit breaker took back what was the latest.
    pub broken: Option<u64>,
    /// Retention, where it is on.
    pub retention: Option<Retention>,
    pub wrong: Option<String>,
    pub tells: bool,
    pub log: Vec<String>,
}

pub struct Account {
    start: Instant,
    state: Mutex<State>,
}

impl Account {
    pub fn new(seed: u64, faults: Faults, tells: bool) -> Account {
        let state = State {
            dice: Dice::new(seed ^ 0xecc5),
            more: Dice::new(seed ^ 0x1a7e),
            throttles: Dice::new(seed ^ 0x7407),
            drawn: Drawn::new(),
            late: vec![],
            alive: BTreeSet::new(),
            faults,
            revisions: vec![],
            effects: vec![],
            requests: Requests::default(),
            proven: BTreeMap::new(),
            wished: BTreeMap::new(),
            buckets: None,
            broken: None,
            retention: None,
            wrong: None,
            tells,
            log: vec![],
        };
        Account { start: Instant::now(), state: Mutex::new(state) }
    }

    /// The current state: changes that are due have arrived.
    pub fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().expect("nobody panicked");
        state.arrive(self.now());
        state
    }

    /// The time in milliseconds.
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

impl Account {
    /// Does it, and has it judged.
    pub fn register(&self, body: &Value, run: Option<Run>) -> (usize, Revised) {
        let now = self.now();
        self.log(|| format!("{} registers", run.map_or("a person".to_owned(), |run| format!("run {}", run.number))));
        self.state().register(body, run, now)
    }

    /// Tags a revision as proven, whatever became of it meanwhile; nothing is gone back to that is INACTIVE.
    pub fn tag(&self, number: u32, key: &str, value: &str, run: Run) -> usize {
        let now = self.now();
        self.log(|| format!("run {} tags {number}: {key}", run.number));
        let state = &mut *self.state();
        let stored = &mut state.revisions[number as usize - 1].more;
        Arc::make_mut(&mut stored.tags).insert(key.to_owned(), value.to_owned());
        state.proven.entry(number).or_insert(now);
        state.note(Some(run), now)
    }

    /// Does it this much later, whatever became of its caller meanwhile.
    pub fn do_later(&self, change: Change, run: Run, wait: u64) {
        let due = self.now() + wait;
        self.state().late.push(Late { due, change, run });
    }

    /// Does nothing to a revision that is INACTIVE.
    pub fn deregister(&self, number: u32, run: Option<Run>) -> Option<usize> {
        let now = self.now();
        let who = || run.map_or("a person".to_owned(), |run| format!("run {}", run.number));
        self.log(|| format!("{} deregisters {number}", who()));
        self.state().deregister(number, run, now)
    }
}

impl State {
    fn arrive(&mut self, now: u64) {
        while let Some(next) =
            (0..self.late.len()).filter(|at| self.late[*at].due <= now).min_by_key(|at| self.late[*at].due)
        {
            let Late { due, change, run } = self.late.remove(next);
            let what = match change {
                Change::Register(body) => format!("registered as {}", self.register(&body, Some(run), due).1.number),
                Change::Deregister(number) => {
                    self.deregister(number, Some(run), due);
                    format!("deregistered, {number},")
                }
            };
            if self.tells {
                self.log.push(format!("{due:>9} what run {} {what} arrives", run.number));
            }
        }
    }

    fn register(&mut self, body: &Value, run: Option<Run>, now: u64) -> (usize, Revised) {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let tags: BTreeMap<String, String> =
            body["tags"].as_array().into_iter().flatten().map(|tag| (text(tag, "key"), text(tag, "value"))).collect();
        let made = run.and_then(|_| Fingerprint::parse(tags.get(tags::FINGERPRINT)?));
        let number = u32::try_from(self.revisions.len()).expect("few") + 1;
        let stood = Stood {
            number,
            made,
            digests: digests_of(body),
            registered: now,
            gone: None,
            more: Stored {
                body: Arc::new(body.clone()),
                tags: Arc::new(tags),
                run: run.map(|run| run.number),
                wished: run.and_then(|run| self.wished.get(&run.number).copied()),
            },
        };
        // Nobody can know of what arrives after its run has ended: the next one looks at what there is.
        if let Some(run) = run.filter(|run| self.alive.contains(&run.number)) {
            self.judge_registration(&run, &stood, now);
        }
        self.revisions.push(stood.clone());
        (self.note(run, now), stood)
    }

    fn deregister(&mut self, number: u32, run: Option<Run>, now: u64) -> Option<usize> {
        if !self.revisions[number as usize - 1].is_active() {
            return None;
        }
        let was_latest = self.standing().newest().is_some_and(|a| a.number == number);
        self.revisions[number as usize - 1].gone = Some(now);
        // Whoever takes back by hand what was gone back to, lets another revision be the latest.
        if was_latest && !run.is_some_and(|run| matches!(run.meant, Meant::TaskStopped { .. })) {
            self.broken = None;
        }
        if let Some(run) = run {
            self.judge_last(&run, now);
        }
        if let Some(run) = run.filter(|run| self.alive.contains(&run.number)) {
            match run.meant {
                Meant::TaskStopped { .. } => self.judge_breaker(&run, number, was_latest, now),
                Meant::Expire => self.judge_expiry(&run, number, now),
                _ => self.judge_deregistration(&run, number, now),
            }
        }
        Some(self.note(run, now))
    }

    /// Counts a mishap.
    pub fn draw(&mut self, what: &'static str) {
        *self.drawn.entry(what).or_default() += 1;
    }

    fn note(&mut self, run: Option<Run>, at: u64) -> usize {
        let is_expiry = run.is_some_and(|run| run.meant == Meant::Expire);
        let (sandbox, run) = (run.map_or(0, |run| run.sandbox), run.map(|run| run.number));
        self.effects.push(Effect { at, run, sandbox, is_expiry, told: false });
        self.effects.len() - 1
    }
}
