//! How time is shared among those that may need any amount of it: by app, and within an app by variant.

use std::time::Duration;

/// Time that is handed out in turns. Half of it is split evenly over those that have not had their turn, so that each
/// gets its share whatever the others do. The other half goes to those that need more, each time up to half of what is
/// left of it: most need next to nothing, and one that needs long may well come to an end.
#[derive(Debug)]
pub struct Turns {
    /// Not used up yet.
    left: Duration,
    /// The part of it that is nobody's share.
    pool: Duration,
    waiting: u32,
}

/// The time that one of them may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// An even share.
    even: Duration,
    /// The share with what may be used beyond it.
    pub most: Duration,
}

impl Turns {
    /// Shares the time among this many.
    pub fn new(time: Duration, waiting: usize) -> Turns {
        Turns { left: time, pool: time / 2, waiting: u32::try_from(waiting).unwrap_or(u32::MAX) }
    }

    /// The next turn.
    pub fn next(&mut self) -> Turn {
        let even = (self.left - self.pool) / self.waiting.max(1);
        let most = if self.waiting <= 1 { self.left } else { even + self.pool / 2 };
        self.waiting = self.waiting.saturating_sub(1);
        Turn { even, most }
    }

    /// Notes how much of a turn was used.
    pub fn used(&mut self, turn: Turn, time: Duration) {
        self.left = self.left.saturating_sub(time);
        self.pool = self.pool.saturating_sub(time.saturating_sub(turn.even)).min(self.left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// The time that each gets of `time` if `uses` says what each would use; and what is left in the end.
    fn shared(time: f64, uses: &[f64]) -> (Vec<f64>, f64) {
        let mut turns = Turns::new(seconds(time), uses.len());
        let used: Vec<f64> = uses
            .iter()
            .map(|wanted| {
                let turn = turns.next();
                let used = turn.most.min(seconds(*wanted));
                turns.used(turn, used);
                used.as_secs_f64()
            })
            .collect();
        (used, turns.left.as_secs_f64())
    }

    #[test]
    fn whoever_comes_last_has_an_even_part_of_half_the_time_whatever_the_others_use() {
        for others in [1_u32, 3, 30, 100, 499] {
            let mut uses = vec![1e9; others as usize];
            uses.push(0.04);
            let (used, _) = shared(100.0, &uses);
            assert_eq!(used.last(), Some(&0.04), "{others}");
            assert!(used.iter().all(|used| *used >= 50.0 / f64::from(others + 1) || *used == 0.04), "{used:?}");
            assert!(used.iter().sum::<f64>() <= 100.01, "{used:?}");
        }
    }

    #[test]
    fn one_that_needs_long_among_those_that_need_little_gets_a_quarter_of_all() {
        let mut uses = vec![0.001; 100];
        uses[50] = 15.0;
        let (used, _) = shared(60.0, &uses);
        assert_eq!(used, uses);
        assert_eq!(shared(60.0, &[60.0]).0, [60.0]);
        assert_eq!(shared(60.0, &[2.0; 20]).0, [2.0; 20]);
    }

    #[test]
    fn no_time_and_nobody_are_no_trouble() {
        assert_eq!(shared(0.0, &[1.0, 1.0]), (vec![0.0, 0.0], 0.0));
        assert_eq!(Turns::new(seconds(5.0), 0).next().most, seconds(5.0));
    }
}
