//! Many cases in one test.

use std::{panic::AssertUnwindSafe, thread};

/// The rendering child's stack is 64 MB; frames of an unoptimised build are several times larger.
const STACK: usize = 512 << 20;

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
    crate::tried(total, "cases");
}
