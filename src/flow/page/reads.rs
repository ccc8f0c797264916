//! The reads of ECS that a page makes: bounded, the most telling first.

use super::family::{FamilyReading, Next, PageFamily};
use crate::{
    aws::fault::Fault,
    ecs::{
        api::{Api, Described, Status},
        sdk::Ecs,
    },
    error::{Error, Result},
    flow::{crema::Crema, status::facts::PreparedApp},
    reference::FamilyKey,
};
use futures_util::future::{join, join_all};
use std::{collections::BTreeMap, future::Future, sync::Arc};
use tokio::time::{Instant, timeout_at};

/// Maximum describes and lists of a page.
const MOST: usize = 50;
/// Up to here pictures are filled: what ECS lets anybody do at once is not used up for them.
const FOR_PICTURES: usize = 40;
/// Revisions of a row's picture.
const DOTS: u32 = 10;
/// Revisions of the details.
const DETAILS: usize = 24;
/// INACTIVE revisions above the latest one that are looked at.
const ABOVE: usize = 10;
/// Revisions of a status that are listed: one page.
const LISTED: usize = 100;

/// What a step of a family found.
enum Found {
    Described(Option<Described>),
    /// Numbers of revisions, newest first.
    Active(Vec<u32>),
    Inactive(Vec<u32>),
}

