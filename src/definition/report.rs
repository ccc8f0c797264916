//! Findings in a document: problems and warnings, each limited to a number that somebody reads.

use crema_base::quote::quoted_to;
use std::fmt::Display;

/// Maximum problems that are listed for a definition, and maximum warnings.
const MOST: usize = 50;

/// Maximum characters of a quoted key or enum value.
pub const LONGEST_QUOTE: usize = 60;

/// Findings of one kind.
#[derive(Debug, Default)]
pub struct Report {
    pub problems: Sentences,
    pub warnings: Sentences,
}

/// Adds a finding. Those after the fiftieth are only counted.
#[derive(Debug, Default)]
pub struct Sentences {
    told: Vec<String>,
    more: usize,
}

impl Report {
    pub fn problem(&mut self, path: &str, what: impl Display) {
        self.problems.add(|| at(path, what));
    }

    pub fn warning(&mut self, path: &str, what: impl Display) {
        self.warnings.add(|| at(path, what));
    }

    /// All problems in one text; none if there are no problems.
    pub fn told(&self) -> Option<String> {
        let Sentences { told, more } = &self.problems;
        match told.as_slice() {
            [] => None,
            [problem] => Some(problem.clone()),
            _ => {
                let list: String = self.problems.lines().map(|line| format!("\n- {line}")).collect();
                Some(format!("{} problems:{list}", told.len() + more))
            }
        }
    }
}

impl Sentences {
    /// The text is made only if the finding is listed.
    pub fn add(&mut self, words: impl FnOnce() -> String) {
        if self.told.len() < MOST {
            self.told.push(words());
        } else {
            self.more += 1;
        }
    }

    /// One line for each finding, and how many more there are.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let more = (self.more > 0).then(|| format!("and {} more", self.more));
        self.told.iter().cloned().chain(more)
    }
}

/// A path in the document, and what is wrong there.
pub fn at(path: &str, what: impl Display) -> String {
    if path.is_empty() { what.to_string() } else { format!("{path}: {what}") }
}

/// The text as messages quote it, cut at [`LONGEST_QUOTE`].
pub fn quoted(text: &str) -> String {
    quoted_to(text, LONGEST_QUOTE)
}
