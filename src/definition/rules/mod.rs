//! What is known of a definition before it runs: what ECS refuses whatever the account, and what makes tasks fail, as a
//! table of data. `docs/RULES.md` is made from it.
//!
//! A definition that breaks a rule is not wrong by itself: ECS may have taken it once. So rules are looked at here and
//! weighed where something is to be registered.

mod containers;
mod fargate;
mod images;
mod network;
mod page;
mod rule;
mod size;
mod table;
mod task;
#[cfg(test)]
mod tests;
mod unsupported;
mod values;
mod volumes;

use super::report::Report;
use crate::error::{Error, ErrorKind};
use crema_base::nearest::nearest;
use serde_json::Value;

pub use page::page;
use rule::Breaches;
pub use rule::{Rule, Verdict};
pub use table::rules;
use task::Task;
pub use task::Tasks;

/// The rules that a definition breaks.
#[derive(Debug, Default)]
pub struct Findings {
    report: Report,
    place: String,
}

impl Findings {
    /// Looks at a document in its form by all rules but those of these names. `place` is the file, as messages name it.
    pub fn of(document: &Value, place: &str, skipped: &[String]) -> Findings {
        let task = Task::new(document);
        let mut report = Report::default();
        for rule in rules().filter(|rule| task.is_among(rule.tasks) && !skipped.iter().any(|name| name == rule.name)) {
            (rule.find)(&task, &mut Breaches { rule, report: &mut report });
        }
        Findings { report, place: place.to_owned() }
    }

    /// The file, as messages name it.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Why it is not registered: all that ECS would refuse, each with its path, what is wrong and what is right.
    pub fn refusal(&self) -> Option<Error> {
        let told = self.report.told()?;
        Some(Error::new(ErrorKind::InvalidDefinition, format!("{}: {told}", self.place)))
    }

    /// What is told whatever becomes of the definition.
    pub fn told(&self) -> Vec<String> {
        self.report.warnings.lines().map(|line| format!("{}: {line}", self.place)).collect()
    }

    /// What would be refused, of a definition that is not registered now.
    pub fn tolerated(&self) -> Vec<String> {
        let lines = self.report.problems.lines();
        lines.map(|line| format!("{}: {line}; nothing is registered now, so it is only told", self.place)).collect()
    }
}

/// A warning for each of these names that is no rule's.
pub fn unknown_names(skipped: &[String]) -> Vec<String> {
    let unknown = skipped.iter().enumerate().filter(|(_, name)| !rules().any(|rule| rule.name == *name));
    let told = |(i, name): (usize, &String)| {
        let meant = nearest(name, rules().map(|rule| rule.name));
        let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        format!(
            "`skip_rules[{i}]`: there is no rule {name:?}{meant} (docs/RULES.md lists them); nothing is skipped by it"
        )
    };
    unknown.map(told).collect()
}
