//! Errors of the Jsonnet evaluator as `file:line:col: what`, with a short trace below.

use jrsonnet_evaluator::{Error, Source, SourceVirtual, Span, analyze::DiagLevel, error::ErrorKind};
use jrsonnet_ir::SourceFile;

/// A message is cut here: the trace of an endless recursion has tens of kilobytes.
const MAX_BYTES: usize = 1_500;
const MAX_FRAMES: usize = 10;

/// The message for an error; its first line is `file:line:col: what` where a place is known. `entry` is the file that
/// was evaluated, for errors without any place; `told` is what of a text that may quote values is told.
pub fn error(error: &Error, entry: &str, told: &dyn Fn(&str) -> String) -> String {
    let mut lines = match error.error() {
        ErrorKind::ImportSyntaxError { path, error } => vec![syntax(path, &error.message, error.location.1)],
        ErrorKind::StaticAnalysisError(diagnostics) => diagnostics
            .iter()
            .filter(|diagnostic| matches!(diagnostic.level, DiagLevel::Error))
            .map(|d| format!("{}: {}", d.span.as_ref().map_or_else(|| entry.to_owned(), place), d.message))
            .collect(),
        // Carries its own place.
        ErrorKind::ImportCallbackError(message) => vec![message.clone()],
        ErrorKind::ImportBadFileUtf8(path) => {
            vec![format!("{}: not valid UTF-8; importbin reads any bytes", source_name(path))]
        }
        kind => vec![format!("{}: {}", first_place(error).unwrap_or_else(|| entry.to_owned()), told(&what(kind)))],
    };
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

fn what(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::RuntimeError(text) => text.to_string(),
        ErrorKind::StackOverflow => "ran out of stack: calls are nested more than 500 deep, or never end".to_owned(),
        ErrorKind::InfiniteRecursionDetected => "infinite recursion: a value, or an import, needs itself".to_owned(),
        other => other.to_string(),
    }
}

fn syntax(source: &Source, message: &str, offset: u32) -> String {
    let place = at(source, offset);
    if source.code().starts_with('\u{feff}') {
        return format!("{place}: the file starts with a byte-order mark; save it as UTF-8 without one");
    }
    format!("{place}: syntax error: {message}")
}

fn first_place(error: &Error) -> Option<String> {
    error.trace().0.iter().find_map(|frame| frame.location.as_ref()).map(place)
}

fn place(span: &Span) -> String {
    at(&span.0, span.1)
}

// Not the evaluator's own: it counts characters where its offsets are bytes.
fn at(source: &Source, offset: u32) -> String {
    let (line, column) = line_column(source.code().as_bytes(), offset as usize);
    format!("{}:{line}:{column}", source_name(source.source_path()))
}

fn source_name(path: &jrsonnet_evaluator::SourcePath) -> String {
    if let Some(file) = path.downcast_ref::<SourceFile>() {
        return file.path().to_string_lossy().into_owned();
    }
    match path.downcast_ref::<SourceVirtual>() {
        Some(SourceVirtual(name)) => format!("ext_code {name}"),
        None => path.to_string(),
    }
}

/// Line and column, from 1, of a byte of a text; columns in characters.
pub fn line_column(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    (line, String::from_utf8_lossy(&before[line_start..]).chars().count() + 1)
}

/// Where a file imports `path`: the evaluator does not tell, but the path is a literal of the source.
pub fn import_place(name: &str, source: &[u8], path: &str) -> String {
    let source = String::from_utf8_lossy(source);
    let imported = |at: &usize| {
        let before = source[..*at].trim_end_matches(['@', ' ', '\t', '\r', '\n', '(']);
        ["import", "importstr", "importbin"].iter().any(|keyword| before.ends_with(keyword))
    };
    let places = ['\'', '"'].into_iter().filter_map(|quote| {
        let literal = format!("{quote}{path}{quote}");
        source.match_indices(&literal).map(|(at, _)| at).find(imported)
    });
    match places.min() {
        Some(at) => {
            let (line, column) = line_column(source.as_bytes(), at);
            format!("{name}:{line}:{column}")
        }
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
