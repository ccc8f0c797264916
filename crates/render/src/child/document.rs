//! The JSON that an evaluation gave, and how large it may be.

use crate::{
    ecspresso,
    session::{failure::RenderFailure, protocol::FailureKind},
};
use serde_json::Value;

/// Maximum bytes of a document. ECS takes nothing near it, and the parent has to hold it.
const MAX_DOCUMENT_BYTES: usize = 1_000_000;
/// Maximum values in a document. The parent reads it as values, each of which may take a hundred bytes and more.
const MAX_DOCUMENT_VALUES: usize = 100_000;
/// Maximum levels of nesting. JSON readers refuse more than 128 levels, and the answer adds some.
const MAX_DOCUMENT_DEPTH: usize = 100;

/// The JSON of a definition. A file that is empty, or becomes empty by its templates, is no document: it counts as
/// null, which a Jsonnet `if` without `else` gives too.
pub fn read(key: &str, text: &str) -> Result<Value, RenderFailure> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let document: Value = serde_json::from_str(text).map_err(|error| {
        let what = ecspresso::without_place(&error.to_string());
        failure(format!("{key}:{}:{}: {what}; expected JSON", error.line(), error.column()))
    })?;
    if depth(&document) > MAX_DOCUMENT_DEPTH {
        return Err(failure(format!("{key}: the document is nested more than {MAX_DOCUMENT_DEPTH} levels deep")));
    }
    let bytes = serde_json::to_vec(&document).map_or(0, |text| text.len());
    if bytes > MAX_DOCUMENT_BYTES {
        let what = format!("the document has {bytes} bytes; the limit is {MAX_DOCUMENT_BYTES}");
        return Err(failure(format!("{key}: {what} (ECS takes 65536)")));
    }
    let values = values(&document);
    if values > MAX_DOCUMENT_VALUES {
        let what = format!("the document holds {values} values; the limit is {MAX_DOCUMENT_VALUES}");
        return Err(failure(format!("{key}: {what} (ECS takes 65536 bytes)")));
    }
    Ok(document)
}

fn values(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(values).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(values).sum::<usize>(),
        _ => 1,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn failure(message: String) -> RenderFailure {
    RenderFailure { kind: FailureKind::Render, message }
}
