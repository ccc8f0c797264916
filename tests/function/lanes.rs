//! Two lanes: what the registrar does itself and what it hands on, and the rounds of the reconciler.

use crema_testing::{
    Aws, BUCKET, Fault, Function, PREFIX, When, World,
    moment::rfc3339,
    tried,
    world::{assert_failure, change_event, decisions, failure, image, push_event},
};
use serde_json::{Value, json};
use std::time::Duration;
use time::OffsetDateTime;

/// As fast as it goes.
const FAST: [(&str, &str); 2] = [("ECS_CHANGES_PER_SECOND", "1000"), ("ECS_CHANGES_BURST", "1000")];

/// So many apps that import one file and name one image.
fn apps(w: &World, count: usize) {
    w.aws.put("lib/common.libsonnet", "{ memory: 128 }");
    w.aws.push_image("shop", "release", "v1");
    (0..count).for_each(|n| app(w, n, "common.memory"));
}

fn name(n: usize) -> String {
    format!("app-{n:03}")
}

fn app(w: &World, n: usize, memory: &str) {
    let (name, image) = (name(n), image("shop:release"));
    let container = format!("{{ name: 'app', image: '{image}', memory: {memory} }}");
    let source = format!(
        "local common = import '../lib/common.libsonnet'; {{ family: '{name}', containerDefinitions: [{container}] }}"
    );
    w.jsonnet_app(&name, &source);
}

/// The registrar, with these settings too.
async fn registrar(count: usize, more: &[(&str, &str)]) -> World {
    let w = World::empty(&[&[("LANE", "registrar")], &FAST[..], more].concat()).await;
    apps(&w, count);
    w
}

async fn lane(w: &World, lane: &str, more: &[(&str, &str)]) -> Function {
    Function::start(&w.aws.url(), &[&[("LANE", lane)], more].concat()).await
}

/// A change of the file that all import, now.
fn change(w: &World) -> Value {
    change_event("Object Created", "lib/common.libsonnet", w.aws.now())
}

/// The events that were put for the reconciler, as it gets them.
fn left(aws: &Aws) -> Vec<Value> {
    let calls = aws.calls_of("PutEvents");
    let entries = calls.iter().flat_map(|call| call.input["Entries"].as_array().unwrap().clone());
    entries
        .map(|entry| {
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            json!({"version": "0", "id": "put", "source": entry["Source"], "detail-type": entry["DetailType"],
                "account": "123456789012", "region": "ap-northeast-1", "time": rfc3339(aws.now()), "resources": [],
                "detail": detail})
        })
        .collect()
}

fn count(answer: &Value, decision: &str) -> u64 {
    answer["counts"][decision].as_u64().unwrap_or(0)
}

#[tokio::test]
async fn a_change_of_no_more_than_bulk_is_done_by_the_registrar() {
    let w = registrar(20, &[]).await;
    let answer = w.invoke(change(&w)).await.unwrap();
    assert_eq!(count(&answer, "registered"), 20, "{answer:#}");
    assert!(left(&w.aws).is_empty());
}

#[tokio::test]
async fn a_change_of_more_is_handed_on_as_a_whole_and_done_by_the_reconciler_once() {
    let w = registrar(25, &[]).await;
    let event = change(&w);
    let answer = w.invoke(event.clone()).await.unwrap();
    assert_eq!((count(&answer, "handed_on"), count(&answer, "registered")), (25, 0), "{answer:#}");
    assert!(w.aws.changes().is_empty());
    let put = left(&w.aws);
    assert_eq!(put.len(), 1);
    let detail = &put[0]["detail"];
    assert_eq!((&put[0]["source"], &put[0]["detail-type"]), (&json!("crema"), &json!("Task Definition Work Left")));
    assert_eq!((&detail["round"], &detail["failed"]), (&json!(1), &json!([])));
    let asked = &detail["trigger"];
    assert_eq!((&asked["kind"], &asked["id"], &asked["time"]), (&json!("config_change"), &event["id"], &event["time"]));
    assert_eq!(asked["objects"], json!([{"bucket": BUCKET, "key": format!("{PREFIX}lib/common.libsonnet")}]));
    // Doubled and late, it does nothing twice.
    let reconciler = lane(&w, "reconciler", &FAST).await;
    let answer = reconciler.invoke(put[0].clone()).await.unwrap();
    assert_eq!(count(&answer, "registered"), 25, "{answer:#}");
    assert_eq!((&answer["trigger"]["kind"], &answer["trigger"]["id"]), (&json!("config_change"), &event["id"]));
    let answer = reconciler.invoke(put[0].clone()).await.unwrap();
    assert_eq!(count(&answer, "unchanged"), 25, "{answer:#}");
    assert!((0..25).all(|n| w.aws.active(&name(n)) == [1]));
    assert_eq!(left(&w.aws).len(), 1, "nothing was left");
}

