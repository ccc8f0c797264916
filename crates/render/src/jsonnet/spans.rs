//! NotedPlaces in sources of the evaluator, as messages name them.

use crate::session::lines::line_column;
use jrsonnet_evaluator::{Source, SourceVirtual, Span};
use jrsonnet_ir::SourceFile;

/// Where an error comes from.
pub struct SourcePlace {
    /// `file:line:col` of what is at fault.
    pub at: String,
    /// The expression that it is a part of: where that starts, and its source text.
    pub around: Option<(String, String)>,
}

/// `file:line:col` of a span's start.
pub fn place(span: &Span) -> String {
    at(&span.0, span.1)
}

/// `file:line:col` of a byte of a source.
// Not the evaluator's own: it counts characters where its offsets are bytes.
pub fn at(source: &Source, offset: u32) -> String {
    let (line, column) = line_column(source.code().as_bytes(), offset as usize);
    format!("{}:{line}:{column}", source_name(source.source_path()))
}

/// The name of a source: the key of its file.
pub fn source_name(path: &jrsonnet_evaluator::SourcePath) -> String {
    if let Some(file) = path.downcast_ref::<SourceFile>() {
        return file.path().to_string_lossy().into_owned();
    }
    match path.downcast_ref::<SourceVirtual>() {
        Some(SourceVirtual(name)) => ext_code(name),
        None => path.to_string(),
    }
}

/// The name of the code of an external variable.
pub fn ext_code(name: &str) -> String {
    format!("ext_code {name}")
}
