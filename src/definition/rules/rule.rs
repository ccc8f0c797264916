//! A row of the table, and the places that break it.

use super::task::{Task, Tasks};
use crate::definition::report::{Report, at};
use std::fmt::Display;

/// What a broken rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// ECS refuses it: nothing is registered.
    Refuse,
    /// Tasks may fail of it, or it is not certain that ECS refuses it: a warning.
    Warn,
}

/// One row of the table.
pub struct Rule {
    /// As messages and `skip_rules` name it.
    pub name: &'static str,
    pub verdict: Verdict,
    pub tasks: Tasks,
    /// Where it is looked at: `containerDefinitions[].memory`.
    pub path: &'static str,
    /// When it is broken, for the page.
    pub condition: &'static str,
    /// What is wrong, with `{0}`, `{1}` … for what is found in the place.
    pub message: &'static str,
    /// What is right.
    pub remedy: &'static str,
    /// ECS's own error, or the document that says it.
    pub source: &'static str,
    /// Finds the places that break it.
    pub find: fn(&Task<'_>, &mut Breaches<'_>),
}

/// The places that break one rule.
pub struct Breaches<'a> {
    pub rule: &'a Rule,
    pub report: &'a mut Report,
}

impl Breaches<'_> {
    /// A place, and the words of the message.
    pub fn at(&mut self, path: impl Display, words: &[&dyn Display]) {
        let Rule { name, message, remedy, .. } = self.rule;
        let sentence = || {
            let what = format!("{}; {} (rule {name})", filled(message, words), filled(remedy, words));
            at(&path.to_string(), what)
        };
        match self.rule.verdict {
            Verdict::Refuse => self.report.problems.add(sentence),
            Verdict::Warn => self.report.warnings.add(sentence),
        }
    }
}

/// The text with `{0}`, `{1}` … replaced by these words.
pub fn filled(text: &str, words: &[&dyn Display]) -> String {
    let mut parts = text.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let word = part.split_once('}').and_then(|(i, rest)| Some((words.get(i.parse::<usize>().ok()?)?, rest)));
        match word {
            Some((word, rest)) => out.push_str(&format!("{word}{rest}")),
            None => out.push_str(&format!("{{{part}")),
        }
    }
    out
}
