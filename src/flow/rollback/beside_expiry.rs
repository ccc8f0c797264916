//! What a rollback leaves as the latest may be expiring in the same moment, and so may all that lies below what is kept. Neither
//! can lock the other out, and nothing that is deregistered comes back. So a rollback that goes below what is kept leaves the
//! last of what no expiry touches until none can be under way any more, and then looks whether what is to become the latest
//! still stands.

use crate::{
    aws::fault::Fault,
    decide::RollbackPlan,
    ecs::{
        api::{Api, Status},
        history::Family,
        revision::History,
    },
    flow::{
        backoff::{self, Backoff},
        rollback::deregister::deregister,
    },
};
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};

/// What was deregistered so shortly before a request may still stand for an expiry that is under way.
const SHORTLY: Duration = Duration::seconds(20);

/// How many of the plan's revisions go before it waits; none: what becomes the latest is one of those that are kept.
///
/// An expiry looks again before each of its deregistrations, and leaves alone what has fewer than `keep` above it or lost the
/// latest. So whatever goes first makes it end, and the newest `keep` are safe from it.
pub fn waits_after(history: &History, plan: &RollbackPlan, keep: usize, asked: OffsetDateTime) -> Option<usize> {
    let latest = plan.latest?;
    let is_fresh = |number: &u32| {
        let gone = history.get(*number).and_then(|revision| revision.deregistered_at);
        gone.is_some_and(|gone| gone >= asked - SHORTLY)
    };
    let fresh = history.revisions.iter().map(|revision| revision.number).filter(is_fresh);
    let stood: BTreeSet<u32> = fresh.chain(history.active.iter().copied()).collect();
    let safe: Vec<u32> = stood.into_iter().rev().take(keep).collect();
    let may_expire = safe.len() == keep && safe.iter().all(|number| *number > latest);
    may_expire.then(|| plan.revisions.iter().rposition(|number| safe.contains(number)).unwrap_or_default())
}

/// Deregisters so many, waits, and goes on only where what becomes the latest still stands.
///
/// # Errors
/// As [`deregister`]; [`Fault::Open`] where it does not stand any more: what to do has to be decided again.
pub async fn deregister_in_two<A: Api>(
    family: &Family<'_, A>,
    plan: &RollbackPlan,
    first: usize,
    gone: &mut BTreeSet<u32>,
    backoff: &mut Backoff,
) -> Result<(), Fault> {
    let (before, after) = plan.revisions.split_at(first.min(plan.revisions.len()));
    let part = |revisions: &[u32]| RollbackPlan { revisions: revisions.to_vec(), ..plan.clone() };
    deregister(family, &part(before), gone, backoff).await?;
    let name = family.key.at(plan.latest.unwrap_or_default());
    let why = format!("{name}, which becomes the latest, may be expiring");
    let open = |_| Fault::Open(why.clone());
    backoff.until_expiries_end(&why).await.map_err(open)?;
    let described = backoff::read(backoff.until(), async || family.api.describe(&name).await).await.map_err(open)?;
    if described.is_none_or(|described| described.status != Status::Active) {
        return Err(Fault::Open(format!("{name}, which was to become the latest, has expired")));
    }
    deregister(family, &part(after), gone, backoff).await
}
