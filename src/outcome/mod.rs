//! What is reported about what was done: one outcome for each family, the answer, the error in which an invocation
//! ends.

pub mod answer;
mod bounds;
pub mod check;
pub mod draft;
pub mod fit;
pub mod status;
pub mod subject;

use crate::{error::Error, trigger::Trigger};
use crema_base::quote::cut;
use serde::Serialize;
use std::collections::BTreeMap;
use subject::Subject;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Registered,
    Unchanged,
    Held,
    Drifted,
    RolledBack,
    /// What a rollback would do that is only tried.
    WouldRollBack,
    AlreadyRolledBack,
    Superseded,
    Refused,
    Planned,
    /// A task of the revision ran well, for the first time.
    Proven,
    /// A task of the revision failed, and it stays.
    Kept,
    /// Older than what is kept: deregistered, which is no rollback.
    Expired,
    /// The same, only asked about.
    WouldExpire,
    Failed,
    /// The deadline came before it was done.
    NotReached,
    /// The long lane does it, one round after the other.
    HandedOn,
}

impl Decision {
    /// As answers and log lines spell it.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Registered => "registered",
            Decision::Unchanged => "unchanged",
            Decision::Held => "held",
            Decision::Drifted => "drifted",
            Decision::RolledBack => "rolled_back",
            Decision::WouldRollBack => "would_roll_back",
            Decision::AlreadyRolledBack => "already_rolled_back",
            Decision::Superseded => "superseded",
            Decision::Refused => "refused",
            Decision::Planned => "planned",
            Decision::Proven => "proven",
            Decision::Kept => "kept",
            Decision::Expired => "expired",
            Decision::WouldExpire => "would_expire",
            Decision::Failed => "failed",
            Decision::NotReached => "not_reached",
            Decision::HandedOn => "handed_on",
        }
    }
}

/// What was done for one family. Members that do not apply are left out of the answer.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    #[serde(flatten)]
    pub subject: Subject,
    pub decision: Decision,
    /// What a plan would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would: Option<Decision>,
    /// crema's own words: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The caller's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_reason: Option<String>,
    /// The revision that was registered or is the latest; of a rollback the newest one taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The latest ACTIVE revision before this registration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<u32>,
    /// All revisions taken back or expired, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<u32>,
    /// The revision that schedules run from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<u32>,
    /// The task that was looked at: its ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// How it ended, 300 characters at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_reason: Option<String>,
    /// When a task of the revision ran well first; RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<String>,
    /// Container name to image reference.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    #[serde(rename = "errorType", skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'static str>,
}

/// Why something was not reached.
const LATE: &str = "the deadline came first: an event is tried again by itself, a direct call is to be repeated";

/// Why nothing is looked at again.
const LOOKED_AT: &str = "this change was in the files by which the family was last looked at";

/// Why something was not done here.
const HANDED_ON: &str = "there is more to do than the short lane takes: the reconciler does the rest, round by round";

impl Outcome {
    /// An outcome with this decision; everything else is left out.
    pub fn new(subject: Subject, decision: Decision) -> Outcome {
        Outcome {
            subject,
            decision,
            would: None,
            reason: None,
            request_reason: None,
            revision: None,
            arn: None,
            previous: None,
            revisions: vec![],
            latest: None,
            task: None,
            task_reason: None,
            proven_at: None,
            images: BTreeMap::new(),
            fingerprint: None,
            diff: None,
            error_type: None,
        }
    }

    /// The outcome that ended with this error: it failed; or it was not reached, where nothing was refused and nothing
    /// broke.
    pub fn of_error(subject: Subject, error: &Error) -> Outcome {
        let decision = if error.is_put_off() { Decision::NotReached } else { Decision::Failed };
        let outcome = Outcome::new(subject, decision).because(error.to_string());
        Outcome { error_type: Some(error.kind.name()), ..outcome }
    }

    /// An outcome whose deadline came before anything was done.
    pub fn not_reached(subject: Subject) -> Outcome {
        Outcome::new(subject, Decision::NotReached).because(LATE)
    }

    /// That another invocation does it.
    pub fn handed_on(subject: Subject) -> Outcome {
        Outcome::new(subject, Decision::HandedOn).because(HANDED_ON)
    }

    /// That the family was looked at before, after what is asked about had happened.
    pub fn looked_at(subject: Subject) -> Outcome {
        Outcome::new(subject, Decision::Unchanged).because(LOOKED_AT)
    }

    /// The same outcome with this reason.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Outcome {
        Outcome { reason: Some(reason.into()), ..self }
    }

    /// Writes one structured log line.
    fn log(&self, trigger: &Trigger) {
        let variant =
            self.subject.variant.as_ref().filter(|v| !v.is_empty()).map(|v| cut(&format!("{v:?}"), 2_000).into_owned());
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    trigger = trigger.ask.kind(),
                    trigger_id = trigger.id,
                    decision = self.decision.name(),
                    app = self.subject.app,
                    variant,
                    family = self.subject.family,
                    region = self.subject.region,
                    revision = self.revision,
                    previous = self.previous,
                    latest = self.latest,
                    task = self.task,
                    task_reason = self.task_reason,
                    proven_at = self.proven_at,
                    fingerprint = self.fingerprint,
                    would = self.would.map(Decision::name),
                    error_type = self.error_type,
                    reason = self.reason,
                    request_reason = self.request_reason,
                    "outcome"
                )
            };
        }
        match self.decision {
            Decision::Failed | Decision::NotReached => line!(error),
            Decision::Drifted | Decision::Held | Decision::Refused | Decision::Kept => line!(warn),
            // There may be thousands, round after round.
            Decision::HandedOn => line!(debug),
            _ => line!(info),
        }
    }
}
