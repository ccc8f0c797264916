//! What a difference masks: values of variables, and secrets anywhere in a definition.

use crema_base::secrecy::{MASK, Secrets};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Paths whose values are masked, wherever they came from.
const VARIABLE: &str = ".containerDefinitions[].environment[].value";
/// Paths of images, of which only the secret part is masked: otherwise a change would not be visible.
const IMAGE: &str = ".containerDefinitions[].image";
/// Maps whose keys are the author's.
const FREE: [&str; 4] = [".dockerLabels", ".options", ".driverOpts", ".labels"];
/// After the path of such a map: the place of its keys.
const KEYS: &str = "{}";

/// Masks what is not to be shown, with a number for each value: equal values get equal numbers, so that a change is
/// visible and its value is not.
pub struct Redaction<'a> {
    secrets: &'a Secrets,
    /// The desired values in each place; the elements of an array are one place.
    wished: BTreeMap<String, Place>,
    values: Vec<String>,
}

#[derive(Default)]
struct Place {
    secret: BTreeSet<String>,
    plain: BTreeSet<String>,
}

impl Redaction<'_> {
    pub fn new(wished: Value, secrets: &Secrets) -> Redaction<'_> {
        let mut redacted = Redaction { secrets, wished: BTreeMap::new(), values: vec![] };
        redacted.note(&wished, "");
        redacted
    }

    fn note(&mut self, value: &Value, path: &str) {
        match value {
            Value::Object(members) => {
                if is_free(path) {
                    members.keys().for_each(|key| self.note_text(key.clone(), &format!("{path}{KEYS}")));
                }
                members.iter().for_each(|(key, value)| self.note(value, &self.below(path, key)));
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.note(element, &format!("{path}[]"))),
            scalar => text_of(scalar).into_iter().for_each(|text| self.note_text(text, path)),
        }
    }

    fn note_text(&mut self, text: String, path: &str) {
        let is_secret = self.shown(path, &text) != text;
        let place = self.wished.entry(path.to_owned()).or_default();
        if is_secret {
            place.secret.insert(text)
        } else {
            place.plain.insert(text)
        };
    }

    /// The place of a member. If a key of the desired definition is a secret, a key of the registered one may be its
    /// former value; then all members are one place.
    fn below(&self, path: &str, key: &str) -> String {
        let keys = self.wished.get(&format!("{path}{KEYS}"));
        if keys.is_some_and(|keys| !keys.secret.is_empty()) { format!("{path}.*") } else { format!("{path}.{key}") }
    }

    /// The value with everything masked as `\0number\0shown`.
    pub fn hide(&mut self, value: Value, path: &str) -> Value {
        match value {
            Value::Object(members) => {
                let member = |(key, value): (String, Value)| {
                    let value = self.hide(value, &self.below(path, &key));
                    let keys = format!("{path}{KEYS}");
                    let shown = if is_free(path) { self.instead(&keys, &key) } else { None };
                    (shown.map_or(key.clone(), |shown| self.numbered(key, &shown)), value)
                };
                Value::Object(members.into_iter().map(member).collect::<Map<_, _>>())
            }
            Value::Array(elements) => {
                let path = format!("{path}[]");
                Value::Array(elements.into_iter().map(|element| self.hide(element, &path)).collect())
            }
            scalar => match text_of(&scalar).and_then(|text| Some((self.instead(path, &text)?, text))) {
                Some((shown, text)) => Value::String(self.numbered(text, &shown)),
                None => scalar,
            },
        }
    }

    /// What is shown instead of a text; none if it is shown itself.
    fn instead(&self, path: &str, text: &str) -> Option<String> {
        if path == VARIABLE {
            return Some(MASK.to_owned());
        }
        let shown = self.shown(path, text);
        let holds = shown != text;
        match self.wished.get(path).filter(|place| !place.secret.is_empty()) {
            Some(place) if place.plain.contains(text) => None,
            Some(place) if place.secret.contains(text) || path == IMAGE && holds => Some(shown),
            // Only what is registered comes here: perhaps what the same parameter was before.
            Some(_) => Some(MASK.to_owned()),
            None => holds.then_some(shown),
        }
    }

    /// The text with its secrets masked. A digest is never a secret.
    fn shown(&self, path: &str, text: &str) -> String {
        match text.split_once('@').filter(|_| path == IMAGE) {
            Some((name, digest)) => format!("{}@{digest}", self.secrets.member(name)),
            None => self.secrets.member(text),
        }
    }

    fn numbered(&mut self, text: String, shown: &str) -> String {
        let known = self.values.iter().position(|known| *known == text);
        let number = known.unwrap_or(self.values.len());
        if known.is_none() {
            self.values.push(text);
        }
        format!("\0{number}\0{shown}")
    }
}

