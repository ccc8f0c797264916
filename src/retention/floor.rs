//! The lowest revision that is kept for what it may be needed for.

use crate::breaker::Standing;

/// The floor: what lies below it may go. `active` are the numbers of all ACTIVE revisions, newest first; `looked_at` the
/// first of them, as described, without a gap. `None`: more of them have to be looked at.
///
/// It is the lowest of the `keep` newest, and no higher than the second newest proven one: the circuit breaker goes back to
/// the newest that is proven, and what became proven last may be what is wrong. Where only one is proven, it is that one.
pub fn floor(keep: usize, active: &[u32], looked_at: &[Standing]) -> Option<u32> {
    let Some(newest) = keep.checked_sub(1).and_then(|last| active.get(last)) else {
        return Some(active.last().copied().unwrap_or_default());
    };
    let is_proven = |standing: &&Standing| standing.is_own() && standing.proven_at.is_some();
    let mut proven = looked_at.iter().filter(is_proven).map(|standing| standing.revision.number);
    let (first, second) = (proven.next(), proven.next());
    match (second, looked_at.len() >= active.len()) {
        (Some(second), _) => Some(second.min(*newest)),
        (None, true) => Some(first.map_or(*newest, |first| first.min(*newest))),
        (None, false) => None,
    }
}
