//! What happens to a trigger: the order of reading, rendering, deciding and applying for each kind.

mod aside;
mod asked;
mod backoff;
mod desired;
mod handle;
mod register;
mod render_apps;
mod rollback;
#[cfg(test)]
mod simulation;
mod status;
mod tell;

use crate::{
    aws::{CallLimits, Clients},
    config::{
        settings::Settings,
        snapshot::{Bucket, Settle, Snapshot},
    },
    decide::Origin,
    ecs::{cache::Cache, sdk::Ecs},
    error::{Error, Result},
    flow::{
        desired::DesiredRevision,
        register::{
            Done, Registrar,
            prefetch::{Prefetch, Prefetcher, Remembered},
        },
        render_apps::{
            AppRenderer, RenderedApps, relevance::Scope, renderings::Renderings, selected::SelectedApps, values::Values,
        },
    },
    outcome::draft::{Draft, Untold, Warning},
    renderer::Renderer,
    trigger::{Ask, Trigger},
};
use futures_util::future::join_all;
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout, timeout_at},
};

/// Connections that are not open after this are not waited for.
const TO_OPEN: Duration = Duration::from_millis(500);

/// The function: what it was configured with, and what it keeps warm between invocations.
pub struct Crema {
    settings: Settings,
    clients: Arc<Clients>,
    limits: Arc<CallLimits>,
    bucket: Bucket,
    rendering: Mutex<Rendering>,
    cache: Arc<Cache>,
    kept: std::sync::Mutex<Kept>,
}

/// What the last trigger knew.
#[derive(Default)]
struct Kept {
    rendered_apps: Option<Arc<RenderedApps>>,
    /// What its families used.
    remembered: Vec<Remembered>,
}

/// The child, and what it has answered.
struct Rendering {
    renderer: Renderer,
    renderings: Renderings,
}

impl Crema {
    /// Makes the clients. No I/O.
    pub fn new(settings: Settings) -> Crema {
        let owned = settings.bucket_owner.clone().map(|owner| (settings.location.bucket.clone(), owner));
        let clients = Clients::from_env(&settings.region, owned);
        let bucket =
            Bucket::new(clients.s3(&settings.region), settings.location.clone(), settings.bucket_owner.clone());
        let rendering = Rendering { renderer: Renderer::new(settings.memory_mb), renderings: Renderings::default() };
        Crema {
            limits: Arc::new(CallLimits::new(settings.concurrency)),
            clients: Arc::new(clients),
            bucket,
            rendering: Mutex::new(rendering),
            cache: Arc::default(),
            kept: std::sync::Mutex::default(),
            settings,
        }
    }

    /// Starts the rendering child and opens connections, so that the first event waits for neither. Whatever fails here is
    /// tried again when it is needed, and told then.
    pub async fn warm_up(&self) {
        self.rendering.lock().await.renderer.warm_up().await;
        let _ = timeout(TO_OPEN, self.clients.open(&self.settings.location.bucket)).await;
    }

