//! Registers: every app that a trigger concerns, from the files under the prefix to what was done; or, for a plan, what
//! would be done.

pub mod difference;
pub mod reads;
pub mod registrar;
pub mod twins;

use crate::{
    decide::Origin,
    flow::{
        asked,
        crema::Crema,
        desired::{self, revision::DesiredRevision},
        prefetch::{Prefetch, Prefetcher},
        register::registrar::{Done, Registrar},
        render_apps::relevance::Scope,
    },
    outcome::draft::{Draft, Untold, Warning},
    trigger::{Ask, Trigger},
};
use futures_util::future::join_all;
use time::OffsetDateTime;
use tokio::time::Instant;

impl Crema {
    /// Brings the families that a trigger concerns to what is desired, or plans that.
    ///
    /// # Errors
    /// If the bucket cannot be read, or there is no such app. Everything else is reported in the outcomes.
    pub(in crate::flow) async fn register(
        &self,
        trigger: &Trigger,
        origin: Origin,
        until: Instant,
    ) -> Result<Draft, Untold> {
        let scope = Scope::of_trigger(trigger, &self.settings.location);
        if scope == Scope::Nothing {
            return Ok(Draft::default());
        }
        let mut prefetcher = Prefetcher::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), origin);
        if let Scope::Image(pushed) = &scope {
            prefetcher.guess(pushed, &self.kept().remembered);
        }
        let snapshot = self.snapshot(trigger, until).await?;
        let selected = self.render_apps(&snapshot, &scope, until).await;
        let told = match scope {
            Scope::App(app) => asked::known(app, &selected)?,
            _ => None,
        };
        let (checked, mut prepared) = desired::check_all(&self.settings, &selected.app_variants, until).await;
        prefetcher.prefetch_all(checked.iter().map(|checked| &checked.family));
        desired::pin(&mut prefetcher, checked, until, &mut prepared).await;
        let mut warnings: Vec<Warning> = snapshot.warnings.into_iter().chain(told).map(Warning::from).collect();
        warnings.append(&mut prepared.warnings);
        let all = prepared.desired.iter().map(|desired_revision| {
            let prefetch = prefetcher.take(&desired_revision.family.key);
            self.reconcile(desired_revision, prefetch, trigger, origin, until)
        });
        let mut outcomes = prepared.ended;
        for done in join_all(all).await {
            let secrets = done.outcome.confidential();
            outcomes.push(done.outcome);
            warnings.extend(done.warnings.into_iter().map(|text| Warning::of(text, &secrets)));
        }
        outcomes.sort_by(|a, b| a.subject.by_app().cmp(&b.subject.by_app()));
        Ok(Draft { outcomes, families: None, warnings })
    }

    async fn reconcile(
        &self,
        desired_revision: &DesiredRevision,
        prefetch: Option<Prefetch>,
        trigger: &Trigger,
        origin: Origin,
        until: Instant,
    ) -> Done {
        let api = self.ecs(&desired_revision.family.key.region);
        let registrar = Registrar {
            api: &api,
            cache: &self.cache,
            trigger,
            origin,
            until,
            preflight: self.preflight.as_ref(),
            now: &OffsetDateTime::now_utc,
        };
        match trigger.ask {
            Ask::Plan { .. } => registrar.plan(desired_revision, prefetch).await,
            _ => registrar.reconcile(desired_revision, prefetch).await,
        }
    }
}
