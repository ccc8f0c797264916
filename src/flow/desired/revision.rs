//! What a family is to have as its latest revision.

use super::family::DesiredFamily;
use crate::{
    decide::Desired,
    definition::{Definition, Fingerprint, rules::Findings},
    error::Error,
    outcome::{Decision, Outcome, subject::Subject},
};
use std::collections::BTreeSet;

/// The pinned definition of one family, ready to be decided about.
pub struct DesiredRevision {
    pub family: DesiredFamily,
    pub definition: Definition,
    /// The rules that it breaks.
    pub findings: Findings,
    /// Whether its tags were to be replaced by digests, and its images are known to be there.
    pub is_pinned: bool,
    pub fingerprint: Fingerprint,
    /// The ECR digests of its containers.
    pub digests: BTreeSet<String>,
    /// To be said where it is registered.
    pub warning: Option<String>,
}

impl DesiredRevision {
    /// As decisions take it.
    pub fn desired(&self) -> Desired<'_> {
        Desired { family: &self.family.key.family, fingerprint: &self.fingerprint, digests: &self.digests }
    }

    /// The outcome with this decision.
    pub fn outcome(&self, decision: Decision) -> Outcome {
        self.shown(Outcome::new(self.family.subject.clone(), decision))
    }

    /// The outcome that ended with this error. What ECS says may quote values of `environment`.
    pub fn of_error(&self, error: &Error) -> Outcome {
        let Subject { secrets, .. } = self.family.subject.clone();
        let secrets = secrets.with_environment(self.definition.as_value());
        let subject = Subject { secrets, ..self.family.subject.clone() };
        self.shown(Outcome::of_error(subject, &self.family.named(error)))
    }

    /// What is told of the rules that it breaks where it is not registered.
    pub fn tolerated(&self) -> impl Iterator<Item = String> {
        self.findings.tolerated().into_iter().map(|told| format!("{}: {told}", self.family.name))
    }

    /// The outcome if the deadline came first.
    pub fn not_reached(&self) -> Outcome {
        self.shown(Outcome::not_reached(self.family.subject.clone()))
    }

    /// That the other lane does it.
    pub fn handed_on(&self) -> Outcome {
        self.shown(Outcome::handed_on(self.family.subject.clone()))
    }

    /// The outcome with its images and fingerprint.
    fn shown(&self, outcome: Outcome) -> Outcome {
        let owned = |(name, image): (&str, &str)| (name.to_owned(), image.to_owned());
        let images = self.definition.images().into_iter().map(owned).collect();
        Outcome { images, fingerprint: Some(self.fingerprint.to_string()), ..outcome }
    }
}
