//! What was asked of the fake: for assertions on calls, round trips and on nothing having been changed.

use super::{
    Aws,
    request::{Call, Service},
};
use serde_json::Value;
use std::time::{Duration, Instant};

#[derive(Debug, Clone)]
pub struct Logged {
    pub service: Service,
    pub operation: String,
    pub region: String,
    pub input: Value,
    pub begun: Instant,
    /// `None` where no answer was given.
    pub ended: Option<Instant>,
    pub status: Option<u16>,
    /// Whether the fake's state was asked (or changed): not so where a fault came first.
    pub acted: bool,
}

impl Logged {
    pub fn begun(call: &Call) -> Logged {
        Logged {
            service: call.service,
            operation: call.operation.clone(),
            region: call.region.clone(),
            input: call.input.clone(),
            begun: Instant::now(),
            ended: None,
            status: None,
            acted: false,
        }
    }

    fn changes(&self) -> bool {
        matches!(self.operation.as_str(), "RegisterTaskDefinition" | "DeregisterTaskDefinition")
    }
}

impl Aws {
    /// All calls since the start or the last [`Aws::forget_calls`].
    pub fn calls(&self) -> Vec<Logged> {
        self.lock().log.clone()
    }

    pub fn calls_of(&self, operation: &str) -> Vec<Logged> {
        self.lock().log.iter().filter(|logged| logged.operation == operation).cloned().collect()
    }

    /// How many calls there were, `operation` by operation, as a text: `DescribeTaskDefinition 1, GetObject 3`.
    pub fn tally(&self) -> String {
        let mut counts = std::collections::BTreeMap::new();
        for logged in &self.lock().log {
            *counts.entry(logged.operation.clone()).or_insert(0) += 1;
        }
        counts.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", ")
    }

    /// The calls that change something, tried or done.
    pub fn changes(&self) -> Vec<String> {
        let family = |input: &Value| {
            let name = input.get("family").or_else(|| input.get("taskDefinition"));
            name.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let log = &self.lock().log;
        log.iter().filter(|l| l.changes()).map(|l| format!("{} {}", l.operation, family(&l.input))).collect()
    }

    /// Calls under way now must have ended: the log begins anew.
    pub fn forget_calls(&self) {
        self.lock().log.clear();
    }

    /// How many calls had to wait for one another: the longest chain in which each begins after the one before ended.
    pub fn round_trips(&self) -> usize {
        let mut spans: Vec<(Instant, Instant)> =
            self.lock().log.iter().map(|l| (l.ended.unwrap_or(l.begun), l.begun)).collect();
        spans.sort_unstable();
        let mut chain = 0;
        let mut last: Option<Instant> = None;
        for (ended, begun) in spans {
            if last.is_none_or(|last| begun >= last) {
                chain += 1;
                last = Some(ended);
            }
        }
        chain
    }

    /// Where a call of this operation may be broken: its first, second and last.
    pub fn positions_of(&self, operation: &str) -> Vec<usize> {
        let last = self.calls_of(operation).len();
        let mut positions = vec![1, 2, last];
        positions.retain(|position| (1..=last).contains(position));
        positions.dedup();
        positions
    }

    /// The most calls of a service that were under way at one time.
    pub fn most_at_once(&self, service: Service) -> usize {
        let log = &self.lock().log;
        let spans: Vec<_> = log.iter().filter(|l| l.service == service).map(|l| (l.begun, l.ended)).collect();
        let at = |moment: Instant| {
            spans.iter().filter(|(begun, ended)| *begun <= moment && ended.is_none_or(|ended| ended > moment)).count()
        };
        spans.iter().map(|(begun, _)| at(*begun)).max().unwrap_or(0)
    }

    /// Waits until `operation` was acted on `times` times; panics after 20 s.
    pub async fn until_done(&self, operation: &str, times: usize) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.calls_of(operation).iter().filter(|logged| logged.acted).count() < times {
            assert!(Instant::now() < end, "{operation} did not happen {times} times; there was: {}", self.tally());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
