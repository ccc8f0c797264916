//! Each row of the table of decisions for registering.

use crema_testing::{
    Fault, When, World,
    world::{change_event, decision, definition, image, outcome, push_event, words},
};
use serde_json::{Value, json};
use std::time::Duration as StdDuration;
use time::Duration;

/// A world where v2 was taken back: `batch` is on hold at revision 1.
async fn on_hold() -> World {
    let world = World::released(2).await;
    let answer = world.rollback("batch", json!({})).await.unwrap();
    assert_eq!(decision(&answer), "rolled_back", "{answer:#}");
    world.aws.forget_calls();
    world
}

#[tokio::test]
async fn a_family_that_is_as_it_should_be_is_unchanged() {
    let w = World::released(1).await;
    let event = w.push_event("batch", "release");
    for event in [event.clone(), event, push_event("batch", "release", w.aws.now() - Duration::HOUR)] {
        let answer = w.invoke(event).await.unwrap();
        let outcome = outcome(&answer);
        assert_eq!((outcome["decision"].as_str(), outcome["revision"].as_u64()), (Some("unchanged"), Some(1)));
    }
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn a_new_push_of_the_same_digest_is_unchanged() {
    let w = World::released(1).await;
    assert_eq!(decision(&w.push("batch", "release", "v1").await.unwrap()), "unchanged");
    assert_eq!(w.aws.active("batch"), [1]);
}

#[tokio::test]
async fn a_sweep_never_overrides_somebody_elses_revision() {
    let w = World::released(1).await;
    w.aws.register_by_hand(&definition("batch", "busybox"));
    let answer = w.sweep().await.unwrap();
    assert_eq!(decision(&answer), "drifted", "{answer:#}");
    assert!(outcome(&answer)["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn an_event_from_before_a_hotfix_by_hand_does_not_override_it() {
    let w = World::released(1).await;
    w.aws.register_by_hand(&definition("batch", "busybox"));
    w.aws.push_image("batch", "release", "v2");
    let late = push_event("batch", "release", w.aws.now() - Duration::minutes(10));
    assert_eq!(decision(&w.invoke(late).await.unwrap()), "drifted");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn an_event_from_after_a_hotfix_by_hand_registers() {
    let w = World::released(1).await;
    w.aws.register_by_hand(&definition("batch", "busybox"));
    w.age("batch", Duration::minutes(10));
    assert_eq!(decision(&w.push("batch", "release", "v2").await.unwrap()), "registered");
    assert_eq!(w.aws.active("batch"), [1, 2, 3]);
}

#[tokio::test]
async fn a_direct_register_overrides_a_hotfix_by_hand() {
    let w = World::released(1).await;
    w.aws.register_by_hand(&definition("batch", "busybox"));
    assert_eq!(decision(&w.register("batch").await.unwrap()), "registered");
}

#[tokio::test]
async fn tags_that_a_person_copied_along_do_not_make_a_revision_cremas() {
    let w = World::released(1).await;
    let first = w.aws.revision("batch", 1);
    let mut copy = definition("batch", "busybox");
    copy["tags"] = first.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    w.aws.register_by_hand(&copy);
    assert_eq!(decision(&w.sweep().await.unwrap()), "drifted");
}

#[tokio::test]
async fn an_app_whose_name_does_not_fit_into_a_tag_is_known_again() {
    let long = format!("{}/{}", "x".repeat(150), "y".repeat(150));
    for app in ["a (1)・x", &long] {
        let w = World::empty(&[]).await;
        w.app(app, &definition("odd", &image("batch:release")));
        assert_eq!(decision(&w.push("batch", "release", "v1").await.unwrap()), "registered", "{app}");
        assert_eq!(decision(&w.push("batch", "release", "v1").await.unwrap()), "unchanged", "{app}");
        assert_eq!(decision(&w.push("batch", "release", "v2").await.unwrap()), "registered", "{app}");
        w.age("odd", Duration::HOUR);
        assert_eq!(decision(&w.rollback("odd", json!({})).await.unwrap()), "rolled_back", "{app}");
        assert_eq!(decision(&w.invoke(w.push_event("batch", "release")).await.unwrap()), "held", "{app}");
        assert_eq!(decision(&w.sweep().await.unwrap()), "held", "{app}");
        let status = w.invoke(json!({"action": "status"})).await.unwrap();
        assert_eq!(status["counts"], json!({"on_hold": 1}), "{status:#}");
    }
}

#[tokio::test]
async fn a_sweep_ends_no_hold() {
    let w = on_hold().await;
    let answer = w.sweep().await.unwrap();
    let outcome = outcome(&answer);
    assert_eq!((outcome["decision"].as_str(), outcome["revision"].as_u64()), (Some("held"), Some(1)));
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn a_replayed_push_after_a_rollback_is_held() {
    let w = on_hold().await;
    for at in [w.aws.now() - Duration::HOUR, w.aws.now()] {
        let answer = w.invoke(push_event("batch", "release", at)).await.unwrap();
        assert_eq!(decision(&answer), "held", "{answer:#}");
        assert!(outcome(&answer)["reason"].as_str().is_some_and(|reason| reason.contains('2')));
    }
    assert_eq!(w.aws.active("batch"), [1]);
}

#[tokio::test]
async fn an_upload_of_the_same_files_after_a_rollback_is_held() {
    let w = on_hold().await;
    w.upload("team");
    let event = change_event("Object Created", "batch/ecs-task-def.jsonnet", w.aws.now());
    assert_eq!(decision(&w.invoke(event).await.unwrap()), "held");
}

#[tokio::test]
async fn a_direct_register_brings_back_what_was_taken_back() {
    let w = on_hold().await;
    let answer = w.register("batch").await.unwrap();
    assert_eq!(decision(&answer), "registered", "{answer:#}");
    assert!(words(&answer["warnings"]).contains('2') || words(outcome(&answer)).contains("warning"), "{answer:#}");
    assert_eq!(w.aws.active("batch"), [1, 3]);
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"unchanged": 1}), "the hold has ended");
}

#[tokio::test]
async fn a_new_image_after_a_rollback_is_registered_and_ends_the_hold() {
    let w = on_hold().await;
    let answer = w.push("batch", "release", "v3").await.unwrap();
    assert_eq!(decision(&answer), "registered", "{answer:#}");
    assert!(words(&answer).contains("batch:2"), "the warning names what was taken back: {answer:#}");
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"unchanged": 1}));
}

