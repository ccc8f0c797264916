//! Values of a configuration file that could not be had. Each stands in the text as a mark, so that the file can be read; a
//! mark in what crema needs is the error that it stands for, and one elsewhere is a warning.

use crate::{
    child::{protocol::Lookup, session::Session},
    template::functions::RenderFailure,
};
use crema_base::secrecy::{self, foreign};

/// So many are passed over; beyond that the file is refused.
pub const MOST: usize = 50;
/// Private characters that no configuration holds.
const BEGIN: char = '\u{e000}';
const END: char = '\u{e001}';

/// What was passed over, in the order in which it was met.
#[derive(Default)]
pub struct Gaps(Vec<Gap>);

struct Gap {
    failure: RenderFailure,
    /// The lookup that failed, where that was the cause.
    lookup: Option<Lookup>,
    /// The field of the file that it stands in, where that is known.
    field: Option<String>,
}

impl Gaps {
    /// Passes over a failure; gives the mark that stands for the value.
    pub fn pass(&mut self, failure: RenderFailure, session: &Session) -> String {
        self.0.push(Gap { failure, lookup: session.forget_failed(), field: None });
        mark(self.0.len() - 1)
    }

    /// Passes over a field that has no value; nothing stands for it.
    pub fn pass_field(&mut self, field: &str, failure: RenderFailure) {
        self.0.push(Gap { failure, lookup: None, field: Some(field.to_owned()) });
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Notes which fields of the text the marks stand in.
    pub fn locate(&mut self, text: &str) {
        for (i, gap) in self.0.iter_mut().enumerate() {
            if let Some(at) = text.find(&mark(i)) {
                gap.field = field_at(text, at);
            }
        }
    }

    /// The failure that was met first.
    pub fn first(&self, session: &Session) -> Option<RenderFailure> {
        self.0.first().map(|gap| gap.raised(session))
    }

    /// The failure that one of these texts is made from.
    pub fn first_in<'a>(&self, texts: impl IntoIterator<Item = &'a str>, session: &Session) -> Option<RenderFailure> {
        let marks: Vec<String> = (0..self.0.len()).map(mark).collect();
        let in_text = |text: &str| marks.iter().position(|mark| text.contains(mark));
        texts.into_iter().find_map(in_text).map(|i| self.0[i].raised(session))
    }

    /// A warning for each.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|Gap { failure, field, .. }| {
            // What follows is a trace.
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

/// Whether a text is made from a value that could not be had.
pub fn is_in(text: &str) -> bool {
    text.contains(BEGIN)
}

fn mark(number: usize) -> String {
    format!("{BEGIN}{number}{END}")
}

/// The top-level field around a place: the name on the nearest line above that stands furthest to the left.
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
