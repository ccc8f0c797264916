//! The table row by row, the floor, the days; and what holds of every family.

mod properties;

use super::{RetentionDecision, RetentionFacts, Under, beginning, decide, floor};
use crate::{
    breaker::Standing,
    definition::Fingerprint,
    ecs::{api::Status, revision::Revision},
};
use serde_json::json;
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};

/// An ACTIVE revision: `o` of this installation, `p` proven besides, `x` somebody else's.
fn standing(number: u32, kind: char) -> Standing {
    let revision = Revision {
        number,
        status: Status::Active,
        registered_at: None,
        deregistered_at: None,
        fingerprint: (kind != 'x').then(|| Fingerprint::of(&json!(number))),
        tagged: kind != 'x',
        digests: BTreeSet::new(),
    };
    Standing { revision, proven_at: (kind == 'p').then_some(OffsetDateTime::UNIX_EPOCH), is_off: false }
}

/// The ACTIVE revisions 1, 2, … of these kinds, newest first.
fn family(kinds: &str) -> Vec<Standing> {
    let mut all: Vec<Standing> = (1..).zip(kinds.chars()).map(|(number, kind)| standing(number, kind)).collect();
    all.reverse();
    all
}

fn numbers(family: &[Standing]) -> Vec<u32> {
    family.iter().map(|standing| standing.revision.number).collect()
}

const FREE: RetentionFacts<'_> = RetentionFacts { is_within: true, is_at_wish: true, is_on_hold: false, under: None };

/// What goes of this family, if nothing else keeps it.
fn gone(kinds: &str, keep: usize, pinned: &[u32]) -> Vec<u32> {
    let family = family(kinds);
    let floor = floor(keep, &numbers(&family), &family).unwrap();
    let oldest: Vec<Standing> = family.iter().rev().cloned().collect();
    let pinned = pinned.iter().copied().collect();
    let under = Under { floor, oldest: &oldest, pinned: Some(&pinned) };
    match decide(&RetentionFacts { under: Some(under), ..FREE }, 100) {
        RetentionDecision::Expire(gone) => gone,
        RetentionDecision::Nothing(_) => vec![],
        RetentionDecision::AskUnder => panic!("it was told"),
    }
}

#[test]
fn e1_to_e3_nothing_goes_of_a_family_outside_not_at_its_wish_or_on_hold() {
    for (facts, why) in [
        (RetentionFacts { is_within: false, ..FREE }, "FAMILY_ARNS"),
        (RetentionFacts { is_at_wish: false, ..FREE }, "not as configuration"),
        (RetentionFacts { is_on_hold: true, ..FREE }, "on hold"),
    ] {
        let decision = decide(&facts, 10);
        assert!(matches!(decision, RetentionDecision::Nothing(told) if told.contains(why)), "{decision:?}");
    }
    assert_eq!(decide(&FREE, 10), RetentionDecision::AskUnder);
}

#[test]
fn e4_the_newest_stay() {
    assert_eq!(gone("oooooo", 2, &[]), [1, 2, 3, 4]);
    assert_eq!(gone("oooooo", 5, &[]), [1]);
    for keep in [6, 7, 100] {
        assert_eq!(gone("oooooo", keep, &[]), [0; 0]);
    }
    assert_eq!(gone("o", 2, &[]), [0; 0]);
}

#[test]
fn e5_all_from_the_second_newest_proven_one_upwards_stays() {
    assert_eq!(gone("ppoppo", 2, &[]), [1, 2, 3], "4 is the second newest");
    assert_eq!(gone("opopoo", 2, &[]), [1]);
    assert_eq!(gone("pooopoo", 2, &[]), [0; 0], "the second newest is the oldest of all");
    assert_eq!(
        gone("oopoooo", 2, &[]),
        [1, 2],
        "the only one that is proven stays too: it is what can be gone back to"
    );
    assert_eq!(gone("oxpooxp", 3, &[]), [1]);
}

#[test]
fn e6_and_e7_what_is_somebody_elses_or_pinned_stays_wherever_it_stands() {
    assert_eq!(gone("xoxooo", 2, &[]), [2, 4]);
    assert_eq!(gone("oooooo", 2, &[2, 3]), [1, 4]);
    assert_eq!(gone("xxxxxx", 2, &[]), [0; 0]);
    let family = family("oooo");
    let oldest: Vec<Standing> = family.iter().rev().cloned().collect();
    let under = Under { floor: 3, oldest: &oldest, pinned: None };
    let unknown = decide(&RetentionFacts { under: Some(under), ..FREE }, 10);
    assert!(matches!(unknown, RetentionDecision::Nothing(_)), "{unknown:?}");
}

#[test]
fn e8_the_oldest_go_first_and_no_more_than_may() {
    let family = family("oooooooo");
    let oldest: Vec<Standing> = family.iter().rev().cloned().collect();
    let pinned = BTreeSet::new();
    let facts = RetentionFacts { under: Some(Under { floor: 7, oldest: &oldest, pinned: Some(&pinned) }), ..FREE };
    assert_eq!(decide(&facts, 3), RetentionDecision::Expire(vec![1, 2, 3]));
    assert_eq!(decide(&facts, 10), RetentionDecision::Expire(vec![1, 2, 3, 4, 5, 6]));
}

#[test]
fn the_floor_is_known_as_soon_as_two_proven_ones_are_seen_or_all_is() {
    let family = family("opoppoo");
    let active = numbers(&family);
    assert_eq!(floor(3, &active, &[]), None);
    assert_eq!(floor(3, &active, &family[..3]), None, "one is seen");
    assert_eq!(floor(3, &active, &family[..4]), Some(4));
    assert_eq!(floor(5, &active, &family[..4]), Some(3));
    assert_eq!(floor(7, &active, &[]), None);
    assert_eq!(floor(8, &active, &[]), Some(1), "no more stand than are kept");
}

#[test]
fn each_day_begins_with_another_family_and_each_family_has_its_day() {
    let day = |n: i64| OffsetDateTime::UNIX_EPOCH + Duration::days(20_000 + n) + Duration::hours(n % 24);
    assert_eq!((beginning(0, day(1)), beginning(1, day(1))), (0, 0));
    for families in [2u16, 3, 4, 5, 10, 60, 97, 100, 1_000, 9_973] {
        let (last, families) = (families, usize::from(families));
        let days: Vec<usize> = (0..last).map(|n| beginning(families, day(n.into()))).collect();
        let all: BTreeSet<usize> = days.iter().copied().collect();
        assert_eq!(all, (0..families).collect(), "{families} families");
        assert!(days.windows(2).all(|two| two[0] != two[1]), "{families} families");
    }
    // A run that comes through a fifth of all reaches each within two weeks.
    let (families, part) = (1_000usize, 200);
    let reached: BTreeSet<usize> =
        (0..14).flat_map(|n| (0..part).map(move |i| (beginning(families, day(n)) + i) % families)).collect();
    assert_eq!(reached.len(), families);
}
