//! Chance that can be repeated, and many runs of it.

use crema_testing::tried;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
};

/// SplitMix64: all that follows is settled by the seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to one less than `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(crate) fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    #[allow(clippy::cast_possible_truncation, reason = "below the length")]
    pub(crate) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// Plays `run` with many seeds on all cores. `CREMA_SEED` says the first seed (and then one run), `CREMA_RUNS` how many.
/// The first seed that fails ends the test, with what was wrong and how to repeat it.
pub(crate) fn play(test: &str, runs: u64, run: impl Fn(u64) -> Result<(), String> + Sync) {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
    let seed = number("CREMA_SEED");
    let first = seed.unwrap_or(1);
    let runs = number("CREMA_RUNS").unwrap_or(if seed.is_some() { 1 } else { runs });
    let next = AtomicU64::new(0);
    let worker = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= runs {
                return None;
            }
            let seed = first + i;
            let wrong = match catch_unwind(AssertUnwindSafe(|| run(seed))) {
                Ok(Ok(())) => continue,
                Ok(Err(wrong)) => wrong,
                Err(_) => "it panicked (above)".to_owned(),
            };
            next.store(runs, Ordering::Relaxed);
            return Some((seed, wrong));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
    let failed = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().filter_map(|worker| worker.join().expect("a worker")).min()
    });
    if let Some((seed, wrong)) = failed {
        panic!("seed {seed}: {wrong}\nrepeat it: CREMA_SEED={seed} cargo test --lib {test}");
    }
    tried(runs, &format!("random runs from seed {first}"));
}
