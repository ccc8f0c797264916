//! What is wrong, or to be known.

use super::place::Place;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error,
    Warning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub level: Level,
    /// A few words: the `errorType` of an error.
    pub title: String,
    pub text: String,
    /// The place in the files, if the text names one.
    pub place: Option<Place>,
}

impl Note {
    pub fn error(text: String) -> Note {
        Note { level: Level::Error, title: "crema".to_owned(), text, place: None }
    }

    pub fn warning(text: String) -> Note {
        Note { level: Level::Warning, ..Note::error(text) }
    }
}