impl Crema {
    /// Reads the families of these apps anew, for the rows of a page.
    pub(super) async fn read_rows(
        &self,
        apps: &[PreparedApp<'_>],
        until: Instant,
    ) -> BTreeMap<FamilyKey, FamilyReading> {
        let mut families = self.families(apps);
        let mut left = MOST.saturating_sub(families.len());
        let first = families.iter().map(|family| within(until, describe(&family.api, family.key.family.clone())));
        let first = join_all(first).await;
        for (family, found) in families.iter_mut().zip(first) {
            self.found(family, None, found);
            // What was deregistered stays so: a hold that was seen before is one as long as A is the same.
            let Some(a) = family.latest().map(|latest| latest.revision) else { continue };
            let above = (a + 1..).take(ABOVE).filter_map(|number| self.cache.inactive(&family.key, number));
            let above: Vec<Arc<Described>> = above.collect();
            above.into_iter().for_each(|known| family.put(known));
        }
        // A list and a describe tell of most families. Where only the list was needed, its describe is given to others.
        loop {
            let open: Vec<(usize, Next)> =
                families.iter().enumerate().filter_map(|(i, family)| Some((i, family.next()?))).collect();
            let whole = fitting(&open, left, Next::cost);
            let steps = if whole.is_empty() { fitting(&open, left, |_| 1) } else { whole };
            if steps.is_empty() {
                break;
            }
            left -= steps.len();
            let found = join_all(steps.iter().map(|(i, next)| self.step(&families[*i], *next, until))).await;
            for ((i, _), (number, found)) in steps.into_iter().zip(found) {
                self.found(&mut families[i], number, found);
            }
        }
        self.pictures(&mut families, left.saturating_sub(MOST - FOR_PICTURES), until).await;
        families.into_iter().map(PageFamily::end).collect()
    }

    /// Reads all that is shown of a family's revisions.
    pub(super) async fn read_details(
        &self,
        apps: &[PreparedApp<'_>],
        until: Instant,
    ) -> BTreeMap<FamilyKey, FamilyReading> {
        let mut families = self.families(apps);
        let each = (MOST / families.len().max(1)).saturating_sub(2).min(DETAILS);
        for family in &mut families {
            let list = |status| within(until, family.api.list(&family.key.family, status, LISTED));
            let lists = join(list(Status::Active), list(Status::Inactive)).await;
            let mut numbers = vec![];
            for list in [lists.0, lists.1] {
                match list {
                    Ok(list) => numbers.extend(list),
                    Err(e) => family.failed = family.failed.take().or(Some(e)),
                }
            }
            numbers.sort_unstable_by(|a, b| b.cmp(a));
            numbers.truncate(each.max(1));
            (family.above, family.active) = (Some(vec![]), Some(vec![]));
            self.describe_all(family, numbers, until).await;
        }
        families.into_iter().map(PageFamily::end).collect()
    }

    fn families<'a>(&'a self, apps: &'a [PreparedApp<'_>]) -> Vec<PageFamily<'a>> {
        let family = |app: &'a PreparedApp<'_>| {
            let (name, region) = app.family()?;
            let key = FamilyKey::new(region, name);
            Some(PageFamily {
                api: self.ecs(region),
                source: self.settings.source(app.subject().app.as_deref().unwrap_or_default()),
                wanted: app.desired.ok().map(|desired| &desired.fingerprint),
                described: vec![],
                above: None,
                active: None,
                failed: None,
                dots: self.seen.dots(&key),
                key,
            })
        };
        apps.iter().filter_map(family).collect()
    }

    /// Makes the next call for a family; of a described revision, its number too.
    async fn step(&self, family: &PageFamily<'_>, next: Next, until: Instant) -> (Option<u32>, Result<Found>) {
        let name = &family.key.family;
        match next {
            Next::Describe(number) => (Some(number), within(until, describe(&family.api, family.key.at(number))).await),
            Next::ListActive => {
                let found = async { Ok(Found::Active(family.api.list(name, Status::Active, ABOVE).await?)) };
                (None, within(until, found).await)
            }
            Next::ListInactive => {
                let found = async { Ok(Found::Inactive(family.api.list(name, Status::Inactive, LISTED).await?)) };
                (None, within(until, found).await)
            }
        }
    }

    /// Takes in what a call found; `number` is the revision that it asked for.
    fn found(&self, family: &mut PageFamily<'_>, number: Option<u32>, found: Result<Found>) {
        for list in [&mut family.above, &mut family.active].into_iter().flatten() {
            list.retain(|other| Some(*other) != number);
        }
        match found {
            Err(e) => family.failed = Some(e),
            Ok(Found::Described(None)) => {
                family.dots.extend(number.map(|number| (number, None)));
            }
            Ok(Found::Described(Some(described))) if described.family == family.key.family => {
                let described = self.cache.seen(&family.key.region, described);
                family.put(described);
            }
            Ok(Found::Described(Some(_))) => {}
            Ok(Found::Active(mut active)) => {
                active.retain(|number| !self.cache.is_deregistered(&family.key, *number));
                family.active = Some(active);
            }
            Ok(Found::Inactive(inactive)) => {
                let a = family.latest().map_or(0, |latest| latest.revision);
                let mut open = vec![];
                for number in inactive.into_iter().filter(|number| *number > a).take(ABOVE) {
                    match self.cache.inactive(&family.key, number) {
                        Some(known) => family.put(known),
                        None => open.push(number),
                    }
                }
                family.above = Some(open);
            }
        }
    }

    /// Describes revisions below the newest one, a few of each family, as far as that was not seen before.
    async fn pictures(&self, families: &mut [PageFamily<'_>], mut left: usize, until: Instant) {
        for below in 1..DOTS {
            let mut asked = vec![];
            for (i, family) in families.iter_mut().enumerate() {
                let Some(number) = family.latest().and_then(|latest| latest.revision.checked_sub(below)) else {
                    continue;
                };
                if number == 0 || family.dots.contains_key(&number) || family.failed.is_some() {
                    continue;
                }
                if let Some(known) = self.cache.inactive(&family.key, number) {
                    family.put(known);
                } else if left > asked.len() {
                    asked.push((i, number));
                }
            }
            left -= asked.len();
            let calls = asked
                .iter()
                .map(|(i, number)| within(until, describe(&families[*i].api, families[*i].key.at(*number))));
            let found = join_all(calls).await;
            for ((i, number), found) in asked.into_iter().zip(found) {
                // A picture that lacks something is no failure.
                if found.is_ok() {
                    self.found(&mut families[i], Some(number), found);
                }
            }
        }
    }

    async fn describe_all(&self, family: &mut PageFamily<'_>, numbers: Vec<u32>, until: Instant) {
        let (known, open): (Vec<_>, Vec<_>) = numbers
            .into_iter()
            .map(|n| (n, self.cache.inactive(&family.key, n)))
            .partition(|(_, known)| known.is_some());
        let calls = open.iter().map(|(number, _)| within(until, describe(&family.api, family.key.at(*number))));
        let found = join_all(calls).await;
        known.into_iter().filter_map(|(_, known)| known).for_each(|known| family.put(known));
        for ((number, _), found) in open.into_iter().zip(found) {
            self.found(family, Some(number), found);
        }
    }
}

/// The first of these whose costs fit.
fn fitting(open: &[(usize, Next)], mut room: usize, cost: impl Fn(Next) -> usize) -> Vec<(usize, Next)> {
    let fits = |(_, next): &&(usize, Next)| {
        let is_room = cost(*next) <= room;
        room = room.saturating_sub(cost(*next));
        is_room
    };
    open.iter().take_while(fits).copied().collect()
}

async fn describe(api: &Ecs<'_>, reference: String) -> std::result::Result<Found, Fault> {
    Ok(Found::Described(api.describe(&reference).await?))
}

async fn within<T>(until: Instant, call: impl Future<Output = std::result::Result<T, Fault>>) -> Result<T> {
    match timeout_at(until, call).await {
        Ok(done) => done.map_err(Error::from),
        Err(_) => Err(Error::deadline("its revisions were read")),
    }
}
