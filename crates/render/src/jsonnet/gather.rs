//! What is known of a value of which parts are missing.

use jrsonnet_evaluator::{Error, Result, Val, error::ErrorKind};
use serde_json::{Map, Value};

/// How far past a missing value the rest is looked at.
const MAX_DEPTH: u32 = 100;
const MAX_NODES: u32 = 20_000;

/// The value, with `null` for what is not known.
pub fn known(value: &Val, is_missing: &dyn Fn(&Error) -> bool) -> Value {
    let mut gather = Gather { is_missing, left: MAX_NODES, met: false, stopped: false };
    gather.known(value, MAX_DEPTH)
}

/// The walk over what manifesting did not reach: past what is merely missing, so that one round notes all lookups that
/// are independent of each other; stopping at a true error, as the true evaluation would.
struct Gather<'a> {
    is_missing: &'a dyn Fn(&Error) -> bool,
    left: u32,
    /// Whether what manifesting ended at was met; all before it has a value.
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

    /// A field or an element, evaluated only while the walk goes on.
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
