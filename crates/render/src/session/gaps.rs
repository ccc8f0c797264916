//! Missing values of a configuration file: a lookup or a function failed. A mark takes the place of each in the text, so
//! that the file can still be read. A mark in a field that crema needs is an error; in any other field it is a warning.

use crate::session::{Session, failure::RenderFailure, protocol::Lookup};
use crema_base::secrecy::{self, foreign};

/// Maximum number of missing values in one file; with more, the file is refused.
const MOST: usize = 50;
/// Characters for private use, which no configuration contains.
const BEGIN: char = '\u{e000}';
const END: char = '\u{e001}';

/// The missing values, in the order in which they were met.
#[derive(Default)]
pub struct Gaps(Vec<Gap>);

struct Gap {
    failure: RenderFailure,
    /// The lookup that failed, if that was the cause.
    lookup: Option<Lookup>,
    /// The top-level field that the value belongs to, if that is known.
    field: Option<String>,
}

impl Gaps {
    /// Notes a failure and returns the mark that takes the place of the value.
    pub fn pass(&mut self, failure: RenderFailure, session: &Session) -> String {
        self.0.push(Gap { failure, lookup: session.forget_failed(), field: None });
        mark(self.0.len() - 1)
    }

    /// Notes a failure of a whole field, which is left out of the text.
    pub fn pass_field(&mut self, field: &str, failure: RenderFailure) {
        self.0.push(Gap { failure, lookup: None, field: Some(field.to_owned()) });
    }

    /// Whether one more missing value would be too many.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    /// Finds out which field of the text each mark is in.
    pub fn locate(&mut self, text: &str) {
        for (i, gap) in self.0.iter_mut().enumerate() {
            if let Some(at) = text.find(&mark(i)) {
                gap.field = field_at(text, at);
            }
        }
    }

    /// The first failure.
    pub fn first(&self, session: &Session) -> Option<RenderFailure> {
        self.0.first().map(|gap| gap.raised(session))
    }

    /// The failure of the first of these texts that contains a mark.
    pub fn first_in<'a>(&self, texts: impl IntoIterator<Item = &'a str>, session: &Session) -> Option<RenderFailure> {
        let marks: Vec<String> = (0..self.0.len()).map(mark).collect();
        let in_text = |text: &str| marks.iter().position(|mark| text.contains(mark));
        texts.into_iter().find_map(in_text).map(|i| self.0[i].raised(session))
    }

    /// One warning for each missing value.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|Gap { failure, field, .. }| {
            // The lines after the first are a stack trace.
            let what = secrecy::first_line(&failure.message);
            let field = field.as_ref().map(|field| format!(" (`{}`)", foreign(field))).unwrap_or_default();
            format!("{what}; crema does not need this value{field} and goes on without it")
        })
    }
}

impl Gap {
    fn raised(&self, session: &Session) -> RenderFailure {
        session.failed_by(self.lookup.clone());
        self.failure.clone()
    }
}

/// Whether a text contains a mark, and so is made from a missing value.
pub fn is_in(text: &str) -> bool {
    text.contains(BEGIN)
}

fn mark(number: usize) -> String {
    format!("{BEGIN}{number}{END}")
}

/// The top-level field that a position is in: the name on the nearest line above that is indented least.
fn field_at(text: &str, at: usize) -> Option<String> {
    let mut field = None;
    let mut left = usize::MAX;
    let end = text[at..].find('\n').map_or(text.len(), |i| at + i);
    for line in text[..end].lines().rev() {
        let inside = line.trim_start();
        let Some((name, _)) = inside.split_once(':').filter(|_| line.len() - inside.len() < left) else { continue };
        let name = name.trim_matches(['"', '\'', ' ']);
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            left = line.len() - inside.len();
            field = Some(name.to_owned());
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_around_a_place_is_the_one_furthest_to_the_left() {
        let yaml = "region: x\n# cluster: no\nappspec:\n  Hooks:\n  - a: @\nservice: s\n";
        assert_eq!(field_at(yaml, yaml.find('@').unwrap()).as_deref(), Some("appspec"));
        let json = "{\n   \"cluster\": \"a-@\",\n   \"region\": \"x\"\n}";
        assert_eq!(field_at(json, json.find('@').unwrap()).as_deref(), Some("cluster"));
        assert_eq!(field_at("service: @", 9).as_deref(), Some("service"));
        assert_eq!(field_at("{region: x, cluster: @}", 21), None);
        assert_eq!(field_at("@", 0), None);
    }
}
