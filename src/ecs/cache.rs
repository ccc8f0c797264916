//! What is kept of families between invocations.

use super::api::{Described, Status};
use crate::reference::FamilyKey;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::time::Instant;

/// How long a registration by this function counts although no list shows it: ECS is eventually consistent.
const FRESH: Duration = Duration::from_secs(60);

type Revision = (FamilyKey, u32);

/// INACTIVE revisions, which never change, and what this function did itself. By family and number.
#[derive(Default)]
pub struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    inactive: HashMap<Revision, Arc<Described>>,
    /// Deregistered by this function, and when: reads may lag behind.
    deregistered_revisions: HashMap<Revision, Option<OffsetDateTime>>,
    /// The last registration by this function.
    fresh: HashMap<FamilyKey, (Arc<Described>, Instant)>,
    /// The newest revision that is known to differ in its definition from the one below.
    single: HashMap<FamilyKey, u32>,
}

impl Cache {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An INACTIVE revision that was seen before.
    pub fn inactive(&self, family: &FamilyKey, number: u32) -> Option<Arc<Described>> {
        self.kept().inactive.get(&(family.clone(), number)).cloned()
    }

    /// Keeps a revision that is INACTIVE. One that this function has deregistered is INACTIVE whatever a late read says.
    pub fn seen(&self, region: &str, mut described: Described) -> Arc<Described> {
        let mut kept = self.kept();
        let key = (family(region, &described), described.revision);
        if let Some(at) = kept.deregistered_revisions.get(&key).filter(|_| described.status == Status::Active) {
            described.status = Status::Inactive;
            described.deregistered_at = *at;
        }
        let described = Arc::new(described);
        if described.status == Status::Inactive {
            kept.inactive.insert(key, described.clone());
        }
        described
    }

    /// Notes that this function has registered a revision.
    pub fn registered(&self, region: &str, described: Described) {
        let family = family(region, &described);
        self.kept().fresh.insert(family, (Arc::new(described), Instant::now()));
    }

    /// The revision that this function registered last, while reads may lag behind it.
    pub fn just_registered(&self, family: &FamilyKey) -> Option<Arc<Described>> {
        let kept = self.kept();
        let (described, at) = kept.fresh.get(family)?;
        (at.elapsed() < FRESH).then(|| described.clone())
    }

    /// That this function has tagged a revision: what it keeps of its own registration has the tag, too.
    pub fn tagged(&self, family: &FamilyKey, number: u32, key: &str, value: &str) {
        let mut kept = self.kept();
        let fresh = kept.fresh.get_mut(family).map(|(described, _)| described);
        if let Some(described) = fresh.filter(|described| described.revision == number) {
            Arc::make_mut(described).tags.insert(key.to_owned(), value.to_owned());
        }
    }

    /// Notes that this function has deregistered a revision.
    pub fn deregistered(&self, family: &FamilyKey, number: u32, at: Option<OffsetDateTime>) {
        self.kept().deregistered_revisions.insert((family.clone(), number), at);
    }

    /// Whether this function has deregistered it.
    pub fn is_deregistered(&self, family: &FamilyKey, number: u32) -> bool {
        self.kept().deregistered_revisions.contains_key(&(family.clone(), number))
    }

    /// The revisions of a family that this function has deregistered.
    pub fn deregistered_revisions(&self, family: &FamilyKey) -> Vec<u32> {
        let kept = self.kept();
        kept.deregistered_revisions.keys().filter(|(other, _)| other == family).map(|(_, number)| *number).collect()
    }

    /// Whether [`Cache::know_single`] was called with this revision.
    pub fn is_known_single(&self, family: &FamilyKey, number: u32) -> bool {
        self.kept().single.get(family) == Some(&number)
    }

    /// Notes that the revision below this one is another definition.
    pub fn know_single(&self, family: &FamilyKey, number: u32) {
        self.kept().single.insert(family.clone(), number);
    }
}

fn family(region: &str, described: &Described) -> FamilyKey {
    FamilyKey::new(region, &described.family)
}
