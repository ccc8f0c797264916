//! What an app's own file says to the circuit breaker becomes a tag of its definition.

use crate::{
    breaker::OFF,
    config::apps::{App, OwnBreaker},
    definition::{Definition, tags},
    error::{Error, ErrorKind, Result},
};
use crema_base::{nearest::nearest, quote::quoted};

/// Tags the definition with what the app's own file says, where it says anything: so no other fingerprint changes.
///
/// # Errors
/// [`ErrorKind::ConfigError`] where the file names a container that the definition lacks;
/// [`ErrorKind::InvalidDefinition`] where the definition has no room for another tag.
pub fn mark(definition: &mut Definition, own: Option<&App>, place: &str) -> Result<()> {
    let Some((app, breaker)) = own.and_then(|app| Some((app, app.circuit_breaker.as_ref()?))) else { return Ok(()) };
    let file = app.own_file.as_deref().unwrap_or_default();
    let value = match breaker {
        OwnBreaker::Off => OFF,
        OwnBreaker::Container(name) if definition.has_container(name) => name,
        OwnBreaker::Container(name) => {
            let containers: Vec<&str> = definition.images().into_iter().map(|(name, _)| name).collect();
            let meant =
                nearest(name, containers).map(|meant| format!(" (did you mean {meant:?}?)")).unwrap_or_default();
            return Err(Error::new(
                ErrorKind::ConfigError,
                format!("{file}: `circuit_breaker.container`: {place} has no container {}{meant}", quoted(name)),
            ));
        }
    };
    if definition.tag_count() >= tags::MOST {
        let message = format!(
            "{place}: tags: expected at most {} beside `circuit_breaker` of {file} (ECS takes 50, six are crema's then), got {}",
            tags::MOST - 1,
            definition.tag_count()
        );
        return Err(Error::new(ErrorKind::InvalidDefinition, message));
    }
    definition.tag(tags::CIRCUIT_BREAKER, value);
    Ok(())
}

/// That a revision of this definition leaves too few tags free for those that come later.
pub fn scarce(definition: &Definition) -> Option<String> {
    let free = tags::MOST.saturating_sub(definition.tag_count());
    (free < tags::KEPT_FREE).then(|| {
        format!(
            "{}: this revision leaves {free} of ECS's 50 tags free; where none is, a good run of it cannot be marked, so that the \
             circuit breaker never goes back to it and retention does not keep it for that: keep {} free",
            definition.family(),
            tags::KEPT_FREE
        )
    })
}
