//! How fast calls to ECS are made: token buckets below the limits of the account, which slow down if ECS throttles
//! nevertheless, because the account has other users.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/request-throttling.html>

use governor::{Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, state::InMemoryState, state::NotKeyed};
use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// Maximum tokens that a call costs after repeated throttling.
const DEAREST: u32 = 8;
/// Throttled calls within this time count as one, because they were under way together.
const AT_ONCE: Duration = Duration::from_secs(1);
/// Calls without throttling after which each call costs a token less.
const TO_RECOVER: u32 = 20;

/// How fast calls of one kind may be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub per_second: f64,
    /// Maximum calls at once, after a while without any.
    pub burst: u32,
}

impl Rate {
    /// Half of it, for work that yields to everything else.
    #[must_use]
    pub fn yielding(self) -> Rate {
        Rate { per_second: self.per_second / 2.0, burst: (self.burst / 2).max(1) }
    }
}

/// The calls of one kind, to one Region.
pub struct Pace {
    bucket: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>,
    burst: u32,
    price: Mutex<Price>,
    /// The queue for tokens: first come, first served.
    turn: tokio::sync::Mutex<()>,
    given_back: Notify,
}

struct Price {
    /// Tokens for each call.
    tokens: u32,
    /// Calls since the cost last changed.
    calls: u32,
    throttled: Option<Instant>,
    /// Tokens that were taken and not used.
    spare: u32,
}

/// A token that was taken. It goes back if it is dropped without [`Token::used`].
#[must_use]
pub struct Token(Option<Arc<Pace>>);

impl Token {
    /// One of no bucket.
    pub fn free() -> Token {
        Token(None)
    }

    /// Notes that the call is made.
    pub fn used(mut self) {
        self.0 = None;
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some(pace) = self.0.take() {
            pace.price().spare += 1;
            pace.given_back.notify_one();
        }
    }
}

impl Pace {
    pub fn new(rate: Rate) -> Pace {
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        let period = Duration::try_from_secs_f64(1.0 / rate.per_second).unwrap_or(Duration::from_secs(1));
        let quota = Quota::with_period(period.max(Duration::from_micros(1))).unwrap_or(Quota::per_second(burst));
        Pace {
            bucket: RateLimiter::direct_with_clock(quota.allow_burst(burst), TokioClock(Instant::now())),
            burst: burst.get(),
            price: Mutex::new(Price { tokens: 1, calls: 0, throttled: None, spare: 0 }),
            turn: tokio::sync::Mutex::new(()),
            given_back: Notify::new(),
        }
    }

    fn price(&self) -> MutexGuard<'_, Price> {
        self.price.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a call may be made.
    pub async fn token(self: &Arc<Pace>) -> Token {
        let _turn = self.turn.lock().await;
        while let Err(wait) = self.try_take() {
            tokio::select! {
                () = sleep(wait) => {}
                () = self.given_back.notified() => {}
            }
        }
        Token(Some(self.clone()))
    }

    /// Takes a token, or returns how long there is none.
    fn try_take(&self) -> Result<(), Duration> {
        let tokens = {
            let mut price = self.price();
            if let Some(left) = price.spare.checked_sub(1) {
                price.spare = left;
                return Ok(());
            }
            price.tokens.min(self.burst)
        };
        let taken = NonZeroU32::new(tokens).map_or(Ok(Ok(())), |tokens| self.bucket.check_n(tokens));
        // More than the bucket holds is never asked for.
        let Ok(Err(not_yet)) = taken else { return Ok(()) };
        Err(not_yet.wait_time_from(self.bucket.clock().now()).max(Duration::from_millis(1)))
    }

    /// Notes that a call went through.
    pub fn passed(&self) {
        let mut price = self.price();
        price.calls += 1;
        if price.calls >= TO_RECOVER {
            (price.tokens, price.calls) = ((price.tokens - 1).max(1), 0);
        }
    }

    /// Notes that a call was throttled: the account's bucket is empty, so this one is emptied too, and fills half as
    /// fast.
    pub fn throttled(&self) {
        let mut price = self.price();
        if price.throttled.is_none_or(|at| at.elapsed() >= AT_ONCE) {
            (price.tokens, price.calls) = ((price.tokens * 2).min(DEAREST), 0);
            price.throttled = Some(Instant::now());
        }
        price.spare = 0;
        while self.bucket.check().is_ok() {}
    }
}

/// The time since the bucket was made, by the clock of the timers.
#[derive(Clone, Copy)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(per_second: f64, burst: u32) -> Arc<Pace> {
        Arc::new(Pace::new(Rate { per_second, burst }))
    }

    /// The time that this many calls take if none is throttled.
    async fn takes(pace: &Arc<Pace>, calls: u32) -> f64 {
        let begun = Instant::now();
        for _ in 0..calls {
            pace.token().await.used();
            pace.passed();
        }
        begun.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_all_else_by_the_rate() {
        let changes = pace(0.95, 18);
        assert!(takes(&changes, 18).await < 0.01);
        let taken = takes(&changes, 182).await;
        assert!((191.0..192.5).contains(&taken), "{taken}");
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(takes(&changes, 18).await < 0.01);
    }

    #[tokio::test(start_paused = true)]
    async fn throttled_it_slows_down_and_recovers() {
        let reads = pace(20.0, 40);
        reads.throttled();
        for _ in 0..50 {
            // Of one moment.
            reads.throttled();
        }
        // Two tokens each for twenty calls, then one again.
        let (slow, fast) = (takes(&reads, 20).await, takes(&reads, 20).await);
        assert!((1.8..2.2).contains(&slow) && (0.9..1.1).contains(&fast), "{slow} {fast}");
        for _ in 0..10 {
            tokio::time::advance(AT_ONCE).await;
            reads.throttled();
        }
        let slowest = takes(&reads, 20).await;
        assert!((7.0..9.0).contains(&slowest), "{slowest}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_used_goes_back_and_whoever_came_first_goes_first() {
        let changes = pace(1.0, 1);
        let kept = changes.token().await;
        let order = Arc::new(Mutex::new(vec![]));
        let waiting = (0..3).map(|n| {
            let (changes, order) = (changes.clone(), order.clone());
            async move {
                changes.token().await.used();
                order.lock().unwrap().push((n, Instant::now()));
            }
        });
        let begun = Instant::now();
        let drop_it = async {
            sleep(Duration::from_millis(100)).await;
            drop(kept);
        };
        tokio::join!(futures_util::future::join_all(waiting), drop_it);
        let order = order.lock().unwrap();
        assert_eq!(order.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(order[0].1 - begun < Duration::from_millis(150), "the one that was given back");
        assert!(order[2].1 - begun > Duration::from_millis(1_900));
    }
}
