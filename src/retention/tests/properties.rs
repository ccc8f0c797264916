//! What holds of every family, whatever is proven, pinned or somebody else's.

use super::{family, gone, numbers};
use crate::breaker::{Standing, fallback};
use proptest::prelude::*;

fn kinds() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!['o', 'o', 'o', 'p', 'x']), 0..30)
        .prop_map(|kinds| kinds.into_iter().collect())
}

proptest! {
    #[test]
    fn the_latest_the_depth_and_the_fallback_stay(kinds in kinds(), keep in 2..8usize, pinned in prop::collection::vec(1..30u32, 0..3)) {
        let before = family(&kinds);
        let gone = gone(&kinds, keep, &pinned);
        let after: Vec<Standing> = before.iter().filter(|s| !gone.contains(&s.revision.number)).cloned().collect();
        prop_assert_eq!(after.first(), before.first());
        prop_assert!(after.len() >= keep.min(before.len()));
        prop_assert_eq!(&numbers(&after)[..keep.min(before.len())], &numbers(&before)[..keep.min(before.len())]);
        // Whatever the breaker could go back to from any revision that is kept by number, it still can.
        let below = |all: &[Standing]| fallback(all.get(1..).unwrap_or_default()).cloned();
        prop_assert_eq!(below(&after), below(&before));
        prop_assert!(gone.iter().all(|number| !pinned.contains(number)));
        let kind = |number: &u32| kinds.as_bytes()[*number as usize - 1];
        prop_assert!(gone.iter().all(|number| kind(number) != b'x'));
        prop_assert!(gone.is_sorted());
        // Two that are proven stay, or the one that there is.
        let proven = |all: &[Standing]| numbers(all).into_iter().filter(|n| kind(n) == b'p').take(2).collect::<Vec<_>>();
        prop_assert_eq!(proven(&after), proven(&before));
    }

    /// What went is above nothing of this installation's that stays, but for what is pinned.
    #[test]
    fn what_goes_lies_below_all_that_stays_of_this_installation(kinds in kinds(), keep in 2..8usize) {
        let gone = gone(&kinds, keep, &[]);
        let highest = gone.last().copied().unwrap_or_default();
        let stays = family(&kinds).into_iter().filter(|s| s.is_own() && !gone.contains(&s.revision.number));
        prop_assert!(stays.map(|s| s.revision.number).all(|number| number > highest));
    }

    /// Cut after any of its deregistrations, the next run goes on to the same end.
    #[test]
    fn a_cut_run_goes_on(kinds in kinds(), keep in 2..8usize, cut in 0..30usize) {
        let whole = gone(&kinds, keep, &[]);
        let first = &whole[..cut.min(whole.len())];
        // What is gone is as if it had never stood: other kinds keep their numbers by standing as somebody else's.
        let rest: String = (1u32..).zip(kinds.chars()).map(|(n, kind)| if first.contains(&n) { 'x' } else { kind }).collect();
        prop_assert_eq!(gone(&rest, keep, &[]), &whole[first.len()..]);
    }
}
