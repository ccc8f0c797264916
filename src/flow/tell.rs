//! The one place where what is said leaves the function: nothing of it that is not to be told gets past here.

use crate::flow::aside::aside;
use tokio::time::Instant;

/// What is said as it may leave the function. It is looked through aside, and not beyond `late`: after that only its `bare`
/// form is told, for which nothing has to be looked for.
pub async fn tell<S: Send + 'static, T: Send + 'static>(
    said: S,
    told: fn(S) -> T,
    bare: fn(&S) -> T,
    late: Instant,
) -> T {
    let bare = bare(&said);
    aside(late, move || told(said)).await.unwrap_or(bare)
}
