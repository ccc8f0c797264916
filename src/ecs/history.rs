//! Reads the history of a family: which revisions there are, and what those are that decisions need.

use super::{
    api::{Api, Described, Status},
    cache::Cache,
    revision::{History, Revision, TagSource},
};
use crate::{aws::fault::Fault, reference::FamilyKey};
use futures_util::future::{join_all, try_join, try_join3};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// How many revisions below the newest ACTIVE one are looked at.
const BELOW: usize = 20;
/// Maximum revisions of each status that are listed, if not all are needed: one page.
const LISTED: usize = 100;
/// Maximum times that the needed revisions are determined again, because statuses may change between two calls.
const TURNS: u32 = 6;

/// How much of a family is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// For registering: down to the newest ACTIVE revision that carries a fingerprint.
    ToOwn,
    /// For rolling back: everything that is looked at below the newest ACTIVE one, and this one besides.
    Below { named: Option<u32>, all_active: bool },
}

/// A family whose history is read.
pub struct Family<'a, A> {
    pub api: &'a A,
    pub cache: &'a Cache,
    pub key: &'a FamilyKey,
    pub source: TagSource<'a>,
}

/// What was read: the history, and the newest ACTIVE revision as ECS describes it.
#[derive(Debug, Default)]
pub struct Read {
    pub history: History,
    pub latest: Option<Arc<Described>>,
    described: BTreeMap<u32, Arc<Described>>,
}

impl Read {
    /// The history of the newest ACTIVE revision alone.
    pub fn of(latest: Described, source: TagSource<'_>) -> Read {
        let mut known = Known::new(&[], &[]);
        known.put(Arc::new(latest));
        known.read(source)
    }

    /// The history of these revisions, as far as they tell it.
    pub fn of_all(described: impl IntoIterator<Item = Arc<Described>>, source: TagSource<'_>) -> Read {
        let mut known = Known::new(&[], &[]);
        described.into_iter().for_each(|described| known.put(described));
        known.read(source)
    }

    /// Some revision of the family; A if there is one.
    pub fn any(&self) -> Option<&Described> {
        self.latest.as_deref().or_else(|| self.described.values().next_back().map(AsRef::as_ref))
    }

    /// A revision of the history as ECS describes it.
    pub fn described(&self, number: u32) -> Option<&Described> {
        self.described.get(&number).map(AsRef::as_ref)
    }
}

impl<A: Api> Family<'_, A> {
    /// The latest ACTIVE revision, by one call that mostly suffices. `None` if there is none, or if the service (an
    /// emulator) returns an INACTIVE one.
    ///
    /// # Errors
    /// The error of the call.
    pub async fn latest(&self) -> Result<Option<Described>, Fault> {
        let described = self.api.describe(&self.key.family).await?;
        Ok(described.filter(|described| {
            let is_deregistered = self.cache.is_deregistered(self.key, described.revision);
            described.status == Status::Active && described.family == self.key.family && !is_deregistered
        }))
    }

    /// The history. `latest` is what [`Family::latest`] has just returned; without it, the latest revision is read at
    /// the same time as the lists.
    ///
    /// # Errors
    /// The error of the first call that failed, whatever it is: nothing is decided from half a history. Only a listed
    /// revision that ECS says does not exist is left out: INACTIVE ones are not promised to stay readable.
    pub async fn read(&self, depth: Depth, latest: Option<Described>) -> Result<Read, Fault> {
        let mut known = self.listed(depth, latest).await?;
        // Lists lag behind: what this function did itself a moment ago may not be on them.
        if let Some(fresh) = self.cache.just_registered(self.key) {
            known.put_unless_read(fresh);
        }
        known.retire(&self.cache.deregistered_revisions(self.key));
        // One that was deregistered a moment ago may be gone from the one list and not be on the other yet. Then a request
        // that is delivered twice would take back what stands below: so the next number is asked for too, and what is
        // missing above the newest ACTIVE one.
        let mut unlisted = None;
        if let Depth::Below { named, .. } = depth {
            unlisted = Some(known.newest() + 1);
            // The named one comes last: it may be far above all that there is, and nothing is missing up to there.
            known.missing().into_iter().chain(named).for_each(|number| known.suppose(number));
        }
        self.describe_wanted(&mut known, depth, unlisted).await?;
        Ok(known.read(self.source))
    }

    async fn listed(&self, depth: Depth, latest: Option<Described>) -> Result<Known, Fault> {
        let most = match depth {
            Depth::Below { all_active: true, .. } => usize::MAX,
            _ => LISTED,
        };
        let active = self.api.list(&self.key.family, Status::Active, most);
        let inactive = self.api.list(&self.key.family, Status::Inactive, LISTED);
        let (latest, active, inactive) = match latest {
            Some(latest) => {
                let (active, inactive) = try_join(active, inactive).await?;
                (Some(latest), active, inactive)
            }
            None => try_join3(self.latest(), active, inactive).await?,
        };
        let mut known = Known::new(&active, &inactive);
        if let Some(latest) = latest {
            known.put(Arc::new(latest));
        }
        Ok(known)
    }

    /// Describes revisions until nothing more is needed. `unlisted` is a number above all known ones, which may exist
    /// nevertheless.
    async fn describe_wanted(&self, known: &mut Known, depth: Depth, mut unlisted: Option<u32>) -> Result<(), Fault> {
        for _ in 0..TURNS {
            unlisted.iter().for_each(|number| known.suppose(*number));
            let wanted = known.wanted(depth, self.source);
            if wanted.is_empty() {
                break;
            }
            let described =
                join_all(wanted.iter().map(|number| self.describe(*number, known.is_active(*number)))).await;
            for (number, described) in wanted.into_iter().zip(described) {
                match described? {
                    Some(described) => {
                        known.put(described);
                        unlisted = unlisted.map(|next| next.max(number + 1));
                    }
                    None => {
                        known.forget(number);
                        unlisted = unlisted.filter(|next| *next != number);
                    }
                }
            }
        }
        Ok(())
    }

    async fn describe(&self, number: u32, active: bool) -> Result<Option<Arc<Described>>, Fault> {
        if let Some(kept) = self.cache.inactive(self.key, number).filter(|_| !active) {
            return Ok(Some(kept));
        }
        let described = self.api.describe(&self.key.at(number)).await?;
        let described = described.filter(|d| d.revision == number && d.family == self.key.family);
        // Registered and taken back a moment ago: it may not even be readable yet.
        let fresh = || self.cache.just_registered(self.key).filter(|fresh| fresh.revision == number);
        let described = described.or_else(|| fresh().map(|fresh| (*fresh).clone()));
        Ok(described.map(|described| self.cache.seen(&self.key.region, described)))
    }
}

