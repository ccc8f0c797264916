//! How many calls wait for one another: what can be asked at once is.

use crema_testing::{World, world::decision};
use serde_json::json;
use std::time::Duration;

/// Longer than what lies between two calls that are made at once.
const A_CALL: Duration = Duration::from_millis(150);

async fn push(w: &World, content: &str) -> usize {
    w.aws.forget_calls();
    w.aws.delay(A_CALL);
    assert_eq!(decision(&w.push("batch", "release", content).await.unwrap()), "registered");
    w.aws.round_trips()
}

#[tokio::test]
async fn a_first_push_takes_four_round_trips_and_the_next_two_and_six_requests() {
    let w = World::start().await;
    assert_eq!(push(&w, "v2").await, 4, "{}", w.aws.tally());
    assert_eq!(push(&w, "v3").await, 2, "{}", w.aws.tally());
    assert_eq!(w.aws.calls().len(), 6, "{}", w.aws.tally());
}

#[tokio::test]
async fn a_push_after_a_file_has_changed_takes_three_round_trips() {
    let w = World::released(1).await;
    let source = include_str!("../fixtures/team/batch/ecs-task-def.jsonnet").replace("WORKERS: 4", "WORKERS: 8");
    w.aws.put("batch/ecs-task-def.jsonnet", source);
    assert_eq!(push(&w, "v9").await, 3, "{}", w.aws.tally());
}

#[tokio::test]
async fn a_sweep_of_unchanged_apps_takes_a_list_one_call_a_family_and_one_a_repository() {
    let w = World::empty(&[]).await;
    w.aws.push_image("batch", "release", "v1");
    for name in ["a", "b", "c", "d"] {
        w.app(name, &crema_testing::world::definition(name, &crema_testing::world::image("batch:release")));
    }
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"registered": 4}));
    for name in ["a", "b", "c", "d"] {
        w.age(name, time::Duration::HOUR * 2);
    }
    w.sweep().await.unwrap();
    w.aws.forget_calls();
    w.aws.delay(A_CALL);
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"unchanged": 4}));
    assert_eq!(w.aws.round_trips(), 2, "{}", w.aws.tally());
    let calls = ["ListObjectsV2", "DescribeTaskDefinition", "BatchGetImage"].map(|name| w.aws.calls_of(name).len());
    assert_eq!((calls, w.aws.calls().len()), ([1, 4, 1], 6), "{}", w.aws.tally());
}
