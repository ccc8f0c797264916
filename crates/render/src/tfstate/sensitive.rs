//! The secrets of a state: what Terraform marks as sensitive, and what its name says is sensitive. Before 1.10
//! Terraform did not mark what a provider's schema calls sensitive.

use serde_json::Value;
use std::collections::HashSet;

/// Minimum characters of a secret text: a shorter one is a word of many messages.
const LEAST: usize = 4;
/// Parts of an attribute's name that say what it is.
const NAMES: [&str; 6] = ["password", "passwd", "secret", "token", "private_key", "credential"];
/// Endings with which such a name is no secret.
const HARMLESS: [&str; 6] = ["_arn", "_id", "_name", "_version", "_length", "_url"];

/// The secret texts of a state.
#[derive(Default)]
pub struct Sensitive(HashSet<String>);

impl Sensitive {
    /// Adds an output as the state writes it, with its mark.
    pub fn output(&mut self, output: &Value) {
        if output.get("sensitive").is_some_and(|mark| mark == true)
            && let Some(value) = output.get("value")
        {
            self.add(value);
        }
    }

    /// Adds the secret attributes of an instance, by their marks and by their names. `marks` are paths, of which the
    /// first step is the attribute's name.
    pub fn instance(&mut self, kind: &str, attributes: &Value, marks: Option<&Value>) {
        let paths = marks.and_then(Value::as_array).into_iter().flatten();
        let marked: HashSet<&str> = paths.filter_map(|path| path.get(0)?.get("value")?.as_str()).collect();
        for (name, value) in attributes.as_object().into_iter().flatten() {
            let is_result = name == "result" && is_secret(kind);
            if marked.contains(name.as_str()) || is_secret(name) || is_result {
                self.add(value);
            }
        }
    }

    /// The secret texts within a value of the state.
    pub fn of(&self, value: &Value) -> Vec<Value> {
        let mut found = vec![];
        texts(value, &mut |text| {
            if self.0.contains(text) {
                found.push(Value::from(text));
            }
        });
        found
    }

    fn add(&mut self, value: &Value) {
        texts(value, &mut |text| {
            if text.len() >= LEAST && !text.starts_with("arn:") {
                self.0.insert(text.to_owned());
            }
        });
    }
}

fn is_secret(name: &str) -> bool {
    NAMES.iter().any(|part| name.contains(part)) && !HARMLESS.iter().any(|end| name.ends_with(end))
}

fn texts(value: &Value, tell: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => tell(text),
        Value::Array(elements) => elements.iter().for_each(|element| texts(element, tell)),
        Value::Object(members) => members.values().for_each(|member| texts(member, tell)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_marked_or_sensitive_by_its_name_is_known_wherever_it_is_given() {
        let mut sensitive = Sensitive::default();
        sensitive.output(&json!({"value": {"a": ["marked-output"]}, "type": "string", "sensitive": true}));
        sensitive.output(&json!({"value": "open-output", "type": "string"}));
        let attributes = json!({"id": "i-1", "user": "marked-user", "master_password": "by-name", "secret_arn": "arn:x:y",
            "password_length": "sixteen", "options": [{"key": "nested"}]});
        let marks = json!([[{"type": "get_attr", "value": "user"}], [{"type": "get_attr", "value": "options"},
            {"type": "index", "value": {"value": 0, "type": "number"}}]]);
        sensitive.instance("aws_db_instance", &attributes, Some(&marks));
        sensitive.instance("random_password", &json!({"result": "by-kind", "length": 16}), None);
        let all = json!([attributes, "marked-output", "open-output", "by-kind"]);
        let found = ["by-name", "nested", "marked-user", "marked-output", "by-kind"];
        assert_eq!(sensitive.of(&all), found.map(Value::from));
    }
}
