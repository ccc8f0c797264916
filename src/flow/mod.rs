//! What happens to a trigger: the order of reading, rendering, deciding and applying for each kind.

mod concern;
mod patience;
mod prepare;
mod register;
mod renderings;
mod rollback;
mod rollback_target;
#[cfg(test)]
mod simulation;
mod survey;
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
    outcome::{Answer, Failure},
    render::parent::Renderer,
    trigger::{self, Arrival, Ask, Trigger},
};
use concern::Concerning;
use futures_util::future::join_all;
use prepare::{Prepared, Wished};
use register::{Done, Registrar};
use renderings::Renderings;
use serde_json::Value;
use std::time::Duration;
use survey::Surveyor;
use time::OffsetDateTime;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};
use unit::Unit;
use values::Values;

/// What is kept free before the deadline, to answer with what was done.
const TO_ANSWER: Duration = Duration::from_millis(1500);

/// The function: what it was configured with, and what it keeps warm between invocations.
pub struct Crema {
    settings: Settings,
    clients: Clients,
    limits: Limits,
    bucket: Bucket,
    rendering: Mutex<Rendering>,
    cache: Cache,
}

/// The child, and what it has answered.
struct Rendering {
    renderer: Renderer,
    renderings: Renderings,
}

impl Crema {
    /// Makes the clients. No I/O.
    pub async fn new(settings: Settings) -> Crema {
        let clients = Clients::from_env(&settings.region).await;
        let bucket = Bucket::new(clients.s3(&settings.region), settings.location.clone());
        let rendering = Rendering { renderer: Renderer::new(settings.memory_mb), renderings: Renderings::default() };
        Crema {
            limits: Limits::new(settings.concurrency),
            clients,
            bucket,
            rendering: Mutex::new(rendering),
            cache: Cache::default(),
            settings,
        }
    }

    /// Starts the rendering child, so that the first event does not wait for it.
    pub async fn warm_up(&self) {
        self.rendering.lock().await.renderer.warm_up().await;
    }

    /// Does what a payload asks for. `deadline` is when the invocation is killed.
    ///
    /// # Errors
    /// How the invocation ends where anything failed or was not reached; all the rest is done all the same.
    pub async fn handle(
        &self,
        payload: &Value,
        arrival: &Arrival,
        deadline: Instant,
    ) -> std::result::Result<Answer, Failure> {
        let left = deadline.saturating_duration_since(Instant::now());
        let until = deadline.checked_sub(TO_ANSWER.min(left / 5)).unwrap_or(deadline);
        let triggers = trigger::parse(payload, arrival).map_err(|e| told(None, &e))?;
        let mut answer: Option<Answer> = None;
        let mut failure = None;
        for trigger in &triggers {
            // Boxed: the compiler gives up on futures that nest so deep.
            match Box::pin(self.answer(trigger, until)).await {
                Ok(this) => {
                    failure = failure.or_else(|| this.failure());
                    answer = Some(match answer {
                        Some(before) => before.and(this),
                        None => this,
                    });
                }
                Err(e) => failure = failure.or(Some(told(Some(trigger), &e))),
            }
        }
        match (failure, answer) {
            (Some(failure), _) => Err(failure),
            (None, Some(answer)) => Ok(answer),
            (None, None) => Err(told(None, &Error::InvalidEvent("the payload holds no record".into()))),
        }
    }

    async fn answer(&self, trigger: &Trigger, until: Instant) -> Result<Answer> {
        let asker = match &trigger.ask {
            Ask::Rollback(rollback) => return self.roll_back(trigger, rollback, until).await,
            Ask::Status { .. } => {
                return Err(Error::InvalidEvent(
                    "`action` \"status\" is not answered yet; `plan` shows what would happen".into(),
                ));
            }
            Ask::ImagePush(_) => Asker::ImagePush,
            Ask::ConfigChange(_) | Ask::Plan { .. } => Asker::ConfigChange,
            Ask::Sweep => Asker::Sweep,
            Ask::Register { .. } => Asker::Direct,
        };
        let concerning = Concerning::of_trigger(trigger, &self.settings.location);
        if concerning == Concerning::Nothing {
            return Ok(Answer::new(trigger, vec![], vec![]));
        }
        let snapshot = self.snapshot(trigger, until).await?;
        let units = self.survey(&snapshot, &concerning, until).await;
        if let Concerning::App(app) = concerning {
            known_app(app, &units)?;
        }
        let Prepared { wished, ended, mut warnings } =
            prepare::prepare(&self.settings, &self.clients, &self.limits, units, until).await;
        warnings.splice(0..0, snapshot.warnings);
        let is_plan = matches!(trigger.ask, Ask::Plan { .. });
        let all = wished.iter().map(|wished| self.settle(wished, trigger, asker, is_plan, until));
        let mut outcomes = ended;
        for done in join_all(all).await {
            outcomes.push(done.outcome);
            warnings.extend(done.warnings);
        }
        outcomes.sort_by(|a, b| (&a.app, &a.variant).cmp(&(&b.app, &b.variant)));
        Ok(Answer::new(trigger, outcomes, warnings))
    }

    async fn settle(&self, wished: &Wished, trigger: &Trigger, asker: Asker, is_plan: bool, until: Instant) -> Done {
        let api = self.ecs(&wished.region);
        let registrar =
            Registrar { api: &api, cache: &self.cache, trigger, asker, until, now: &OffsetDateTime::now_utc };
        if is_plan { registrar.plan(wished).await } else { registrar.settle(wished).await }
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
            Err(_) => Err(Error::AwsError {
                message: format!("the deadline came before {} was read", self.settings.location),
                passing: true,
            }),
        }
    }

    async fn survey(&self, snapshot: &Snapshot, concerning: &Concerning<'_>, until: Instant) -> Vec<Unit> {
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
        };
        surveyor.survey(concerning).await
    }
}

/// # Errors
/// [`Error::InvalidEvent`] where no unit is of this app, naming those that there are.
fn known_app(app: &str, units: &[Unit]) -> Result<()> {
    let is_meant = |unit: &Unit| Concerning::App(app).of(unit, &[].into()) == concern::Concern::Yes;
    if units.iter().any(is_meant) {
        return Ok(());
    }
    let mut names: Vec<&str> = units.iter().map(|unit| unit.app.as_str()).collect();
    names.dedup();
    let nearest = names.iter().filter(|name| strsim::jaro_winkler(name, app) > 0.8).copied().next();
    let hint = match (nearest, names.len()) {
        (Some(nearest), _) => format!("did you mean {nearest:?}?"),
        (None, 0) => "there is none".to_owned(),
        (None, _) => format!("there are {}", names.iter().take(20).copied().collect::<Vec<_>>().join(", ")),
    };
    Err(Error::InvalidEvent(format!("there is no app {app:?} under the prefix (or it has no variants): {hint}")))
}

/// A failure of the whole invocation, logged.
fn told(trigger: Option<&Trigger>, error: &Error) -> Failure {
    let failure = Failure::from(error);
    tracing::error!(
        trigger = trigger.map(|trigger| trigger.ask.kind()),
        trigger_id = trigger.map(|trigger| trigger.id.as_str()),
        error_type = failure.kind,
        reason = failure.message,
        "failed"
    );
    failure
}

/// A text that no real value holds.
fn placeholder() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("crema-{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}
