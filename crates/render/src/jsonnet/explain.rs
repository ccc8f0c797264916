//! Errors of the Jsonnet evaluator as `file:line:col: what`, with a short trace below.

use crate::{
    jsonnet::{
        places,
        spans::{SourcePlace, at as at_offset, place, source_name},
    },
    session::lines::{in_file, line_column},
};
use jrsonnet_evaluator::{
    Error, Source,
    analyze::{DiagLevel, Diagnostic},
    error::ErrorKind,
};

/// Maximum bytes of a message: the trace of an endless recursion has tens of kilobytes.
const MAX_BYTES: usize = 1_500;
const MAX_FRAMES: usize = 10;
/// Maximum characters of a quoted expression.
const MAX_QUOTE: usize = 60;

/// What is known about an error besides the error itself.
pub struct ErrorOrigin<'a> {
    /// Where the evaluated source starts, for errors without any place.
    pub entry: &'a str,
    pub place: Option<SourcePlace>,
    /// The file that was imported last, and its source: an error of its syntax tree may have no place.
    pub file: (&'a str, &'a str),
}

/// The message for an error; its first line is `file:line:col: what`. `told` returns what may be shown of a text that
/// may quote values.
pub fn error(error: &Error, origin: &ErrorOrigin<'_>, told: &dyn Fn(&str) -> String) -> String {
    let at = || {
        let place = origin.place.as_ref().map(|place| place.at.clone());
        place.or_else(|| first_place(error)).unwrap_or_else(|| origin.entry.to_owned())
    };
    let mut lines = match error.error() {
        ErrorKind::ImportSyntaxError { path, error } => vec![syntax(path, &error.message, error.location.1)],
        ErrorKind::StaticAnalysisError(diagnostics) => found_before(diagnostics, origin),
        // Carries its own place, by the path; the same may be imported twice.
        ErrorKind::ImportCallbackError(message) => match (message.split_once(": import of "), &origin.place) {
            (Some((_, what)), Some(place)) => vec![format!("{}: import of {what}", place.at)],
            _ => vec![message.clone()],
        },
        ErrorKind::ImportBadFileUtf8(path) => {
            let what = format!("{}: not valid UTF-8; importbin reads any bytes", source_name(path));
            [Some(what), origin.place.as_ref().map(|place| format!("  {}: imported", place.at))]
                .into_iter()
                .flatten()
                .collect()
        }
        kind => vec![format!("{}: {}", at(), told(&what(kind)))],
    };
    if let Some((at, source)) = origin.place.as_ref().and_then(|place| place.around.as_ref()) {
        lines.push(format!("  {at}: in {}", told(&quoted(source))));
    }
    let frame = |frame: &jrsonnet_evaluator::StackTraceElement| match &frame.location {
        Some(span) => format!("  {}: {}", place(span), told(&frame.desc)),
        None => format!("  {}", told(&frame.desc)),
    };
    // The place of a syntax error is in its message; a recursion has the same frame hundreds of times.
    let mut frames: Vec<String> = error.trace().0.iter().filter(|f| f.desc != "parse imported").map(frame).collect();
    frames.dedup();
    lines.extend(frames.into_iter().take(MAX_FRAMES));
    cut(lines.join("\n"))
}

/// Whether the text of an error was written in Jsonnet, by `error` or `assert`.
pub fn is_authors(error: &Error) -> bool {
    match error.error() {
        ErrorKind::AssertionFailed(_) => true,
        ErrorKind::RuntimeError(_) => error.trace().0.first().is_some_and(|frame| frame.desc == "error statement"),
        _ => false,
    }
}

/// The errors because of which a file is not evaluated at all.
fn found_before(diagnostics: &[Diagnostic], origin: &ErrorOrigin<'_>) -> Vec<String> {
    let (file, source) = origin.file;
    // The parser keeps no places of these.
    let mut outside = places::outside(source);
    let mut place_of = |diagnostic: &Diagnostic| {
        if let Some(span) = &diagnostic.span {
            return place(span);
        }
        let named = |(word, _): &(String, u32)| diagnostic.message.starts_with(&format!("`{word}` used outside"));
        match outside.iter().position(named).map(|at| outside.remove(at)) {
            Some((_, at)) => in_file(file, source, at),
            None => origin.entry.to_owned(),
        }
    };
    let errors = diagnostics.iter().filter(|diagnostic| matches!(diagnostic.level, DiagLevel::Error));
    errors.map(|diagnostic| format!("{}: {}", place_of(diagnostic), diagnostic.message)).collect()
}

fn what(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::RuntimeError(text) => text.to_string(),
        ErrorKind::StackOverflow => {
            "ran out of stack: calls never end, or are nested more than 500 deep without tailstrict".to_owned()
        }
        ErrorKind::InfiniteRecursionDetected => "infinite recursion: a value, or an import, needs itself".to_owned(),
        ErrorKind::TypeMismatch(of, expected, got) => {
            let expected = expected.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
            format!("{of}: expected {expected}, got {got}")
        }
        // The evaluator's own text says "null index type should be string, got string".
        ErrorKind::ValueIndexMustBeTypeGot(of, _, got) => match of.to_string().as_str() {
            "object" => format!("a field of an object is named by a string, got {got}"),
            indexed @ ("array" | "string") => format!("an element of {indexed} is named by a number, got {got}"),
            other => format!("cannot index {other}: it has no fields and no elements"),
        },
        other => other.to_string(),
    }
}

/// A source on one line, cut at [`MAX_QUOTE`].
fn quoted(source: &str) -> String {
    let line = source.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_QUOTE) {
        Some((end, _)) => format!("`{}…`", &line[..end]),
        None => format!("`{line}`"),
    }
}

fn syntax(source: &Source, message: &str, offset: u32) -> String {
    let place = at_offset(source, offset);
    if source.code().starts_with('\u{feff}') {
        return format!("{place}: the file starts with a byte-order mark; save it as UTF-8 without one");
    }
    let line = source.code().lines().nth(line_column(source.code().as_bytes(), offset as usize).0 - 1);
    if line.is_some_and(|line| line.contains("{{")) {
        return format!(
            "{place}: syntax error: {message}. Templates run after Jsonnet, so they stand in texts; for a number from the \
             environment write std.parseInt(std.native('env')('MEM', '128'))"
        );
    }
    format!("{place}: syntax error: {message}")
}

fn first_place(error: &Error) -> Option<String> {
    error.trace().0.iter().find_map(|frame| frame.location.as_ref()).map(place)
}

/// Where a file imports `path`. The evaluator does not say, but the path is a literal of the source.
pub fn import_place(name: &str, source: &[u8], path: &str) -> String {
    let source = String::from_utf8_lossy(source);
    match places::imported(&source, path) {
        Some(at) => in_file(name, &source, at),
        None => name.to_owned(),
    }
}

/// The text, cut at [`MAX_BYTES`].
pub fn cut(mut text: String) -> String {
    if text.len() > MAX_BYTES {
        text.truncate(text.floor_char_boundary(MAX_BYTES));
        text.push('…');
    }
    text
}
