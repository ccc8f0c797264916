//! What the circuit breaker would go back to.

use super::facts::{FamilyHistory, PreparedApp};
use crate::{
    breaker::Standing,
    ecs::{
        api::{Api, Status},
        revision::TagSource,
    },
    flow::crema::Crema,
};
use tokio::time::{Instant, timeout_at};

/// So many ACTIVE revisions below A are looked at, as for the circuit breaker itself.
const BELOW: usize = 20;

impl Crema {
    /// The newest revision below A of which a task ran well, or that somebody else registered; none where there is none, or
    /// it could not be read. Looked for from above, so that mostly one call finds it.
    pub(in crate::flow) async fn fallback(
        &self,
        app: &PreparedApp<'_>,
        history: &FamilyHistory,
        until: Instant,
    ) -> Option<u32> {
        let read = history.as_ref()?.as_ref().ok()?;
        let a = read.latest.as_deref()?;
        let api = self.ecs(app.family()?.1);
        let location = self.settings.location.to_string();
        let look = async {
            let active = match read.history.active.as_slice() {
                [] | [_] => api.list(&a.family, Status::Active, BELOW + 1).await.ok()?,
                listed => listed.to_vec(),
            };
            for number in active.into_iter().filter(|number| *number < a.revision).take(BELOW) {
                let described = match read.described(number) {
                    Some(described) => described.clone(),
                    None => api.describe(&format!("{}:{number}", a.family)).await.ok()??,
                };
                if Standing::read(&described, TagSource::Within(&location)).is_vouched_for() {
                    return Some(number);
                }
            }
            None
        };
        timeout_at(until, look).await.ok()?
    }
}
