//! Lambda and EventBridge as far as the template uses them: three functions (two before there were lanes), asynchronous
//! events with their retries, reserved concurrency, time limits, dead letters, and the rules.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

mod function;
mod process;

pub use function::{Ended, Function};
pub use process::Usage;

use crate::{fake::Fake, options::Options};
use crema_testing::{
    ACCOUNT, Invocation, REGION,
    moment::{rfc3339, to_the_second},
};
use function::Kind;
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use time::OffsetDateTime;
use tokio::sync::mpsc::UnboundedReceiver;

/// For how long a part is waited for.
const PATIENCE: Duration = Duration::from_secs(10_800);

/// The functions of a stack, fed by its rules.
pub struct Lambda {
    pub registrar: Arc<Function>,
    /// Of a binary with lanes.
    pub reconciler: Option<Arc<Function>>,
    pub operator: Arc<Function>,
}

impl Lambda {
    /// `limits`: whether time limits and reserved concurrency are the template's; without, an event may take half an hour.
    /// `bus` brings what functions put.
    pub fn new(options: &Options, fake: &Fake, mut bus: UnboundedReceiver<Value>, limits: bool) -> Arc<Lambda> {
        let seconds = |most: u64| Duration::from_secs(if limits { most } else { 1_800 });
        let lanes = options.lanes;
        let function = |lane: &'static str, most, copies| {
            Function::new(Kind { lane, time: seconds(most), copies, lanes, limits }, options, fake.url())
        };
        let lambda = Arc::new(Lambda {
            registrar: function("registrar", 120, 1),
            reconciler: lanes.then(|| function("reconciler", 120, 1)),
            operator: function("operator", if lanes { 300 } else { 120 }, 1_000),
        });
        let routed = Arc::downgrade(&lambda);
        tokio::spawn(async move {
            while let Some(entry) = bus.recv().await {
                let Some(lambda) = routed.upgrade() else { break };
                lambda.route(&event(
                    entry["Source"].as_str().unwrap_or_default(),
                    entry["DetailType"].as_str().unwrap_or_default(),
                    entry["Detail"].as_str().and_then(|detail| serde_json::from_str(detail).ok()).unwrap_or_default(),
                ));
            }
        });
        lambda
    }

    /// Who takes sweeps and what was handed on.
    pub fn long(&self) -> &Arc<Function> {
        self.reconciler.as_ref().unwrap_or(&self.registrar)
    }

    fn functions(&self) -> impl Iterator<Item = &Arc<Function>> {
        [Some(&self.registrar), self.reconciler.as_ref(), Some(&self.operator)].into_iter().flatten()
    }

    /// Puts an event on the bus: the template's rules decide who gets it.
    pub fn route(&self, event: &Value) {
        let kind = event["detail-type"].as_str().unwrap_or_default();
        match (event["source"].as_str().unwrap_or_default(), kind) {
            ("aws.ecr" | "aws.s3", _) => self.registrar.send(event.clone()),
            ("aws.events", _) | ("crema", "Task Definition Work Left") => self.long().send(event.clone()),
            (_, "Task Definition Rollback") => self.operator.send(event.clone()),
            // Outcomes: for others.
            _ => {}
        }
    }

    /// Asks the operator and waits, as `aws lambda invoke` does.
    pub async fn call(&self, payload: Value) -> Invocation {
        self.operator.call(&payload).await
    }

    /// Waits until no event is waiting or under way. Whether that came about in three hours.
    pub async fn quiet(&self) -> bool {
        let begun = Instant::now();
        let mut since = None;
        while begun.elapsed() < PATIENCE {
            let busy = self.functions().any(|function| function.pending() > 0);
            since = if busy { None } else { since.or(Some(Instant::now())) };
            match since {
                // What was put on the bus is routed by then.
                Some(since) if since.elapsed() > Duration::from_millis(500) => return true,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        false
    }

    /// Events that are waiting or under way.
    pub fn pending(&self) -> usize {
        self.functions().map(|function| function.pending()).sum()
    }

    /// Events that failed for good.
    pub fn dead_letters(&self) -> usize {
        self.functions().map(|function| function.dead_letters()).sum()
    }

    /// All invocations so far, in the order of their ends.
    pub fn ended(&self) -> Vec<Ended> {
        let mut all: Vec<Ended> = self.functions().flat_map(|function| function.ended()).collect();
        all.sort_by_key(|ended| ended.until);
        all
    }

    /// The most that any process of any function took.
    pub async fn usage(&self) -> Usage {
        let mut most = Usage::default();
        for function in self.functions() {
            most = most.or(function.usage().await);
        }
        most
    }
}

/// An event of now, as EventBridge delivers it.
pub fn event(source: &str, kind: &str, detail: Value) -> Value {
    let now = OffsetDateTime::now_utc();
    let id = format!("event-{}-{}", now.unix_timestamp_nanos(), fastrand::u32(..));
    let time = rfc3339(to_the_second(now));
    json!({"version": "0", "id": id, "detail-type": kind, "source": source, "account": ACCOUNT, "time": time,
        "region": REGION, "resources": [], "detail": detail})
}