fn is_free(path: &str) -> bool {
    FREE.iter().any(|map| path.ends_with(map))
}

/// A text, or a number as it is written.
fn text_of(scalar: &Value) -> Option<String> {
    match scalar {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::definition::diff::unified;
    use crema_base::secrecy::{Secrets, Source};
    use serde_json::{Value, json};

    fn diff(registered: &Value, wished: &Value, secrets: &[&str]) -> String {
        let mut all = Secrets::default();
        all.keep(Source::of(vec![json!(secrets)]).into());
        let in_container = |container: &Value| json!({"family": "a", "containerDefinitions": [container]});
        unified(Some(&in_container(registered)), &in_container(wished), &all)
    }

    fn changed(diff: &str) -> Vec<&str> {
        diff.lines()
            .skip(2)
            .filter(|line| line.starts_with(['-', '+']))
            .map(|line| line.trim_end_matches(','))
            .collect()
    }

    #[test]
    fn a_secret_in_a_command_is_hidden_with_what_it_was_before() {
        let registered = json!({"command": ["sh", "--token=old-pass", "--fast"], "user": "1000"});
        let wished = json!({"command": ["sh", "--token=new-pass", "--fast"], "user": "1000"});
        let diff = diff(&registered, &wished, &["new-pass"]);
        assert_eq!(changed(&diff), ["-        \"***\"", "+        \"--token=***\""], "{diff}");
        assert!(diff.contains("--fast") && !diff.contains("old-pass"), "{diff}");
    }

    #[test]
    fn a_container_put_in_front_shows_no_former_secret() {
        let log = |token: &str| json!({"name": "b", "logConfiguration": {"options": {"splunk-token": token}}});
        let mut all = Secrets::default();
        all.keep(Source::of(vec![json!("new-token")]).into());
        let diff = unified(
            Some(&json!({"containerDefinitions": [log("old-token")]})),
            &json!({"containerDefinitions": [{"name": "a"}, log("new-token")]}),
            &all,
        );
        assert!(!diff.contains("-token\": \"n") && !diff.contains("old-token"), "{diff}");
    }

    #[test]
    fn an_image_shows_what_changes_in_it() {
        let image = |digest: &str| json!({"image": format!("registry/prod-app@sha256:{digest}")});
        let diff = diff(&image("aa"), &image("bb"), &["prod"]);
        let line = |sign: char, digest: &str| format!("{sign}      \"image\": \"registry/***-app@sha256:{digest}\"");
        assert_eq!(changed(&diff), [line('-', "aa"), line('+', "bb")]);
    }

    #[test]
    fn numbers_and_keys_are_hidden_too() {
        let wished = json!({"memory": 4321, "dockerLabels": {"key-of-secret": "x"}});
        let diff = diff(&json!({"memory": 1234}), &wished, &["4321", "key-of-secret"]);
        assert!(!diff.contains("4321") && !diff.contains("1234") && !diff.contains("key-of"), "{diff}");
        assert!(diff.contains("+        \"***\": \"x\""), "{diff}");
    }

    #[test]
    fn a_key_that_was_a_secret_before_is_hidden_with_its_value() {
        let labels = |secret: &str| json!({"dockerLabels": {secret: format!("value-of-{secret}"), "plain": "shown"}});
        let diff = diff(&labels("old-key"), &labels("new-key"), &["new-key"]);
        assert!(!diff.contains("old-key") && !diff.contains("new-key") && diff.contains("shown"), "{diff}");
    }

    #[test]
    fn what_is_the_same_is_no_difference() {
        let same = json!({"command": ["secret-text", "a"], "environment": [{"name": "A", "value": "v"}]});
        assert_eq!(diff(&same, &same, &["secret-text"]), "");
    }
}
