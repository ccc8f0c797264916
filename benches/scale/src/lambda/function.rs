//! One Lambda function: its queue of asynchronous events, its concurrency, its processes.

use super::process::{Process, Usage};
use crate::options::Options;
use crema_testing::{Failure, Invocation};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// After errors an event is tried twice more, a minute and two later.
const AFTER_ERRORS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// Where no copy is free the event goes back to its queue: for a second at first, twice as long each time, at most five
/// minutes, and for six hours in all. Up to half of a wait is left out at random, which is not documented: otherwise events that
/// come together would come together for ever, and one in five minutes would be taken.
const AFTER_THROTTLE: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
const OLDEST: Duration = Duration::from_secs(21_600);

#[derive(Clone, Copy)]
pub struct Kind {
    pub lane: &'static str,
    /// How long an invocation may take.
    pub time: Duration,
    /// Copies at once.
    pub copies: usize,
    /// Whether it is told its lane.
    pub lanes: bool,
    /// Whether it is to keep below AWS's limits.
    pub limits: bool,
}

/// One invocation that has ended.
#[derive(Clone)]
pub struct Ended {
    pub lane: &'static str,
    pub begun: Instant,
    pub until: Instant,
    /// How many outcomes there were of each decision; of one that failed none is known.
    pub decisions: BTreeMap<String, usize>,
    pub failure: Option<Failure>,
}

pub struct Function {
    kind: Kind,
    binary: PathBuf,
    endpoint: String,
    log: Option<PathBuf>,
    set: Vec<(String, String)>,
    copies: Semaphore,
    idle: tokio::sync::Mutex<Vec<Process>>,
    /// Events that are waiting or under way.
    pending: AtomicUsize,
    next_id: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ended: Vec<Ended>,
    dead_letters: usize,
    usage: Usage,
}

impl Function {
    pub fn new(kind: Kind, options: &Options, endpoint: String) -> Arc<Function> {
        Arc::new(Function {
            kind,
            binary: options.binary.clone(),
            endpoint,
            log: options.log.as_ref().map(|folder| folder.join(format!("{}.log", kind.lane))),
            set: options.set.clone(),
            copies: Semaphore::new(kind.copies),
            idle: tokio::sync::Mutex::default(),
            pending: AtomicUsize::new(0),
            next_id: AtomicUsize::new(0),
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::SeqCst)
    }

    pub fn dead_letters(&self) -> usize {
        self.state().dead_letters
    }

    pub fn ended(&self) -> Vec<Ended> {
        self.state().ended.clone()
    }

    /// Takes an asynchronous event.
    pub fn send(self: &Arc<Self>, payload: Value) {
        self.pending.fetch_add(1, Ordering::SeqCst);
        let function = self.clone();
        tokio::spawn(async move {
            if !function.deliver(&payload).await {
                function.state().dead_letters += 1;
            }
            function.pending.fetch_sub(1, Ordering::SeqCst);
        });
    }

    /// Whether it succeeded at last.
    async fn deliver(&self, payload: &Value) -> bool {
        let arrived = Instant::now();
        let (mut failures, mut wait) = (0, AFTER_THROTTLE);
        while arrived.elapsed() < OLDEST {
            let Ok(copy) = self.copies.try_acquire() else {
                tokio::time::sleep(wait.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
                wait = (wait * 2).min(LONGEST_WAIT);
                continue;
            };
            if self.invoke(payload).await.is_ok() {
                return true;
            }
            drop(copy);
            let Some(pause) = AFTER_ERRORS.get(failures) else { return false };
            tokio::time::sleep(*pause).await;
            (failures, wait) = (failures + 1, AFTER_THROTTLE);
        }
        false
    }

    /// A call that somebody waits for.
    pub async fn call(&self, payload: &Value) -> Invocation {
        match self.copies.try_acquire() {
            Ok(_copy) => self.invoke(payload).await,
            Err(_) => Err(Failure::new("TooManyRequestsException", "Rate Exceeded.")),
        }
    }

    async fn invoke(&self, payload: &Value) -> Invocation {
        let idle = self.idle.lock().await.pop();
        let mut process = match idle {
            Some(process) => process,
            None => self.start().await,
        };
        let begun = Instant::now();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (answer, alive) =
            process.invoke(payload, format!("00000000-0000-4000-8000-{id:012}"), self.kind.time).await;
        let usage = process.usage();
        let mut decisions = BTreeMap::new();
        for outcome in answer.iter().filter_map(|answer| answer["outcomes"].as_array()).flatten() {
            *decisions.entry(outcome["decision"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        let failure = answer.as_ref().err().cloned();
        {
            let mut state = self.state();
            state.usage = state.usage.or(usage);
            state.ended.push(Ended { lane: self.kind.lane, begun, until: Instant::now(), decisions, failure });
        }
        if alive {
            self.idle.lock().await.push(process);
        }
        answer
    }

    async fn start(&self) -> Process {
        let mut variables = vec![];
        let mut set = |name: &str, value: &str| variables.push((name.to_owned(), value.to_owned()));
        set("AWS_LAMBDA_FUNCTION_NAME", &format!("crema-{}", self.kind.lane));
        set("SETTLE_SECONDS", "5");
        if self.kind.lanes {
            set("LANE", self.kind.lane);
        }
        if !self.kind.limits {
            set("SETTLE_SECONDS", "0");
            for bucket in ["READS", "CHANGES"] {
                set(&format!("ECS_{bucket}_PER_SECOND"), "10000");
                set(&format!("ECS_{bucket}_BURST"), "10000");
            }
        }
        variables.extend(self.set.iter().cloned());
        Process::start(&self.binary, &self.endpoint, &variables, self.log.as_deref()).await
    }

    /// The most that any process of it took.
    pub async fn usage(&self) -> Usage {
        let running = self.idle.lock().await.iter().map(Process::usage).fold(Usage::default(), Usage::or);
        self.state().usage.or(running)
    }
}
