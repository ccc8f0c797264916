//! What holds of every event and every history.

use super::{containers, standing};
use crate::{
    breaker::{BreakerDecision, Situation, Standing, TaskVerdict, decide, verdict},
    trigger::{StoppedContainer, StoppedTask},
};
use proptest::prelude::*;

fn stop_codes() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("EssentialContainerExited".to_owned()),
        Just("TaskFailedToStart".to_owned()),
        Just("SpotInterruption".to_owned()),
        Just("UserInitiated".to_owned()),
        ".{0,12}",
    ]
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("OutOfMemoryError: Container killed due to memory usage".to_owned()),
        Just("CannotPullContainerError: not found".to_owned()),
        ".{0,40}",
    ]
}

fn tasks() -> impl Strategy<Value = StoppedTask> {
    let name = prop_oneof![Just("app".to_owned()), Just("proxy".to_owned()), Just("log".to_owned()), "[a-z]{0,6}"];
    let code = prop::option::of(prop::sample::select(vec![0i64, 1, 137, 143, 255, i64::MAX, i64::MIN]));
    let container =
        (name, code, texts()).prop_map(|(name, exit_code, reason)| StoppedContainer { name, exit_code, reason });
    (stop_codes(), texts(), prop::collection::vec(container, 0..6)).prop_map(
        |(stop_code, stopped_reason, containers)| StoppedTask {
            stop_code,
            stopped_reason,
            containers,
            last_status: "STOPPED".into(),
            ..StoppedTask::default()
        },
    )
}

fn histories() -> impl Strategy<Value = Vec<Standing>> {
    prop::collection::vec((prop::sample::select(vec!['o', 'o', 'p', 'x']), 0..4u32), 1..12).prop_map(|kinds| {
        let all = (1u32..).zip(kinds).map(|(number, (kind, made))| standing(number, kind, made));
        let mut active: Vec<Standing> = all.collect();
        active.reverse();
        active
    })
}

proptest! {
    #[test]
    fn the_order_of_containers_changes_no_verdict_but_whose_words_it_quotes(task in tasks()) {
        let kind = |verdict: &TaskVerdict| std::mem::discriminant(verdict);
        let mut names = std::collections::BTreeSet::new();
        prop_assume!(task.containers.iter().all(|container| names.insert(container.name.clone())));
        let turned = StoppedTask { containers: task.containers.iter().rev().cloned().collect(), ..task.clone() };
        prop_assert_eq!(kind(&verdict(&task, &containers())), kind(&verdict(&turned, &containers())));
    }

    #[test]
    fn containers_that_the_definition_does_not_name_make_nothing_good_or_bad(task in tasks()) {
        let named = StoppedTask {
            containers: task.containers.iter().filter(|c| containers().has(&c.name)).cloned().collect(),
            stopped_reason: String::new(),
            ..task.clone()
        };
        let all = StoppedTask { stopped_reason: String::new(), ..task };
        let shown = |task| super::shown(&verdict(task, &containers()));
        prop_assert_eq!(shown(&all), shown(&named));
    }

    #[test]
    fn a_task_that_was_stopped_from_outside_is_never_good_or_bad(task in tasks()) {
        for code in ["SpotInterruption", "TerminationNotice", "UserInitiated", "ServiceSchedulerInitiated", "New"] {
            let task = StoppedTask { stop_code: code.into(), ..task.clone() };
            let is_neutral = matches!(verdict(&task, &containers()), TaskVerdict::Neutral { .. });
            prop_assert!(is_neutral);
        }
    }

    /// What is proven stays, and what somebody else registered; it goes back to one of those, which stays too.
    #[test]
    fn only_what_is_unproven_and_own_is_taken_back(active in histories(), at in 0..12usize, task in tasks()) {
        let verdict = verdict(&task, &containers());
        let ran = &active[at % active.len()];
        let situation = Situation { family: "batch", verdict: &verdict, task: ran, active: &active, images: None };
        match decide(&situation) {
            BreakerDecision::RollBack(plan) => {
                prop_assert!(matches!(verdict, TaskVerdict::Bad(_)));
                let find = |number: u32| active.iter().find(|standing| standing.revision.number == number).unwrap();
                prop_assert_eq!(plan.revisions.last(), Some(&active[0].revision.number));
                prop_assert!(plan.revisions.is_sorted());
                prop_assert!(plan.revisions.iter().all(|number| find(*number).is_own() && find(*number).proven_at.is_none()));
                let latest = find(plan.latest.unwrap());
                prop_assert!(latest.proven_at.is_some() || !latest.is_own());
                let left: Vec<_> = active.iter().filter(|s| !plan.revisions.contains(&s.revision.number)).collect();
                prop_assert_eq!(left[0].revision.number, plan.latest.unwrap());
                // What it leaves is not taken back by the next event.
                let rest: Vec<Standing> = left.into_iter().cloned().collect();
                let next = Situation { task: &rest[0], active: &rest, ..situation };
                let is_kept = matches!(decide(&next), BreakerDecision::Kept(_));
                prop_assert!(is_kept);
            }
            BreakerDecision::Prove => prop_assert!(ran.is_own() && matches!(verdict, TaskVerdict::Good(_))),
            BreakerDecision::Kept(_) => prop_assert!(matches!(verdict, TaskVerdict::Bad(_))),
            BreakerDecision::Nothing(_) | BreakerDecision::AskImages(_) => {}
        }
    }

    /// Cut after any of its deregistrations, the same event goes on to the same end.
    #[test]
    fn a_cut_rollback_goes_on(active in histories(), cut in 1..12usize) {
        let verdict = TaskVerdict::Bad(crate::breaker::TaskEnd::Exited { container: "app".into(), code: 1 });
        let situation = Situation { family: "batch", verdict: &verdict, task: &active[0], active: &active, images: None };
        let BreakerDecision::RollBack(plan) = decide(&situation) else { return Ok(()) };
        let gone = &plan.revisions[..cut.min(plan.revisions.len() - 1)];
        let rest: Vec<Standing> = active.iter().filter(|s| !gone.contains(&s.revision.number)).cloned().collect();
        let BreakerDecision::RollBack(next) = decide(&Situation { active: &rest, ..situation }) else { panic!() };
        prop_assert_eq!(next.latest, plan.latest);
        prop_assert_eq!(&next.revisions, &plan.revisions[gone.len()..]);
    }
}
