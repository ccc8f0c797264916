//! The one place where what is said leaves the function: nothing of it that is not to be told gets past here.

use std::panic::resume_unwind;
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

/// What is said as it may leave the function. It is looked through on a thread of its own, and not beyond `late`: after that
/// only its `bare` form is told, for which nothing has to be looked for.
pub async fn tell<S: Send + 'static, T: Send + 'static>(
    said: S,
    told: fn(S) -> T,
    bare: fn(&S) -> T,
    late: Instant,
) -> T {
    let bare = bare(&said);
    match timeout_at(late, spawn_blocking(move || told(said))).await {
        Ok(told) => told.unwrap_or_else(|e| resume_unwind(e.into_panic())),
        Err(_) => bare,
    }
}
