//! Work that may take long, on a thread of its own, which is waited for until a deadline only.

use std::panic::resume_unwind;
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

/// The result of the work; none if it took longer than until then. Its result is then lost.
pub async fn aside<T: Send + 'static>(until: Instant, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let done = timeout_at(until, spawn_blocking(work)).await.ok()?;
    Some(done.unwrap_or_else(|e| resume_unwind(e.into_panic())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, time::Duration};

    #[tokio::test]
    async fn what_takes_too_long_is_not_waited_for_and_all_else_goes_on() {
        let (end, ended) = mpsc::channel::<()>();
        let late = aside(Instant::now() + Duration::from_millis(20), move || ended.recv());
        // Would never be reached if the work had this thread.
        let other = async { tokio::time::sleep(Duration::from_millis(1)).await };
        let (late, ()) = tokio::join!(late, other);
        assert!(late.is_none());
        drop(end);
        assert_eq!(aside(Instant::now() + Duration::from_secs(600), || 7).await, Some(7));
    }
}
