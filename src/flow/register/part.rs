//! Some of the families, a few at a time.

use crate::{
    decide::Origin,
    flow::{
        crema::Crema,
        desired::{Prepared, revision::DesiredRevision},
        prefetch::{Prefetch, Prefetcher},
        register::{
            allowance::Allowance,
            pass::Pass,
            registrar::{Done, Registrar},
            round::Round,
        },
    },
    outcome::draft::{Draft, Warning},
    trigger::{Ask, Trigger},
};
use futures_util::{StreamExt, stream};
use time::OffsetDateTime;
use tokio::time::Instant;

/// Families that are on their way at a time.
const AT_ONCE: usize = 8;

/// How the families of a part are looked at.
pub struct Part<'a> {
    pub round: &'a Round,
    pub origin: Origin,
    /// When what is desired was read.
    pub moment: Option<OffsetDateTime>,
    pub allowance: &'a Allowance,
}

impl Crema {
    /// Brings what was prepared to what is desired.
    pub(super) async fn take_part(
        &self,
        part: &Part<'_>,
        prepared: Prepared,
        prefetcher: &mut Prefetcher,
        pass: &mut Pass,
    ) {
        pass.outcomes.extend(prepared.ended);
        pass.warnings.extend(prepared.warnings);
        let jobs = prepared.desired.into_iter().map(|desired_revision| {
            let prefetch = prefetcher.take(&desired_revision.family.key);
            async move {
                let done = match part.allowance.is_over() && prefetch.is_none() {
                    true => part.left(&desired_revision),
                    false => self.reconcile(part, &desired_revision, prefetch).await,
                };
                (desired_revision.family.key, done)
            }
        });
        let mut done = stream::iter(jobs).buffer_unordered(AT_ONCE);
        while let Some((key, done)) = done.next().await {
            if done.is_outdated {
                pass.outdated.insert(key);
            }
            let secrets = done.outcome.confidential();
            pass.outcomes.push(done.outcome);
            pass.warnings.extend(done.warnings.into_iter().map(|text| Warning::of(text, &secrets)));
        }
    }

    /// What a changed configuration would make of what was prepared.
    pub(in crate::flow) async fn plan_of(
        &self,
        plan: &Trigger,
        prepared: Prepared,
        prefetcher: &mut Prefetcher,
        until: Instant,
    ) -> Draft {
        let round = Round::of(plan, &self.settings, until);
        let allowance = round.allowance(prepared.desired.len());
        let part = Part { round: &round, origin: Origin::ConfigChange, moment: None, allowance: &allowance };
        let mut pass = Pass::default();
        self.take_part(&part, prepared, prefetcher, &mut pass).await;
        let Pass { mut outcomes, warnings, .. } = pass;
        outcomes.sort_by(|a, b| a.subject.by_app().cmp(&b.subject.by_app()));
        Draft { outcomes, warnings, ..Draft::default() }
    }

    async fn reconcile(&self, part: &Part<'_>, desired_revision: &DesiredRevision, prefetch: Option<Prefetch>) -> Done {
        let api = self.ecs(&desired_revision.family.key.region);
        let registrar = Registrar {
            api: &api,
            cache: &self.cache,
            trigger: &part.round.trigger,
            origin: part.origin,
            until: part.round.until,
            moment: part.moment,
            is_later_round: part.round.work.is_some() || part.origin == Origin::Page,
            allowance: part.allowance,
            preflight: self.preflight.as_ref(),
            now: &OffsetDateTime::now_utc,
        };
        match part.round.trigger.ask {
            Ask::Plan { .. } => registrar.plan(desired_revision, prefetch).await,
            _ => registrar.reconcile(desired_revision, prefetch).await,
        }
    }
}

impl Part<'_> {
    fn left(&self, desired_revision: &DesiredRevision) -> Done {
        let outcome = self.round.left(desired_revision.family.subject.clone());
        Done { outcome, warnings: vec![], is_outdated: false }
    }
}
