//! What AWS puts off: a throttled call says that nothing happened, so what it kept from being done has not failed.

use crema_testing::{
    Aws, Fault, Function, When, World,
    moment::rfc3339,
    side_by_side, tried,
    world::{assert_failure, definition, image},
};
use serde_json::{Value, json};
use std::time::Duration;

/// Calls that are throttled until the round ends, and whether a new image has to be there for them to be made.
const CALLS: [(&str, bool); 4] = [
    ("DescribeTaskDefinition", false),
    ("ListTaskDefinitions", true),
    ("BatchGetImage", false),
    ("RegisterTaskDefinition", true),
];

/// Three apps of images in ECR, and one that needs no call but a describe; registered by the reconciler.
async fn registered() -> (World, Function) {
    let w = World::empty(&[]).await;
    w.aws.push_image("shop", "release", "v1");
    for name in ["b", "c", "d"] {
        w.app(name, &definition(name, &image("shop:release")));
    }
    w.app("a", &definition("a", "busybox"));
    let reconciler = Function::start(&w.aws.url(), &[("LANE", "reconciler")]).await;
    reconciler.invoke(json!({"action": "sweep"})).await.unwrap();
    (w, reconciler)
}

/// The last event that was put for the reconciler.
fn left(aws: &Aws) -> Value {
    let call = aws.calls_of("PutEvents").pop().expect("nothing was left");
    let entry = &call.input["Entries"][0];
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    json!({"version": "0", "id": "put", "source": entry["Source"], "detail-type": entry["DetailType"],
        "account": "123456789012", "region": "ap-northeast-1", "time": rfc3339(aws.now()), "resources": [],
        "detail": detail})
}

fn counts(answer: &Value) -> [u64; 5] {
    ["unchanged", "registered", "handed_on", "failed", "not_reached"]
        .map(|decision| answer["counts"][decision].as_u64().unwrap_or(0))
}

#[tokio::test]
async fn what_is_throttled_until_its_round_ends_is_left_to_the_next_and_has_not_failed() {
    let count = side_by_side(CALLS.map(|(operation, is_new)| async move {
        let (w, reconciler) = registered().await;
        if is_new {
            w.aws.push_image("shop", "release", "v2");
        }
        match operation {
            // All families need it: one gets through.
            "DescribeTaskDefinition" => w.aws.before(operation, When::Nth(2), |state| {
                state.faults.add("DescribeTaskDefinition", When::Every, Fault::Throttled);
            }),
            _ => w.aws.break_calls(operation, When::Every, Fault::Throttled),
        }
        let round = reconciler.invoke_within(json!({"action": "sweep"}), Duration::from_secs(9)).await;
        let answer = round.unwrap_or_else(|e| panic!("{operation}: {e:?}"));
        let [unchanged, registered, handed_on, failed, not_reached] = counts(&answer);
        assert_eq!((registered, failed, not_reached), (0, 0, 0), "{operation}: {answer:#}");
        assert!(unchanged >= 1 && handed_on >= 2 && unchanged + handed_on == 4, "{operation}: {answer:#}");
        let event = left(&w.aws);
        assert_eq!(event["detail"]["failed"], json!([]), "{operation}");
        w.aws.mend();
        let answer = reconciler.invoke(event).await.unwrap_or_else(|e| panic!("{operation}: {e:?}"));
        assert_eq!(counts(&answer)[2..], [0, 0, 0], "{operation}: {answer:#}");
        let active: &[u32] = if is_new { &[1, 2] } else { &[1] };
        assert!(["b", "c", "d"].iter().all(|name| w.aws.active(name) == active), "{operation}");
    }))
    .await;
    tried(count, "calls that are throttled until the round ends");
}

#[tokio::test]
async fn a_direct_call_whose_reads_are_throttled_is_not_reached_and_says_which_call_it_was() {
    let w = World::released(1).await;
    w.aws.push_image("batch", "release", "v2");
    w.aws.break_calls("ListTaskDefinitions", When::Every, Fault::Throttled);
    let call = json!({"action": "register", "app": "batch"});
    let done = w.function.invoke_within(call, Duration::from_secs(7)).await;
    assert_failure(done, "AwsError", &["ecs:ListTaskDefinitions", "throttled"]);
    let log = w.function.log();
    assert!(log.contains(r#""decision":"not_reached""#) && !log.contains(r#""decision":"failed""#), "{log}");
    assert_eq!(w.aws.active("batch"), [1]);
}

#[tokio::test]
async fn a_bucket_that_throttles_for_a_while_is_waited_for() {
    let calls = ["ListObjectsV2", "GetObject"];
    let count = side_by_side(calls.map(|operation| async move {
        let w = World::empty(&[]).await;
        w.app("a", &definition("a", "busybox"));
        // More than the SDK tries again by itself.
        w.aws.break_calls(operation, When::First(8), Fault::Throttled);
        let answer = w.sweep().await.unwrap_or_else(|e| panic!("{operation}: {e:?}"));
        assert_eq!(counts(&answer)[1], 1, "{operation}: {answer:#}");
    }))
    .await;
    tried(count, "calls to the bucket that are throttled for a while");
}
