//! The reads of ECS that a page makes: bounded, the most telling first.

use crate::{
    aws::fault::Fault,
    breaker::proven_at,
    definition::fingerprint::Fingerprint,
    ecs::{
        api::{Api, Described, Status},
        history::Read,
        revision::{Revision, TagSource},
        sdk::Ecs,
    },
    error::{Error, Result},
    flow::{crema::Crema, status::facts::PreparedApp},
    page::timeline::Dot,
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

/// What was read of one family.
pub struct Reading {
    pub history: Option<Result<Read>>,
    /// Whether it was not read far enough to tell whether the family is on hold.
    pub is_unread: bool,
    pub dots: BTreeMap<u32, Option<Dot>>,
}

/// A family on its way.
struct Family<'a> {
    api: Ecs<'a>,
    key: FamilyKey,
    source: String,
    wanted: Option<&'a Fingerprint>,
    described: Vec<Arc<Described>>,
    /// The INACTIVE revisions above A that are not described yet, newest first, once they are listed.
    above: Option<Vec<u32>>,
    failed: Option<Error>,
    dots: BTreeMap<u32, Option<Dot>>,
}

impl Family<'_> {
    fn source(&self) -> TagSource<'_> {
        TagSource::Of(&self.source)
    }

    fn put(&mut self, described: Arc<Described>) {
        let revision = Revision::read(&described, self.source());
        let dot = Dot {
            number: revision.number,
            is_active: revision.is_active(),
            is_own: revision.fingerprint.is_some(),
            registered_at: revision.registered_at,
            deregistered_at: revision.deregistered_at,
            proven_at: proven_at(&described),
        };
        self.dots.insert(dot.number, Some(dot));
        self.described.push(described);
    }

    fn latest(&self) -> Option<&Arc<Described>> {
        self.described.iter().filter(|described| described.status == Status::Active).max_by_key(|d| d.revision)
    }

    /// Whether more has to be read to tell how it stands: what is there is crema's own, and not what is wanted; or
    /// nothing is there.
    fn is_open(&self) -> bool {
        if self.failed.is_some() || self.wanted.is_none() {
            return false;
        }
        let own = |d: &Arc<Described>| Revision::read(d, self.source()).fingerprint;
        let latest = self.latest();
        let is_settled = latest.map(own).is_some_and(|own| own.is_none() || own.as_ref() == self.wanted);
        let a = latest.map_or(0, |latest| latest.revision);
        let is_on_hold = self.described.iter().filter(|d| d.revision > a).any(|d| own(d).is_some());
        let has_more = self.above.as_ref().is_none_or(|above| !above.is_empty());
        // Without a latest one it may only be named wrongly.
        !is_settled && has_more && (!is_on_hold || latest.is_none() && self.above.is_none())
    }

    fn end(self) -> (FamilyKey, Reading) {
        let is_unread = self.is_open();
        let history = match self.failed {
            Some(error) => Err(error),
            None => Ok(Read::of_all(self.described, TagSource::Of(&self.source))),
        };
        (self.key, Reading { history: Some(history), is_unread, dots: self.dots })
    }
}

/// What a step of a family found.
enum Found {
    Described(Option<Described>),
    /// Numbers of revisions, newest first.
    Active(Vec<u32>),
    Inactive(Vec<u32>),
}

impl Crema {
    /// Reads the families of these apps anew, for the rows of a page.
    pub(super) async fn read_rows(&self, apps: &[PreparedApp<'_>], until: Instant) -> BTreeMap<FamilyKey, Reading> {
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
            let open: Vec<usize> = (0..families.len()).filter(|i| families[*i].is_open()).collect();
            let whole = fitting(&open, left, |i| if families[i].above.is_none() { 2 } else { 1 });
            let steps = if whole.is_empty() { fitting(&open, left, |_| 1) } else { whole };
            if steps.is_empty() {
                break;
            }
            left -= steps.len();
            let found = join_all(steps.iter().map(|i| self.step(&families[*i], until))).await;
            for (i, (number, found)) in steps.into_iter().zip(found) {
                self.found(&mut families[i], number, found);
            }
        }
        self.pictures(&mut families, left.saturating_sub(MOST - FOR_PICTURES), until).await;
        families.into_iter().map(Family::end).collect()
    }

    /// Reads all that is shown of a family's revisions.
    pub(super) async fn read_details(&self, apps: &[PreparedApp<'_>], until: Instant) -> BTreeMap<FamilyKey, Reading> {
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
            family.above = Some(vec![]);
            self.describe_all(family, numbers, until).await;
        }
        families.into_iter().map(Family::end).collect()
    }

    fn families<'a>(&'a self, apps: &'a [PreparedApp<'_>]) -> Vec<Family<'a>> {
        let family = |app: &'a PreparedApp<'_>| {
            let (name, region) = app.family()?;
            let key = FamilyKey::new(region, name);
            Some(Family {
                api: self.ecs(region),
                source: self.settings.source(app.subject().app.as_deref().unwrap_or_default()),
                wanted: app.desired.ok().map(|desired| &desired.fingerprint),
                described: vec![],
                above: None,
                failed: None,
                dots: self.seen.dots(&key),
                key,
            })
        };
        apps.iter().filter_map(family).collect()
    }

    /// The next call for a family that is open; of a described revision, its number too.
    async fn step(&self, family: &Family<'_>, until: Instant) -> (Option<u32>, Result<Found>) {
        let name = &family.key.family;
        let next = family.above.as_ref().and_then(|above| above.first().copied());
        let found = match next {
            Some(number) => within(until, describe(&family.api, family.key.at(number))).await,
            // An emulator may name an INACTIVE one as the latest.
            None if family.latest().is_none() && family.above.is_none() && !family.described.is_empty() => {
                within(until, async { Ok(Found::Active(family.api.list(name, Status::Active, 1).await?)) }).await
            }
            None => {
                within(until, async { Ok(Found::Inactive(family.api.list(name, Status::Inactive, LISTED).await?)) })
                    .await
            }
        };
        (next, found)
    }

    /// Takes in what a call found; `number` is the revision that it asked for.
    fn found(&self, family: &mut Family<'_>, number: Option<u32>, found: Result<Found>) {
        if let Some(above) = family.above.as_mut().filter(|_| number.is_some()) {
            above.retain(|other| Some(*other) != number);
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
            // The next step describes the newest ACTIVE one.
            Ok(Found::Active(active)) => family.above = Some(active),
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
    async fn pictures(&self, families: &mut [Family<'_>], mut left: usize, until: Instant) {
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

    async fn describe_all(&self, family: &mut Family<'_>, numbers: Vec<u32>, until: Instant) {
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
fn fitting(open: &[usize], mut room: usize, cost: impl Fn(usize) -> usize) -> Vec<usize> {
    let fits = |i: &&usize| {
        let is_room = cost(**i) <= room;
        room = room.saturating_sub(cost(**i));
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