#[tokio::test]
async fn a_change_that_changes_few_of_many_is_done_by_the_registrar() {
    let w = registrar(60, &[]).await;
    let reconciler = lane(&w, "reconciler", &FAST).await;
    let answer = reconciler.invoke(json!({"action": "sweep"})).await.unwrap();
    assert_eq!(count(&answer, "registered"), 60, "{answer:#}");
    (0..3).for_each(|n| app(&w, n, "common.memory + 64"));
    let answer = w.invoke(change(&w)).await.unwrap();
    assert_eq!((count(&answer, "registered"), count(&answer, "unchanged")), (3, 57), "{answer:#}");
    assert!(left(&w.aws).is_empty());
}

#[tokio::test]
async fn of_a_push_the_registrar_does_what_the_burst_allows_first() {
    let w = registrar(25, &[("ECS_CHANGES_BURST", "4")]).await;
    let answer = w.push("shop", "release", "v2").await.unwrap();
    assert_eq!((count(&answer, "registered"), count(&answer, "handed_on")), (4, 21), "{answer:#}");
    let reconciler = lane(&w, "reconciler", &FAST).await;
    let answer = reconciler.invoke(left(&w.aws)[0].clone()).await.unwrap();
    assert_eq!(count(&answer, "registered"), 21, "{answer:#}");
    assert!((0..25).all(|n| w.aws.active(&name(n)) == [1]));
}

#[tokio::test]
async fn rounds_go_on_where_the_last_one_ended_until_nothing_is_left() {
    let w = registrar(30, &[]).await;
    w.invoke(change(&w)).await.unwrap();
    let slow = [("ECS_CHANGES_PER_SECOND", "2"), ("ECS_CHANGES_BURST", "2")];
    let reconciler = lane(&w, "reconciler", &slow).await;
    let (mut rounds, mut registered) = (0, 0);
    while left(&w.aws).len() > rounds {
        let event = left(&w.aws)[rounds].clone();
        rounds += 1;
        assert_eq!(event["detail"]["round"], json!(rounds));
        assert_eq!(event["detail"]["trigger"], left(&w.aws)[0]["detail"]["trigger"]);
        let answer = reconciler.invoke_within(event, Duration::from_secs(6)).await.unwrap();
        registered += count(&answer, "registered");
        assert_eq!(count(&answer, "failed") + count(&answer, "not_reached"), 0, "{answer:#}");
    }
    assert!((3..12).contains(&rounds), "{rounds}");
    assert_eq!(registered, 30);
    assert!((0..30).all(|n| w.aws.active(&name(n)) == [1]));
    tried(rounds, "rounds of one change");
}

#[tokio::test]
async fn where_the_bus_refuses_nothing_is_lost() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::Error] {
        let w = registrar(25, &[]).await;
        w.aws.break_calls("PutEvents", When::First(3), fault.clone());
        let event = change(&w);
        let is_denied = matches!(fault, Fault::Denied);
        if is_denied {
            let failure = failure(w.invoke(event.clone()).await);
            let names = ["events:PutEvents", "denied", "Task Definition Work Left", "event-bus/default"];
            assert!(names.iter().all(|name| failure.error_message.contains(name)), "{failure:?}");
            // The template gives this permission whatever its parameters are.
            assert!(!failure.error_message.contains("parameter"), "{failure:?}");
            w.aws.mend();
        } else {
            assert_failure(w.invoke(event.clone()).await, "AwsError", &["events:PutEvents"]);
        }
        // As Lambda delivers it again.
        let answer = w.invoke(event).await.unwrap();
        assert_eq!(count(&answer, "handed_on"), 25, "{answer:#}");
        assert!(w.aws.changes().is_empty());
    }
}

