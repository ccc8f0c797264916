//! A small fake of AWS: one HTTP port on 127.0.0.1 for all services, its state in memory.
//!
//! Written to AWS's documentation, not to what crema needs. Tests arrange and inspect it through [`Aws`]; each
//! service's part of that stands in its own file.

pub mod account;
pub mod cloudformation;
pub mod ecr;
pub mod ecs;
pub mod ecs_register;
pub mod eventbridge;
pub mod faults;
pub mod lambda;
pub mod log;
pub mod parameters;
pub mod request;
pub mod s3;
pub mod scheduler;
pub mod secrets;
pub mod server;

use request::{Call, Reply, Service};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;

/// A running fake. It ends with the test's runtime.
#[derive(Clone)]
pub struct Aws {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
}

#[derive(Default)]
pub struct State {
    pub account: account::Account,
    pub s3: s3::S3,
    pub ecs: ecs::Ecs,
    pub ecr: ecr::Ecr,
    pub parameters: parameters::Parameters,
    pub secrets: secrets::Secrets,
    pub cloudformation: cloudformation::CloudFormation,
    pub eventbridge: eventbridge::EventBridge,
    pub scheduler: scheduler::Scheduler,
    pub lambda: lambda::Lambda,
    pub faults: faults::Faults,
    pub log: Vec<log::Logged>,
    delay: Duration,
    clock: time::Duration,
}

impl State {
    /// The fake's time: ours plus the offset that a test set, in milliseconds as ECS has them.
    pub fn now(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc() + self.clock;
        now.replace_millisecond(now.millisecond()).unwrap()
    }

    /// Acts on a call.
    pub fn act(&mut self, call: &Call) -> Reply {
        let now = self.now();
        match call.service {
            Service::S3 => self.s3.answer(call),
            Service::Ecs => self.ecs.answer(call, now),
            Service::Ecr => self.ecr.answer(call),
            Service::Ssm => self.parameters.answer(call),
            Service::SecretsManager => self.secrets.answer(call),
            Service::CloudFormation => self.cloudformation.answer(call),
            Service::EventBridge => self.eventbridge.answer(call),
            Service::Scheduler => self.scheduler.answer(call),
            Service::Lambda => self.lambda.answer(call),
            Service::Iam | Service::Logs | Service::Efs => self.account.answer(call),
        }
    }
}

impl Aws {
    pub async fn start() -> Aws {
        let state = Arc::new(Mutex::new(State::default()));
        let address = server::start(state.clone()).await;
        Aws { state, address }
    }

    /// For `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// For another server of the same state.
    pub fn shared(&self) -> server::Shared {
        self.state.clone()
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each call takes so long before it is acted on.
    pub fn delay(&self, each_call: Duration) {
        self.lock().delay = each_call;
    }

    /// Sets the fake's clock off from ours; it dates registrations and uploads.
    pub fn shift_clock(&self, offset: time::Duration) {
        self.lock().clock = offset;
    }

    pub fn now(&self) -> OffsetDateTime {
        self.lock().now()
    }
}
