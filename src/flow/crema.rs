//! The function itself: what it was configured with, what it keeps warm, and what every use case begins with.

use crate::{
    aws::{CallLimits, Clients},
    breaker::ProvenRevisions,
    config::{
        settings::Settings,
        snapshot::{Bucket, MAX_LISTS, Settle, Snapshot, SnapshotId},
    },
    ecs::{cache::Cache, sdk::Ecs},
    error::{Error, Result},
    flow::{
        backoff,
        page::memory::SeenFamilies,
        prefetch::Remembered,
        render_apps::{
            app_renderer::AppRenderer, app_variant::AppVariant, relevance::Scope, rendered_apps::RenderedApps,
            renderings::Renderings, selected::SelectedApps, values::Values,
        },
    },
    lookup::given::Given,
    notices::Told,
    preflight::Preflight,
    reference::FamilyKey,
    renderer::Renderer,
    trigger::{Ask, Trigger},
};
use crema_base::secrecy::Texts;
use std::{
    collections::BTreeMap,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout, timeout_at},
};

/// Maximum time that opening connections is waited for.
const TO_OPEN: Duration = Duration::from_millis(500);

/// The function: what it was configured with, and what it keeps warm between invocations.
pub struct Crema {
    pub(super) settings: Settings,
    pub(super) clients: Arc<Clients>,
    pub(super) limits: Arc<CallLimits>,
    bucket: Bucket,
    pub(super) given: Given,
    pub(super) rendering: Mutex<RenderingChild>,
    pub(super) cache: Arc<Cache>,
    /// What the circuit breaker need not read again.
    pub(super) proven: ProvenRevisions,
    /// The failures that notices have told.
    pub(super) told: Told,
    kept: std::sync::Mutex<Kept>,
    /// None where it is off.
    pub(super) preflight: Option<Preflight>,
    /// What pages have seen.
    pub(super) seen: SeenFamilies,
}

/// The times of events are in whole seconds, and clocks differ.
const MARGIN: time::Duration = time::Duration::seconds(2);

/// What the last trigger knew.
#[derive(Default)]
pub(super) struct Kept {
    rendered_apps: Option<Arc<RenderedApps>>,
    /// What its families used, for the guesses of the next push.
    pub(super) remembered: Vec<Remembered>,
    /// What lay under the prefix, and when it was listed.
    listed: Option<(SnapshotId, OffsetDateTime)>,
    /// When the files were listed by which a family was last found or made as desired.
    done: BTreeMap<FamilyKey, OffsetDateTime>,
}

/// The child, and what it has answered.
pub(super) struct RenderingChild {
    renderer: Renderer,
    /// Children beside it, for a first rendering of many apps.
    helpers: Vec<Renderer>,
    pub(super) renderings: Renderings,
}

impl Crema {
    /// Makes the clients. No I/O.
    pub fn new(settings: Settings) -> Crema {
        let owned = settings.bucket_owner.clone().map(|owner| (settings.location.bucket.clone(), owner));
        let clients = Clients::from_env(&settings.region, owned);
        let bucket =
            Bucket::new(clients.s3(&settings.region), settings.location.clone(), settings.bucket_owner.clone());
        Crema::of(settings, clients, bucket, Given::default(), 0)
    }

    /// With these clients and files; `given` need not be looked up, and so many children render beside the first.
    pub(super) fn of(settings: Settings, clients: Clients, bucket: Bucket, given: Given, helpers: usize) -> Crema {
        let renderer = || Renderer::new(settings.memory_mb);
        let rendering = RenderingChild {
            renderer: renderer(),
            helpers: (0..helpers).map(|_| renderer()).collect(),
            renderings: Renderings::default(),
        };
        let limits = Arc::new(CallLimits::new(settings.concurrency, settings.ecs_reads, settings.ecs_changes));
        let clients = Arc::new(clients);
        Crema {
            preflight: Preflight::new(settings.preflight, clients.clone(), limits.clone()),
            limits,
            clients,
            bucket,
            given,
            rendering: Mutex::new(rendering),
            cache: Arc::default(),
            proven: ProvenRevisions::default(),
            told: Told::default(),
            seen: SeenFamilies::default(),
            kept: std::sync::Mutex::default(),
            settings,
        }
    }

    /// Starts the rendering child and opens connections, so that the first event waits for neither. What fails here is
    /// tried again when it is needed, and reported then.
    pub async fn warm_up(&self) {
        self.rendering.lock().await.renderer.warm_up().await;
        let _ = timeout(TO_OPEN, self.clients.open(&self.settings.location.bucket)).await;
    }

    /// What the last trigger knew.
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps for the next trigger what only changes with the files.
    fn keep(&self, selected: &SelectedApps) {
        let mut kept = self.kept();
        if selected.is_news() {
            let remembered =
                selected.app_variants.iter().filter_map(|selected| Remembered::of(selected, &self.settings));
            kept.remembered = remembered.collect();
        }
        kept.rendered_apps = selected.rendered.may_be_kept().then(|| selected.rendered.clone());
    }

    /// How many renderings this copy has made and kept.
    pub(super) async fn renderings(&self) -> usize {
        self.rendering.lock().await.renderings.new
    }

