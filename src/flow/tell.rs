//! The one place where answers leave the function: no secret gets past it.

use crate::flow::aside::aside;
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
