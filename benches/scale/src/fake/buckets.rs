//! The limits that AWS publishes for ECS, an account and Region.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html>

use std::time::Instant;

/// A token bucket; it is full when it is made.
pub struct Bucket {
    most: f64,
    a_second: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    fn new(most: f64, a_second: f64) -> Bucket {
        Bucket { most, a_second, left: most, at: Instant::now() }
    }

    /// Registering and deregistering together.
    pub fn of_changes() -> Bucket {
        Bucket::new(20.0, 1.0)
    }

    /// Describing and listing together.
    pub fn of_reads() -> Bucket {
        Bucket::new(50.0, 20.0)
    }

    /// Whether there was a token.
    pub fn take(&mut self) -> bool {
        let now = Instant::now();
        self.left = (self.left + (now - self.at).as_secs_f64() * self.a_second).min(self.most);
        self.at = now;
        let is_left = self.left >= 1.0;
        if is_left {
            self.left -= 1.0;
        }
        is_left
    }
}
