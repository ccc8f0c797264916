//! Members of an answer.

use serde_json::Value;

pub fn list<'a>(value: &'a Value, name: &str) -> Option<&'a Vec<Value>> {
    value.get(name).and_then(Value::as_array)
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub fn number(value: &Value, name: &str) -> Option<u64> {
    value.get(name).and_then(Value::as_u64)
}

pub fn is(outcome: &Value, decision: &str) -> bool {
    text(outcome, "decision") == decision
}
