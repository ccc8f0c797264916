//! One desired revision: read the history, decide, register; and if the result is unknown, read again before anything
//! else.

use crate::{
    aws::{fault::Fault, pace::Token},
    decide::{self, Origin, RegisterDecision, taken_back_since},
    definition::tags,
    ecs::{
        api::{Api, Described},
        cache::Cache,
        history::{Depth, Family, Read},
        revision::TagSource,
    },
    error::{Error, ErrorKind, Result},
    flow::{
        backoff::{self, Backoff},
        desired::revision::DesiredRevision,
        prefetch::Prefetch,
        register::allowance::Allowance,
    },
    moment::rfc3339,
    outcome::{Decision, Outcome},
    preflight::{Candidate, Preflight},
    trigger::Trigger,
};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::{Instant, error::Elapsed};

/// What was read longer ago is read again before something is registered.
pub const READ_COUNTS: Duration = Duration::from_secs(1);
/// Maximum attempts while the result of a registration is unknown.
const TRIES: u32 = 4;

/// What registering works with.
pub struct Registrar<'a, A> {
    pub api: &'a A,
    pub cache: &'a Cache,
    pub trigger: &'a Trigger,
    pub origin: Origin,
    pub until: Instant,
    /// None where it is off.
    pub preflight: Option<&'a Preflight>,
    /// When what is desired was read: what was registered since then may be newer.
    pub moment: Option<OffsetDateTime>,
    /// Whether another round of the same event went before, or a page asks: what was taken back meanwhile stays so.
    pub is_later_round: bool,
    /// How many may be registered.
    pub allowance: &'a Allowance,
    /// The clock of the tags.
    pub now: &'a (dyn Fn() -> OffsetDateTime + Sync),
}

/// An outcome, and what has to be said besides.
pub struct Done {
    pub outcome: Outcome,
    pub warnings: Vec<String>,
    /// What is desired may be older than what is there, and has to be read anew. Nothing was done; or, where another
    /// lane registered at the same moment, this was registered above it.
    pub is_outdated: bool,
}

/// What came of one try.
enum Tried {
    Done(Box<Outcome>),
    /// Registered, and somebody else registered since the history was read.
    Met(Box<Outcome>),
    /// More are not as desired than may be registered.
    Beyond,
    /// The deadline comes before ECS lets anything be registered.
    Late,
    Outdated,
}

