//! The fingerprint: which definition a revision was made of.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;

/// The number of the canonical form. A changed form gets a new number, and a fingerprint with another number counts as
/// none.
const FORM: &str = "1:";

/// `1:` and the SHA-256 of a pinned definition in canonical JSON, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a document.
    pub fn of(document: &Value) -> Fingerprint {
        let digest = Sha256::digest(canonical(document));
        Fingerprint(digest.iter().fold(FORM.to_owned(), |text, byte| text + &format!("{byte:02x}")))
    }

    /// Reads what [`fmt::Display`] wrote; `None` for anything else, other forms included.
    pub fn parse(text: &str) -> Option<Fingerprint> {
        let hex = text.strip_prefix(FORM)?;
        let is_hex = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_hex.then(|| Fingerprint(text.to_owned()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The canonical form: keys sorted by their bytes, no white space, numbers and strings as `serde_json` writes them. It
/// is frozen, because registered revisions carry hashes of it.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// Sorts the keys itself: whether `serde_json` does is a feature that any dependency can switch on.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| key.as_str());
            text.push('{');
            for (i, (key, value)) in members.into_iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                write(element, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}
