//! Evaluating one Jsonnet file of the session.

mod needed;

use crate::render::{
    explain,
    functions::{Failure, Functions},
    gaps::Gaps,
    imports::Imports,
    library::Library,
    natives::Ledger,
    protocol::{FailureKind, Surroundings},
};
use crate::secrecy::foreign;
use jrsonnet_evaluator::{
    Error, IStr, Result as JResult, State, Val, apply_tla, error::ErrorKind, manifest::JsonFormat,
    stack::limit_stack_depth, tla::TlaArg,
};
use serde_json::{Map, Value};
use std::{collections::HashMap, rc::Rc};

/// go-jsonnet's default.
const MAX_CALLS: usize = 500;
/// As go-jsonnet prints: a template over the JSON names its lines.
const INDENT: usize = 3;
/// How far past a missing value the rest is looked at.
const MAX_GATHER_DEPTH: u32 = 100;
const MAX_GATHER_NODES: u32 = 20_000;

/// What a file evaluates to.
pub enum Evaluated {
    /// The value as JSON text.
    Json(String),
    /// A value is missing (it is noted in the session). What is known without it, with `null` for what is not: an unknown
    /// value, field or element.
    Missing(Value),
}

/// Evaluates the file `key` to JSON. Imports of external variables' code start at `folder`. With `gaps`, the fields of a
/// configuration file that crema does not need are left out where they fail.
///
/// # Errors
/// `file:line:col: what`, `Render` or the kind of the function that failed.
pub fn evaluate(
    key: &str,
    folder: &str,
    surroundings: &Surroundings,
    functions: &Functions,
    gaps: Option<&mut Gaps>,
) -> Result<Evaluated, Failure> {
    let session = functions.session();
    let missing: Rc<str> = format!("\0missing {}", session.placeholder()).into();
    let ledger = Ledger::default();
    let mut state = State::builder();
    state.import_resolver(Imports::new(session.clone(), surroundings.ext_code.clone(), folder));
    state.context_initializer(Library::new(surroundings, functions, &ledger, &missing));
    let state = state.build();
    // Without it the code of external variables is asked of a default state, which panics.
    let _entered = state.enter();
    let _limit = limit_stack_depth(MAX_CALLS);

    let failed = |error: &Error| {
        let raised = match error.error() {
            ErrorKind::RuntimeError(text) => ledger.raised(text),
            _ => None,
        };
        // What a function says is marked already; all else may quote values.
        let told = |text: &str| match &raised {
            Some(failure) if failure.message == text => text.to_owned(),
            _ => foreign(text).to_string(),
        };
        if explain::is_authors(error) {
            session.forget_given();
        }
        Failure {
            message: explain::error(error, key, &told),
            kind: raised.as_ref().map_or(FailureKind::Render, |failure| failure.kind),
        }
    };
    #[allow(clippy::mutable_key_type, reason = "an interned text never changes")]
    let no_arguments: HashMap<IStr, TlaArg> = HashMap::new();
    let value = match state.import(key).and_then(|value| apply_tla(&no_arguments, value)) {
        Ok(value) => value,
        Err(error) if is_missing(&error, &missing) => return Ok(Evaluated::Missing(Value::Null)),
        Err(error) => return Err(failed(&error)),
    };
    let manifested = value.manifest(JsonFormat::cli(INDENT));
    let rest = match (&manifested, gaps) {
        (Err(error), Some(gaps)) if !is_missing(error, &missing) => {
            let mut pass = |field: &str, error: &Error| gaps.pass_field(field, failed(error));
            needed::without_failing(&value, error, &|error| is_missing(error, &missing), &mut pass)
        }
        _ => None,
    };
    let (value, manifested) = match rest {
        Some(rest) => {
            let manifested = rest.manifest(JsonFormat::cli(INDENT));
            (rest, manifested.inspect(|_| drop(session.forget_failed())))
        }
        None => (value, manifested),
    };
    match manifested {
        Ok(text) => Ok(Evaluated::Json(text)),
        Err(error) if is_missing(&error, &missing) => {
            let mut gather = Gather { missing: &missing, left: MAX_GATHER_NODES, met: false, stopped: false };
            Ok(Evaluated::Missing(gather.known(&value, MAX_GATHER_DEPTH)))
        }
        Err(error) => Err(failed(&error)),
    }
}

fn is_missing(error: &Error, missing: &str) -> bool {
    match error.error() {
        ErrorKind::RuntimeError(text) => &**text == missing,
        other => other.to_string().contains(missing),
    }
}

/// The walk over what manifesting did not reach: past what is merely missing, so that one round notes all lookups that
/// are independent of each other; stopping at a true error, as the true evaluation would.
struct Gather<'a> {
    missing: &'a str,
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
    fn part(&mut self, depth: u32, value: impl FnOnce() -> JResult<Option<Val>>) -> Value {
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
        self.stopped |= !again && !is_missing(error, self.missing);
        Value::Null
    }
}
