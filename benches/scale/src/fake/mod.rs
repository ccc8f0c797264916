//! AWS as far as a large installation asks it: S3, ECR, ECS with the limits that AWS publishes, and EventBridge's `PutEvents`.
//!
//! Leaner than the fake of the tests, which keeps every call and all that ever was: here ten thousand families are asked for
//! in a time that runs several times as fast. It refuses what is too much, and counts.

mod buckets;
mod ecr;
mod ecs;
mod s3;
mod server;

use crema_testing::aws::request::{Answer, Call, Reply, Service, refusal, unknown};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::mpsc::UnboundedSender;

/// How long calls take, and whether ECS has its limits.
#[derive(Clone, Copy)]
pub struct Manners {
    pub call: Duration,
    /// Of a page of S3's list.
    pub page: Duration,
    pub limits: bool,
}

impl Manners {
    /// As AWS answers.
    pub const AWS: Manners = Manners { call: Duration::from_millis(10), page: Duration::from_millis(30), limits: true };
    /// Nothing but what the function itself takes.
    pub const NONE: Manners = Manners { call: Duration::ZERO, page: Duration::ZERO, limits: false };
}

#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub reads: usize,
    pub registered: usize,
    pub deregistered: usize,
    /// Of these three, and beyond them, those that were refused.
    pub throttled: usize,
    pub lists: usize,
    pub gets: usize,
    pub images: usize,
    pub events: usize,
}

impl Counts {
    /// All that ECS was asked.
    pub fn of_ecs(&self) -> usize {
        self.reads + self.registered + self.deregistered + self.throttled
    }

    pub fn of_s3(&self) -> usize {
        self.lists + self.gets
    }
}

/// A running fake; it ends with the runtime.
#[derive(Clone)]
pub struct Fake {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
}

pub struct State {
    pub s3: s3::S3,
    pub ecr: ecr::Ecr,
    pub ecs: ecs::Ecs,
    pub counts: Counts,
    manners: Manners,
    bus: UnboundedSender<Value>,
}

impl Fake {
    /// `bus` gets each entry that is put, as it was put.
    pub async fn start(manners: Manners, bus: UnboundedSender<Value>) -> Fake {
        let state = State {
            s3: s3::S3::default(),
            ecr: ecr::Ecr::default(),
            ecs: ecs::Ecs::new(manners.limits),
            counts: Counts::default(),
            manners,
            bus,
        };
        let state = Arc::new(Mutex::new(state));
        let address = server::start(state.clone()).await;
        Fake { state, address }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Counts anew from here on.
    pub fn forget(&self) {
        let mut state = self.lock();
        state.counts = Counts::default();
        state.ecs.described.clear();
        state.ecs.log.clear();
    }
}

impl State {
    fn delay(&self, call: &Call) -> Duration {
        if call.operation == "ListObjectsV2" { self.manners.page } else { self.manners.call }
    }

    fn act(&mut self, call: &Call) -> Reply {
        match call.service {
            Service::S3 => {
                let list = call.operation == "ListObjectsV2";
                *(if list { &mut self.counts.lists } else { &mut self.counts.gets }) += 1;
                self.s3.answer(call)
            }
            Service::Ecr => {
                self.counts.images += 1;
                self.ecr.answer(call)
            }
            Service::Ecs => {
                let reply = self.ecs.answer(call);
                let counts = &mut self.counts;
                let count = match (&reply, call.operation.as_str()) {
                    (Err(refusal), _) if refusal.code == "ThrottlingException" => &mut counts.throttled,
                    (_, "RegisterTaskDefinition") => &mut counts.registered,
                    (_, "DeregisterTaskDefinition") => &mut counts.deregistered,
                    _ => &mut counts.reads,
                };
                *count += 1;
                reply
            }
            Service::EventBridge if call.operation == "PutEvents" => self.put(call),
            _ => Err(unknown(call)),
        }
    }

    /// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
    fn put(&mut self, call: &Call) -> Reply {
        let entries = call.input["Entries"].as_array().cloned().unwrap_or_default();
        if !(1..=10).contains(&entries.len()) {
            return Err(refusal(400, "ValidationException", "Entries must have 1 to 10 members"));
        }
        let mut put = vec![];
        for entry in entries {
            self.counts.events += 1;
            put.push(json!({"EventId": format!("put-{}-{}", self.counts.events, fastrand::u32(..))}));
            let _ = self.bus.send(entry);
        }
        Ok(Answer::json(&json!({"FailedEntryCount": 0, "Entries": put})))
    }
}