#[tokio::test]
async fn a_changed_configuration_after_a_rollback_is_registered_with_a_warning() {
    let w = on_hold().await;
    let source = include_str!("../fixtures/team/batch/ecs-task-def.jsonnet").replace("WORKERS: 4", "WORKERS: 8");
    let answer = w.change("batch/ecs-task-def.jsonnet", &source).await.unwrap();
    assert_eq!(decision(&answer), "registered", "{answer:#}");
    assert!(words(&answer).contains("batch:2"), "the warning names what was taken back: {answer:#}");
}

/// An app of two images, of which `batch` v2 was taken back.
async fn two_images() -> World {
    let w = World::empty(&[]).await;
    let mut two = definition("two", &image("batch:release"));
    let sidecar = json!({"name": "sidecar", "image": image("sidecar:release"), "memory": 64});
    two["containerDefinitions"].as_array_mut().unwrap().push(sidecar);
    w.app("two", &two);
    w.aws.push_image("sidecar", "release", "s1");
    for content in ["v1", "v2"] {
        assert_eq!(decision(&w.push("batch", "release", content).await.unwrap()), "registered");
    }
    w.age("two", Duration::HOUR);
    assert_eq!(decision(&w.rollback("two", json!({})).await.unwrap()), "rolled_back");
    w
}

