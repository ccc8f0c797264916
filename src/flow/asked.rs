//! Checks that the app that a direct call names exists.

use crate::{
    error::{Error, ErrorKind, Result},
    flow::render_apps::{
        relevance::{Relevance, Scope},
        selected::{Selected, SelectedApps},
    },
};
use crema_base::{nearest::nearest, quote::quoted};
use std::collections::BTreeSet;

/// A warning about it: that an ECS Express service is no app.
///
/// # Errors
/// [`ErrorKind::InvalidEvent`] if there is no such app; the message names those that there are.
pub fn known(app: &str, selected: &SelectedApps) -> Result<Option<String>> {
    let is_meant = |app_variant: &Selected| Scope::App(app).of(app_variant, &[].into()) == Relevance::Yes;
    if selected.app_variants.iter().any(is_meant) {
        return Ok(None);
    }
    if let Some(express) = express(app, selected) {
        return Ok(Some(format!("{express}; there is nothing to register")));
    }
    let names: BTreeSet<&str> = selected.app_variants.iter().map(|app_variant| app_variant.app.as_str()).collect();
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
/// [`ErrorKind::InvalidEvent`] if there is no such app, or it has no family that could be rolled back.
pub fn with_family(app: &str, selected: &SelectedApps) -> Result<()> {
    match known(app, selected)? {
        None => Ok(()),
        Some(_) => {
            let express = express(app, selected).unwrap_or_default();
            Err(Error::new(ErrorKind::InvalidEvent, format!("`app`: {express}; there is nothing to take back")))
        }
    }
}

fn express(app: &str, selected: &SelectedApps) -> Option<String> {
    let config = selected.rendered.express.get(app)?;
    Some(format!(
        "{app}: {config} has an `express_definition` and no `task_definition`: ECS makes the task definitions of an Express \
         service by itself"
    ))
}
