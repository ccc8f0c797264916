//! What this copy of the function has seen of families when it made pages: of a thousand families a page reads 25.

use crate::{
    page::{timeline::Dot, words::Look},
    reference::FamilyKey,
    schedules::Found,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::time::Instant;

/// How long rules and schedules count as read: of a thousand of them each is a call of its own.
const SCHEDULES_KEEP: Duration = Duration::from_secs(300);
/// Revisions that are kept of a family.
const DOTS: usize = 24;

/// Families as they were last seen.
#[derive(Default)]
pub struct SeenFamilies {
    families: Mutex<HashMap<FamilyKey, Seen>>,
    schedules: Mutex<HashMap<String, (Found, Instant)>>,
}

/// One family.
#[derive(Clone, Debug)]
pub struct Seen {
    pub shown: Look,
    pub at: OffsetDateTime,
    /// By number; none that there is not.
    pub dots: BTreeMap<u32, Option<Dot>>,
}

impl SeenFamilies {
    fn families(&self) -> MutexGuard<'_, HashMap<FamilyKey, Seen>> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a family was seen last, and when.
    pub fn state(&self, key: &FamilyKey) -> Option<(Look, OffsetDateTime)> {
        self.families().get(key).map(|seen| (seen.shown, seen.at))
    }

    /// The revisions that were seen.
    pub fn dots(&self, key: &FamilyKey) -> BTreeMap<u32, Option<Dot>> {
        self.families().get(key).map(|seen| seen.dots.clone()).unwrap_or_default()
    }

    pub fn put(&self, key: FamilyKey, mut seen: Seen) {
        while seen.dots.len() > DOTS {
            seen.dots.pop_first();
        }
        self.families().insert(key, seen);
    }

    /// Forgets the families that are none any more.
    pub fn keep_only(&self, all: &HashSet<FamilyKey>) {
        self.families().retain(|key, _| all.contains(key));
    }

    /// The schedules of a region, if they were read a short while ago.
    pub fn schedules(&self, region: &str) -> Option<Found> {
        let schedules = self.schedules.lock().unwrap_or_else(PoisonError::into_inner);
        schedules.get(region).filter(|(_, at)| at.elapsed() < SCHEDULES_KEEP).map(|(found, _)| found.clone())
    }

    pub fn put_schedules(&self, region: &str, found: Found) {
        let mut schedules = self.schedules.lock().unwrap_or_else(PoisonError::into_inner);
        schedules.insert(region.to_owned(), (found, Instant::now()));
    }
}
