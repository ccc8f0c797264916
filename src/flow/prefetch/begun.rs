//! Reads under way.

use std::{future::Future, time::Duration};
use tokio::{sync::oneshot, task::AbortHandle, time::Instant};

/// A read under way; one with a task of its own ends when dropped.
pub struct Begun<T> {
    end: oneshot::Receiver<(T, Instant)>,
    task: Option<AbortHandle>,
    keeps: Duration,
}

impl<T> Drop for Begun<T> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl<T> Begun<T> {
    /// One that somebody else makes, who tells its result and when it ended.
    pub fn elsewhere(end: oneshot::Receiver<(T, Instant)>, keeps: Duration) -> Begun<T> {
        Begun { end, task: None, keeps }
    }

    /// Its result and when it ended; none if that is not valid any more, or if nobody made it.
    pub async fn end(mut self) -> Option<(T, Instant)> {
        let (read, at) = (&mut self.end).await.ok()?;
        (at.elapsed() < self.keeps).then_some((read, at))
    }
}

impl<T: Send + 'static> Begun<T> {
    pub fn new(read: impl Future<Output = T> + Send + 'static, keeps: Duration) -> Begun<T> {
        let (tell, end) = oneshot::channel();
        let task = tokio::spawn(async move {
            let read = read.await;
            // Whoever began it may not need it any more.
            let _ = tell.send((read, Instant::now()));
        });
        Begun { end, task: Some(task.abort_handle()), keeps }
    }
}
