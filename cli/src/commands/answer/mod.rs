//! An answer of the function, deployed or on a desk, as a person reads it.

mod doctor;
mod members;
mod outcomes;
mod status;
mod summary;

use super::counts::counted;
use crate::output::{
    Report,
    note::{Level, Note},
    style::plain,
};
use members::{is, list, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// The answer as text in so many columns, with what is wrong and what it warns of.
pub fn report(answer: &Value, width: usize) -> Report {
    let mut text = String::new();
    let (families, checks, outcomes) = (list(answer, "families"), list(answer, "checks"), list(answer, "outcomes"));
    if let Some(families) = families {
        text.push_str(&status::text(families, width));
    }
    if let Some(checks) = checks {
        text.push_str(&doctor::text(checks));
    }
    if let Some(outcomes) = outcomes {
        text.push_str(&outcomes::text(outcomes));
    }
    // One is not counted.
    if families.is_some() || checks.is_some() || outcomes.is_some_and(|outcomes| outcomes.len() != 1) {
        text.push_str(&counts(answer));
    }
    Report { json: answer.clone(), text, notes: notes(answer), summary: summary::of(answer) }
}

fn counts(answer: &Value) -> String {
    let of = if answer.get("checks").is_some() { "check" } else { "family" };
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (name, count) in answer.get("counts").and_then(Value::as_object).into_iter().flatten() {
        // What a plan would do says more than that it is one.
        if name != "planned" {
            *counts.entry(name.clone()).or_default() += count.as_u64().unwrap_or_default();
        }
    }
    for outcome in list(answer, "outcomes").into_iter().flatten().filter(|outcome| is(outcome, "planned")) {
        *counts.entry(text(outcome, "would").to_owned()).or_default() += 1;
    }
    counted(of, &counts)
}

/// What failed, and what is warned of.
fn notes(answer: &Value) -> Vec<Note> {
    let failed = list(answer, "outcomes").into_iter().flatten();
    let failed = failed.filter(|outcome| is(outcome, "failed") || is(outcome, "not_reached")).map(|outcome| {
        let title = Some(text(outcome, "errorType")).filter(|kind| !kind.is_empty()).unwrap_or("DeadlineExceeded");
        let reason = plain(text(outcome, "reason"));
        let reason = if is(outcome, "failed") { reason } else { format!("{}: {reason}", outcomes::name(outcome)) };
        Note { title: title.to_owned(), ..Note::error(reason) }
    });
    let warnings = list(answer, "warnings").into_iter().flatten().filter_map(Value::as_str);
    let warnings = warnings.map(|warning| Note::warning(plain(warning)));
    failed.chain(warnings).collect()
}

/// Whether something of it is an error or a fault.
pub fn failed(answer: &Value) -> bool {
    let any = |name: &str, member: &str, words: &[&str]| {
        list(answer, name).into_iter().flatten().any(|one| words.contains(&text(one, member)))
    };
    any("outcomes", "decision", &["failed", "not_reached"])
        || any("families", "state", &["failed", "not_reached"])
        || any("checks", "result", &["fail"])
        || notes(answer).iter().any(|note| note.level == Level::Error)
}

/// The decision about the only family that was asked about.
pub fn decision(answer: &Value) -> &str {
    list(answer, "outcomes").and_then(|outcomes| outcomes.first()).map(|one| text(one, "decision")).unwrap_or_default()
}