#[tokio::test]
async fn what_was_taken_back_since_the_event_is_held_in_later_rounds() {
    let w = registrar(25, &[]).await;
    let reconciler = lane(&w, "reconciler", &FAST).await;
    reconciler.invoke(json!({"action": "sweep"})).await.unwrap();
    w.push("shop", "release", "v2").await.unwrap();
    for event in left(&w.aws) {
        reconciler.invoke(event).await.unwrap();
    }
    assert_eq!(w.aws.active("app-007"), [1, 2]);
    w.aws.forget_calls();
    w.aws.put("lib/common.libsonnet", "{ memory: 256 }");
    w.invoke(change(&w)).await.unwrap();
    let operator = lane(&w, "operator", &FAST).await;
    let request = json!({"action": "rollback", "family": "app-007", "time": w.at(time::Duration::seconds(1))});
    operator.invoke(request).await.unwrap();
    assert_eq!(w.aws.active("app-007"), [1]);
    let answer = reconciler.invoke(left(&w.aws)[0].clone()).await.unwrap();
    let decisions = decisions(&answer);
    assert_eq!((decisions["app-007"].as_str(), decisions["app-008"].as_str()), ("held", "registered"), "{answer:#}");
    assert_eq!(w.aws.active("app-007"), [1]);
}

#[tokio::test]
async fn what_fails_travels_by_name_and_only_the_last_round_ends_in_its_error() {
    let w = registrar(25, &[]).await;
    w.aws.put("app-003/ecs-task-def.jsonnet", "(import '../lib/common.libsonnet') + { family: error 'broken' }");
    let answer = w.invoke(change(&w)).await.unwrap();
    assert_eq!(count(&answer, "handed_on"), 25, "{answer:#}");
    let put = left(&w.aws);
    assert_eq!(put[0]["detail"]["failed"], json!(["app-003"]));
    let reconciler = lane(&w, "reconciler", &FAST).await;
    assert_failure(reconciler.invoke(put[0].clone()).await, "RenderError", &["broken", "app-003"]);
    assert_eq!(left(&w.aws).len(), 1);
    assert!((0..25).filter(|n| *n != 3).all(|n| w.aws.active(&name(n)) == [1]));
}

#[tokio::test]
async fn an_app_that_failed_once_and_is_well_again_keeps_no_round_from_coming_further() {
    let w = registrar(30, &[]).await;
    w.invoke(change(&w)).await.unwrap();
    let mut event = left(&w.aws)[0].clone();
    event["detail"]["failed"] = json!(["app-000", "app-001"]);
    let slow = [("ECS_CHANGES_PER_SECOND", "2"), ("ECS_CHANGES_BURST", "2")];
    let reconciler = lane(&w, "reconciler", &slow).await;
    let mut rounds = 1;
    loop {
        reconciler.invoke_within(event, Duration::from_secs(6)).await.unwrap();
        let put = left(&w.aws);
        if put.len() == rounds {
            break;
        }
        event = put[rounds].clone();
        let after = event["detail"]["after"]["family"].as_str().unwrap_or_default().to_owned();
        assert!(after >= name(2), "round {rounds} left off after {after:?}");
        assert_eq!(event["detail"]["failed"], json!(["app-000", "app-001"]));
        rounds += 1;
    }
    assert!(rounds > 2, "{rounds}");
    assert!((0..30).all(|n| w.aws.active(&name(n)) == [1]));
}

