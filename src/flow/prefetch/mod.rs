//! Reads that are begun before it is known what needs them, so that nothing waits without need.
//!
//! On a push: the digests and histories of the families that used the pushed tag last time, while the bucket is listed.
//! Then, for every definition that was checked: its history, while its tags are resolved. Everything is read after the
//! event arrived; what turns out to be unnecessary is dropped.
//!
//! A sweep reads while it renders ([`early`]).

mod begun;
mod early;
mod first_read;

pub use first_read::{AHEAD, FirstRead};
pub(super) use first_read::{FirstResult, first_look};

use crate::{
    aws::{CallLimits, Clients},
    config::settings::Settings,
    decide::Origin,
    ecr,
    ecs::{cache::Cache, history::Family, revision::TagSource, sdk::Ecs},
    error::Result,
    flow::{
        desired::family::DesiredFamily,
        prefetch::{begun::Begun, early::Early},
        render_apps::app_variant::AppVariant,
    },
    reference::FamilyKey,
};
use crema_base::image::{self, EcrImage};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::Future,
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// How long a read on a guess stays valid: the prefix may have had to settle, or there was much to render.
const GUESS_KEEPS: Duration = Duration::from_secs(1);
/// How long a read for a definition stays valid while its tags are resolved.
const KEEPS: Duration = Duration::from_secs(10);
/// How long a sweep's early read stays valid, which its whole round may take.
const EARLY_KEEPS: Duration = Duration::from_secs(90);

/// What a family used when it was rendered last.
pub struct Remembered {
    key: FamilyKey,
    /// The `crema:source` whose fingerprints count in it.
    source: String,
    /// The ECR images of its containers.
    images: BTreeSet<EcrImage>,
}

impl Remembered {
    pub fn key(&self) -> &FamilyKey {
        &self.key
    }

    /// What an app variant used, if its family and images are known.
    pub fn of(app_variant: &AppVariant, settings: &Settings) -> Option<Remembered> {
        let own = app_variant.own.as_ref()?;
        let images = app_variant.images()?.iter().filter_map(|reference| image::parse(reference)).collect();
        let key = FamilyKey::new(app_variant.region(&settings.region), app_variant.family()?);
        let source = settings.source(&app_variant.app);
        own.pin_images.unwrap_or(settings.pin_images).then_some(Remembered { key, source, images })
    }
}

/// The first read of a family, under way or taken.
pub struct Prefetch {
    begun: Begun<FirstResult>,
    is_guess: bool,
}

impl Prefetch {
    /// Begins a read. What came of a guess is thrown away sooner.
    pub(super) fn begin(prefetch: impl Future<Output = FirstResult> + Send + 'static, is_guess: bool) -> Prefetch {
        Prefetch { begun: Begun::new(prefetch, if is_guess { GUESS_KEEPS } else { KEEPS }), is_guess }
    }

    /// The result, and when it was read. None if it is not valid any more, or if a guess failed: then the ordinary
    /// calls are made.
    pub async fn result(self) -> Option<(FirstResult, Instant)> {
        let (result, at) = self.begun.end().await?;
        (result.is_ok() || !self.is_guess).then_some((result, at))
    }
}

/// The reads that were begun for one trigger.
pub struct Prefetcher {
    clients: Arc<Clients>,
    limits: Arc<CallLimits>,
    cache: Arc<Cache>,
    origin: Origin,
    prefetches: HashMap<FamilyKey, Prefetch>,
    asked: BTreeSet<EcrImage>,
    digests: Option<Begun<BTreeMap<EcrImage, Result<String>>>>,
    early: Option<Early>,
}

impl Prefetcher {
    pub fn new(clients: Arc<Clients>, limits: Arc<CallLimits>, cache: Arc<Cache>, origin: Origin) -> Prefetcher {
        Prefetcher {
            clients,
            limits,
            cache,
            origin,
            prefetches: HashMap::new(),
            asked: BTreeSet::new(),
            digests: None,
            early: None,
        }
    }