#[tokio::test]
async fn another_containers_push_does_not_bring_a_bad_image_back() {
    let w = two_images().await;
    let answer = w.push("sidecar", "release", "s2").await.unwrap();
    assert_eq!(decision(&answer), "held", "{answer:#}");
    assert_eq!(decision(&w.push("batch", "release", "v3").await.unwrap()), "registered");
}

#[tokio::test]
async fn another_containers_push_registers_where_the_bad_image_is_not_in_it() {
    let w = two_images().await;
    w.aws.push_image("batch", "release", "v1");
    assert_eq!(decision(&w.push("sidecar", "release", "s2").await.unwrap()), "registered");
}

#[tokio::test]
async fn without_readable_inactive_revisions_only_the_hold_is_lost() {
    let w = on_hold().await;
    let gone = Fault::Refused { status: 400, code: "ClientException", message: "Unable to describe task definition." };
    w.aws.break_calls_about("DescribeTaskDefinition", ":2", When::Every, gone);
    let mut w = w;
    w.function.restart().await;
    let answer = w.invoke(w.push_event("batch", "release")).await.unwrap();
    assert_eq!(decision(&answer), "registered", "{answer:#}");
}

#[tokio::test]
async fn emulators_without_times_and_order_do_as_well() {
    let w = World::start().await;
    w.aws.like_an_emulator();
    for n in 1..=11 {
        assert_eq!(decision(&w.push("batch", "release", &format!("v{n}")).await.unwrap()), "registered");
    }
    w.aws.register_by_hand(&definition("batch-2", "busybox"));
    let answer = w.rollback("batch", json!({})).await.unwrap();
    assert_eq!((decision(&answer), outcome(&answer)["revision"].as_u64()), ("rolled_back", Some(11)));
    assert_eq!(decision(&w.sweep().await.unwrap()), "held");
    assert_eq!(decision(&w.push("batch", "release", "v12").await.unwrap()), "registered");
}

#[tokio::test]
async fn two_copies_of_one_definition_are_warned_of() {
    let w = World::released(1).await;
    let first = w.aws.revision("batch", 1);
    let mut copy = Value::Object(first.definition.clone());
    copy["tags"] = first.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    w.aws.register_by_hand(&copy);
    w.aws.edit_revision("batch", 2, |r| r.registered_at = first.registered_at);
    let answer = w.push("batch", "release", "v1").await.unwrap();
    assert_eq!(decision(&answer), "unchanged", "{answer:#}");
    assert!(!answer["warnings"].as_array().unwrap().is_empty(), "{answer:#}");
}

#[tokio::test]
async fn reads_that_lag_two_seconds_behind_register_nothing_twice() {
    let w = World::released(1).await;
    w.aws.stale_reads(StdDuration::from_secs(2));
    w.aws.break_calls("RegisterTaskDefinition", When::Nth(1), Fault::Cut);
    assert_eq!(decision(&w.push("batch", "release", "v2").await.unwrap()), "registered");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn an_event_that_comes_twice_while_reads_lag_registers_once() {
    let w = World::released(1).await;
    tokio::time::sleep(StdDuration::from_secs(2)).await;
    w.aws.stale_reads(StdDuration::from_secs(2));
    w.aws.push_image("batch", "release", "v2");
    let event = w.push_event("batch", "release");
    for _ in 0..3 {
        let _ = w.invoke(event.clone()).await;
    }
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn a_replay_right_after_a_rollback_is_held_while_reads_lag() {
    let w = World::released(2).await;
    tokio::time::sleep(StdDuration::from_secs(2)).await;
    w.aws.stale_reads(StdDuration::from_secs(2));
    assert_eq!(decision(&w.rollback("batch", json!({})).await.unwrap()), "rolled_back");
    w.invoke(w.push_event("batch", "release")).await.unwrap();
    tokio::time::sleep(StdDuration::from_secs(2)).await;
    assert_eq!(decision(&w.sweep().await.unwrap()), "held");
    assert_eq!(w.aws.active("batch"), [1]);
}
