//! Expands a template past actions that fail: what such an action would have printed is marked, and everything around
//! it is exactly what it would be. An action that decides something, or sets a variable, has to succeed.

use super::{execute, parse};
use crate::{
    session::{failure::RenderFailure, gaps::Gaps},
    template::{functions::Functions, inserted::Expanded},
};

/// Does the same as [`super::expand`]; what was passed over is added to `gaps`.
///
/// # Errors
/// As [`super::expand`], for what cannot be passed over.
pub fn expand_past(
    file: &str,
    source: &str,
    functions: &Functions,
    gaps: &mut Gaps,
) -> Result<Expanded, RenderFailure> {
    if !source.contains("{{") {
        return Ok(Expanded { text: source.to_owned(), inserted: vec![] });
    }
    let session = functions.session();
    let mut broken = vec![];
    let mut parsed = parse(file, source, functions, Some(&mut broken))?;
    for (action, failure) in broken {
        parsed.write(action, &gaps.pass(failure, session));
    }
    loop {
        let (failure, action) = match execute(file, parsed.clone(), functions) {
            Err(stopped) => (stopped.failure, stopped.action),
            Ok(expanded) => match expanded.without_value(file) {
                Some((what, action)) => (RenderFailure::render(what), action),
                None => return Ok(expanded),
            },
        };
        match action.filter(|_| !gaps.is_full()) {
            Some(action) => parsed.write(action, &gaps.pass(failure, session)),
            None => return Err(failure),
        }
    }
}
