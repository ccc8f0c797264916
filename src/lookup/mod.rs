//! What the parent fetches for rendering: all lookups of one round, at once.

pub mod cloudformation;
pub mod given;
mod result;
pub mod secretsmanager;
pub mod ssm;
pub mod state;

use crate::aws::{CallLimits, Clients};
use crema_render::session::protocol::Lookup;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
pub use result::LookupResult;

/// Fetches all these lookups in `region`, concurrently, with as few calls as the services allow. A failure is kept with
/// its lookup: it is raised only by an evaluation that really asks for the value.
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
