//! One notice, made of an outcome.

use super::words::{self, Words};
use crate::outcome::{
    Decision, Outcome,
    answer::{Answer, Asked},
};
use crema_base::quote::cut_to;
use serde_json::{Map, Value, json};

/// Who puts them.
pub const SOURCE: &str = "crema";
/// What they are called on the bus. No rule of the template sends them back to crema.
pub const DETAIL_TYPE: &str = "Task Definition Outcome";

/// Bytes of one entry.
pub const LARGEST_ENTRY: usize = 200_000;

/// Of a text in a notice that has to be cut, so many bytes stay.
const CUT_TEXT: usize = 4_000;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The revision's ARN.
    pub resource: Option<String>,
    /// The JSON of the event's `detail`, at most [`LARGEST_ENTRY`] bytes.
    pub detail: String,
    /// Of a failure, what failed: it is put once a request id.
    pub failure: Option<String>,
}

/// The notices of an answer, whose texts may leave the function. `operator` is the function to call, for next steps.
pub fn of_answer(answer: &Answer, operator: &str) -> Vec<Notice> {
    let matters = |outcome: &&Outcome| {
        !matches!(
            outcome.decision,
            Decision::Unchanged
                | Decision::Planned
                | Decision::WouldRollBack
                | Decision::WouldExpire
                | Decision::HandedOn
        )
    };
    answer.outcomes.iter().filter(matters).map(|outcome| notice(&answer.trigger, outcome, operator)).collect()
}

fn notice(trigger: &Asked, outcome: &Outcome, operator: &str) -> Notice {
    let Words { title, text, next, thread } = words::of(outcome, operator);
    let mut detail = match serde_json::to_value(outcome) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    // `errorType` is how Lambda spells it in answers; a pattern of EventBridge has `error_type`.
    if let Some(kind) = detail.remove("errorType") {
        detail.insert("error_type".to_owned(), kind);
    }
    for (name, value) in [("title", title), ("text", text), ("next", next), ("thread", thread)] {
        detail.insert(name.to_owned(), value.into());
    }
    detail.insert("trigger".to_owned(), json!(trigger));
    let is_failure = matches!(outcome.decision, Decision::Failed | Decision::NotReached);
    let subject = json!([outcome.subject, outcome.decision]);
    Notice { resource: outcome.arn.clone(), detail: bounded(detail), failure: is_failure.then(|| subject.to_string()) }
}

/// The detail in at most [`LARGEST_ENTRY`] bytes: what is large and not needed to know what happened goes first.
fn bounded(mut detail: Map<String, Value>) -> String {
    let mut gone = vec![];
    for name in ["diff", "images", "variant", "cluster"] {
        let text = json!(detail).to_string();
        if text.len() <= LARGEST_ENTRY {
            return text;
        }
        if detail.remove(name).is_some() {
            gone.push(name);
            detail.insert("left_out".to_owned(), json!(gone));
        }
    }
    let text = json!(detail).to_string();
    if text.len() <= LARGEST_ENTRY {
        return text;
    }
    detail.values_mut().for_each(shorten);
    json!(detail).to_string()
}

/// Cuts every text in it.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => cut_to(text, CUT_TEXT),
        Value::Array(elements) => {
            elements.truncate(100);
            elements.iter_mut().for_each(shorten);
        }
        Value::Object(members) => members.values_mut().for_each(shorten),
        _ => {}
    }
}
