//! What is known of a value if parts of it are missing.

use jrsonnet_evaluator::{Error, Result, Val, error::ErrorKind};
use serde_json::{Map, Value};

/// Maximum depth to which the rest is evaluated after a missing value.
const MAX_DEPTH: u32 = 100;
const MAX_NODES: u32 = 20_000;

/// The value, with `null` for unknown parts.
pub fn known(value: &Val, is_missing: &dyn Fn(&Error) -> bool) -> Value {
    let mut gather = Gather { is_missing, left: MAX_NODES, met: false, stopped: false };
    gather.known(value, MAX_DEPTH)
}

/// Evaluates what manifesting did not reach: it goes on past what is merely missing, so that one round notes all
/// lookups that do not depend on each other, and stops at a true error, as the evaluation with all values would.
struct Gather<'a> {
    is_missing: &'a dyn Fn(&Error) -> bool,
    left: u32,
    /// Whether the point at which manifesting ended was reached; everything before it has a value.
    met: bool,
    stopped: bool,
}

impl Gather<'_> {
    fn known(&mut self, value: &Val, depth: u32) -> Value {
        match value {
            Val::Obj(object) => {
                if let Err(error) = object.run_assertions() {
                    return self.unknown(&error);
                }
                let fields = object.fields().into_iter();
                let known = fields.map(|name| (name.to_string(), self.part(depth, || object.get(name))));
                Value::Object(known.collect::<Map<_, _>>())
            }
            Val::Arr(array) => {
                let mut known = Vec::new();
                for index in 0..array.len() {
                    if self.stopped || self.left == 0 {
                        return Value::Null;
                    }
                    known.push(self.part(depth, || array.get(index)));
                }
                Value::Array(known)
            }
            Val::Str(text) => Value::String(text.to_string()),
            _ => Value::Null,
        }
    }

    /// A field or an element. It is evaluated only while the walk goes on.
    fn part(&mut self, depth: u32, value: impl FnOnce() -> Result<Option<Val>>) -> Value {
        if self.stopped || depth == 0 || self.left == 0 {
            return Value::Null;
        }
        self.left -= 1;
        match value() {
            Ok(Some(value)) => self.known(&value, depth - 1),
            Ok(None) => Value::Null,
            Err(error) => self.unknown(&error),
        }
    }

    fn unknown(&mut self, error: &Error) -> Value {
        // What ended manifesting, met again: an element of an array literal that failed once is "infinite recursion" from
        // then on.
        let again = !self.met && matches!(error.error(), ErrorKind::InfiniteRecursionDetected);
        self.met = true;
        self.stopped |= !again && !(self.is_missing)(error);
        Value::Null
    }
}
