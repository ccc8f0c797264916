//! Secrets: values of parameters, of env files and of `environment`, which no message may show.
//!
//! A message consists of crema's own words and of what it quotes: names and values that an author wrote, and words of
//! AWS and of the evaluators. What is quoted is marked where the message is made ([`foreign`]), or stands between
//! double quotes. The following is replaced by `***` where a message leaves the function, and nowhere before:
//! - in what is quoted, four or more characters in a row that stand in a looked-up value or in one of an env file, written
//!   as they are or with escapes; a shorter value where it stands alone; a value of `environment` as a whole. In what an
//!   evaluator or a template says, that also goes for all else that its functions gave it. What stands word for word in the
//!   app's own files is told, and so is the name of a file;
//! - in crema's own words, a looked-up value or one of an env file as a whole, from eight characters on, unless it is made
//!   of letters alone, or is the name of the app, its region, a file or the family that ECS has.
//!
//! A value that a definition transforms by more than cutting and joining (base64, upper case, another order) is not
//! recognized.

mod cover;
mod marks;
mod source;
#[cfg(test)]
mod tests;
mod vocabulary;
mod words;

pub use marks::{first_line, foreign, join, plain, split};
pub use source::Source;
pub use words::Texts;

use marks::Span;
use serde_json::Value;
use source::KnownText;
use std::{fmt, ops::Range, sync::Arc};

/// What is shown instead of a secret.
pub const MASK: &str = "***";

/// The secrets of one app and variant, and the texts that may be shown although they look like one. Cheap to clone.
#[derive(Clone, Default)]
pub struct Secrets {
    kept: Vec<Arc<Source>>,
    given: Vec<Arc<Source>>,
    environment: Arc<Vec<String>>,
    /// Files whose words may be shown.
    files: Option<(Arc<Texts>, Arc<Vec<String>>)>,
    names: Vec<String>,
    veiled: Option<String>,
}

// It holds values.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.kept.len() + self.given.len() + self.environment.len())
    }
}

impl Secrets {
    /// Adds the values of an env file, or of lookups.
    pub fn keep(&mut self, source: Arc<Source>) {
        self.kept.push(source);
    }

    /// Adds what functions returned to an evaluation that failed: only messages about that failure are searched for it.
    pub fn give(&mut self, source: Arc<Source>) {
        self.given.push(source);
    }

    /// Adds the secrets of another, for messages about both.
    #[must_use]
    pub fn and(mut self, other: &Secrets) -> Secrets {
        let is_new =
            |known: &[Arc<Source>], source: &Arc<Source>| !known.iter().any(|known| Arc::ptr_eq(known, source));
        let kept: Vec<_> = other.kept.iter().filter(|source| is_new(&self.kept, source)).cloned().collect();
        self.kept.extend(kept);
        self.given.extend(other.given.iter().cloned());
        self
    }

    /// Adds the values of `environment` of a definition: ECS may quote those that it refuses.
    #[must_use]
    pub fn with_environment(mut self, definition: &Value) -> Secrets {
        let containers = definition.get("containerDefinitions").and_then(Value::as_array);
        let variables = containers.into_iter().flatten().filter_map(|c| c.get("environment")?.as_array()).flatten();
        let values = variables.filter_map(|variable| variable.get("value")?.as_str());
        let is_word = |value: &&str| matches!(*value, "" | "true" | "false");
        self.environment = Arc::new(values.filter(|value| !is_word(value)).map(str::to_owned).collect());
        self
    }

    /// Keeps what follows the first element of `command` and `entryPoint` of a definition: ECS may quote what it could not
    /// run. The first is the program.
    #[must_use]
    pub fn with_arguments(mut self, definition: &Value) -> Secrets {
        let containers = definition.get("containerDefinitions").and_then(Value::as_array);
        let lists = containers.into_iter().flatten().flat_map(|c| [c.get("command"), c.get("entryPoint")]).flatten();
        let arguments =
            lists.filter_map(Value::as_array).flat_map(|list| list.iter().skip(1)).filter_map(Value::as_str);
        let all = self.environment.iter().map(String::as_str).chain(arguments.filter(|text| !text.is_empty()));
        self.environment = Arc::new(all.map(str::to_owned).collect());
        self
    }

    /// Allows the words of these files to be shown.
    #[must_use]
    pub fn with_files(mut self, texts: Arc<Texts>, keys: Vec<String>) -> Secrets {
        self.files = Some((texts, Arc::new(keys)));
        self
    }

    /// Allows a name to be shown.
    #[must_use]
    pub fn naming(mut self, name: Option<&str>) -> Secrets {
        self.names.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
        self
    }

    /// Treats a name as quoted also where it stands in crema's own words.
    #[must_use]
    pub fn veiling(mut self, name: Option<&str>) -> Secrets {
        self.veiled = name.filter(|name| !name.is_empty()).map(str::to_owned);
        self
    }

    /// Whether there are no secrets.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.given.is_empty() && self.environment.is_empty()
    }

    /// A message as it may leave the function.
    pub fn told(&self, message: &str) -> String {
        if self.is_empty() {
            return plain(message);
        }
        let kept: Vec<_> = self.kept.iter().map(|source| source.known()).collect();
        let all: Vec<_> = self.kept.iter().chain(&self.given).map(|source| source.known()).collect();
        let is_public = |text: &str| {
            vocabulary::is_place(text) || self.is_public(text) || self.names.iter().any(|name| name.contains(text))
        };
        let own = |text: &str| cover::replaced(text, &cover::wholes(text, &kept, &is_public), MASK);
        let told = |span: &Span<'_>| match (span, &self.veiled) {
            (Span::Quoted(text), _) => self.quoted(text, &all),
            (Span::Own(text), None) => own(text),
            (Span::Own(text), Some(name)) => {
                text.split(name.as_str()).map(own).collect::<Vec<_>>().join(&self.parted(name, &kept))
            }
        };
        marks::spans(message).iter().map(told).collect()
    }

    /// A text that an author wrote, as it may leave the function by itself, as a member of an answer.
    pub fn member(&self, text: &str) -> String {
        let kept: Vec<_> = self.kept.iter().map(|source| source.known()).collect();
        self.parted(&plain(text), &kept)
    }

    /// Whether any of the text is masked.
    pub fn hides(&self, text: &str) -> bool {
        self.member(text) != text
    }

    fn quoted(&self, text: &str, sources: &[&KnownText]) -> String {
        let mut ranges = cover::texts(text, &self.environment);
        ranges.extend(self.parts(text, sources));
        cover::replaced(text, &cover::merged(ranges), MASK)
    }

    fn parted(&self, text: &str, sources: &[&KnownText]) -> String {
        cover::replaced(text, &self.parts(text, sources), MASK)
    }

    /// The parts of values, except for what an author has written down.
    fn parts(&self, text: &str, sources: &[&KnownText]) -> Vec<Range<usize>> {
        let parts = if sources.is_empty() { vec![] } else { cover::parts(text, sources) };
        let is_edge = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
        let is_public = !parts.is_empty() && self.is_public(text.trim_matches(is_edge));
        if is_public { vec![] } else { vocabulary::without_known(text, parts) }
    }

    /// Whether an author has written this down, or it is the name of something.
    fn is_public(&self, text: &str) -> bool {
        let stands = |(texts, keys): &(Arc<Texts>, Arc<Vec<String>>)| {
            texts.has_file(text) || keys.iter().any(|key| texts.has(key, text))
        };
        self.names.iter().any(|name| name == text) || self.files.as_ref().is_some_and(stands)
    }
}
