//! A rollback of one family: read the history, decide, deregister.

use crate::{
    aws::fault::Fault,
    config::reach::{EMULATED_ACCOUNT, FamilyArns},
    decide::{self, ImagesExist, Request, RollbackDecision as Verdict, RollbackFacts, RollbackPlan},
    ecs::{
        api::{Api, Described},
        cache::Cache,
        history::{Depth, Family, Read},
        revision::TagSource,
    },
    error::{Error, ErrorKind, Result},
    flow::{
        backoff::{self, Backoff},
        rollback::{
            beside_expiry::{deregister_in_two, waits_after},
            deregister::deregister,
        },
    },
    outcome::{Decision, Outcome, subject::Subject},
    reference::FamilyKey,
    trigger::Goal,
};
use crema_base::{
    image::{self, EcrImage},
    quote::quoted,
    secrecy::foreign,
};
use serde_json::Value;
use std::{collections::BTreeSet, future::Future};
use tokio::time::Instant;

/// Maximum attempts after the first while the result of a call is unknown.
const TRIES: u32 = 4;

/// What rolling back works with.
pub struct Operator<'a, A, R, G> {
    pub api: &'a A,
    pub cache: &'a Cache,
    pub key: &'a FamilyKey,
    pub request: Request<'a>,
    /// The account of the ARN that was given: the family has to be in it.
    pub account: Option<&'a str>,
    /// Whether it ends before anything is deregistered.
    pub is_dry: bool,
    /// The families that may be touched.
    pub reach: &'a FamilyArns,
    /// `KEEP_REVISIONS`, where old revisions expire.
    pub keep: Option<usize>,
    /// Whether some app renders the family. Asked at most once, and only if a row of the table needs it.
    pub rendered: R,
    /// Returns which of these images are missing; an error if ECR cannot be asked.
    pub missing: G,
    pub until: Instant,
}

impl<A: Api, R: Future<Output = Result<bool>>, G: AsyncFn(Vec<EcrImage>) -> Result<Vec<EcrImage>>>
    Operator<'_, A, R, G>
{
    /// Takes back what the request means, and reports what was done about `subject`; warnings are added to `warnings`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidEvent`] if there is no such family or revision; [`ErrorKind::AwsError`] if ECS denies a call
    /// or fails.
    pub async fn roll_back(self, subject: &Subject, warnings: &mut Vec<String>) -> Result<Outcome> {
        let family = self.request.family;
        let mut gone = BTreeSet::new();
        let mut done = self.go_back(subject, warnings, &mut gone).await;
        // Whatever ended it halfway: how far it came is said.
        if !gone.is_empty() {
            let so_far = so_far(family, &gone);
            done = done.map_err(|e| e.in_context(&so_far)).map(|outcome| Outcome {
                revisions: gone.iter().rev().copied().collect(),
                reason: outcome.reason.map(|reason| format!("{so_far}: {reason}")),
                ..outcome
            });
        }
        done
    }

    async fn go_back(self, subject: &Subject, warnings: &mut Vec<String>, gone: &mut BTreeSet<u32>) -> Result<Outcome> {
        let Operator {
            api,
            cache,
            key,
            mut request,
            account,
            is_dry,
            reach,
            keep,
            rendered,
            missing: images_missing,
            until,
        } = self;
        let family = Family { api, cache, key, source: TagSource::Any };
        let depth = depth(request.goal);
        let mut backoff = Backoff::new(until);
        let mut rendered = Some(rendered);
        let mut facts = RollbackFacts::default();
        let mut tries = 0;
        loop {
            let read = backoff::read(until, async || family.read(depth, None).await).await?;
            if let Some(latest) = read.latest.as_deref() {
                of_account(account, &latest.arn)?;
            }
            // Account and partition stand in the ARNs of ECS, and in no setting.
            request.outside = read.any().filter(|any| !reach.have(&any.arn)).map(|_| reach.text());
            let verdict = loop {
                match decide::rollback(&request, &read.history, &facts) {
                    Verdict::AskRendered => match rendered.take() {
                        Some(rendered) => facts.rendered = Some(rendered.await?),
                        None => facts.rendered = Some(false),
                    },
                    Verdict::AskImages(number) => {
                        let reference = format!("{}:{number}", request.family);
                        // The history has it, unless it stands far below.
                        let described = match read.described(number) {
                            Some(described) => Some(described.clone()),
                            None => backoff::read(until, async || api.describe(&reference).await).await?,
                        };
                        facts.images = Some(images(&images_missing, described).await);
                    }
                    verdict => break verdict,
                }
            };
            let plan = match verdict {
                Verdict::Deregister(plan) => plan,
                // What this request has taken back itself answers it.
                Verdict::AlreadyRolledBack { .. } if !gone.is_empty() => {
                    return Ok(rolled_back(subject, latest_of(&read), gone));
                }
                verdict => return ended(subject, verdict, &read, &request, &key.region),
            };
            if is_dry {
                warnings.extend(plan.warning.clone());
                return Ok(would_roll_back(subject, plan));
            }
            let waits = keep.and_then(|keep| waits_after(&read.history, &plan, keep, request.asked));
            let done = match waits {
                Some(first) => deregister_in_two(&family, &plan, first, gone, &mut backoff).await,
                None => deregister(&family, &plan, gone, &mut backoff).await,
            };
            // Where the answer to the last of several is open, the next decision is that all is done already.
            warnings.extend(plan.warning.filter(|warning| !gone.is_empty() && !warnings.contains(warning)));
            match done {
                Ok(()) => return Ok(rolled_back(subject, plan.latest, gone)),
                Err(Fault::Open(_) | Fault::Throttled(_)) if tries < TRIES => tries += 1,
                Err(e) => return Err(e.into()),
            }
            facts.images = None;
        }
    }
}

