//! What was found in a document: problems and warnings, of each as many as anybody reads.

use crema_base::quote::quoted_to;
use std::fmt::Display;

/// So many problems of a definition are told, and as many warnings.
const MOST: usize = 50;

/// So long a key or enum value is quoted.
pub const LONGEST_QUOTE: usize = 60;

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    pub problems: Sentences,
    pub warnings: Sentences,
}

/// The first fifty of its kind; what comes then is counted only.
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

    /// All problems in one text; none where there is none.
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
    /// The words are worked out only where they are told.
    pub fn add(&mut self, words: impl FnOnce() -> String) {
        if self.told.len() < MOST {
            self.told.push(words());
        } else {
            self.more += 1;
        }
    }

    /// One line each, and how many more there are.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let more = (self.more > 0).then(|| format!("and {} more", self.more));
        self.told.iter().cloned().chain(more)
    }
}

/// A path in the document and what is said about it.
pub fn at(path: &str, what: impl Display) -> String {
    if path.is_empty() { what.to_string() } else { format!("{path}: {what}") }
}

/// The text as messages quote it: not beyond [`LONGEST_QUOTE`].
pub fn quoted(text: &str) -> String {
    quoted_to(text, LONGEST_QUOTE)
}
