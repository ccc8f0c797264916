//! The real reading, deciding and applying against an account in memory that does everything to them that AWS may do:
//! replies that are lost, calls that are throttled, reads that lag up to two seconds behind, events that are lost, doubled,
//! late and reordered, clocks that differ by up to two seconds, crashes between any two calls, two copies at once, and
//! people who register and clean up by hand. Time is virtual, and a seed settles all that happens.

mod aws;
mod judge;
mod people;
mod run;
mod wishes;
mod world;

use crate::decide::tests::dice::play;

fn simulate(seed: u64) -> Result<(), String> {
    world::simulate(seed, false).map_err(|_| match world::simulate(seed, true) {
        Err(wrong) => wrong,
        Ok(()) => "it went well the second time: something is not settled by the seed".to_owned(),
    })
}

#[test]
fn ten_thousand_random_runs_keep_every_promise() {
    play("ten_thousand_random_runs_keep_every_promise", 10_000, simulate);
}
