//! One stopped task: read what it ran, decide, mark or deregister.

use crate::{
    aws::fault::Fault,
    breaker::{
        self, BreakerDecision, Containers, ProvenRevisions, Situation, Standing, TaskVerdict, verdict as verdict_on,
    },
    config::reach::EMULATED_ACCOUNT,
    decide::ImagesExist,
    definition::tags,
    ecs::{
        api::{Api, Described, Tagged},
        cache::Cache,
        history::{Depth, Family, Read},
        revision::TagSource,
    },
    error::{Error, ErrorKind, Result},
    flow::{
        backoff::{self, Backoff},
        breaker::ended::{Failed, Looked, active, ended, nothing, partly, rolled_back, standing, told, undecided},
        rollback::{
            deregister::deregister,
            operator::{images, so_far},
        },
    },
    moment::{rfc3339, shown},
    outcome::{Decision, Outcome},
    reference::FamilyKey,
    trigger::StoppedTask,
};
use crema_base::{
    image::EcrImage,
    secrecy::{Secrets, foreign},
};
use std::collections::BTreeSet;
use time::OffsetDateTime;
use tokio::time::Instant;

/// So often it is decided again after answers that leave open what happened, or when A is another meanwhile.
const TRIES: u32 = 4;

/// What the breaker works with.
pub struct Breaker<'a, A, G> {
    pub api: &'a A,
    pub cache: &'a Cache,
    pub proven: &'a ProvenRevisions,
    pub key: &'a FamilyKey,
    /// The revision that the task ran, and the account that its ARN names.
    pub revision: u32,
    pub account: &'a str,
    /// `CONFIG_URI`: whose fingerprints count.
    pub location: &'a str,
    pub task: &'a StoppedTask,
    pub stopped_at: OffsetDateTime,
    /// Which of these images are missing; an error where ECR cannot be asked.
    pub missing: G,
    pub until: Instant,
}

