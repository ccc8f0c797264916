//! Values that a template inserts and that break the text around them: a value with quotes or line ends inside of JSON, and
//! the words that Go prints for a missing value.

use crate::session::lines::line_column;
use crema_base::secrecy::foreign;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::sync::Arc;

/// What Go's templates print for a missing value.
pub const NO_VALUE: &str = "<no value>";
/// Maximum number of odd values that are remembered; a text with more of them is not explained.
const MOST: usize = 10_000;

/// The text that a template was expanded to.
#[derive(Default)]
pub struct Expanded {
    pub text: String,
    pub inserted: Vec<Inserted>,
}

/// An odd value that an action of the template printed.
pub struct Inserted {
    pub from: usize,
    pub to: usize,
    /// Line of the template.
    pub line: i64,
    /// The functions that the action calls.
    pub called: Arc<str>,
    /// Position of the action in the template.
    pub action: Option<usize>,
}

/// Whether a value is worth remembering.
pub fn is_odd(value: &str) -> bool {
    value.contains(NO_VALUE) || value.contains(needs_escape)
}

fn needs_escape(c: char) -> bool {
    matches!(c, '"' | '\\') || c < ' '
}

impl Expanded {
    /// Remembers a value, printed at the end of what is there so far.
    pub fn note(inserted: &mut Vec<Inserted>, next: Inserted) {
        if inserted.len() < MOST {
            inserted.push(next);
        }
    }

    /// The message for a text that contains [`NO_VALUE`], as `file:line: …`, which also says how to write these words on
    /// purpose; and the action that printed it.
    pub fn without_value(&self, file: &str) -> Option<(String, Option<usize>)> {
        let is_yaml = file.ends_with(".yml") || file.ends_with(".yaml");
        let is_told = |at: &usize| !(is_yaml && is_comment(&self.text, *at));
        let at = self.text.match_indices(NO_VALUE).map(|(at, _)| at).find(is_told)?;
        let piece = self.inserted.iter().find(|piece| (piece.from..piece.to).contains(&at));
        let place = match piece {
            Some(piece) => format!("{file}:{}", piece.line),
            None => {
                let (line, column) = line_column(self.text.as_bytes(), at);
                format!("{file}:{line}:{column}")
            }
        };
        let document = serde_json::from_str(&self.text).ok();
        let path = document.and_then(|document| path_of(&document, "")).map(|path| format!(" in {path}"));
        let what = format!(
            "{place}: {NO_VALUE}{} is what a template prints where a value is missing: correct the name, or set it; where \
             these words are meant, write {{{{ json_escape `{NO_VALUE}` }}}}, or \\u003cno value\\u003e between quotes",
            path.unwrap_or_default()
        );
        Some((what, piece.and_then(|piece| piece.action)))
    }

    /// The message for a text that is invalid JSON because of an inserted value, as `file:line: …`, with the remedy.
    pub fn breaks_json(&self, file: &str) -> Option<String> {
        let error = serde_json::from_str::<IgnoredAny>(&self.text).err()?;
        let line_start = match error.line() {
            0 | 1 => 0,
            line => self.text.match_indices('\n').nth(line - 2).map_or(0, |(at, _)| at + 1),
        };
        let fails_at = line_start + error.column();
        let is_broken = |piece: &&Inserted| !is_json(&format!("\"{}\"", self.value(piece)));
        let broken: Vec<&Inserted> = self.inserted_in_texts().filter(is_broken).collect();
        // Some put the quotes of a list into a value on purpose.
        let piece = match is_json(&self.with_escapes(broken.iter().copied())) {
            true => broken.first().copied(),
            false => broken.into_iter().find(|piece| (piece.from..=piece.to + 1).contains(&fails_at)),
        };
        piece.map(|piece| self.told(file, piece, "JSON"))
    }

    /// The same for YAML. `is_read` says whether a text is valid.
    pub fn breaks_yaml(&self, file: &str, is_read: &dyn Fn(&str) -> bool) -> Option<String> {
        let piece = self.inserted.iter().find(|piece| self.value(piece).contains(needs_escape))?;
        is_read(&self.with_escapes(self.inserted.iter())).then(|| self.told(file, piece, "YAML"))
    }

    /// The text as it would be if these values had passed through `json_escape`.
    fn with_escapes<'a>(&self, pieces: impl Iterator<Item = &'a Inserted>) -> String {
        let (mut escaped, mut at) = (String::new(), 0);
        for piece in pieces {
            escaped.push_str(&self.text[at..piece.from]);
            let quoted = Value::from(self.value(piece)).to_string();
            escaped.push_str(&quoted[1..quoted.len() - 1]);
            at = piece.to;
        }
        escaped + &self.text[at..]
    }

    fn value(&self, piece: &Inserted) -> &str {
        &self.text[piece.from..piece.to]
    }

    /// The inserted values that are inside of a JSON string.
    fn inserted_in_texts(&self) -> impl Iterator<Item = &Inserted> {
        let mut reader = Quotes::default();
        let mut at = 0;
        self.inserted.iter().filter(move |piece| {
            reader.read(&self.text[at..piece.from]);
            let is_inside = reader.is_inside;
            if !is_inside {
                reader.read(self.value(piece));
            }
            at = piece.to;
            is_inside
        })
    }

    fn told(&self, file: &str, piece: &Inserted, language: &str) -> String {
        let value = self.value(piece);
        let holds = match value.chars().find(|c| needs_escape(*c)) {
            Some('"') => "a quotation mark",
            Some('\\') => "a backslash",
            Some('\n' | '\r') => "a line end",
            _ => "a control character",
        };
        let whose = match &*piece.called {
            "" => "the value that is put in here".to_owned(),
            called => format!("the value of {called}"),
        };
        let call = match piece.called.split(", ").next() {
            Some("") | None => "$value".to_owned(),
            Some(name) => format!("{name} `NAME`"),
        };
        format!(
            "{file}:{}: {whose} holds {holds}, which breaks the {language} around it: pass it through json_escape, as in \
             \"{{{{ {call} | json_escape }}}}\"",
            piece.line
        )
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether a position of a YAML text is in a comment.
fn is_comment(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or_default();
    line.trim_start().starts_with('#') || line.contains(" #") || line.contains("\t#")
}

/// Reads JSON piece by piece and knows whether the next piece is inside of a string.
#[derive(Default)]
struct Quotes {
    is_inside: bool,
    is_escaped: bool,
}

impl Quotes {
    fn read(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                _ if self.is_escaped => self.is_escaped = false,
                '\\' if self.is_inside => self.is_escaped = true,
                '"' => self.is_inside = !self.is_inside,
                _ => {}
            }
        }
    }
}

/// The path of the first name or text that holds [`NO_VALUE`].
fn path_of(value: &Value, path: &str) -> Option<String> {
    let below = |name: &str| {
        let name = foreign(name);
        if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
    };
    match value {
        Value::String(text) => text.contains(NO_VALUE).then(|| path.to_owned()),
        Value::Array(elements) => {
            elements.iter().enumerate().find_map(|(i, element)| path_of(element, &format!("{path}[{i}]")))
        }
        Value::Object(members) => members.iter().find_map(|(name, member)| match name.contains(NO_VALUE) {
            true => Some(below(name)),
            false => path_of(member, &below(name)),
        }),
        _ => None,
    }
    .filter(|path| !path.is_empty())
}
