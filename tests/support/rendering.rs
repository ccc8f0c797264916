//! Files by key, as tests of rendering write them.

use crema_render::session::{FileSet, Held};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// Files by key. An object or array is written as JSON; null is a file that is too large to be loaded.
pub fn file_set(files: &BTreeMap<String, Value>) -> Arc<FileSet> {
    let held = |content: &Value| match content {
        Value::Null => Held::TooLarge(6_000_000),
        content => Held::Loaded(Arc::from(text(content).into_bytes())),
    };
    Arc::new(files.iter().map(|(key, content)| (key.clone(), held(content))).collect())
}

/// The value itself where it is a text, else as JSON.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
