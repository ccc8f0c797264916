//! What is looked at: settings, clients, and what was read before.

use super::{diagnosis::Diagnosis, stack::StackResources};
use crate::{
    aws::{CallLimits, Clients},
    config::settings::Settings,
    error::Error,
    outcome::Outcome,
    reference::FamilyKey,
};
use crema_base::image::Repository;
use std::{collections::BTreeSet, time::Duration};

/// An installation.
pub struct Patient<'a> {
    pub settings: &'a Settings,
    pub clients: &'a Clients,
    pub limits: &'a CallLimits,
    /// What lies under the prefix, and what became of it.
    pub files: std::result::Result<FilesSeen, Error>,
    /// The stack's resources; none where that is off.
    pub stack: std::result::Result<StackResources, Diagnosis>,
}

/// What lies under the prefix.
#[derive(Default)]
pub struct FilesSeen {
    /// How many there are.
    pub count: usize,
    /// How many app variants.
    pub apps: usize,
    /// Those that do not render, and how that ended.
    pub unrendered: Vec<Outcome>,
    /// Those that render, and name an image that is not there or could not be asked for.
    pub unpinned: Vec<Outcome>,
    /// The families of all others.
    pub families: Vec<FamilyKey>,
    /// The repositories of their images.
    pub repositories: BTreeSet<Repository>,
    /// What this clock and S3's differ by at least; none where S3 did not say the time.
    pub skew: Option<Duration>,
}

impl Patient<'_> {
    /// The files, or what to say where they could not be read.
    pub fn files(&self) -> std::result::Result<&FilesSeen, Diagnosis> {
        self.files
            .as_ref()
            .map_err(|_| Diagnosis::unknown("not looked at: the prefix could not be read", "mend what `prefix` says"))
    }

    /// The stack's resources, or what to say where they could not be read.
    pub fn stack(&self) -> std::result::Result<&StackResources, Diagnosis> {
        self.stack.as_ref().map_err(Clone::clone)
    }

    /// The functions of the template, each with its logical id.
    pub fn functions(&self) -> std::result::Result<Vec<(&'static str, &str)>, Diagnosis> {
        let stack = self.stack()?;
        let named = |id: &'static str| {
            stack.name_of(id).map(|name| (id, name)).ok_or_else(|| {
                Diagnosis::fail(format!("the stack has no function {id}"), "deploy template.yaml again (`sam deploy`)")
            })
        };
        ["Registrar", "Reconciler", "Operator"].into_iter().map(named).collect()
    }
}