    /// ECS in a region.
    pub(super) fn ecs(&self, region: &str) -> Ecs<'_> {
        Ecs::new(self.clients.ecs(region), region.to_owned(), &self.limits.ecs)
    }

    /// The same for work that yields to everything else.
    pub(super) fn ecs_yielding(&self, region: &str) -> Ecs<'_> {
        Ecs::new(self.clients.ecs(region), region.to_owned(), &self.limits.yielding)
    }

    /// The keys of the files that were read last.
    pub fn keys(&self) -> Vec<String> {
        let listed = self.kept().listed.clone();
        let files = listed.and_then(|(id, _)| self.bucket.latest(&id));
        files.map(|files| files.keys().cloned().collect()).unwrap_or_default()
    }

    /// The files under the prefix; for an unattended trigger, once they have been quiet for a while.
    ///
    /// # Errors
    /// If the bucket cannot be read, or the deadline comes first.
    async fn snapshot(&self, trigger: &Trigger, until: Instant) -> Result<Snapshot> {
        let settle = (trigger.is_unattended() && !self.settings.settle.is_zero()).then(|| Settle {
            quiet: self.settings.settle,
            changed: matches!(trigger.ask, Ask::ConfigChange(_)).then_some(trigger.time),
            until,
        });
        let read = backoff::read(until, async || self.bucket.read(settle, &self.limits.s3).await);
        match timeout_at(until, read).await {
            Ok(snapshot) => {
                let snapshot = snapshot?;
                self.kept().listed = snapshot.moment.map(|moment| (snapshot.id.clone(), moment));
                Ok(snapshot)
            }
            Err(_) => Err(Error::deadline(format_args!("{} was read", self.settings.location))),
        }
    }

    /// The files that were listed after a change was made: they hold it, for S3 is strongly consistent. Nothing is listed
    /// for it again.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>
    pub(super) fn listed_since(&self, trigger: &Trigger) -> Option<Snapshot> {
        let (id, listed) = self.kept().listed.clone()?;
        let files = self.bucket.latest(&id)?;
        let is_in = matches!(trigger.ask, Ask::ConfigChange(_)) && trigger.time + MARGIN <= listed;
        is_in.then(|| Snapshot { files, id, warnings: vec![], moment: Some(listed) })
    }

    /// Whether a family was found or made as desired by files that hold this change.
    pub(super) fn is_done(&self, trigger: &Trigger, family: &FamilyKey) -> bool {
        let is_since = |listed: &OffsetDateTime| trigger.time + MARGIN <= *listed;
        let is_done = || self.kept().done.get(family).is_some_and(is_since);
        matches!(trigger.ask, Ask::ConfigChange(_)) && is_done() && self.cache.deregistered_revisions(family).is_empty()
    }

    /// Keeps in mind that these families are as desired by the files of that moment.
    pub(super) fn done(&self, families: impl Iterator<Item = FamilyKey>, listed: Option<OffsetDateTime>) {
        if let Some(listed) = listed {
            self.kept().done.extend(families.map(|family| (family, listed)));
        }
    }

    /// The bucket, read unless this snapshot is `known`, and its apps, rendered as far as `scope` needs it. Where an object
    /// that something reads has changed since it was listed, both anew. The bucket is read at most `until` then, and apps are
    /// rendered at most `render_until`; `rendered` is told of each app variant as soon as it was rendered anew.
    ///
    /// # Errors
    /// If the bucket cannot be read, or the deadline comes first.
    pub(super) async fn survey(
        &self,
        trigger: &Trigger,
        scope: &Scope<'_>,
        mut known: Option<Snapshot>,
        until: Instant,
        render_until: Instant,
        rendered: &mut (dyn FnMut(&AppVariant) + Send),
    ) -> Result<(Snapshot, SelectedApps)> {
        for _ in 0..MAX_LISTS {
            let snapshot = match known.take() {
                Some(snapshot) => snapshot,
                None => self.snapshot(trigger, until).await?,
            };
            let selected = self.render_apps(&snapshot, scope, render_until, rendered).await;
            if !selected.is_outdated {
                self.keep(&selected);
                return Ok((snapshot, selected));
            }
        }
        Err(self.bucket.unsteady())
    }

    /// The apps, rendered as far as `scope` needs it. `rendered` is told of each app variant as soon as it was rendered
    /// anew.
    async fn render_apps(
        &self,
        snapshot: &Snapshot,
        scope: &Scope<'_>,
        until: Instant,
        rendered: &mut (dyn FnMut(&AppVariant) + Send),
    ) -> SelectedApps {
        let before = self.kept().rendered_apps.clone();
        let RenderingChild { renderer, helpers, renderings } = &mut *self.rendering.lock().await;
        let app_renderer = AppRenderer {
            settings: &self.settings,
            clients: &self.clients,
            limits: &self.limits,
            bucket: &self.bucket,
            files: snapshot.files.clone(),
            id: snapshot.id.clone(),
            is_outdated: false,
            texts: Arc::new(Texts::new(snapshot.files.clone())),
            renderer,
            helpers,
            renderings,
            given: &self.given,
            values: Values::default(),
            until,
            placeholder: placeholder(),
            rendered,
            bytes: 0,
        };
        app_renderer.render_apps(scope, before).await
    }
}

/// A text that no real value contains.
fn placeholder() -> String {
    format!("crema-{:032x}", fastrand::u128(..))
}