impl<A: Api, G: AsyncFn(Vec<EcrImage>) -> Result<Vec<EcrImage>>> Breaker<'_, A, G> {
    /// Looks at the task, and proves or takes back what it ran. Completes `outcome`; warnings go beside it.
    ///
    /// # Errors
    /// [`ErrorKind::AwsError`] where ECS denies or breaks.
    pub async fn look(&self, outcome: Outcome, warnings: &mut Vec<String>) -> Result<Looked> {
        // What is proven stays so, and definitions never change: a good run of it costs no call.
        if let Some(containers) = self.proven.get(self.key, self.revision) {
            match verdict_on(self.task, &containers) {
                TaskVerdict::Good(_) => return Ok(nothing("the revision is proven already")),
                TaskVerdict::Neutral { why, unknown } if unknown.is_empty() => return Ok(nothing(why)),
                TaskVerdict::Neutral { .. } | TaskVerdict::Bad(_) => {}
            }
        }
        let reference = self.key.at(self.revision);
        let described = backoff::read(self.until, async || self.api.describe(&reference).await).await?;
        let is_it = |described: &Described| {
            described.revision == self.revision
                && described.family == self.key.family
                && self.is_of_account(&described.arn)
        };
        let Some(described) = described.filter(is_it) else { return Ok(nothing("ECS knows no such revision here")) };
        let described = self.cache.seen(&self.key.region, described);
        let named = described.tags.get(tags::CIRCUIT_BREAKER).map(String::as_str);
        let containers = Containers::of(&described.definition, named);
        let verdict = verdict_on(self.task, &containers);
        let secrets = Secrets::default().with_environment(&described.definition).with_arguments(&described.definition);
        let mut outcome = self.about(outcome, &described);
        outcome.subject.secrets = secrets.clone();
        let task = Standing::read(&described, TagSource::Within(self.location));
        let situation = self.situation(&verdict, &task, &[], None);
        match &verdict {
            TaskVerdict::Neutral { why, unknown } => {
                let unknown = unknown.iter().map(|text| told(&foreign(text).to_string(), &secrets)).collect();
                Ok(Looked::Nothing { why: (*why).to_owned(), unknown })
            }
            TaskVerdict::Good(cause) => match breaker::decide(&situation) {
                BreakerDecision::Prove => {
                    let outcome = Outcome { task_reason: Some(told(&cause.words(), &secrets)), ..outcome };
                    self.prove(&described, containers, outcome, warnings).await
                }
                decision => {
                    if task.proven_at.is_some() && task.revision.is_active() && task.is_own() {
                        self.proven.put(self.key, self.revision, containers);
                    }
                    Ok(undecided(decision))
                }
            },
            TaskVerdict::Bad(cause) => {
                let failed = Failed { verdict: &verdict, reason: told(&cause.words(), &secrets) };
                self.after_a_failure(&failed, outcome, warnings).await
            }
        }
    }

    /// Whether it is the account's that the event names; emulators have one of their own.
    fn is_of_account(&self, arn: &str) -> bool {
        let own = arn.split(':').nth(4).unwrap_or_default();
        own == self.account || own == EMULATED_ACCOUNT
    }

    fn about(&self, outcome: Outcome, described: &Described) -> Outcome {
        Outcome {
            revision: Some(self.revision),
            arn: Some(described.arn.clone()),
            task: Some(self.task.task.clone()),
            ..outcome
        }
    }

    fn situation<'b>(
        &'b self,
        verdict: &'b TaskVerdict,
        task: &'b Standing,
        active: &'b [Standing],
        images: Option<&'b ImagesExist>,
    ) -> Situation<'b> {
        Situation { family: &self.key.family, verdict, task, active, images }
    }

    /// Tags the revision. A tag that ECS has no room for is told, and no error: there is nothing to try again.
    async fn prove(
        &self,
        described: &Described,
        containers: Containers,
        outcome: Outcome,
        warnings: &mut Vec<String>,
    ) -> Result<Looked> {
        let at = rfc3339(self.stopped_at);
        let done = backoff::read(self.until, async || self.api.tag(&described.arn, tags::PROVEN_AT, &at).await).await;
        match done {
            Ok(Tagged::Done) => {}
            Ok(Tagged::NoRoom(why)) => {
                let name = self.key.at(self.revision);
                warnings.push(format!(
                    "{name} ran well, and cannot be marked so, for it has as many tags as ECS takes (50): the circuit breaker \
                     cannot go back to it; take a tag out of its definition: {why}"
                ));
                return Ok(nothing("the revision has no room for another tag"));
            }
            Err(e) => return Err(e),
        }
        self.cache.tagged(self.key, self.revision, tags::PROVEN_AT, &at);
        self.proven.put(self.key, self.revision, containers);
        Ok(Looked::Done(Box::new(Outcome { decision: Decision::Proven, proven_at: Some(at), ..outcome })))
    }

    /// Decides about a task that went wrong, and takes back. What was done before it ended is said, however it ended.
    async fn after_a_failure(
        &self,
        failed: &Failed<'_>,
        outcome: Outcome,
        warnings: &mut Vec<String>,
    ) -> Result<Looked> {
        let outcome = Outcome { task_reason: Some(failed.reason.clone()), ..outcome };
        let mut gone = BTreeSet::new();
        let done = self.take_back(failed, outcome, warnings, &mut gone).await;
        if gone.is_empty() {
            return done;
        }
        let so_far = so_far(&self.key.family, &gone);
        done.map_err(|e| e.in_context(&so_far))
    }

    async fn take_back(
        &self,
        failed: &Failed<'_>,
        outcome: Outcome,
        warnings: &mut Vec<String>,
        gone: &mut BTreeSet<u32>,
    ) -> Result<Looked> {
        let Breaker { api, cache, key, until, .. } = *self;
        let family = Family { api, cache, key, source: TagSource::Within(self.location) };
        let depth = Depth::Below { named: Some(self.revision), all_active: false };
        let mut backoff = Backoff::new(until);
        let mut is_sure = false;
        for _ in 0..=TRIES {
            let read = backoff::read(until, async || family.read(depth, None).await).await?;
            let latest = read.latest.as_deref().map(|latest| latest.revision);
            let Some(task) = standing(&read, self.revision) else {
                return Ok(ended(nothing("ECS knows no such revision here"), outcome, gone, latest));
            };
            let mut active = active(&read);
            let mut decision = self.decided(failed.verdict, &task, &active, &read).await?;
            // Another task may just have proven it, and what ECS shows lags behind.
            if matches!(decision, BreakerDecision::RollBack(_)) && !is_sure {
                backoff.two_seconds(&format!("{} is described once more", key.at(self.revision))).await?;
                let again = backoff::read(until, async || family.latest().await).await?;
                let Some(again) = again.filter(|again| again.revision == self.revision) else { continue };
                is_sure = true;
                active[0] = Standing::read(&again, family.source);
                decision = self.decided(failed.verdict, &active[0], &active, &read).await?;
            }
            let plan = match decision {
                BreakerDecision::RollBack(plan) => plan,
                BreakerDecision::Kept(reason) => {
                    let proven_at = active.first().and_then(|a| a.proven_at).map(shown);
                    let kept = Outcome { latest, proven_at, decision: Decision::Kept, ..outcome.because(reason) };
                    return Ok(Looked::Done(Box::new(partly(kept, &key.family, gone))));
                }
                other => return Ok(ended(undecided(other), outcome, gone, latest)),
            };
            warnings.extend(plan.warning.clone().filter(|warning| !warnings.contains(warning)));
            match deregister(&family, &plan, gone, &mut backoff).await {
                Ok(()) => return Ok(Looked::Done(Box::new(rolled_back(outcome, &plan, gone, failed, key)))),
                Err(Fault::Open(_) | Fault::Throttled(_)) => {}
                Err(e) => return Err(e.into()),
            }
        }
        let message = format!("{}: what to do about its task could not be settled", key.at(self.revision));
        Err(Error::transient(ErrorKind::AwsError, message))
    }

    /// The decision, once the images were asked for where that matters.
    async fn decided(
        &self,
        verdict: &TaskVerdict,
        task: &Standing,
        active: &[Standing],
        read: &Read,
    ) -> Result<BreakerDecision> {
        let BreakerDecision::AskImages(number) = breaker::decide(&self.situation(verdict, task, active, None)) else {
            return Ok(breaker::decide(&self.situation(verdict, task, active, None)));
        };
        let found = images(&self.missing, read.described(number).cloned()).await;
        Ok(breaker::decide(&self.situation(verdict, task, active, Some(&found))))
    }
}
