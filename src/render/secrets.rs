//! Texts that no log line, answer or error tells: what SSM parameters and env files gave.

use serde_json::Value;
use std::{cmp::Reverse, collections::BTreeSet, fmt};

/// A shorter text counts only where it stands alone: it may be part of any word.
const MIN_PART: usize = 4;
/// What is told instead.
pub const MASK: &str = "***";

/// The texts to be kept. What a definition makes of them by more than putting them together (base64, a part, a sum) is
/// not known again.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeSet<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// Keeps a value: a text, or all texts and numbers of an array or object, also where a text is the JSON of one.
    pub fn add(&mut self, value: &Value) {
        match value {
            // No secret, and a word of many messages.
            Value::String(text) if matches!(text.as_str(), "" | "true" | "false") => {}
            Value::String(text) => {
                if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                    self.add(&inner);
                }
                self.0.insert(text.clone());
            }
            Value::Number(number) => drop(self.0.insert(number.to_string())),
            Value::Array(elements) => elements.iter().for_each(|element| self.add(element)),
            Value::Object(members) => members.values().for_each(|member| self.add(member)),
            _ => {}
        }
    }

    /// Keeps all that the other does.
    pub fn extend(&mut self, other: &Secrets) {
        self.0.extend(other.0.iter().cloned());
    }

    /// Whether the text is one of these, or one of at least four bytes is part of it.
    pub fn are_in(&self, text: &str) -> bool {
        self.0.contains(text) || self.parts().any(|part| text.contains(part))
    }

    /// The text with all that is to be kept as `***`, also where it is written with escapes.
    pub fn silenced(&self, text: &str) -> String {
        if self.0.contains(text) {
            return MASK.to_owned();
        }
        let mut parts: Vec<&String> = self.parts().collect();
        parts.sort_by_key(|part| Reverse(part.len()));
        parts.iter().fold(text.to_owned(), |text, part| {
            let written = format!("{part:?}");
            text.replace(&written[1..written.len() - 1], MASK).replace(part.as_str(), MASK)
        })
    }

    fn parts(&self) -> impl Iterator<Item = &String> {
        self.0.iter().filter(|text| text.len() >= MIN_PART)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(&json!("hunter2"));
        secrets.add(&json!(["hunter2-longer", "7", ""]));
        secrets.add(&json!("{\"port\": 54321, \"lines\": \"one\\ntwo\"}"));
        secrets
    }

    #[test]
    fn the_longest_is_kept_whole_and_a_short_one_only_where_it_stands_alone() {
        assert_eq!(secrets().silenced("--token=hunter2-longer --old=hunter2 7"), "--token=*** --old=*** 7");
        assert_eq!(secrets().silenced("7"), "***");
        assert!(!secrets().are_in("17") && secrets().are_in("x hunter2") && !secrets().are_in(""));
    }

    #[test]
    fn the_members_of_a_text_that_is_json_are_kept_too_and_escapes_are_seen_through() {
        assert_eq!(secrets().silenced("port 54321"), "port ***");
        assert_eq!(secrets().silenced("no such key \"one\\ntwo\""), "no such key \"***\"");
        assert!(!format!("{:?}", secrets()).contains("hunter2"));
    }
}