impl<A: Api> Registrar<'_, A> {
    /// Brings the family to what is desired, or reports why not. `prefetch` is a read of the family that was begun
    /// before.
    pub async fn reconcile(&self, desired_revision: &DesiredRevision, prefetch: Option<Prefetch>) -> Done {
        let mut warnings = vec![];
        let tried =
            tokio::time::timeout_at(self.until, self.try_reconcile(desired_revision, prefetch, &mut warnings)).await;
        let is_outdated = matches!(tried, Ok(Ok(Tried::Outdated | Tried::Met(_))));
        let outcome = match tried {
            Err(_) | Ok(Ok(Tried::Late | Tried::Outdated)) => desired_revision.not_reached(),
            Ok(Ok(Tried::Beyond)) => desired_revision.handed_on(),
            Ok(Ok(Tried::Done(outcome) | Tried::Met(outcome))) => *outcome,
            Ok(Err(e)) => desired_revision.of_error(&e),
        };
        Done { outcome, warnings, is_outdated }
    }

    pub(super) fn family<'b>(&'b self, desired_revision: &'b DesiredRevision) -> Family<'b, A> {
        Family {
            api: self.api,
            cache: self.cache,
            key: &desired_revision.family.key,
            source: TagSource::Of(&desired_revision.family.source),
        }
    }

    async fn try_reconcile(
        &self,
        desired_revision: &DesiredRevision,
        prefetch: Option<Prefetch>,
        warnings: &mut Vec<String>,
    ) -> Result<Tried> {
        let family = self.family(desired_revision);
        let mut backoff = Backoff::new(self.until);
        let mut tries = 0;
        let (mut token, mut is_checked) = (None, false);
        if prefetch.is_none() && self.origin != Origin::Sweep && !self.allowance.only_looks() {
            let Ok(turn) = self.turn().await else { return Ok(Tried::Late) };
            token = Some(turn);
        }
        let (mut read, mut at) = self.first_read(&family, desired_revision, prefetch).await?;
        let done = |outcome| Ok(Tried::Done(Box::new(outcome)));
        loop {
            let decision = decide::register(&desired_revision.desired(), &read.history, self.origin, self.trigger.time);
            if !matches!(decision, RegisterDecision::Register(_)) {
                warnings.extend(desired_revision.tolerated());
            }
            let warning = match decision {
                RegisterDecision::Unchanged => {
                    if let Some(a) = read.history.newest_active() {
                        warnings.extend(self.registered_twice(&family, a.number, a.registered_at).await);
                    }
                    return done(standing(desired_revision, Decision::Unchanged, &read));
                }
                RegisterDecision::Drifted(reason) => {
                    return done(standing(desired_revision, Decision::Drifted, &read).because(reason));
                }
                RegisterDecision::Held(reason) => {
                    return done(standing(desired_revision, Decision::Held, &read).because(reason));
                }
                RegisterDecision::Register(warning) => warning,
            };
            if let Some(refusal) = desired_revision.findings.refusal() {
                return Err(refusal);
            }
            let asked = self.trigger.time;
            let since =
                self.is_later_round.then(|| taken_back_since(&family.key.family, &read.history, asked)).flatten();
            if let Some(reason) = since {
                return done(standing(desired_revision, Decision::Held, &read).because(reason));
            }
            if self.is_outdated(&family, &read) {
                return Ok(Tried::Outdated);
            }
            if tries == 0 && !self.allowance.takes(&family.key.family) {
                return Ok(Tried::Beyond);
            }
            if !is_checked {
                warnings.extend(self.looked_at(desired_revision).await?);
                is_checked = true;
            }
            let turn = match token.take() {
                Some(token) => token,
                None => match self.turn().await {
                    Ok(turn) => turn,
                    Err(_) => return Ok(Tried::Late),
                },
            };
            if at.elapsed() > READ_COUNTS {
                token = Some(turn);
                (read, at) = self.read_again(&family).await?;
                continue;
            }
            turn.used();
            let tags = self.tags(desired_revision);
            let body = desired_revision.definition.body_with_tags(&tags);
            tries += 1;
            match self.api.register(&body).await {
                Ok(described) => {
                    let described_with_tags = Described { tags: tags.into_iter().collect(), ..described.clone() };
                    self.cache.registered(&family.key.region, described_with_tags);
                    warnings.extend(warning);
                    warnings.extend(self.after(&family, &read, &described).await);
                    return Ok(self.ended(desired_revision, &read, &described, warnings));
                }
                // Nothing happened: what was read counts as long as it would have.
                Err(Fault::Throttled(text)) => {
                    if backoff.wait(text).await.is_err() {
                        return Ok(Tried::Late);
                    }
                    continue;
                }
                Err(Fault::Open(text)) => {
                    if let Some(found) = self.look_for(&family, desired_revision, &read, &mut backoff, &text).await? {
                        warnings.extend(warning);
                        return Ok(self.ended(desired_revision, &read, &found, warnings));
                    }
                    if tries >= TRIES {
                        return Err(Fault::Open(text).into());
                    }
                }
                Err(Fault::Refused { text, .. }) => return Err(Error::new(ErrorKind::InvalidDefinition, text)),
                Err(e) => return Err(e.into()),
            }
            (read, at) = self.read_again(&family).await?;
        }
    }

    /// That it is registered. A number that is not the next one tells that somebody else registered since the history was
    /// read; where what is desired was read before, it may be the older of the two.
    fn ended(
        &self,
        desired_revision: &DesiredRevision,
        before: &Read,
        described: &Described,
        warnings: &mut Vec<String>,
    ) -> Tried {
        let is_next = described.revision == next_number(before);
        let outcome = Box::new(registered(desired_revision, before, described, warnings));
        if is_next || self.moment.is_none() { Tried::Done(outcome) } else { Tried::Met(outcome) }
    }

    /// The turn to register, where it comes in time.
    async fn turn(&self) -> std::result::Result<Token, Elapsed> {
        tokio::time::timeout_at(self.allowance.end(), self.api.may_register()).await
    }

    async fn read_again(&self, family: &Family<'_, A>) -> Result<(Read, Instant)> {
        let read = backoff::read(self.until, async || family.read(Depth::ToOwn, None).await).await?;
        Ok((read, Instant::now()))
    }

    /// Whether the newest ACTIVE revision may be newer than what is desired: somebody else registered it since that was
    /// read. What this copy registered itself it did before.
    fn is_outdated(&self, family: &Family<'_, A>, read: &Read) -> bool {
        let Some((moment, a)) = self.moment.zip(read.history.newest_active()) else { return false };
        let is_own = self.cache.just_registered(family.key).is_some_and(|own| own.revision == a.number);
        !is_own && a.registered_at.is_some_and(|at| at >= moment)
    }

    /// What a preflight has to say of what is to be registered.
    ///
    /// # Errors
    /// As [`Preflight::check`].
    pub(super) async fn looked_at(&self, desired_revision: &DesiredRevision) -> Result<Vec<String>> {
        let Some(preflight) = self.preflight else { return Ok(vec![]) };
        let DesiredRevision { family, definition, findings, is_pinned, .. } = desired_revision;
        let candidate =
            Candidate { definition, region: &family.key.region, place: findings.place(), is_pinned: *is_pinned };
        let told = preflight.check(&candidate).await?;
        Ok(told.into_iter().map(|told| format!("{}: {told}", family.name)).collect())
    }

    fn tags(&self, desired_revision: &DesiredRevision) -> Vec<(String, String)> {
        let trigger = format!("{} {}", self.trigger.ask.kind(), self.trigger.id);
        [
            (tags::FINGERPRINT, desired_revision.fingerprint.to_string()),
            (tags::SOURCE, desired_revision.family.source.clone()),
            (tags::TRIGGER, trigger),
            (tags::REQUESTED_AT, rfc3339(self.trigger.time)),
            (tags::REGISTERED_AT, rfc3339((self.now)())),
        ]
        .map(|(key, value)| (key.to_owned(), tags::sanitised(&value)))
        .to_vec()
    }
}

