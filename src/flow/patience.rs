//! How long a change is waited for: throttling is ridden out, and what is open is looked at again.

use crate::error::{Error, Result};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first wait after throttling; each next one is twice as long.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(8);
/// ECS is eventually consistent: what was changed may not show before.
const CONSISTENT: Duration = Duration::from_secs(2);

/// Waits that grow, and end before the deadline.
pub struct Patience {
    until: Instant,
    next: Duration,
}

impl Patience {
    pub fn new(until: Instant) -> Patience {
        Patience { until, next: FIRST }
    }

    /// Waits before a throttled call is made again.
    ///
    /// # Errors
    /// [`Error::AwsError`] with `why`, the call's own words, where the next wait would reach beyond the deadline.
    pub async fn wait(&mut self, why: String) -> Result<()> {
        // Some of it by chance, so that those who were throttled together do not come back together.
        let wait = self.next.mul_f64(1.0 - 0.3 * chance());
        self.next = (self.next * 2).min(LONGEST);
        self.sleep(wait, &why).await
    }

    /// Waits until a change, if it happened, shows.
    ///
    /// # Errors
    /// As [`Patience::wait`].
    pub async fn two_seconds(&self, why: &str) -> Result<()> {
        self.sleep(CONSISTENT, why).await
    }

    async fn sleep(&self, wait: Duration, why: &str) -> Result<()> {
        if Instant::now() + wait >= self.until {
            return Err(Error::AwsError { message: format!("{why}; no time was left to try again"), passing: true });
        }
        sleep(wait).await;
        Ok(())
    }
}

/// A number from 0 to 1, of the hasher's random keys; in tests always the same, so that a run can be repeated.
fn chance() -> f64 {
    if cfg!(test) {
        return 0.5;
    }
    use std::hash::{BuildHasher, RandomState};
    let bits = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}
