//! The circuit breaker when calls fail, events come twice, and others act at the same moment; and what it costs.

use crema_testing::{
    Fault, When, World, side_by_side,
    task::{exit, task_event, with},
    tried,
    world::{decision, definition, failure, outcome},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

const ON: (&str, &str) = ("CIRCUIT_BREAKER", "on");

/// So many revisions of `batch`, the first of which is proven, and the breaker on.
async fn proven(releases: usize) -> World {
    let w = World::released_with(releases, &[ON]).await;
    assert_eq!(decision(&w.ran_well("batch:1").await.unwrap()), "proven");
    w.aws.forget_calls();
    w
}

#[tokio::test]
async fn a_good_run_costs_at_most_two_calls_the_first_time_and_none_after_that() {
    let mut w = World::released_with(2, &[ON]).await;
    w.ran_well("batch:2").await.unwrap();
    assert_eq!(w.aws.tally(), "DescribeTaskDefinition 1, TagResource 1");
    w.aws.forget_calls();
    for _ in 0..3 {
        assert_eq!(w.ran_well("batch:2").await.unwrap()["outcomes"], json!([]));
        w.task("batch:2", exit(143)).await.unwrap();
    }
    assert_eq!(w.aws.tally(), "");
    // A new copy of the function sees that it is proven, and then knows it.
    w.function.restart().await;
    for _ in 0..2 {
        w.ran_well("batch:2").await.unwrap();
    }
    let calls = w.aws.calls_of("DescribeTaskDefinition").len() + w.aws.calls_of("TagResource").len();
    assert_eq!(calls, 1, "{}", w.aws.tally());
}

#[tokio::test]
async fn a_proof_that_cannot_be_written_is_an_error_and_is_tried_again() {
    let w = World::released_with(1, &[ON]).await;
    w.aws.break_calls("TagResource", When::Every, Fault::Denied);
    let denied = failure(w.ran_well("batch:1").await);
    assert_eq!(denied.error_type, "AwsError");
    for text in ["ecs:TagResource", "CircuitBreaker", "batch:1"] {
        assert!(denied.error_message.contains(text), "{denied:?}");
    }
    w.aws.mend();
    assert_eq!(decision(&w.ran_well("batch:1").await.unwrap()), "proven");
}

#[tokio::test]
async fn a_revision_without_room_for_a_tag_is_told_and_no_error() {
    let w = World::empty(&[ON]).await;
    let mut full = definition("a", "busybox");
    full["tags"] = (0..45).map(|n| json!({"key": format!("k{n}"), "value": "v"})).collect();
    w.app("a", &full);
    let registered = w.register("a").await.unwrap();
    let warned = |answer: &Value, text: &str| answer["warnings"].to_string().contains(text);
    assert!(warned(&registered, "leaves 0 of ECS's 50 tags free"), "{registered:#}");
    let answer = w.ran_well("a:1").await.unwrap();
    assert_eq!(answer["outcomes"], json!([]));
    assert!(warned(&answer, "a:1 ran well, and cannot be marked so"), "{answer:#}");
    // One more of crema's own has no room at all.
    w.aws.put("a/crema.json", r#"{"circuit_breaker": false}"#);
    let refused = failure(w.register("a").await);
    assert_eq!(refused.error_type, "InvalidDefinition");
    assert!(refused.error_message.contains("a/crema.json"), "{refused:?}");
}

#[tokio::test]
async fn tags_are_told_of_where_the_breaker_is_on_and_fewer_than_three_are_free() {
    for (tags, setting, is_told) in [(42, "on", false), (43, "on", true), (43, "off", false)] {
        let w = World::empty(&[("CIRCUIT_BREAKER", setting)]).await;
        let mut many = definition("a", "busybox");
        many["tags"] = (0..tags).map(|n| json!({"key": format!("k{n}"), "value": "v"})).collect();
        w.app("a", &many);
        let answer = w.register("a").await.unwrap();
        assert_eq!(answer["warnings"].to_string().contains("50 tags free"), is_told, "{tags} {setting}: {answer:#}");
    }
}

/// Each fault of each call leaves the family as it was or done, and trying again ends it.
#[tokio::test]
async fn a_fault_of_any_call_leaves_it_undone_or_done_and_the_next_try_ends_it() {
    let w = proven(3).await;
    w.ran_badly("batch:3").await.unwrap();
    let calls = ["DescribeTaskDefinition", "ListTaskDefinitions", "BatchGetImage", "DeregisterTaskDefinition"];
    let of = |operation| w.aws.positions_of(operation).into_iter().map(move |position| (operation, position));
    let positions: Vec<_> = calls.into_iter().flat_map(of).collect();
    let faults = [Fault::Throttled, Fault::ErrorAfter, Fault::ResetAfter, Fault::Cut, Fault::Denied];
    let runs: Vec<_> = positions.iter().flat_map(|at| faults.iter().map(move |fault| (at, fault))).collect();
    tried(runs.len(), "faults of calls of the circuit breaker");
    side_by_side(runs.into_iter().map(|((operation, position), fault)| async move {
        let about = format!("{operation} {position} {fault:?}");
        let w = proven(3).await;
        w.aws.break_calls(operation, When::Nth(*position), fault.clone());
        let event = with(task_event("batch:3", w.aws.now()), exit(1));
        let mut done = w.invoke(event.clone()).await;
        if done.is_err() {
            w.aws.mend();
            done = w.invoke(event).await;
        }
        let answer = done.unwrap_or_else(|failure| panic!("{about}: {failure:?}"));
        assert_eq!(decision(&answer), "rolled_back", "{about}: {answer:#}");
        assert_eq!(w.aws.active("batch"), [1], "{about}");
    }))
    .await;
}

#[tokio::test]
async fn a_run_that_is_cut_between_two_deregistrations_goes_on_when_the_event_is_tried_again() {
    let mut w = proven(4).await;
    w.aws.break_calls("DeregisterTaskDefinition", When::Nth(2), Fault::Hang);
    let event = with(task_event("batch:4", w.aws.now()), exit(1));
    let _ = tokio::time::timeout(Duration::from_secs(6), w.invoke(event.clone())).await;
    assert_eq!(w.aws.active("batch"), [1, 3, 4]);
    w.function.restart().await;
    w.aws.mend();
    let answer = w.invoke(event).await.unwrap();
    assert_eq!((decision(&answer), &outcome(&answer)["revisions"]), ("rolled_back", &json!([4, 3])), "{answer:#}");
    assert_eq!(w.aws.active("batch"), [1]);
}

#[tokio::test]
async fn what_is_proven_in_the_two_seconds_before_it_is_taken_back_stays() {
    let w = proven(2).await;
    let aws = w.aws.clone();
    let later = async {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        aws.edit_revision("batch", 2, |revision| {
            revision.tags.insert("crema:proven-at".into(), "2099-01-01T00:00:00Z".into());
        });
    };
    let (answer, ()) = tokio::join!(w.ran_badly("batch:2"), later);
    let answer = answer.unwrap();
    assert_eq!(decision(&answer), "kept", "{answer:#}");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn what_is_registered_in_those_two_seconds_is_what_schedules_run() {
    let w = proven(2).await;
    let aws = w.aws.clone();
    let later = async {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        aws.register_by_hand(&definition("batch", "busybox"));
    };
    let (answer, ()) = tokio::join!(w.ran_badly("batch:2"), later);
    assert_eq!(answer.unwrap()["outcomes"], json!([]));
    assert_eq!(w.aws.active("batch"), [1, 2, 3]);
}

#[tokio::test]
async fn two_copies_at_once_take_back_what_one_would() {
    let w = proven(3).await;
    let other = crema_testing::Function::start(&w.aws.url(), &[ON]).await;
    let event = with(task_event("batch:3", w.aws.now()), exit(1));
    let (one, two) = tokio::join!(w.function.invoke(event.clone()), other.invoke(event));
    for answer in [one.unwrap(), two.unwrap()] {
        assert!(answer["outcomes"] == json!([]) || decision(&answer) == "rolled_back", "{answer:#}");
    }
    assert_eq!(w.aws.active("batch"), [1]);
}

#[tokio::test]
async fn whoever_rolls_back_by_hand_at_the_same_moment_gets_what_was_asked_for() {
    let w = proven(3).await;
    let other = crema_testing::Function::start(&w.aws.url(), &[ON]).await;
    let event = with(task_event("batch:3", w.aws.now()), exit(1));
    let by_hand = json!({"action": "rollback", "family": "batch"});
    let (one, two) = tokio::join!(w.function.invoke(event), other.invoke(by_hand));
    assert!(["rolled_back", "already_rolled_back"].contains(&decision(&two.unwrap())));
    one.unwrap();
    let active = w.aws.active("batch");
    assert!(!active.contains(&3) && active.contains(&1), "{active:?}");
}

/// 1,000 events of 100 families within a minute, half of them bad, each of them twice.
#[tokio::test]
async fn a_storm_of_tasks_takes_back_each_family_at_most_once() {
    const FAMILIES: usize = 100;
    const COPIES: usize = 8;
    let w = World::empty(&[ON]).await;
    let at = w.aws.now();
    let stamp = crema_testing::moment::rfc3339(at);
    for family in 0..FAMILIES {
        for revision in 1..=3 {
            let name = format!("f{family}");
            let mut body = definition(&name, "busybox");
            body["cpu"] = json!((revision * 256).to_string());
            let mut tags = BTreeMap::from([
                ("crema:fingerprint", format!("1:{revision:064x}")),
                ("crema:source", "s3://crema-config/crema/app".to_owned()),
                ("crema:registered-at", stamp.clone()),
            ]);
            if revision == 1 {
                tags.insert("crema:proven-at", crema_testing::moment::rfc3339(at + time::Duration::HOUR));
            }
            body["tags"] = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
            w.aws.register_by_hand(&body);
        }
    }
    w.aws.forget_the_past();
    w.aws.forget_calls();
    // Of each family a good run and four bad ones of what runs, each twice; every second family has no bad one at all.
    let events = (0..500).flat_map(|n| {
        let family = n % FAMILIES;
        let bad = family.is_multiple_of(2);
        let event = with(task_event(&format!("f{family}:3"), at), exit(i64::from(bad)));
        [event.clone(), event]
    });
    let mut copies = vec![];
    for _ in 0..COPIES {
        copies.push(crema_testing::Function::start(&w.aws.url(), &[ON]).await);
    }
    let mut queues: Vec<Vec<Value>> = vec![vec![]; COPIES];
    events.enumerate().for_each(|(i, event)| queues[i % COPIES].push(event));
    let rolled_back = std::sync::Mutex::new(BTreeMap::<String, usize>::new());
    side_by_side(copies.iter().zip(queues).map(|(copy, queue)| {
        let rolled_back = &rolled_back;
        async move {
            for event in queue {
                let answer = copy.invoke(event).await.unwrap();
                for outcome in answer["outcomes"].as_array().unwrap().iter().filter(|o| o["decision"] == "rolled_back")
                {
                    let family = outcome["family"].as_str().unwrap().to_owned();
                    *rolled_back.lock().unwrap().entry(family).or_default() += 1;
                }
            }
        }
    }))
    .await;
    tried(1_000, "events of a storm");
    for family in 0..FAMILIES {
        let name = format!("f{family}");
        let expected = if family.is_multiple_of(2) { vec![1] } else { vec![1, 2, 3] };
        assert_eq!(w.aws.active(&name), expected, "{name}");
        // Copies that look at one family in the same moment say so each; what they take back is the same.
        let told = rolled_back.lock().unwrap().get(&name).copied().unwrap_or_default();
        assert!(if family.is_multiple_of(2) { (1..=COPIES).contains(&told) } else { told == 0 }, "{name}: {told}");
    }
    let gone = w.aws.revisions("f0").iter().filter(|revision| !revision.active).count();
    assert_eq!(gone, 2);
}
