//! What happens to a trigger: the order of reading, rendering, deciding and applying for each kind.

mod ahead;
mod aside;
mod asked;
mod check;
mod concern;
mod difference;
mod evaluate;
mod handle;
mod own_files;
mod patience;
mod prepare;
mod reads;
mod register;
mod renderings;
mod report;
mod rollback;
mod rollback_target;
#[cfg(test)]
mod simulation;
mod sources;
mod status;
mod survey;
mod taken;
mod tell;
mod troubles;
mod turns;
mod unit;
mod values;

use crate::{
    aws::{Clients, Limits},
    config::{
        settings::Settings,
        snapshot::{Bucket, Settle, Snapshot},
    },
    decide::Asker,
    ecs::{cache::Cache, sdk::Ecs},
    error::{Error, Result},
    outcome::draft::{Draft, Untold, Warning},
    renderer::Renderer,
    trigger::{Ask, Trigger},
};
use ahead::{Ahead, Look, Remembered};
use concern::Concerning;
use futures_util::future::join_all;
use prepare::Wished;
use register::{Done, Registrar};
use renderings::Renderings;
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};
use survey::{Surveyed, Surveyor};
use time::OffsetDateTime;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout, timeout_at},
};
use values::Values;

/// Connections that are not open after this are not waited for.
const TO_OPEN: Duration = Duration::from_millis(500);

/// The function: what it was configured with, and what it keeps warm between invocations.
pub struct Crema {
    settings: Settings,
    clients: Arc<Clients>,
    limits: Arc<Limits>,
    bucket: Bucket,
    rendering: Mutex<Rendering>,
    cache: Arc<Cache>,
    kept: std::sync::Mutex<Kept>,
}

/// What the last trigger knew.
#[derive(Default)]
struct Kept {
    surveyed: Option<Surveyed>,
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
            limits: Arc::new(Limits::new(settings.concurrency)),
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
        let asker = match &trigger.ask {
            Ask::Rollback(rollback) => return self.roll_back(trigger, rollback, until).await,
            Ask::Status { .. } => return self.status(trigger, until).await,
            Ask::ImagePush(_) => Asker::ImagePush,
            Ask::ConfigChange(_) | Ask::Plan { .. } => Asker::ConfigChange,
            Ask::Sweep => Asker::Sweep,
            Ask::Register { .. } => Asker::Direct,
        };
        let concerning = Concerning::of_trigger(trigger, &self.settings.location);
        if concerning == Concerning::Nothing {
            return Ok(Draft::default());
        }
        let mut ahead = Ahead::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), asker);
        if let Concerning::Image(pushed) = &concerning {
            ahead.guess(pushed, &self.kept.lock().unwrap_or_else(PoisonError::into_inner).remembered);
        }
        let snapshot = self.snapshot(trigger, until).await?;
        let surveyed = self.survey(&snapshot, &concerning, until).await;
        let told = match concerning {
            Concerning::App(app) => asked::known(app, &surveyed)?,
            _ => None,
        };
        let (checked, mut prepared) = prepare::check_all(&self.settings, &surveyed.units, until).await;
        self.keep(surveyed);
        ahead.look_at(&checked);
        prepare::pin(&mut ahead, checked, until, &mut prepared).await;
        let mut warnings: Vec<Warning> = snapshot.warnings.into_iter().chain(told).map(Warning::from).collect();
        warnings.append(&mut prepared.warnings);
        let all = prepared.wished.iter().map(|wished| {
            let look = ahead.take(&wished.key);
            self.settle(wished, look, trigger, asker, until)
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
    fn keep(&self, surveyed: Surveyed) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if surveyed.is_news() {
            let remembered = surveyed.units.iter().filter_map(|unit| Remembered::of(unit, &self.settings));
            kept.remembered = remembered.collect();
        }
        kept.surveyed = surveyed.kept();
    }

    async fn settle(
        &self,
        wished: &Wished,
        look: Option<Look>,
        trigger: &Trigger,
        asker: Asker,
        until: Instant,
    ) -> Done {
        let api = self.ecs(&wished.key.region);
        let registrar =
            Registrar { api: &api, cache: &self.cache, trigger, asker, until, now: &OffsetDateTime::now_utc };
        match trigger.ask {
            Ask::Plan { .. } => registrar.plan(wished, look).await,
            _ => registrar.settle(wished, look).await,
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

    async fn survey(&self, snapshot: &Snapshot, concerning: &Concerning<'_>, until: Instant) -> Surveyed {
        let before = self.kept.lock().unwrap_or_else(PoisonError::into_inner).surveyed.take();
        let Rendering { renderer, renderings } = &mut *self.rendering.lock().await;
        let surveyor = Surveyor {
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
        surveyor.survey(concerning, before).await
    }
}

/// A text that no real value holds.
fn placeholder() -> String {
    format!("crema-{:032x}", fastrand::u128(..))
}
