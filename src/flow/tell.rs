//! The one place where answers leave the function: no secret gets past it.

use crate::{
    error::Error,
    flow::aside::aside,
    outcome::{
        answer::{Answer, Failure},
        draft::Draft,
    },
    trigger::Trigger,
};
use tokio::time::Instant;

/// The text as it may leave the function. It is searched for secrets on another thread, at most until `late`; after
/// that only its `bare` form is used, which needs no search.
pub async fn tell<S: Send + 'static, T: Send + 'static>(
    said: S,
    told: fn(S) -> T,
    bare: fn(&S) -> T,
    late: Instant,
) -> T {
    let bare = bare(&said);
    aside(late, move || told(said)).await.unwrap_or(bare)
}

/// The answer to a trigger, from what may be told.
pub fn answered(trigger: &Trigger, Draft { outcomes, families, checks, warnings }: Draft) -> Answer {
    let warnings = warnings.into_iter().map(|warning| warning.text).collect();
    match (families, checks) {
        (Some(families), _) => Answer::of_status(trigger, families, warnings),
        (None, Some(checks)) => Answer::of_checks(trigger, checks, warnings),
        (None, None) => Answer::new(trigger, outcomes, warnings),
    }
}

/// Logs a failure of the whole invocation.
pub fn told(trigger: Option<&Trigger>, error: &Error) -> Failure {
    let failure = Failure::from(error);
    tracing::error!(
        trigger = trigger.map(|trigger| trigger.ask.kind()),
        trigger_id = trigger.map(|trigger| trigger.id.as_str()),
        error_type = failure.kind,
        reason = failure.message,
        "failed"
    );
    failure
}