#[tokio::test]
async fn the_operator_puts_a_dead_letter_of_work_left_again() {
    let w = registrar(25, &[]).await;
    w.invoke(change(&w)).await.unwrap();
    let mut event = left(&w.aws)[0].clone();
    event["detail"]["round"] = json!(17);
    event["detail"]["after"] = json!({"region": "ap-northeast-1", "family": "app-020"});
    let letter = json!({"version": "1.0", "timestamp": rfc3339(w.aws.now()),
        "requestContext": {"requestId": "r", "condition": "RetriesExhausted"}, "requestPayload": event});
    let operator = lane(&w, "operator", &FAST).await;
    operator.invoke(letter).await.unwrap();
    let put = left(&w.aws);
    assert_eq!((put.len(), &put[1]["detail"]["round"]), (2, &json!(1)));
    assert_eq!(put[1]["detail"]["trigger"], put[0]["detail"]["trigger"]);
    let answer = lane(&w, "reconciler", &FAST).await.invoke(put[1].clone()).await.unwrap();
    assert_eq!(count(&answer, "registered"), 4, "{answer:#}");
}

#[tokio::test]
async fn a_thousand_rounds_are_enough_and_a_round_that_does_nothing_is_an_error() {
    let w = registrar(25, &[]).await;
    w.invoke(change(&w)).await.unwrap();
    let idle = [("ECS_CHANGES_PER_SECOND", "0.01"), ("ECS_CHANGES_BURST", "1")];
    let reconciler = lane(&w, "reconciler", &idle).await;
    let mut event = left(&w.aws)[0].clone();
    event["detail"]["round"] = json!(1000);
    let soon = Duration::from_secs(4);
    assert_failure(reconciler.invoke_within(event.clone(), soon).await, "DeadlineExceeded", &["1000 rounds"]);
    event["detail"]["round"] = json!(2);
    event["detail"]["after"] = json!({"region": "ap-northeast-1", "family": name(0)});
    assert_failure(reconciler.invoke_within(event, soon).await, "DeadlineExceeded", &["before anything was done"]);
    assert_eq!(left(&w.aws).len(), 1);
}

#[tokio::test]
async fn a_direct_call_is_never_handed_on_and_what_was_not_done_for_want_of_time_is_not_reached() {
    let w =
        World::empty(&[("LANE", "registrar"), ("ECS_CHANGES_PER_SECOND", "0.01"), ("ECS_CHANGES_BURST", "1")]).await;
    w.aws.put("a/ecspresso.yml", "task_definition: td.jsonnet\n");
    w.aws.put("a/crema.json", r#"{"variants": [{"ext_str": {"n": "1"}}, {"ext_str": {"n": "2"}}]}"#);
    let source =
        "{ family: 'a-' + std.extVar('n'), containerDefinitions: [{ name: 'app', image: 'busybox', memory: 128 }] }";
    w.aws.put("a/td.jsonnet", source);
    let done = w.function.invoke_within(json!({"action": "register", "app": "a"}), Duration::from_secs(5)).await;
    assert_failure(done, "DeadlineExceeded", &["the deadline came first"]);
    assert_eq!(w.aws.changes().len(), 1);
    assert!(left(&w.aws).is_empty());
}

#[tokio::test]
async fn what_another_lane_registered_since_the_files_were_read_is_not_undone() {
    let mut w = World::start().await;
    assert_eq!(count(&w.push("batch", "release", "v1").await.unwrap(), "registered"), 1);
    // As if another copy had done it, at this very moment.
    w.function.restart().await;
    w.aws.forget_calls();
    let soon = w.aws.now() + time::Duration::seconds(1);
    w.aws.edit_revision("batch", 1, |revision| revision.registered_at = Some(soon));
    w.aws.push_image("batch", "release", "v2");
    let answer = w.invoke(push_event("batch", "release", OffsetDateTime::now_utc())).await.unwrap();
    assert_eq!(count(&answer, "registered"), 1, "{answer:#}");
    assert!(w.aws.calls_of("ListObjectsV2").len() >= 2, "listed anew");
    assert!(w.aws.calls_of("BatchGetImage").len() >= 2, "pinned anew");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}
