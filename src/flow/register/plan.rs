//! What registering would do, and the difference that it would make.

use crate::{
    decide::{self, Origin, RegisterDecision},
    ecs::api::Api,
    error::{Error, Result},
    flow::{
        desired::revision::DesiredRevision,
        prefetch::Prefetch,
        register::{
            difference::difference,
            registrar::{Done, Registrar},
        },
    },
    outcome::{Decision, Outcome},
};

impl<A: Api> Registrar<'_, A> {
    /// Reports what would happen on a configuration change, and the difference.
    pub async fn plan(&self, desired_revision: &DesiredRevision, prefetch: Option<Prefetch>) -> Done {
        let family = self.family(desired_revision);
        let first_read = self.first_read(&family, desired_revision, prefetch);
        let ended = |outcome| Done { outcome, warnings: vec![], is_outdated: false };
        let read = match tokio::time::timeout_at(self.until, first_read).await {
            Err(_) => return ended(desired_revision.not_reached()),
            Ok(Err(e)) => return ended(desired_revision.of_error(&e)),
            Ok(Ok((read, _))) => read,
        };
        let decision =
            decide::register(&desired_revision.desired(), &read.history, Origin::ConfigChange, self.trigger.time);
        let (mut warnings, mut refusal) = (vec![], None);
        match decision {
            RegisterDecision::Register(_) => match self.refusal(desired_revision).await {
                Ok(told) => warnings.extend(told),
                Err(e) => refusal = Some(e),
            },
            _ => warnings.extend(desired_revision.tolerated()),
        }
        let (would, reason) = match decision {
            RegisterDecision::Unchanged => (Decision::Unchanged, "it is as the configuration says".to_owned()),
            RegisterDecision::Drifted(reason) => (Decision::Drifted, reason),
            RegisterDecision::Held(reason) => (Decision::Held, reason),
            RegisterDecision::Register(warning) => {
                warnings.extend(warning);
                (Decision::Registered, "the configuration says something else than what is ACTIVE".to_owned())
            }
        };
        let latest = read.latest.as_deref();
        let diff = difference(latest, desired_revision, self.until).await;
        let outcome = match (&diff, refusal) {
            (None, _) => desired_revision.not_reached(),
            // What would fail is told so, beside what it would change.
            (Some(_), Some(refusal)) => desired_revision.of_error(&refusal),
            (Some(_), None) => {
                Outcome { would: Some(would), ..desired_revision.outcome(Decision::Planned).because(reason) }
            }
        };
        let previous = latest.map(|latest| latest.revision);
        let outcome = Outcome { previous, diff, ..outcome };
        Done { outcome, warnings, is_outdated: false }
    }

    /// Warnings about what would be registered.
    ///
    /// # Errors
    /// Why it would not be.
    async fn refusal(&self, desired_revision: &DesiredRevision) -> Result<Vec<String>> {
        desired_revision.findings.refusal().map_or(Ok(()), Err)?;
        let late = |_| Error::deadline("AWS was asked for what it names");
        tokio::time::timeout_at(self.until, self.looked_at(desired_revision)).await.map_err(late)?
    }
}
