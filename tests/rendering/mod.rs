//! What the tables of cases and the Jsonnet programs share: files by key, and a thread with a large stack.

use crema::render::session::{FileSet, Held};
use serde_json::Value;
use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc, thread};

/// The rendering child's stack is 64 MB; frames of an unoptimised build are several times larger.
const STACK: usize = 512 << 20;

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

/// Runs `job` for every item on a thread with a large stack, and panics with all that failed, by name.
pub fn all<T: Send + 'static>(items: Vec<(String, T)>, job: fn(&T) -> Result<(), String>) {
    let total = items.len();
    let run = move || -> Vec<String> {
        let outcome = |(name, item): &(String, T)| {
            let result = std::panic::catch_unwind(AssertUnwindSafe(|| job(item)));
            let why = result.unwrap_or_else(|_| Err("it panicked".to_owned())).err()?;
            Some(format!("- {name}: {why}"))
        };
        let mut failed: Vec<String> = items.iter().filter_map(outcome).collect();
        if !failed.is_empty() {
            failed.insert(0, format!("{} of {total} failed:", failed.len()));
        }
        failed
    };
    let failed = thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    crema_testing::tried(total, "cases");
}
