//! How much one event may do here before the rest of it is handed on.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};
use tokio::time::Instant;

/// How many families may be registered, and until when families are looked at.
pub struct Allowance {
    most: usize,
    /// So many more are only counted.
    looks: usize,
    until: Instant,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    families: BTreeSet<String>,
    /// One more than may be was asked for.
    is_over: bool,
}

impl Allowance {
    /// Any number, until then.
    pub fn until(until: Instant) -> Allowance {
        Allowance::of(usize::MAX, until)
    }

    /// So many, until then.
    pub fn of(most: usize, until: Instant) -> Allowance {
        Allowance { most, looks: 0, until, taken: Mutex::default() }
    }

    /// None; and so many that are not as desired are looked for.
    pub fn looking(looks: usize, until: Instant) -> Allowance {
        Allowance { most: 0, looks, until, taken: Mutex::default() }
    }

    /// Whether a family that is not as desired may be registered.
    pub fn takes(&self, family: &str) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.families.contains(family) {
            return self.most > 0;
        }
        if taken.families.len() >= self.most + self.looks {
            taken.is_over = true;
            return false;
        }
        taken.families.insert(family.to_owned());
        self.most > 0
    }

    /// Whether nothing is registered anyway.
    pub fn only_looks(&self) -> bool {
        self.most == 0
    }

    /// When it ends.
    pub fn end(&self) -> Instant {
        self.until
    }

    /// Whether no other family is to be looked at.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.until || self.taken.lock().unwrap_or_else(PoisonError::into_inner).is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn one_more_than_may_be_ends_it_and_so_does_its_time() {
        let allowance = Allowance::of(2, Instant::now() + Duration::from_secs(5));
        assert!(allowance.takes("a") && allowance.takes("b") && allowance.takes("a"));
        assert!(!allowance.is_over());
        assert!(!allowance.takes("c") && allowance.is_over() && allowance.takes("b"));
        let looking = Allowance::looking(1, Instant::now() + Duration::from_secs(5));
        assert!(!looking.takes("a") && !looking.takes("a") && !looking.is_over());
        assert!(!looking.takes("b") && looking.is_over());
        let patient = Allowance::until(Instant::now() + Duration::from_secs(5));
        assert!((0..1000).all(|n| patient.takes(&n.to_string())) && !patient.is_over());
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(patient.is_over());
    }
}
