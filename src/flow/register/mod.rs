//! One desired revision: read the history, decide, register; and after an answer that leaves it open, look again before
//! anything else.

pub mod difference;
pub mod prefetch;

use crate::{
    aws::fault::Fault,
    decide::{self, Desired, Origin, RegisterDecision},
    definition::tags,
    ecs::{
        api::{Api, Described, Status},
        cache::Cache,
        history::{Depth, Family, Read},
        revision::{Revision, TagSource},
    },
    error::{Error, ErrorKind, Result},
    flow::{
        backoff::{self, Backoff},
        desired::{DesiredRevision, not_reached},
        register::{
            difference::difference,
            prefetch::{FirstRead, Prefetch, first_look},
        },
    },
    outcome::{Decision, Outcome},
    trigger::Trigger,
};
use time::{Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use tokio::time::Instant;

/// How long after its registration a sweep looks at a revision for a twin: it costs a call more.
const SUSPECT_FOR: Duration = Duration::hours(1);
/// ECS is eventually consistent, and clocks differ.
const READABLE_AFTER: Duration = Duration::seconds(10);
/// So often a registration is tried whose answer leaves open whether it happened.
const TRIES: u32 = 4;

/// What registering works with.
pub struct Registrar<'a, A> {
    pub api: &'a A,
    pub cache: &'a Cache,
    pub trigger: &'a Trigger,
    pub origin: Origin,
    pub until: Instant,
    /// The clock of the tags.
    pub now: &'a (dyn Fn() -> OffsetDateTime + Sync),
}

/// An outcome, and what has to be said besides.
pub struct Done {
    pub outcome: Outcome,
    pub warnings: Vec<String>,
}