/// The outcome with this decision, and A's revision and ARN.
fn standing(desired_revision: &DesiredRevision, decision: Decision, read: &Read) -> Outcome {
    let latest = read.latest.as_deref();
    Outcome {
        revision: latest.map(|latest| latest.revision),
        arn: latest.map(|latest| latest.arn.clone()),
        ..desired_revision.outcome(decision)
    }
}

/// The number that a revision gets if nobody else registers.
pub fn next_number(before: &Read) -> u32 {
    before.history.revisions.first().map_or(1, |newest| newest.number + 1)
}

/// The outcome of a registration.
fn registered(
    desired_revision: &DesiredRevision,
    before: &Read,
    described: &Described,
    warnings: &mut Vec<String>,
) -> Outcome {
    let family = &desired_revision.family.key.family;
    warnings.extend(desired_revision.warning.clone());
    if before.history.revisions.is_empty() {
        warnings.push(format!(
            "{family}:{} is the first revision of its family: schedules have to name the family {family} without a \
             revision, and their role has to allow ecs:RunTask on it, or they never run it",
            described.revision
        ));
    }
    Outcome {
        revision: Some(described.revision),
        arn: Some(described.arn.clone()),
        previous: before.latest.as_deref().map(|latest| latest.revision),
        ..desired_revision.outcome(Decision::Registered)
    }
}