/// # Errors
/// If the function acts in another account than the one that was named: the family of that name is a different one
/// there.
fn of_account(named: Option<&str>, arn: &str) -> Result<()> {
    match (named, arn.split(':').nth(4)) {
        (Some(named), Some(own)) if named != own && own != EMULATED_ACCOUNT => Err(Error::new(
            ErrorKind::InvalidEvent,
            format!(
                "`family` is an ARN of the account {}; this function takes back definitions of its own, {own}",
                quoted(named)
            ),
        )),
        _ => Ok(()),
    }
}

/// How much of the history has to be read for it.
fn depth(goal: Goal) -> Depth {
    let named = match goal {
        Goal::Latest => None,
        Goal::Revision(number) | Goal::To(number) => Some(number),
    };
    Depth::Below { named, all_active: matches!(goal, Goal::To(_)) }
}

/// Whether the ECR images of a revision are still there.
pub(in crate::flow) async fn images(
    gone: &impl AsyncFn(Vec<EcrImage>) -> Result<Vec<EcrImage>>,
    described: Option<Described>,
) -> ImagesExist {
    let Some(described) = described else { return ImagesExist::Unknown("ECS does not describe it".to_owned()) };
    let containers = described.definition.get("containerDefinitions").and_then(Value::as_array);
    let pinned: Vec<_> = containers
        .into_iter()
        .flatten()
        .filter_map(|container| image::parse(container.get("image")?.as_str()?))
        .filter(|image| image.digest().is_some())
        .collect();
    match gone(pinned).await {
        Ok(gone) if gone.is_empty() => ImagesExist::All,
        Ok(gone) => ImagesExist::Missing(gone.iter().map(|image| foreign(image).to_string()).collect()),
        Err(e) => ImagesExist::Unknown(e.to_string()),
    }
}

/// The number of the latest ACTIVE revision.
fn latest_of(read: &Read) -> Option<u32> {
    read.latest.as_deref().map(|latest| latest.revision)
}

fn rolled_back(subject: &Subject, latest: Option<u32>, gone: &BTreeSet<u32>) -> Outcome {
    Outcome { latest, revision: gone.last().copied(), ..Outcome::new(subject.clone(), Decision::RolledBack) }
}

fn would_roll_back(subject: &Subject, plan: RollbackPlan) -> Outcome {
    let RollbackPlan { mut revisions, latest, .. } = plan;
    revisions.sort_unstable_by(|a, b| b.cmp(a));
    let reason = match latest {
        Some(latest) => format!("nothing was changed; schedules would run revision {latest}"),
        None => "nothing was changed; schedules would have nothing to run".to_owned(),
    };
    let outcome = Outcome::new(subject.clone(), Decision::WouldRollBack).because(reason);
    Outcome { latest, revision: revisions.first().copied(), revisions, ..outcome }
}

pub(in crate::flow) fn so_far(family: &str, gone: &BTreeSet<u32>) -> String {
    let done: Vec<String> = gone.iter().rev().map(|number| format!("{family}:{number}")).collect();
    format!("{family}: after {} had been taken back", done.join(", "))
}

/// The outcome if nothing is deregistered.
fn ended(subject: &Subject, verdict: Verdict, read: &Read, request: &Request<'_>, region: &str) -> Result<Outcome> {
    let family = request.family;
    let latest = latest_of(read);
    let outcome =
        |decision, reason: String| Outcome { latest, ..Outcome::new(subject.clone(), decision).because(reason) };
    let is_unknown = read.history.revisions.is_empty() && read.history.active.is_empty();
    match verdict {
        _ if is_unknown => Err(Error::new(
            ErrorKind::InvalidEvent,
            format!("there is no family {family:?} in {region}: is the name right, and the `region`?"),
        )),
        Verdict::NoSuchRevision(number) => Err(Error::new(
            ErrorKind::InvalidEvent,
            format!(
                "there is no revision {family}:{number} in {region}; the latest ACTIVE one is {}",
                latest.map_or_else(|| "none".to_owned(), |latest| format!("{family}:{latest}"))
            ),
        )),
        Verdict::AlreadyRolledBack { revision, reason } => {
            Ok(Outcome { revision, ..outcome(Decision::AlreadyRolledBack, reason) })
        }
        Verdict::Superseded(reason) => Ok(outcome(Decision::Superseded, reason)),
        Verdict::Refused(reason) => Ok(outcome(Decision::Refused, reason)),
        Verdict::Deregister(_) | Verdict::AskRendered | Verdict::AskImages(_) => {
            Err(Error::transient(ErrorKind::AwsError, format!("{family}: what to take back could not be decided")))
        }
    }
}
