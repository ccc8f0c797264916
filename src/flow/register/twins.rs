//! Whether two copies of the function registered one definition.

use crate::{
    decide::Origin,
    ecs::{
        api::{Api, Described, Status},
        history::{Family, Read},
        revision::Revision,
    },
    flow::register::registrar::{Registrar, next_number},
};
use time::{Duration, OffsetDateTime};

/// How long after its registration a sweep checks a revision for a twin, which costs another call.
const SUSPECT_FOR: Duration = Duration::hours(1);
/// How long a new revision may not be readable: ECS is eventually consistent, and clocks differ.
const READABLE_AFTER: Duration = Duration::seconds(10);
impl<A: Api> Registrar<'_, A> {
    /// A warning about a twin, if the number is not the next one: somebody else registered meanwhile, perhaps another
    /// copy of the function.
    pub(super) async fn after(&self, family: &Family<'_, A>, before: &Read, described: &Described) -> Option<String> {
        if described.revision == next_number(before) {
            self.cache.know_single(family.key, described.revision);
            return None;
        }
        self.registered_twice(family, described.revision, described.registered_at).await
    }

    /// A warning that two copies of the function have registered one definition: the revision directly below is ACTIVE
    /// and carries the same fingerprint. Each revision is checked once.
    pub(super) async fn registered_twice(
        &self,
        family: &Family<'_, A>,
        number: u32,
        at: Option<OffsetDateTime>,
    ) -> Option<String> {
        let is_old = self.origin == Origin::Sweep && at.is_some_and(|at| (self.now)() - at > SUSPECT_FOR);
        if number < 2 || is_old || self.cache.is_known_single(family.key, number) {
            return None;
        }
        let described = |number| async move { self.api.describe(&family.key.at(number)).await };
        let (below, this) = (described(number - 1).await.ok()?, described(number).await.ok()?);
        let own = |described: &Described| Revision::read(described, family.source).fingerprint;
        let twin = below.as_ref().filter(|below| below.status == Status::Active).and_then(own);
        if twin.is_none() || twin != this.as_ref().and_then(own) {
            // What was registered a moment ago may not be readable yet: then the next run looks.
            let is_new = at.is_some_and(|at| (self.now)() - at < READABLE_AFTER);
            if !is_new || (below.is_some() && this.is_some()) {
                self.cache.know_single(family.key, number);
            }
            return None;
        }
        Some(format!(
            "{name}:{} and {name}:{number} are one definition: two copies of the function ran at once (reserved concurrency \
             1 prevents it); a rollback takes both",
            number - 1,
            name = family.key.family
        ))
    }
}
