//! Deregistering: after an answer that leaves open whether it happened, what stands is read again.

use crate::{
    aws::fault::Fault,
    decide::RollbackPlan,
    ecs::{
        api::{Api, Status},
        history::Family,
    },
    flow::backoff::Backoff,
};
use std::collections::BTreeSet;

/// Deregisters in the given order; throttled calls are made again.
pub(in crate::flow) async fn deregister<A: Api>(
    family: &Family<'_, A>,
    plan: &RollbackPlan,
    gone: &mut BTreeSet<u32>,
    backoff: &mut Backoff,
) -> std::result::Result<(), Fault> {
    for number in &plan.revisions {
        while let Err(fault) = deregister_once(family, *number, backoff).await {
            let Fault::Throttled(text) = fault else { return Err(fault) };
            backoff.wait(text.clone()).await.map_err(|_| Fault::Throttled(text))?;
        }
        gone.insert(*number);
    }
    Ok(())
}

/// Deregisters one revision. If the result of the call is unknown, the revision is read again: it is identified by its
/// number, so nothing else can be meant.
///
/// # Errors
/// If it is not INACTIVE afterwards, as far as two reads can tell.
pub(in crate::flow) async fn deregister_once<A: Api>(
    family: &Family<'_, A>,
    number: u32,
    backoff: &Backoff,
) -> std::result::Result<(), Fault> {
    let fault = match family.api.deregister(&family.key.family, number).await {
        Ok(described) => {
            family.cache.deregistered(family.key, number, described.deregistered_at);
            return Ok(());
        }
        Err(fault) => fault,
    };
    let is_gone = match &fault {
        // Of an INACTIVE revision a ClientException is as good as success.
        Fault::Refused { .. } => is_inactive(family, number).await?,
        Fault::Open(text) => {
            let mut happened = false;
            for _ in 0..2 {
                backoff.two_seconds(text).await.map_err(|_| fault.clone())?;
                happened = is_inactive(family, number).await?;
                if happened {
                    break;
                }
            }
            happened
        }
        _ => false,
    };
    if is_gone { Ok(()) } else { Err(fault) }
}

async fn is_inactive<A: Api>(family: &Family<'_, A>, number: u32) -> std::result::Result<bool, Fault> {
    let described = family.api.describe(&family.key.at(number)).await?;
    Ok(described.is_some_and(|described| described.status == Status::Inactive))
}
