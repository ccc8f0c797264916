//! Each row of the table of decisions.

use super::standing;
use crate::{
    breaker::{BreakerDecision, Situation, Standing, TaskEnd, TaskVerdict, decide},
    decide::{ImagesExist, RollbackPlan},
};
use time::{Duration, OffsetDateTime};

fn good() -> TaskVerdict {
    TaskVerdict::Good(TaskEnd::Exited { container: "app".into(), code: 0 })
}

fn bad() -> TaskVerdict {
    TaskVerdict::Bad(TaskEnd::Exited { container: "app".into(), code: 1 })
}

/// The revisions 9, 8, 7 … by their kinds, each of a definition of its own; INACTIVE ones are not among the ACTIVE.
fn history(kinds: &str) -> Vec<Standing> {
    kinds.chars().zip((1..=9).rev()).filter(|(kind, _)| *kind != '-').map(|(kind, n)| standing(n, kind, n)).collect()
}

fn of(verdict: &TaskVerdict, task: &Standing, active: &[Standing]) -> BreakerDecision {
    decide(&Situation { family: "batch", verdict, task, active, images: None })
}

fn kept(active: &[Standing]) -> String {
    match of(&bad(), &active[0], active) {
        BreakerDecision::Kept(reason) => reason,
        other => panic!("{other:?}"),
    }
}

/// What goes, and what becomes the latest.
fn back(active: &[Standing]) -> (Vec<u32>, Option<u32>) {
    match of(&bad(), &active[0], active) {
        BreakerDecision::RollBack(RollbackPlan { revisions, latest, warning: None }) => (revisions, latest),
        other => panic!("{other:?}"),
    }
}

fn is_nothing(decision: &BreakerDecision) -> bool {
    matches!(decision, BreakerDecision::Nothing(why) if !why.is_empty())
}

#[test]
fn c1_a_neutral_task_is_no_outcome() {
    let active = history("op");
    let neutral = TaskVerdict::Neutral { why: "spot", unknown: vec![] };
    assert_eq!(of(&neutral, &active[0], &active), BreakerDecision::Nothing("spot".into()));
}

#[test]
fn c2_a_good_run_proves_an_active_revision_of_this_installation() {
    let active = history("oo");
    assert_eq!(of(&good(), &active[0], &active), BreakerDecision::Prove);
    // Also one that is not the latest: a task may run for long.
    assert_eq!(of(&good(), &active[1], &active), BreakerDecision::Prove);
    assert_eq!(of(&good(), &active[0], &[]), BreakerDecision::Prove);
}

#[test]
fn c3_any_other_good_run_is_no_outcome() {
    for kind in ['p', 'x', '-'] {
        assert!(is_nothing(&of(&good(), &standing(9, kind, 9), &history("op"))), "{kind}");
    }
}

#[test]
fn c4_a_bad_run_of_what_schedules_do_not_run_now_is_no_outcome() {
    let active = history("oop");
    assert!(is_nothing(&of(&bad(), &active[1], &active)));
    assert!(is_nothing(&of(&bad(), &standing(9, '-', 9), &history("-op"))));
    assert!(is_nothing(&of(&bad(), &standing(9, '-', 9), &[])));
}

#[test]
fn c5_what_somebody_else_registered_and_an_app_that_is_taken_out_are_kept() {
    assert!(kept(&history("xp")).contains("not registered by this installation"));
    let mut out = history("op");
    out[0].is_off = true;
    assert!(kept(&out).contains("taken out"));
    // Only A's own tag counts.
    let mut below = history("oop");
    below[1].is_off = true;
    assert_eq!(back(&below), (vec![8, 9], Some(7)));
}

#[test]
fn c6_a_proven_revision_is_kept() {
    assert!(kept(&history("pp")).contains("batch:9 ran well at 1970-01-01T00:00:00Z"));
    assert!(kept(&history("p")).contains("ran well"));
}

#[test]
fn c7_a_definition_that_ran_well_under_another_number_is_kept() {
    let active = [standing(9, 'o', 1), standing(8, 'x', 2), standing(7, 'p', 1)];
    assert!(kept(&active).contains("ran well as batch:7"));
    // Only where it was proven, and the same.
    let active = [standing(9, 'o', 1), standing(8, 'o', 1), standing(7, 'p', 2)];
    assert_eq!(back(&active), (vec![8, 9], Some(7)));
}

#[test]
fn c8_where_there_is_nothing_to_go_back_to_it_is_kept() {
    for kinds in ["o", "oo", "o--o", "o-"] {
        assert!(kept(&history(kinds)).contains("nothing to go back to"), "{kinds}");
    }
}

fn with_image(images: Option<&ImagesExist>) -> BreakerDecision {
    let mut active = history("oop");
    active[2].revision.digests = ["sha256:1".to_owned()].into();
    decide(&Situation { family: "batch", verdict: &bad(), task: &active[0], active: &active, images })
}

#[test]
fn c9_where_an_image_of_the_fallback_is_gone_it_is_kept() {
    assert_eq!(with_image(None), BreakerDecision::AskImages(7));
    let gone = ImagesExist::Missing(vec!["shop@sha256:1".into()]);
    let BreakerDecision::Kept(reason) = with_image(Some(&gone)) else { panic!() };
    assert!(reason.contains("batch:7") && reason.contains("shop@sha256:1"), "{reason}");
}

#[test]
fn c10_otherwise_all_above_the_newest_fallback_is_taken_back_oldest_first() {
    assert_eq!(back(&history("op")), (vec![9], Some(8)));
    assert_eq!(back(&history("ooop")), (vec![7, 8, 9], Some(6)));
    assert_eq!(back(&history("o-op")), (vec![7, 9], Some(6)));
    // The newest, whether proven or somebody else's.
    assert_eq!(back(&history("oxp")), (vec![9], Some(8)));
    assert_eq!(back(&history("oopx")), (vec![8, 9], Some(7)));
    assert_eq!(back(&history("oox")), (vec![8, 9], Some(7)));
    let plan = |warns: bool| match with_image(Some(&if warns {
        ImagesExist::Unknown("denied".into())
    } else {
        ImagesExist::All
    })) {
        BreakerDecision::RollBack(plan) => (plan.revisions, plan.latest, plan.warning.is_some()),
        other => panic!("{other:?}"),
    };
    assert_eq!(plan(false), (vec![8, 9], Some(7), false));
    assert_eq!(plan(true), (vec![8, 9], Some(7), true));
}

#[test]
fn a_proof_that_is_older_than_its_revision_was_copied() {
    let described = |proven: &str, registered: Option<OffsetDateTime>| crate::ecs::api::Described {
        family: "batch".into(),
        revision: 1,
        status: crate::ecs::api::Status::Active,
        arn: String::new(),
        registered_at: registered,
        deregistered_at: None,
        tags: [("crema:proven-at".to_owned(), proven.to_owned())].into(),
        definition: serde_json::Value::Null,
    };
    let at = OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(500);
    let proven = |text, registered| crate::breaker::proven_at(&described(text, registered)).is_some();
    assert!(proven("1970-01-01T00:00:00Z", Some(at)) && proven("1970-01-01T00:00:01Z", Some(at)));
    assert!(!proven("1969-12-31T23:59:59Z", Some(at)) && !proven("yesterday", Some(at)));
    assert!(proven("1969-12-31T23:59:59Z", None));
}
