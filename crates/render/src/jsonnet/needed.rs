//! A configuration file in Jsonnet without those fields that fail and that crema does not need.

use crate::ecspresso::is_needed;
use jrsonnet_evaluator::{Error, ObjValue, Thunk, Val, error::ErrorKind, manifest::JsonFormat};

/// The value without those fields; `pass` is called with each. `first` is the error at which manifesting the whole file
/// ended. None if no such field fails.
pub fn without_failing(
    value: &Val,
    first: &Error,
    is_missing: &dyn Fn(&Error) -> bool,
    pass: &mut dyn FnMut(&str, &Error),
) -> Option<Val> {
    let Val::Obj(object) = value else { return None };
    object.run_assertions().ok()?;
    let mut rest = ObjValue::builder();
    let mut met = false;
    for name in object.fields() {
        let failing = if is_needed(&name) { None } else { failing(object, &name) };
        match failing {
            // Met again, an element of an array literal that failed once is "infinite recursion".
            Some(error) if is_missing(&error) => rest.field(name).thunk(Thunk::errored(error)),
            Some(error) => {
                let again = !met && matches!(error.error(), ErrorKind::InfiniteRecursionDetected);
                pass(&name, if again { first } else { &error });
                met = true;
            }
            None => rest.field(name.clone()).thunk(object.get_lazy_or_bail(name)),
        }
    }
    met.then(|| Val::Obj(rest.build()))
}

fn failing(object: &ObjValue, name: &str) -> Option<Error> {
    match object.get(name.into()) {
        Ok(value) => value?.manifest(JsonFormat::minify()).err(),
        Err(error) => Some(error),
    }
}
