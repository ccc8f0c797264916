//! What is said about what was done: one outcome for each family, the answer, the error that ends an invocation.

pub mod draft;
pub mod fit;
pub mod status;

use crate::{
    error::{Error, ErrorKind},
    trigger::{Ask, Trigger},
};
use crema_base::{
    quote::{cut, cut_to},
    secrecy::Secrets,
};
use serde::Serialize;
use status::FamilyStatus;
use std::collections::BTreeMap;
use time::format_description::well_known::Rfc3339;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Registered,
    Unchanged,
    Held,
    Drifted,
    RolledBack,
    AlreadyRolledBack,
    Superseded,
    Refused,
    Planned,
    Failed,
    /// The deadline came first.
    NotReached,
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
            Decision::AlreadyRolledBack => "already_rolled_back",
            Decision::Superseded => "superseded",
            Decision::Refused => "refused",
            Decision::Planned => "planned",
            Decision::Failed => "failed",
            Decision::NotReached => "not_reached",
        }
    }
}

/// What was done for one family. Members that do not apply are left out of the answer.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The external variables that make the variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// As the configuration file says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
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
    /// The revision registered, standing or (the newest) taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The latest ACTIVE revision before this registration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<u32>,
    /// All revisions taken back, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<u32>,
    /// What schedules run from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<u32>,
    /// Container name to image reference.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    #[serde(rename = "errorType", skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'static str>,
    /// What is not to be told of it; its texts may hold that until they leave the function.
    #[serde(skip)]
    pub secrets: Secrets,
}

impl Outcome {
    pub fn new(decision: Decision) -> Outcome {
        Outcome {
            app: None,
            variant: None,
            family: None,
            region: None,
            cluster: None,
            decision,
            would: None,
            reason: None,
            request_reason: None,
            revision: None,
            arn: None,
            previous: None,
            revisions: vec![],
            latest: None,
            images: BTreeMap::new(),
            fingerprint: None,
            diff: None,
            error_type: None,
            secrets: Secrets::default(),
        }
    }

    /// The same outcome, failed with this error.
    #[must_use]
    pub fn failed(mut self, error: &Error) -> Outcome {
        self.decision = Decision::Failed;
        self.error_type = Some(error.kind.name());
        self.reason = Some(error.to_string());
        self
    }

    /// The same outcome, decided so for this reason.
    #[must_use]
    pub fn because(mut self, decision: Decision, reason: impl Into<String>) -> Outcome {
        self.decision = decision;
        self.reason = Some(reason.into());
        self
    }

    /// One structured log line.
    fn log(&self, trigger: &Trigger) {
        let variant =
            self.variant.as_ref().filter(|v| !v.is_empty()).map(|v| cut(&format!("{v:?}"), 2_000).into_owned());
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    trigger = trigger.ask.kind(),
                    trigger_id = trigger.id,
                    decision = self.decision.name(),
                    app = self.app,
                    variant,
                    family = self.family,
                    region = self.region,
                    revision = self.revision,
                    previous = self.previous,
                    latest = self.latest,
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
            Decision::Drifted | Decision::Held | Decision::Refused => line!(warn),
            _ => line!(info),
        }
    }
}

/// The trigger, as the answer shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    pub kind: &'static str,
    pub id: String,
    pub time: String,
}

impl From<&Trigger> for Asked {
    fn from(trigger: &Trigger) -> Asked {
        let time = trigger.time.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default();
        Asked { kind: trigger.ask.kind(), id: trigger.id.clone(), time }
    }
}

/// What an invocation answers.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    pub trigger: Asked,
    /// The others, where a queue handed over several records at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further_triggers: Vec<Asked>,
    pub outcomes: Vec<Outcome>,
    /// Of a `status`, which has no outcomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub families: Option<Vec<FamilyStatus>>,
    pub counts: BTreeMap<&'static str, u32>,
    pub warnings: Vec<String>,
}

impl Answer {
    /// Logs every outcome and warning, and counts. A sweep lists what is not `unchanged`, and counts the rest.
    pub fn new(trigger: &Trigger, mut outcomes: Vec<Outcome>, mut warnings: Vec<String>) -> Answer {
        let mut counts = BTreeMap::new();
        warnings.iter_mut().for_each(|warning| cut_to(warning, fit::TEXT));
        for outcome in &mut outcomes {
            outcome.bound();
            *counts.entry(outcome.decision.name()).or_default() += 1;
            outcome.log(trigger);
        }
        for warning in &warnings {
            tracing::warn!(trigger = trigger.ask.kind(), trigger_id = trigger.id, warning, "warning");
        }
        if trigger.ask == Ask::Sweep {
            outcomes.retain(|outcome| outcome.decision != Decision::Unchanged);
        }
        Answer { trigger: trigger.into(), further_triggers: vec![], outcomes, families: None, counts, warnings }
    }

    /// How families stand. Counts states; logs the warnings and nothing else.
    pub fn of_status(trigger: &Trigger, mut families: Vec<FamilyStatus>, warnings: Vec<String>) -> Answer {
        let mut answer = Answer::new(trigger, vec![], warnings);
        for family in &mut families {
            family.bound();
            *answer.counts.entry(family.state.name()).or_default() += 1;
        }
        answer.families = Some(families);
        answer
    }

    /// This answer and that to another record of the same queue.
    #[must_use]
    pub fn and(mut self, other: Answer) -> Answer {
        self.further_triggers.push(other.trigger);
        self.further_triggers.extend(other.further_triggers);
        self.outcomes.extend(other.outcomes);
        if let Some(families) = other.families {
            self.families.get_or_insert_default().extend(families);
        }
        self.warnings.extend(other.warnings);
        for (decision, count) in other.counts {
            *self.counts.entry(decision).or_default() += count;
        }
        self
    }

    /// What ends the invocation in an error: the first failure, or that the deadline came first.
    pub fn failure(&self) -> Option<Failure> {
        let of = |decision| self.outcomes.iter().filter(move |outcome| outcome.decision == decision);
        let failed = of(Decision::Failed).count();
        let late = of(Decision::NotReached).count();
        let first = of(Decision::Failed).next().or_else(|| of(Decision::NotReached).next())?;
        let mut message = first.reason.clone().unwrap_or_default();
        let others = failed + late - 1;
        if others > 0 {
            let names: Vec<&str> = of(Decision::Failed)
                .chain(of(Decision::NotReached))
                .filter(|outcome| !std::ptr::eq(*outcome, first))
                .filter_map(|outcome| outcome.app.as_deref().or(outcome.family.as_deref()))
                .take(10)
                .collect();
            message = format!("{message} (and {others} more, each in the log: {})", names.join(", "));
        }
        Some(Failure { kind: first.error_type.unwrap_or(ErrorKind::DeadlineExceeded.name()), message })
    }
}

/// How an invocation ends where not all is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The `errorType`.
    pub kind: &'static str,
    /// The `errorMessage`.
    pub message: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Failure {
        Failure { kind: error.kind.name(), message: cut(&error.to_string(), fit::TEXT).into_owned() }
    }
}