impl<A: Api> Registrar<'_, A> {
    /// Brings the family to what is desired, or says why not. `prefetch` is a read of the family that was begun before.
    pub async fn reconcile(&self, desired_revision: &DesiredRevision, prefetch: Option<Prefetch>) -> Done {
        let mut warnings = vec![];
        let outcome =
            match tokio::time::timeout_at(self.until, self.try_reconcile(desired_revision, prefetch, &mut warnings))
                .await
            {
                Err(_) => not_reached(desired_revision.outcome.clone()),
                Ok(Ok(outcome)) => outcome,
                Ok(Err(e)) => desired_revision.failed(&e),
            };
        Done { outcome, warnings }
    }

    /// What would happen, seen as a configuration change, and the difference.
    pub async fn plan(&self, desired_revision: &DesiredRevision, prefetch: Option<Prefetch>) -> Done {
        let mut outcome = desired_revision.outcome.clone();
        let family = self.family(desired_revision);
        let read = match tokio::time::timeout_at(self.until, self.first_read(&family, desired_revision, prefetch)).await
        {
            Err(_) => return Done { outcome: not_reached(outcome), warnings: vec![] },
            Ok(Err(e)) => return Done { outcome: desired_revision.failed(&e), warnings: vec![] },
            Ok(Ok(read)) => read,
        };
        let decision =
            decide::register(&desired(desired_revision), &read.history, Origin::ConfigChange, self.trigger.time);
        let mut warnings = vec![];
        let (would, reason) = match decision {
            RegisterDecision::Unchanged => (Decision::Unchanged, "it is as the configuration says".to_owned()),
            RegisterDecision::Drifted(reason) => (Decision::Drifted, reason),
            RegisterDecision::Held(reason) => (Decision::Held, reason),
            RegisterDecision::RegisterDecision(warning) => {
                warnings.extend(warning);
                (Decision::Registered, "the configuration says something else than what is ACTIVE".to_owned())
            }
        };
        outcome = outcome.because(Decision::Planned, reason);
        outcome.would = Some(would);
        let latest = read.latest.as_deref();
        outcome.previous = latest.map(|latest| latest.revision);
        match difference(latest, desired_revision, self.until).await {
            Some(diff) => outcome.diff = Some(diff),
            None => outcome = not_reached(outcome),
        }
        Done { outcome, warnings }
    }

    fn family<'b>(&'b self, desired_revision: &'b DesiredRevision) -> Family<'b, A> {
        Family {
            api: self.api,
            cache: self.cache,
            key: &desired_revision.key,
            source: TagSource::Of(&desired_revision.source),
        }
    }

    async fn try_reconcile(
        &self,
        desired_revision: &DesiredRevision,
        prefetch: Option<Prefetch>,
        warnings: &mut Vec<String>,
    ) -> Result<Outcome> {
        let family = self.family(desired_revision);
        let mut backoff = Backoff::new(self.until);
        let mut tries = 0;
        let mut read = self.first_read(&family, desired_revision, prefetch).await?;
        loop {
            let decision = decide::register(&desired(desired_revision), &read.history, self.origin, self.trigger.time);
            let outcome = standing(desired_revision.outcome.clone(), &read);
            let warning = match decision {
                RegisterDecision::Unchanged => {
                    if let Some(a) = read.history.newest_active() {
                        warnings.extend(self.registered_twice(&family, a.number, a.registered_at).await);
                    }
                    return Ok(Outcome { decision: Decision::Unchanged, ..outcome });
                }
                RegisterDecision::Drifted(reason) => return Ok(outcome.because(Decision::Drifted, reason)),
                RegisterDecision::Held(reason) => return Ok(outcome.because(Decision::Held, reason)),
                RegisterDecision::RegisterDecision(warning) => warning,
            };
            let tags = self.tags(desired_revision);
            let body = desired_revision.definition.body_with_tags(&tags);
            tries += 1;
            match self.api.register(&body).await {
                Ok(described) => {
                    let described_with_tags = Described { tags: tags.into_iter().collect(), ..described.clone() };
                    self.cache.registered(&family.key.region, described_with_tags);
                    warnings.extend(warning);
                    warnings.extend(self.after(&family, &read, &described).await);
                    return Ok(registered(desired_revision, &read, &described, warnings));
                }
                Err(Fault::Throttled(text)) => backoff.wait(text).await?,
                Err(Fault::Open(text)) => {
                    if let Some(found) = self.look_for(&family, desired_revision, &read, &mut backoff, &text).await? {
                        warnings.extend(warning);
                        return Ok(registered(desired_revision, &read, &found, warnings));
                    }
                    if tries >= TRIES {
                        return Err(Fault::Open(text).into());
                    }
                }
                Err(Fault::Refused { text, .. }) => return Err(Error::new(ErrorKind::InvalidDefinition, text)),
                Err(e) => return Err(e.into()),
            }
            read = backoff::read(self.until, async || family.read(Depth::ToOwn, None).await).await?;
        }
    }

    /// A describe by family that is ACTIVE and carries the fingerprint settles the matter alone: for a sweep the lists are
    /// asked for only where it does not.
    async fn first_read(
        &self,
        family: &Family<'_, A>,
        desired_revision: &DesiredRevision,
        prefetch: Option<Prefetch>,
    ) -> Result<Read> {
        let mut result = match prefetch {
            Some(prefetch) => prefetch.result().await,
            None => None,
        };
        let first = async || match result.take() {
            Some(result) => result,
            None => first_look(family, self.origin).await,
        };
        let mut latest = match backoff::read(self.until, first).await? {
            FirstRead::Read(read) => return Ok(read),
            FirstRead::Latest(latest) => latest,
        };
        if let Some(latest) = &latest {
            let alone = Read::of(latest.clone(), family.source);
            if alone
                .history
                .newest_own()
                .is_some_and(|own| own.fingerprint.as_ref() == Some(&desired_revision.fingerprint))
            {
                return Ok(alone);
            }
        }
        // After a wait it is asked for again.
        backoff::read(self.until, async || family.read(Depth::ToOwn, latest.take()).await).await
    }

    /// Whether a registration happened whose answer did not come: two reads, two seconds apart (ECS is eventually
    /// consistent), for a revision above all that were there.
    async fn look_for(
        &self,
        family: &Family<'_, A>,
        desired_revision: &DesiredRevision,
        before: &Read,
        backoff: &mut Backoff,
        why: &str,
    ) -> Result<Option<Described>> {
        let newest = before.history.revisions.first().map_or(0, |revision| revision.number);
        for _ in 0..2 {
            backoff.two_seconds(why).await?;
            let read = backoff::read(self.until, async || family.read(Depth::ToOwn, None).await).await?;
            let is_mine = |number: u32, fingerprint: Option<&_>| {
                number > newest && fingerprint == Some(&desired_revision.fingerprint)
            };
            let found = read.history.revisions.iter().find(|r| is_mine(r.number, r.fingerprint.as_ref()));
            // Not asked for again: the next answer may be older than this one.
            if let Some(found) = found.and_then(|found| read.described(found.number)) {
                return Ok(Some(found.clone()));
            }
        }
        Ok(None)
    }

    /// Where the number is not the next one, somebody else registered meanwhile: perhaps another copy of the function.
    async fn after(&self, family: &Family<'_, A>, before: &Read, described: &Described) -> Option<String> {
        let expected = before.history.revisions.first().map_or(1, |newest| newest.number + 1);
        if described.revision == expected {
            self.cache.know_single(family.key, described.revision);
            return None;
        }
        self.registered_twice(family, described.revision, described.registered_at).await
    }

    /// That two copies of the function have registered one definition: the revision directly below is ACTIVE and carries
    /// the same fingerprint. Looked at once for each revision.
    async fn registered_twice(
        &self,
        family: &Family<'_, A>,
        number: u32,
        at: Option<OffsetDateTime>,
    ) -> Option<String> {
        let is_old = self.origin == Origin::Sweep && at.is_some_and(|at| (self.now)() - at > SUSPECT_FOR);
        if number < 2 || is_old || self.cache.is_known_single(family.key, number) {
            return None;
        }
        let described = |number| async move { self.api.describe(&family.key.at(number)).await };
        let (below, this) = (described(number - 1).await.ok()?, described(number).await.ok()?);
        let own = |described: &Described| Revision::read(described, family.source).fingerprint;
        let twin = below.as_ref().filter(|below| below.status == Status::Active).and_then(own);
        if twin.is_none() || twin != this.as_ref().and_then(own) {
            // What was registered a moment ago may not be readable yet: then the next run looks.
            let is_new = at.is_some_and(|at| (self.now)() - at < READABLE_AFTER);
            if !is_new || (below.is_some() && this.is_some()) {
                self.cache.know_single(family.key, number);
            }
            return None;
        }
        Some(format!(
            "{name}:{} and {name}:{number} are one definition: two copies of the function ran at once (reserved concurrency \
             1 prevents it); a rollback takes both",
            number - 1,
            name = family.key.family
        ))
    }

    fn tags(&self, desired_revision: &DesiredRevision) -> Vec<(String, String)> {
        let time = |time: OffsetDateTime| time.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default();
        let trigger = format!("{} {}", self.trigger.ask.kind(), self.trigger.id);
        [
            (tags::FINGERPRINT, desired_revision.fingerprint.to_string()),
            (tags::SOURCE, desired_revision.source.clone()),
            (tags::TRIGGER, trigger),
            (tags::REQUESTED_AT, time(self.trigger.time)),
            (tags::REGISTERED_AT, time((self.now)())),
        ]
        .map(|(key, value)| (key.to_owned(), tags::sanitised(&value)))
        .to_vec()
    }
}