    async fn answer(&self, trigger: &Trigger, until: Instant) -> std::result::Result<Draft, Untold> {
        let origin = match &trigger.ask {
            Ask::Rollback(rollback) => return self.roll_back(trigger, rollback, until).await,
            Ask::Status { .. } => return self.status(trigger, until).await,
            Ask::ImagePush(_) => Origin::ImagePush,
            Ask::ConfigChange(_) | Ask::Plan { .. } => Origin::ConfigChange,
            Ask::Sweep => Origin::Sweep,
            Ask::Register { .. } => Origin::Direct,
        };
        let scope = Scope::of_trigger(trigger, &self.settings.location);
        if scope == Scope::Nothing {
            return Ok(Draft::default());
        }
        let mut prefetcher = Prefetcher::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), origin);
        if let Scope::Image(pushed) = &scope {
            prefetcher.guess(pushed, &self.kept.lock().unwrap_or_else(PoisonError::into_inner).remembered);
        }
        let snapshot = self.snapshot(trigger, until).await?;
        let selected = self.render_apps(&snapshot, &scope, until).await;
        let told = match scope {
            Scope::App(app) => asked::known(app, &selected)?,
            _ => None,
        };
        let (checked, mut prepared) = desired::check_all(&self.settings, &selected.app_variants, until).await;
        prefetcher.prefetch_all(&checked);
        desired::pin(&mut prefetcher, checked, until, &mut prepared).await;
        let mut warnings: Vec<Warning> = snapshot.warnings.into_iter().chain(told).map(Warning::from).collect();
        warnings.append(&mut prepared.warnings);
        let all = prepared.desired.iter().map(|desired_revision| {
            let prefetch = prefetcher.take(&desired_revision.key);
            self.reconcile(desired_revision, prefetch, trigger, origin, until)
        });
        let mut outcomes = prepared.ended;
        for done in join_all(all).await {
            let secrets = done.outcome.confidential();
            outcomes.push(done.outcome);
            warnings.extend(done.warnings.into_iter().map(|text| Warning::of(text, &secrets)));
        }
        outcomes.sort_by(|a, b| (&a.app, &a.variant).cmp(&(&b.app, &b.variant)));
        Ok(Draft { outcomes, families: None, warnings })
    }

    /// Keeps for the next trigger what does not change unless the files do.
    fn keep(&self, selected: &SelectedApps) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if selected.is_news() {
            let remembered =
                selected.app_variants.iter().filter_map(|selected| Remembered::of(selected, &self.settings));
            kept.remembered = remembered.collect();
        }
        kept.rendered_apps = selected.rendered.may_be_kept().then(|| selected.rendered.clone());
    }

    async fn reconcile(
        &self,
        desired_revision: &DesiredRevision,
        prefetch: Option<Prefetch>,
        trigger: &Trigger,
        origin: Origin,
        until: Instant,
    ) -> Done {
        let api = self.ecs(&desired_revision.key.region);
        let registrar =
            Registrar { api: &api, cache: &self.cache, trigger, origin, until, now: &OffsetDateTime::now_utc };
        match trigger.ask {
            Ask::Plan { .. } => registrar.plan(desired_revision, prefetch).await,
            _ => registrar.reconcile(desired_revision, prefetch).await,
        }
    }

    fn ecs(&self, region: &str) -> Ecs<'_> {
        Ecs::new(self.clients.ecs(region), region.to_owned(), &self.limits.ecs)
    }

    /// The files under the prefix; for an unattended trigger once they have been quiet for a while.
    async fn snapshot(&self, trigger: &Trigger, until: Instant) -> Result<Snapshot> {
        let settle = (trigger.is_unattended() && !self.settings.settle.is_zero()).then(|| Settle {
            quiet: self.settings.settle,
            changed: matches!(trigger.ask, Ask::ConfigChange(_)).then_some(trigger.time),
            until,
        });
        match timeout_at(until, self.bucket.read(settle, &self.limits.s3)).await {
            Ok(snapshot) => snapshot,
            Err(_) => Err(Error::deadline(format_args!("{} was read", self.settings.location))),
        }
    }

    async fn render_apps(&self, snapshot: &Snapshot, scope: &Scope<'_>, until: Instant) -> SelectedApps {
        let before = self.kept.lock().unwrap_or_else(PoisonError::into_inner).rendered_apps.clone();
        let Rendering { renderer, renderings } = &mut *self.rendering.lock().await;
        let app_renderer = AppRenderer {
            settings: &self.settings,
            clients: &self.clients,
            limits: &self.limits,
            files: &snapshot.files,
            renderer,
            renderings,
            values: Values::default(),
            until,
            placeholder: placeholder(),
            bytes: 0,
        };
        let selected = app_renderer.render_apps(scope, before).await;
        self.keep(&selected);
        selected
    }
}

/// A text that no real value holds.
fn placeholder() -> String {
    format!("crema-{:032x}", fastrand::u128(..))
}
