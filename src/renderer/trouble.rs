//! Why an ask of the rendering child has no answer.

use crate::error::Error;
use std::collections::BTreeSet;

/// Why an ask has no answer. As an [`Error`] it is a transient one of rendering, which names the file.
#[derive(Debug)]
pub enum Trouble {
    /// What was asked used up stack, memory or time, or made the evaluator crash.
    RanOut(RanOut),
    /// It was not asked, because no time was left or no child could be started.
    NotAsked(Error),
}

/// A child died of what it was asked, or was killed because it was late.
#[derive(Debug)]
pub struct RanOut {
    pub error: Error,
    pub is_late: bool,
    /// Every key that was asked for until then, if it was asked alone.
    pub reads: Option<BTreeSet<String>>,
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Error {
        match trouble {
            Trouble::RanOut(RanOut { error, .. }) | Trouble::NotAsked(error) => error,
        }
    }
}
