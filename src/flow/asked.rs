//! Whether the app that a direct call names is there.

use super::{
    concern::{Concern, Concerning},
    survey::Surveyed,
    unit::Unit,
};
use crate::error::{Error, ErrorKind, Result};
use crema_base::{nearest::nearest, quote::quoted};
use std::collections::BTreeSet;

/// What is to be told of it besides what is done: that an ECS Express service is no app.
///
/// # Errors
/// [`ErrorKind::InvalidEvent`] where there is no such app, naming those that there are.
pub fn known(app: &str, surveyed: &Surveyed) -> Result<Option<String>> {
    let is_meant = |unit: &Unit| Concerning::App(app).of(unit, &[].into()) == Concern::Yes;
    if surveyed.units.iter().any(is_meant) {
        return Ok(None);
    }
    if let Some(express) = express(app, surveyed) {
        return Ok(Some(format!("{express}; there is nothing to register")));
    }
    let names: BTreeSet<&str> = surveyed.units.iter().map(|unit| unit.app.as_str()).collect();
    // A name that goes on where another ends is near too.
    let alike = || names.iter().copied().find(|name| strsim::jaro_winkler(name, app) > 0.8);
    let hint = match (nearest(app, names.iter().copied()).or_else(alike), names.len()) {
        (Some(nearest), _) => format!("did you mean {nearest:?}?"),
        (None, 0) => "there is none".to_owned(),
        (None, _) => format!("there are {}", names.into_iter().take(20).collect::<Vec<_>>().join(", ")),
    };
    let app = quoted(app);
    Err(Error::new(
        ErrorKind::InvalidEvent,
        format!("there is no app {app} under the prefix (or it has no variants): {hint}"),
    ))
}

/// # Errors
/// [`ErrorKind::InvalidEvent`] where there is no such app, or it has no family that could be taken back.
pub fn with_family(app: &str, surveyed: &Surveyed) -> Result<()> {
    match known(app, surveyed)? {
        None => Ok(()),
        Some(_) => {
            let express = express(app, surveyed).unwrap_or_default();
            Err(Error::new(ErrorKind::InvalidEvent, format!("`app`: {express}; there is nothing to take back")))
        }
    }
}

fn express(app: &str, surveyed: &Surveyed) -> Option<String> {
    let config = surveyed.express.get(app)?;
    Some(format!(
        "{app}: {config} has an `express_definition` and no `task_definition`: ECS makes the task definitions of an Express \
         service by itself"
    ))
}