/// As decisions take it.
pub(in crate::flow) fn desired(desired_revision: &DesiredRevision) -> Desired<'_> {
    Desired {
        family: &desired_revision.key.family,
        fingerprint: &desired_revision.fingerprint,
        digests: &desired_revision.digests,
    }
}

/// The outcome with A's revision and ARN.
fn standing(mut outcome: Outcome, read: &Read) -> Outcome {
    outcome.revision = read.latest.as_deref().map(|latest| latest.revision);
    outcome.arn = read.latest.as_deref().map(|latest| latest.arn.clone());
    outcome
}

fn registered(
    desired_revision: &DesiredRevision,
    before: &Read,
    described: &Described,
    warnings: &mut Vec<String>,
) -> Outcome {
    let family = &desired_revision.key.family;
    let mut outcome = desired_revision.outcome.clone();
    outcome.decision = Decision::Registered;
    outcome.revision = Some(described.revision);
    outcome.arn = Some(described.arn.clone());
    outcome.previous = before.latest.as_deref().map(|latest| latest.revision);
    if before.history.revisions.is_empty() {
        warnings.push(format!(
            "{family}:{} is the first revision of its family: schedules have to name the family {family} without a \
             revision, and their role has to allow ecs:RunTask on it, or they never run it",
            described.revision
        ));
    }
    outcome
}