    /// Begins what a push will need if everything is as it was.
    pub fn guess(&mut self, pushed: &EcrImage, remembered: &[Remembered]) {
        let uses = || remembered.iter().filter(|remembered| remembered.images.contains(pushed));
        self.asked.extend(uses().flat_map(|remembered| remembered.images.iter().cloned()));
        let few = if uses().count() <= AHEAD { AHEAD } else { 0 };
        for remembered in uses().take(few) {
            self.prefetch(remembered.key.clone(), remembered.source.clone(), true);
        }
        if self.asked.is_empty() {
            return;
        }
        let (clients, limits, images) = (self.clients.clone(), self.limits.clone(), self.asked.clone());
        self.digests = Some(Begun::new(async move { ecr::digests(&clients, &limits, images).await }, GUESS_KEEPS));
    }

    /// Reads a family of a sweep before all of them are known.
    pub fn read_early(&mut self, key: FamilyKey) {
        let early = || Early::new(self.clients.clone(), self.limits.clone(), self.cache.clone());
        self.early.get_or_insert_with(early).read(key);
    }

    /// All families are known: each is read in its turn from now on.
    pub fn settle(&mut self) {
        self.early.iter_mut().for_each(Early::settle);
    }

    /// Begins the first read of each family that is not read yet.
    pub fn prefetch_all<'a>(&mut self, families: impl IntoIterator<Item = &'a DesiredFamily>) {
        for DesiredFamily { key, source, .. } in families {
            let is_early = self.early.as_ref().is_some_and(|early| early.has(key));
            if !is_early && !self.prefetches.contains_key(key) {
                self.prefetch(key.clone(), source.clone(), false);
            }
        }
    }

    fn prefetch(&mut self, key: FamilyKey, source: String, is_guess: bool) {
        let name = key.clone();
        let (clients, limits, cache, origin) =
            (self.clients.clone(), self.limits.clone(), self.cache.clone(), self.origin);
        let prefetch = async move {
            let api = Ecs::new(clients.ecs(&key.region), key.region.clone(), &limits.ecs);
            let family = Family { api: &api, cache: &cache, key: &key, source: TagSource::Of(&source) };
            first_look(&family, origin).await
        };
        self.prefetches.insert(name, Prefetch::begin(prefetch, is_guess));
    }

    /// The read of a family, once.
    pub fn take(&mut self, family: &FamilyKey) -> Option<Prefetch> {
        let mut early = || Some(Begun::elsewhere(self.early.as_mut()?.take(family)?, EARLY_KEEPS));
        // The family is wanted: what came of its read counts, a denial too.
        let early = early().map(|begun| Prefetch { begun, is_guess: false });
        early.or_else(|| self.prefetches.remove(family))
    }

    /// The digest of each of these images, or why there is none.
    pub async fn digests(&mut self, wanted: BTreeSet<EcrImage>) -> BTreeMap<EcrImage, Result<String>> {
        let guess = self.digests.take().filter(|_| !self.asked.is_disjoint(&wanted));
        let asked = if guess.is_some() { std::mem::take(&mut self.asked) } else { BTreeSet::new() };
        let others = ecr::digests(&self.clients, &self.limits, wanted.difference(&asked).cloned());
        let guessed = async {
            match guess {
                Some(guess) => guess.end().await.map(|(digests, _)| digests),
                None => None,
            }
        };
        let (mut digests, guessed) = tokio::join!(others, guessed);
        digests
            .extend(guessed.into_iter().flatten().filter(|(image, digest)| digest.is_ok() && wanted.contains(image)));
        let again: Vec<EcrImage> = wanted.into_iter().filter(|image| !digests.contains_key(image)).collect();
        digests.extend(ecr::digests(&self.clients, &self.limits, again).await);
        digests
    }
}
