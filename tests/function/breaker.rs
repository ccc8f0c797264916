//! The circuit breaker: each row of the table of decisions, by its number in ARCHITECTURE.md.

use crema_testing::{
    World,
    aws::ecr::digest,
    task::exit,
    world::{self, definition, image, outcome},
};
use serde_json::{Value, json};
use time::Duration;

const ON: (&str, &str) = ("CIRCUIT_BREAKER", "on");

/// So many revisions of `batch`, with the breaker on.
async fn released(releases: usize) -> World {
    World::released_with(releases, &[ON]).await
}

/// The same, the first of which is proven.
async fn proven(releases: usize) -> World {
    let w = released(releases).await;
    assert_eq!(outcome(&w.ran_well("batch:1").await.unwrap())["decision"], "proven");
    w
}

fn is_nothing(answer: &Value) -> bool {
    answer["outcomes"] == json!([]) && answer["warnings"] == json!([])
}

/// The line of the log that says why there is no outcome.
fn why(w: &World) -> String {
    let records = w.function.records();
    let line = records.iter().rev().find(|record| record["message"] == "no outcome");
    line.map(|line| line["reason"].as_str().unwrap().to_owned()).unwrap_or_default()
}

fn kept(answer: &Value) -> String {
    let outcome = outcome(answer);
    assert_eq!(outcome["decision"], "kept", "{answer:#}");
    assert_eq!(outcome["task_reason"], "container app exited with 1");
    assert!(outcome["task"].as_str().unwrap().starts_with("arn:aws:ecs:ap-northeast-1:123456789012:task/batch/"));
    outcome["reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn c1_a_neutral_task_is_no_outcome() {
    let w = proven(2).await;
    assert!(is_nothing(&w.task("batch:2", exit(143)).await.unwrap()));
    assert!(why(&w).contains("ended by a signal"));
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn c2_the_first_good_run_proves_a_revision() {
    let w = released(2).await;
    let answer = w.ran_well("batch:2").await.unwrap();
    let outcome = outcome(&answer);
    let tags = w.aws.revision("batch", 2).tags;
    assert_eq!((&outcome["decision"], &outcome["revision"]), (&json!("proven"), &json!(2)), "{answer:#}");
    assert_eq!(
        (&outcome["proven_at"], &outcome["task_reason"]),
        (&json!(tags["crema:proven-at"]), &json!("container app exited with 0"))
    );
    assert_eq!((tags.len(), w.aws.changes().len()), (7, 0));
    // A revision that is not the latest is proven too: its task ran for long.
    assert_eq!(world::outcome(&w.ran_well("batch:1").await.unwrap())["decision"], "proven");
    // The tag is no part of the fingerprint.
    assert_eq!(world::outcome(&w.register("batch").await.unwrap())["decision"], "unchanged");
}

#[tokio::test]
async fn c3_a_good_run_of_what_is_proven_inactive_or_somebody_elses_is_no_outcome() {
    let w = proven(2).await;
    assert!(is_nothing(&w.ran_well("batch:1").await.unwrap()));
    w.rollback("batch", json!({})).await.unwrap();
    assert!(is_nothing(&w.ran_well("batch:2").await.unwrap()));
    assert!(why(&w).contains("not ACTIVE"), "{}", why(&w));
    let number = w.aws.register_by_hand(&definition("batch", "busybox"));
    assert!(is_nothing(&w.ran_well(&format!("batch:{number}")).await.unwrap()));
    assert!(why(&w).contains("not this installation's"));
    assert!(!w.aws.revision("batch", 2).tags.contains_key("crema:proven-at"));
}

#[tokio::test]
async fn c4_a_bad_run_of_what_schedules_do_not_run_now_is_no_outcome() {
    let w = proven(3).await;
    assert!(is_nothing(&w.ran_badly("batch:2").await.unwrap()));
    assert!(why(&w).contains("not what schedules run now"));
    assert_eq!(w.aws.active("batch"), [1, 2, 3]);
}

#[tokio::test]
async fn c5_somebody_elses_revision_and_an_app_that_is_taken_out_are_kept() {
    let w = proven(1).await;
    let number = w.aws.register_by_hand(&definition("batch", "busybox"));
    assert!(
        kept(&w.ran_badly(&format!("batch:{number}")).await.unwrap()).contains("not registered by this installation")
    );
    let w = World::empty(&[ON]).await;
    w.app("a", &definition("a", "busybox"));
    w.register("a").await.unwrap();
    w.ran_well("a:1").await.unwrap();
    w.aws.put("a/crema.json", r#"{"circuit_breaker": false}"#);
    let answer = w.register("a").await.unwrap();
    assert_eq!(outcome(&answer)["decision"], "registered", "{answer:#}");
    assert_eq!(w.aws.revision("a", 2).tags["crema:circuit-breaker"], "off");
    assert!(kept(&w.ran_badly("a:2").await.unwrap()).contains("taken out"));
    assert_eq!(w.aws.active("a"), [1, 2]);
}

#[tokio::test]
async fn c6_a_proven_revision_is_kept() {
    let w = proven(1).await;
    let answer = w.ran_badly("batch:1").await.unwrap();
    assert!(kept(&answer).contains("batch:1 ran well at"));
    assert_eq!(outcome(&answer)["proven_at"].as_str().map(str::len), Some("2026-11-28T00:00:00Z".len()));
    assert_eq!(w.aws.active("batch"), [1]);
}

#[tokio::test]
async fn c7_a_definition_that_ran_well_under_another_number_is_kept() {
    let w = proven(1).await;
    let (body, tags) = {
        let r = w.aws.revision("batch", 1);
        (r.definition, r.tags)
    };
    let mut body = Value::Object(body);
    body["tags"] = tags
        .iter()
        .filter(|(key, _)| *key != "crema:proven-at")
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect();
    let number = w.aws.register_by_hand(&body);
    // As crema registers it: at the time that its tag says.
    w.aws.edit_revision("batch", number, |revision| {
        revision.registered_at = revision.registered_at.map(|at| at - Duration::HOUR);
    });
    assert!(kept(&w.ran_badly(&format!("batch:{number}")).await.unwrap()).contains("ran well as batch:1"));
    assert_eq!(w.aws.active("batch"), [1, number]);
}

#[tokio::test]
async fn c8_where_there_is_nothing_to_go_back_to_it_is_kept() {
    let w = released(2).await;
    let answer = w.ran_badly("batch:2").await.unwrap();
    assert!(kept(&answer).contains("nothing to go back to"));
    assert_eq!((outcome(&answer).get("proven_at"), w.aws.active("batch")), (None, vec![1, 2]));
}

#[tokio::test]
async fn c9_where_an_image_of_the_fallback_is_gone_it_is_kept() {
    let w = proven(2).await;
    w.aws.expire_image("batch", &digest("v1"));
    assert!(kept(&w.ran_badly("batch:2").await.unwrap()).contains("an image that is gone"));
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn c10_otherwise_all_above_the_newest_proven_one_is_taken_back_and_held() {
    let w = proven(4).await;
    let answer = w.ran_badly("batch:4").await.unwrap();
    let outcome = outcome(&answer);
    assert_eq!(outcome["decision"], "rolled_back", "{answer:#}");
    assert_eq!(
        (&outcome["revision"], &outcome["revisions"], &outcome["latest"]),
        (&json!(4), &json!([4, 3, 2]), &json!(1))
    );
    assert_eq!(outcome["task_reason"], "container app exited with 1");
    // Oldest first and A last, so that a run that is cut goes on.
    let gone = ["batch:2", "batch:3", "batch:4"].map(|name| format!("DeregisterTaskDefinition {name}"));
    assert_eq!((w.aws.changes(), w.aws.active("batch")), (gone.to_vec(), vec![1]));
    // A replay, an upload of the same files and a sweep do not bring it back.
    let event = w.push_event("batch", "release");
    for answer in [w.invoke(event).await, w.sweep().await] {
        assert_eq!(world::decision(&answer.unwrap()), "held");
    }
    // Nor does another event of the same take back more.
    assert!(is_nothing(&w.ran_badly("batch:4").await.unwrap()));
    assert!(kept(&w.ran_badly("batch:1").await.unwrap()).contains("ran well"));
}

#[tokio::test]
async fn c10_what_a_person_registered_is_gone_back_to_and_stays() {
    let w = released(1).await;
    let by_hand = w.aws.register_by_hand(&definition("batch", &image("batch:release")));
    w.push("batch", "release", "v2").await.unwrap();
    w.age("batch", Duration::HOUR);
    let answer = w.ran_badly("batch:3").await.unwrap();
    assert_eq!((world::decision(&answer), &outcome(&answer)["latest"]), ("rolled_back", &json!(by_hand)), "{answer:#}");
    assert_eq!(w.aws.active("batch"), [1, by_hand]);
}

#[tokio::test]
async fn where_ecr_cannot_be_asked_it_goes_back_with_a_warning() {
    let w = proven(2).await;
    w.aws.break_calls("BatchGetImage", crema_testing::When::Every, crema_testing::Fault::Denied);
    let answer = w.ran_badly("batch:2").await.unwrap();
    assert_eq!(world::decision(&answer), "rolled_back", "{answer:#}");
    assert!(answer["warnings"][0].as_str().unwrap().contains("are still there is not known"), "{answer:#}");
}

/// Before any call: the breaker is off, the task is a service's or has not stopped, its family is somebody else's.
#[tokio::test]
async fn what_concerns_nobody_costs_no_call() {
    let off = World::released(2).await;
    assert!(is_nothing(&off.ran_badly("batch:2").await.unwrap()) && why(&off).contains("CIRCUIT_BREAKER"));
    let only = ("FAMILY_ARNS", "arn:aws:ecs:*:123456789012:task-definition/shop-*:*");
    let outside = World::released_with(2, &[ON, only]).await;
    assert!(is_nothing(&outside.ran_badly("batch:2").await.unwrap()) && why(&outside).contains("FAMILY_ARNS"));
    let w = released(2).await;
    for (members, says) in [
        (json!({"lastStatus": "RUNNING", "stopCode": "SpotInterruption"}), "lastStatus"),
        (json!({"lastStatus": null}), "lastStatus"),
        (json!({"group": "service:shop-web"}), "service's"),
        (json!({"taskDefinitionArn": null}), "taskDefinitionArn"),
        (json!({"taskDefinitionArn": "batch:2"}), "taskDefinitionArn"),
        (
            json!({"taskDefinitionArn": "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/batch"}),
            "taskDefinitionArn",
        ),
        (json!({"taskDefinitionArn": 7}), "taskDefinitionArn"),
    ] {
        assert!(is_nothing(&w.task("batch:2", members.clone()).await.unwrap()), "{members}");
        assert!(why(&w).contains(says), "{members}: {}", why(&w));
    }
    let mut bare = crema_testing::task::task_event("batch:2", w.aws.now());
    bare["detail"] = json!("nothing");
    assert!(is_nothing(&w.invoke(bare).await.unwrap()));
    for w in [&off, &outside, &w] {
        assert_eq!(w.aws.tally(), "");
    }
}

#[tokio::test]
async fn a_revision_that_is_gone_or_of_another_account_is_no_outcome_and_no_error() {
    let w = proven(2).await;
    for definition in ["batch:99", "other:1"] {
        assert!(is_nothing(&w.ran_badly(definition).await.unwrap()), "{definition}");
        assert!(why(&w).contains("knows no such revision"));
    }
    let arn = "arn:aws:ecs:ap-northeast-1:210987654321:task-definition/batch:2";
    assert!(is_nothing(
        &w.task("batch:2", json!({"taskDefinitionArn": arn, "containers": [{"name": "app", "exitCode": 1}]}))
            .await
            .unwrap()
    ));
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn a_proof_that_was_copied_to_another_revision_does_not_count() {
    let w = proven(1).await;
    let (body, tags) = {
        let r = w.aws.revision("batch", 1);
        (r.definition, r.tags)
    };
    let mut body = Value::Object(body);
    body["tags"] = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    body["cpu"] = json!("1024");
    let copy = w.aws.register_by_hand(&body);
    let reason = kept(&w.ran_badly(&format!("batch:{copy}")).await.unwrap());
    assert!(reason.contains("not registered by this installation"), "{reason}");
}
