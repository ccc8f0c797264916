//! How long is waited for ECS: throttling is ridden out, and what is open is looked at again.

use crate::{
    aws::fault::Fault,
    error::{Error, ErrorKind, Result},
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first wait after throttling; each next one is twice as long.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(8);
/// ECS is eventually consistent: what was changed may not show before.
const CONSISTENT: Duration = Duration::from_secs(2);

/// A read that is throttled is given up after this: the events behind this one wait too, and it is tried again itself.
const TO_READ: Duration = Duration::from_secs(30);
/// What a throttled read takes with the SDK's own tries: it has to end before the deadline, to say why.
const READ_TAKES: Duration = Duration::from_secs(4);

/// Waits that grow, and end before the deadline.
pub struct Backoff {
    until: Instant,
    next: Duration,
}

impl Backoff {
    pub fn new(until: Instant) -> Backoff {
        Backoff { until, next: FIRST }
    }

    /// Waits before a throttled call is made again.
    ///
    /// # Errors
    /// [`ErrorKind::AwsError`] with `why`, the call's own words, where the next wait would reach beyond the deadline.
    pub async fn wait(&mut self, why: String) -> Result<()> {
        // Some of it by chance, so that those who were throttled together do not come back together.
        let wait = self.next.mul_f64(1.0 - 0.3 * fastrand::f64());
        self.next = (self.next * 2).min(LONGEST);
        self.sleep(wait, &why).await
    }

    /// Waits until a change, if it happened, shows.
    ///
    /// # Errors
    /// As [`Backoff::wait`].
    pub async fn two_seconds(&self, why: &str) -> Result<()> {
        self.sleep(CONSISTENT, why).await
    }

    async fn sleep(&self, wait: Duration, why: &str) -> Result<()> {
        if Instant::now() + wait >= self.until {
            let message = format!("{why}; no time was left to try again");
            return Err(Error::transient(ErrorKind::AwsError, message));
        }
        sleep(wait).await;
        Ok(())
    }
}

/// Makes a read, and makes it again while it is throttled.
///
/// # Errors
/// That of the call; the throttling itself where it goes on for long, or no time is left before the deadline.
pub async fn read<T>(deadline: Instant, mut read: impl AsyncFnMut() -> std::result::Result<T, Fault>) -> Result<T> {
    let until = deadline.checked_sub(READ_TAKES).unwrap_or(deadline);
    let mut backoff = Backoff::new(until.min(Instant::now() + TO_READ));
    loop {
        match read().await {
            Err(Fault::Throttled(text)) => {
                let waited = backoff.wait(text.clone()).await;
                waited.map_err(|_| Fault::Throttled(text))?;
            }
            done => return Ok(done?),
        }
    }
}
