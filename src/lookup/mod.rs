//! What the parent fetches for rendering: all that a round asked for, at once.

pub mod cloudformation;
pub mod secretsmanager;
pub mod ssm;
pub mod state;

use crate::aws::{CallLimits, Clients, fault::Fault};
use crema_render::child::protocol::{Fetched, Lookup};
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use serde_json::Value;

/// A lookup, what came of it, and for a failure whether it may be gone at the next try.
#[derive(Debug, Clone)]
pub struct LookupResult {
    pub lookup: Lookup,
    pub fetched: Fetched,
    pub transient: bool,
}

impl LookupResult {
    fn found(lookup: Lookup, value: impl Into<Value>) -> LookupResult {
        LookupResult { lookup, fetched: Fetched::Found(value.into()), transient: false }
    }

    fn failed(lookup: Lookup, why: String) -> LookupResult {
        LookupResult { lookup, fetched: Fetched::Failed(why), transient: false }
    }

    fn fault(lookup: Lookup, fault: &Fault, why: String) -> LookupResult {
        LookupResult { lookup, fetched: Fetched::Failed(why), transient: fault.is_transient() }
    }
}

/// Fetches all these lookups in `region`, side by side, with as few calls as the services allow. Failures are kept with
/// their lookup: only an evaluation that really asks for the value raises them.
pub async fn fetch(clients: &Clients, limits: &CallLimits, region: &str, lookups: Vec<Lookup>) -> Vec<LookupResult> {
    let (mut parameters, mut stacks, mut exports) = (vec![], vec![], vec![]);
    let calls = &limits.lookups;
    let mut work: FuturesUnordered<BoxFuture<'_, Vec<LookupResult>>> = FuturesUnordered::new();
    for lookup in lookups {
        match lookup {
            Lookup::Ssm { name } => parameters.push(name),
            Lookup::CfnOutput { stack, key } => stacks.push((stack, key)),
            Lookup::CfnExport { name } => exports.push(name),
            Lookup::Secret { name } => {
                let client = clients.secrets(region);
                work.push(Box::pin(async move { vec![secretsmanager::arn(&client, calls, region, name).await] }));
            }
            Lookup::State { url, region: own } => {
                work.push(Box::pin(async move { vec![state::read(clients, calls, region, url, own).await] }));
            }
        }
    }
    for batch in parameters.chunks(ssm::BATCH) {
        let (client, batch) = (clients.ssm(region), batch.to_vec());
        work.push(Box::pin(async move { ssm::parameters(&client, calls, region, batch).await }));
    }
    for (stack, keys) in cloudformation::by_stack(stacks) {
        let client = clients.cloudformation(region);
        work.push(Box::pin(async move { cloudformation::outputs(&client, calls, region, &stack, keys).await }));
    }
    if !exports.is_empty() {
        let client = clients.cloudformation(region);
        work.push(Box::pin(async move { cloudformation::exports(&client, calls, region, exports).await }));
    }
    let mut results = vec![];
    while let Some(some) = work.next().await {
        results.extend(some);
    }
    results
}
