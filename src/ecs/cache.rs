//! What is kept of families between invocations.

use super::api::{Described, Status};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::time::Instant;

/// So long a registration of one's own counts although no list shows it: ECS is eventually consistent.
const FRESH: Duration = Duration::from_secs(60);

type Revision = (String, String, u32);
type Family = (String, String);

/// INACTIVE revisions, which never change, and what this function did itself. By region, family and number.
#[derive(Default)]
pub struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    inactive: HashMap<Revision, Arc<Described>>,
    /// Deregistered by this function, and when: reads may lag behind.
    gone: HashMap<Revision, Option<OffsetDateTime>>,
    /// The last registration by this function.
    fresh: HashMap<Family, (Arc<Described>, Instant)>,
    /// The newest revision of which it is known that the one below is another definition.
    single: HashMap<Family, u32>,
}

impl Cache {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An INACTIVE revision that was seen before.
    pub fn inactive(&self, region: &str, family: &str, number: u32) -> Option<Arc<Described>> {
        self.kept().inactive.get(&revision(region, family, number)).cloned()
    }

    /// Keeps a revision that is INACTIVE. One that this function has deregistered is INACTIVE whatever a late read says.
    pub fn seen(&self, region: &str, mut described: Described) -> Arc<Described> {
        let mut kept = self.kept();
        let key = revision(region, &described.family, described.revision);
        if let Some(at) = kept.gone.get(&key).filter(|_| described.status == Status::Active) {
            described.status = Status::Inactive;
            described.deregistered_at = *at;
        }
        let described = Arc::new(described);
        if described.status == Status::Inactive {
            kept.inactive.insert(key, described.clone());
        }
        described
    }

    /// That this function has registered a revision.
    pub fn registered(&self, region: &str, described: Described) {
        let family = (region.to_owned(), described.family.clone());
        self.kept().fresh.insert(family, (Arc::new(described), Instant::now()));
    }

    /// The revision that this function registered last, while reads may lag behind it.
    pub fn just_registered(&self, region: &str, family: &str) -> Option<Arc<Described>> {
        let kept = self.kept();
        let (described, at) = kept.fresh.get(&(region.to_owned(), family.to_owned()))?;
        (at.elapsed() < FRESH).then(|| described.clone())
    }

    /// That this function has deregistered a revision.
    pub fn deregistered(&self, region: &str, family: &str, number: u32, at: Option<OffsetDateTime>) {
        self.kept().gone.insert(revision(region, family, number), at);
    }

    /// Whether this function has deregistered it.
    pub fn is_gone(&self, region: &str, family: &str, number: u32) -> bool {
        self.kept().gone.contains_key(&revision(region, family, number))
    }

    /// What of a family this function has deregistered.
    pub fn gone(&self, region: &str, family: &str) -> Vec<u32> {
        let kept = self.kept();
        let keys = kept.gone.keys().filter(|(in_region, of_family, _)| in_region == region && of_family == family);
        keys.map(|(_, _, number)| *number).collect()
    }

    /// Whether [`Cache::know_single`] was told of this revision.
    pub fn is_known_single(&self, region: &str, family: &str, number: u32) -> bool {
        self.kept().single.get(&(region.to_owned(), family.to_owned())) == Some(&number)
    }

    /// Keeps in mind that the revision below this one is another definition.
    pub fn know_single(&self, region: &str, family: &str, number: u32) {
        self.kept().single.insert((region.to_owned(), family.to_owned()), number);
    }
}

fn revision(region: &str, family: &str, number: u32) -> Revision {
    (region.to_owned(), family.to_owned(), number)
}
