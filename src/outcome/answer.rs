//! What an invocation answers, or the error that it ends in.

use super::{Decision, Outcome, bounds::TEXT, check::CheckFinding, status::FamilyStatus};
use crate::{
    error::{Error, ErrorKind},
    moment::rfc3339,
    trigger::{Ask, Trigger},
};
use crema_base::quote::{cut, cut_to};
use serde::Serialize;
use std::collections::BTreeMap;

/// The trigger, as the answer shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    pub kind: &'static str,
    pub id: String,
    pub time: String,
}

impl From<&Trigger> for Asked {
    fn from(trigger: &Trigger) -> Asked {
        Asked { kind: trigger.ask.kind(), id: trigger.id.clone(), time: rfc3339(trigger.time) }
    }
}

/// What an invocation answers.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    pub trigger: Asked,
    /// The other triggers, if a queue delivered several records at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further_triggers: Vec<Asked>,
    pub outcomes: Vec<Outcome>,
    /// How families stand, for a `status`, which has no outcomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub families: Option<Vec<FamilyStatus>>,
    /// What the self-check found, in the order of its checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<CheckFinding>>,
    pub counts: BTreeMap<&'static str, u32>,
    pub warnings: Vec<String>,
}

impl Answer {
    /// Makes the answer from outcomes: logs every outcome and warning, and counts. A sweep lists only what is not
    /// `unchanged`, and counts the rest.
    pub fn new(trigger: &Trigger, mut outcomes: Vec<Outcome>, mut warnings: Vec<String>) -> Answer {
        let mut counts = BTreeMap::new();
        warnings.iter_mut().for_each(|warning| cut_to(warning, TEXT));
        for outcome in &mut outcomes {
            outcome.bound();
            *counts.entry(outcome.decision.name()).or_default() += 1;
            outcome.log(trigger);
        }
        for warning in &warnings {
            tracing::warn!(trigger = trigger.ask.kind(), trigger_id = trigger.id, warning, "warning");
        }
        if trigger.ask.kind() == Ask::Sweep.kind() {
            outcomes.retain(|outcome| outcome.decision != Decision::Unchanged);
        }
        Answer {
            trigger: trigger.into(),
            further_triggers: vec![],
            outcomes,
            families: None,
            checks: None,
            counts,
            warnings,
        }
    }

    /// Makes the answer of a `status`: counts the states, and logs only the warnings.
    pub fn of_status(trigger: &Trigger, mut families: Vec<FamilyStatus>, warnings: Vec<String>) -> Answer {
        let mut answer = Answer::new(trigger, vec![], warnings);
        for family in &mut families {
            family.bound();
            *answer.counts.entry(family.state.name()).or_default() += 1;
        }
        answer.families = Some(families);
        answer
    }

    /// Makes the answer of a self-check: counts the results, and logs what is not as it should be.
    pub fn of_checks(trigger: &Trigger, checks: Vec<CheckFinding>, warnings: Vec<String>) -> Answer {
        let mut answer = Answer::new(trigger, vec![], warnings);
        for check in &checks {
            *answer.counts.entry(check.result.name()).or_default() += 1;
            check.log(trigger);
        }
        answer.checks = Some(checks);
        answer
    }

    /// This answer joined with the answer to another record of the same queue.
    #[must_use]
    pub fn and(mut self, other: Answer) -> Answer {
        self.further_triggers.push(other.trigger);
        self.further_triggers.extend(other.further_triggers);
        self.outcomes.extend(other.outcomes);
        if let Some(families) = other.families {
            self.families.get_or_insert_default().extend(families);
        }
        if let Some(checks) = other.checks {
            self.checks.get_or_insert_default().extend(checks);
        }
        self.warnings.extend(other.warnings);
        for (decision, count) in other.counts {
            *self.counts.entry(decision).or_default() += count;
        }
        self
    }

    /// The error in which the invocation ends: the first failure, else that the deadline came first; none if neither
    /// happened.
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
                .filter_map(|outcome| outcome.subject.app.as_deref().or(outcome.subject.family.as_deref()))
                .take(10)
                .collect();
            message = format!("{message} (and {others} more, each in the log: {})", names.join(", "));
        }
        Some(Failure { kind: first.error_type.unwrap_or(ErrorKind::DeadlineExceeded.name()), message })
    }
}

/// What an invocation returns: an answer, or the HTML or Markdown of a dashboard's widget.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Reply {
    Answer(Box<Answer>),
    Page(String),
}

/// How an invocation ends if something failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The `errorType`.
    pub kind: &'static str,
    /// The `errorMessage`.
    pub message: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Failure {
        Failure { kind: error.kind.name(), message: cut(&error.to_string(), TEXT).into_owned() }
    }
}