/// What is known of a family so far.
struct Known(BTreeMap<u32, Entry>);

struct Entry {
    status: Status,
    described: Option<Arc<Described>>,
}

impl Known {
    fn new(active: &[u32], inactive: &[u32]) -> Known {
        let entry = |status| move |number: &u32| (*number, Entry { status, described: None });
        // A revision on both lists was deregistered between the two.
        Known(active.iter().map(entry(Status::Active)).chain(inactive.iter().map(entry(Status::Inactive))).collect())
    }

    fn put(&mut self, described: Arc<Described>) {
        let status = described.status;
        self.0.insert(described.revision, Entry { status, described: Some(described) });
    }

    /// An ACTIVE revision. A list may show it before it can be described.
    fn put_unless_read(&mut self, described: Arc<Described>) {
        let entry = self.0.get(&described.revision);
        if entry.is_none_or(|entry| entry.status == Status::Active && entry.described.is_none()) {
            self.put(described);
        }
    }

    /// The revisions that are known to be INACTIVE, whatever the lists say: one list may not show it yet, nor the
    /// other.
    fn retire(&mut self, gone: &[u32]) {
        for number in gone {
            let entry = self.0.entry(*number).or_insert(Entry { status: Status::Inactive, described: None });
            if entry.status == Status::Active {
                *entry = Entry { status: Status::Inactive, described: None };
            }
        }
    }

    /// A revision that is on no list may exist nevertheless, because lists are bounded.
    fn suppose(&mut self, number: u32) {
        self.0.entry(number).or_insert(Entry { status: Status::Inactive, described: None });
    }

    /// The numbers between the newest ACTIVE revision and the newest of all that are on no list; the newest of them.
    fn missing(&self) -> Vec<u32> {
        let above = self.newest_active().map_or_else(|| self.newest(), |a| a + 1);
        let missing = (above..self.newest()).rev().filter(|number| !self.0.contains_key(number));
        missing.take(BELOW).collect()
    }

    fn forget(&mut self, number: u32) {
        self.0.remove(&number);
    }

    fn is_active(&self, number: u32) -> bool {
        self.0.get(&number).is_some_and(|entry| entry.status == Status::Active)
    }

    fn newest(&self) -> u32 {
        self.0.keys().next_back().copied().unwrap_or_default()
    }

    fn newest_active(&self) -> Option<u32> {
        self.0.iter().rev().find(|(_, entry)| entry.status == Status::Active).map(|(number, _)| *number)
    }

    /// The numbers that are looked at, newest first: all above the newest ACTIVE one, that one, and some below.
    fn window(&self) -> Vec<u32> {
        let a = self.newest_active();
        let above = self.0.keys().rev().copied().filter(|number| a.is_some_and(|a| *number >= a));
        let below = self.0.keys().rev().copied().filter(|number| a.is_none_or(|a| *number < a)).take(BELOW);
        above.chain(below).collect()
    }

    /// The revisions that still have to be described.
    fn wanted(&self, depth: Depth, source: TagSource<'_>) -> BTreeSet<u32> {
        let window = self.window();
        let own = |number: &u32| {
            let entry = self.0.get(number)?;
            let described = entry.described.as_ref().filter(|_| entry.status == Status::Active)?;
            Revision::read(described, source).fingerprint.map(|_| *number)
        };
        let mut wanted: BTreeSet<u32> = match depth {
            Depth::ToOwn => {
                let a = self.newest_active().unwrap_or_default();
                let is_unread = self.0.get(&a).is_some_and(|entry| entry.described.is_none());
                // Until A itself is read, nothing below it is asked for: mostly it carries a fingerprint.
                let floor = if is_unread { a } else { window.iter().find_map(own).unwrap_or_default() };
                window.into_iter().filter(|number| *number >= floor).collect()
            }
            Depth::Below { named, .. } => window.into_iter().chain(named).collect(),
        };
        wanted.retain(|number| self.0.get(number).is_some_and(|entry| entry.described.is_none()));
        wanted
    }

    fn read(self, source: TagSource<'_>) -> Read {
        let described = self.0.values().rev().filter_map(|entry| entry.described.as_ref());
        let revisions: Vec<Revision> = described.map(|described| Revision::read(described, source)).collect();
        let newest = revisions.iter().find(|revision| revision.is_active()).map(|revision| revision.number);
        let latest = newest.and_then(|number| self.0.get(&number)?.described.clone());
        let is_active = |(number, entry): (&u32, &Entry)| (entry.status == Status::Active).then_some(*number);
        let active = self.0.iter().rev().filter_map(is_active).collect();
        let described = self.0.into_iter().filter_map(|(number, entry)| Some((number, entry.described?)));
        Read { latest, history: History { revisions, active }, described: described.collect() }
    }
}
