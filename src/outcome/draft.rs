//! An answer that may still contain secrets, and how it becomes one that may leave the function.

use super::{
    Decision, Outcome,
    check::CheckFinding,
    status::{FamilyState, FamilyStatus},
};
use crate::error::Error;
use crema_base::{
    image,
    secrecy::{Secrets, plain},
};
use std::collections::BTreeMap;

/// Replaces texts that were not searched for secrets in time.
const UNTOLD: &str = "what is to be said here could not be looked through for values that are not told before the deadline; it is left out";

/// What the answer to one trigger is made of.
#[derive(Default)]
pub struct Draft {
    pub outcomes: Vec<Outcome>,
    /// How families stand, for a `status`, which has no outcomes.
    pub families: Option<Vec<FamilyStatus>>,
    /// What the self-check found.
    pub checks: Option<Vec<CheckFinding>>,
    pub warnings: Vec<Warning>,
}

/// A sentence, and the secrets that it may contain.
#[derive(Clone, Debug)]
pub struct Warning {
    pub text: String,
    secrets: Secrets,
}

impl Warning {
    pub fn of(text: String, secrets: &Secrets) -> Warning {
        Warning { text, secrets: secrets.clone() }
    }
}

/// An error that ends the answer to a trigger, and the secrets that it may contain.
pub struct Untold {
    pub error: Error,
    pub secrets: Secrets,
}

impl From<Error> for Untold {
    fn from(error: Error) -> Untold {
        Untold { error, secrets: Secrets::default() }
    }
}

impl Untold {
    /// As it may leave the function.
    #[must_use]
    pub fn told(self) -> Error {
        self.error.reworded(|text| self.secrets.told(&text))
    }

    /// What may be told without having looked for anything.
    #[must_use]
    pub fn bare(&self) -> Error {
        self.error.clone().reworded(|_| UNTOLD.to_owned())
    }
}

/// A warning that quotes nothing of an app.
impl From<String> for Warning {
    fn from(text: String) -> Warning {
        Warning { text, secrets: Secrets::default() }
    }
}

impl Draft {
    /// The draft as it may leave the function. This may take long: all secret values have to be read.
    #[must_use]
    pub fn told(mut self) -> Draft {
        self.outcomes.iter_mut().for_each(Outcome::tell);
        self.families.iter_mut().flatten().for_each(FamilyStatus::tell);
        self.checks.iter_mut().flatten().for_each(CheckFinding::tell);
        for warning in &mut self.warnings {
            warning.text = std::mem::take(&mut warning.secrets).told(&warning.text);
        }
        self
    }

    /// What may be told without having looked for anything.
    #[must_use]
    pub fn bare(&self) -> Draft {
        Draft {
            outcomes: self.outcomes.iter().map(Outcome::bare).collect(),
            families: self.families.as_ref().map(|all| all.iter().map(FamilyStatus::bare).collect()),
            checks: self.checks.as_ref().map(|all| all.iter().map(|check| check.bare(UNTOLD)).collect()),
            warnings: self.warnings.first().map(|_| Warning::from(UNTOLD.to_owned())).into_iter().collect(),
        }
    }
}

impl Outcome {
    /// The secrets that texts about it may contain.
    pub fn confidential(&self) -> Secrets {
        self.subject.confidential(match self.decision {
            Decision::Failed | Decision::NotReached | Decision::HandedOn | Decision::Refused => false,
            // Of a family that is to be there first, only the files speak.
            Decision::Planned => self.previous.is_some() || self.would != Some(Decision::Registered),
            _ => true,
        })
    }

    fn tell(&mut self) {
        let secrets = self.confidential();
        self.subject.tell(&secrets);
        let text = |text: &mut Option<String>| *text = text.take().map(|text| secrets.told(&text));
        // Not the difference: it was made without them.
        text(&mut self.reason);
        self.request_reason = self.request_reason.take().map(|reason| plain(&reason));
        let images = std::mem::take(&mut self.images);
        for (container, reference) in images {
            let name = unique(secrets.member(&container), &self.images);
            let is_pinned = reference.contains("@sha256:");
            self.images.insert(name, image(&reference, is_pinned, &secrets));
        }
    }

    fn bare(&self) -> Outcome {
        Outcome {
            would: self.would,
            revision: self.revision,
            previous: self.previous,
            latest: self.latest,
            revisions: self.revisions.clone(),
            fingerprint: self.fingerprint.clone(),
            error_type: self.error_type,
            ..Outcome::new(self.subject.bare(), self.decision).because(UNTOLD)
        }
    }
}

impl FamilyStatus {
    fn tell(&mut self) {
        let secrets = self.subject.confidential(match self.state {
            FamilyState::Failed | FamilyState::NotReached | FamilyState::Behind => {
                self.revision.is_some() || !self.taken_back.is_empty()
            }
            FamilyState::InSync | FamilyState::OnHold | FamilyState::Drifted => true,
        });
        self.subject.tell(&secrets);
        for text in [&mut self.reason, &mut self.note] {
            *text = text.take().map(|text| secrets.told(&text));
        }
        self.warnings.iter_mut().for_each(|warning| *warning = secrets.told(warning));
        for shown in &mut self.images {
            shown.container = secrets.member(&shown.container);
            shown.image = image(&shown.image, shown.digest.is_some(), &secrets);
        }
    }

    fn bare(&self) -> FamilyStatus {
        FamilyStatus {
            reason: Some(UNTOLD.to_owned()),
            error_type: self.error_type,
            revision: self.revision,
            ..FamilyStatus::of(self.subject.bare(), self.state)
        }
    }
}

/// An image reference as answers show it. If its registry has it, registry and repository are shown as they are; a tag
/// may be a secret.
fn image(reference: &str, is_there: bool, secrets: &Secrets) -> String {
    if !is_there || image::parse(reference).is_none() {
        return secrets.member(reference);
    }
    let (name, digest) = reference.split_at(reference.find('@').unwrap_or(reference.len()));
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => format!("{repository}:{}{digest}", secrets.member(tag)),
        _ => reference.to_owned(),
    }
}

/// The name, with a number if another name is masked to the same.
fn unique(name: String, taken: &BTreeMap<String, String>) -> String {
    let mut numbered = (2..).map(|n| format!("{name} {n}"));
    if taken.contains_key(&name) { numbered.find(|name| !taken.contains_key(name)).unwrap_or(name) } else { name }
}
