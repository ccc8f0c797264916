//! How long ECS is waited for: throttled calls are repeated, and unknown results are looked up again.

use crate::error::{Error, ErrorKind, Result};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first wait after throttling; each further one is twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(8);
/// ECS is eventually consistent: a change may not be readable before this time.
const CONSISTENT: Duration = Duration::from_secs(2);

/// An expiry that looked at the family before it was changed has ended after this: what it saw may have been two seconds
/// old, its call takes ten at most, and what that did may be readable two later.
const EXPIRY_TAKES: Duration = Duration::from_secs(14);

/// A throttled read is given up after this time: the events behind this one wait too, and the event is delivered again.
const TO_READ: Duration = Duration::from_secs(30);
/// The time of a throttled read with the SDK's own attempts: it has to end before the deadline, so that the error can
/// be reported.
const READ_TAKES: Duration = Duration::from_secs(4);

/// Growing waits that end before the deadline.
pub struct Backoff {
    until: Instant,
    next: Duration,
}

impl Backoff {
    pub fn new(until: Instant) -> Backoff {
        Backoff { until, next: FIRST }
    }

    /// When all has to have ended.
    pub fn until(&self) -> Instant {
        self.until
    }

    /// Waits before a throttled call is made again.
    ///
    /// # Errors
    /// [`ErrorKind::AwsError`] with `why`, the call's own words, if the next wait would end after the deadline.
    pub async fn wait(&mut self, why: String) -> Result<()> {
        // Some of it by chance, so that those who were throttled together do not come back together.
        let wait = self.next.mul_f64(1.0 - 0.3 * fastrand::f64());
        self.next = (self.next * 2).min(LONGEST);
        self.sleep(wait, &why).await
    }

    /// Waits until a change, if it happened, is readable.
    ///
    /// # Errors
    /// As [`Backoff::wait`].
    pub async fn two_seconds(&self, why: &str) -> Result<()> {
        self.sleep(CONSISTENT, why).await
    }

    /// Waits until an expiry that was under way has ended, and is readable.
    ///
    /// # Errors
    /// As [`Backoff::wait`].
    pub async fn until_expiries_end(&self, why: &str) -> Result<()> {
        self.sleep(EXPIRY_TAKES, why).await
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

/// Makes a read, and repeats it while it is throttled.
///
/// # Errors
/// The error of the call; the throttling itself if it goes on too long or no time is left before the deadline.
pub async fn read<T, E: Into<Error>>(
    deadline: Instant,
    mut read: impl AsyncFnMut() -> std::result::Result<T, E>,
) -> Result<T> {
    let until = deadline.checked_sub(READ_TAKES).unwrap_or(deadline);
    let mut backoff = Backoff::new(until.min(Instant::now() + TO_READ));
    loop {
        match read().await.map_err(E::into) {
            Err(e) if e.throttled => {
                if backoff.wait(e.message.clone()).await.is_err() {
                    return Err(e);
                }
            }
            done => return done,
        }
    }
}
