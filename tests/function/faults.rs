//! Faults on the wire, for each call crema makes: after each the state is right and the message clear.

use crema_testing::{
    Fault, When, World, side_by_side, tried,
    world::{decision, definition, failure, image, outcome},
};
use futures_util::future::join_all;
use serde_json::json;

/// Faults that a second try rides out.
const PASSING: [Fault; 5] = [Fault::Throttled, Fault::Error, Fault::Unavailable, Fault::Reset, Fault::Cut];

#[tokio::test]
async fn a_read_that_fails_once_is_tried_again() {
    let mut count = 0;
    for operation in ["ListObjectsV2", "GetObject", "BatchGetImage", "DescribeTaskDefinition", "ListTaskDefinitions"] {
        // The body of an object streams past the SDK's retry: that one is below.
        let passing = PASSING.into_iter().filter(|f| operation != "GetObject" || !matches!(f, Fault::Cut));
        count += join_all(passing.map(|fault| async move {
            let w = World::released(1).await;
            w.aws.push_image("batch", "release", "v2");
            w.aws.put("batch/more.json", "{}");
            w.aws.break_calls(operation, When::Nth(1), fault.clone());
            let answer = w.invoke(w.push_event("batch", "release")).await;
            let answer = answer.unwrap_or_else(|e| panic!("{operation} {fault:?}: {e:?}"));
            assert_eq!(decision(&answer), "registered", "{operation} {fault:?}");
            assert_eq!(w.aws.active("batch"), [1, 2], "{operation} {fault:?}");
        }))
        .await
        .len();
    }
    tried(count, "faults: a read of a push, how it fails");
}

#[tokio::test]
async fn an_object_that_is_cut_is_read_by_the_next_try_at_the_latest() {
    let w = World::released(1).await;
    w.aws.put("batch/more.json", "{}");
    w.aws.push_image("batch", "release", "v2");
    w.aws.break_calls("GetObject", When::Nth(1), Fault::Cut);
    let event = w.push_event("batch", "release");
    if let Err(failure) = w.invoke(event.clone()).await {
        assert_eq!(failure.error_type, "AwsError");
        assert!(failure.error_message.contains("s3:GetObject"), "{failure:?}");
        assert_eq!(decision(&w.invoke(event).await.unwrap()), "registered");
    }
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn a_read_that_is_never_answered_is_tried_again() {
    let operations = ["ListObjectsV2", "GetObject", "BatchGetImage", "DescribeTaskDefinition", "ListTaskDefinitions"];
    let count = side_by_side(operations.map(|operation| async move {
        let w = World::released(1).await;
        w.aws.put("batch/more.json", "{}");
        w.aws.break_calls(operation, When::Nth(1), Fault::Hang);
        let answer = w.push("batch", "release", "v2").await.unwrap_or_else(|e| panic!("{operation}: {e:?}"));
        assert_eq!(decision(&answer), "registered", "{operation}");
    }))
    .await;
    tried(count, "reads that are never answered");
}

/// Three apps, each with an image of its own.
async fn three_apps() -> World {
    let w = World::empty(&[]).await;
    for app in APPS {
        w.app(app, &definition(app, &image(&format!("{app}:release"))));
        w.aws.push_image(app, "release", "v1");
    }
    w
}

const APPS: [&str; 3] = ["a", "b", "c"];
const CALLS: [&str; 6] = [
    "ListObjectsV2",
    "GetObject",
    "BatchGetImage",
    "DescribeTaskDefinition",
    "ListTaskDefinitions",
    "RegisterTaskDefinition",
];

/// First, second and last call of an operation in a sweep of three apps.
async fn positions(operation: &str) -> Vec<usize> {
    let w = three_apps().await;
    w.sweep().await.unwrap();
    w.aws.positions_of(operation)
}

#[tokio::test]
async fn a_passing_fault_of_any_call_at_any_position_leaves_one_revision_of_each_family() {
    let faults = [Fault::Throttled, Fault::Error, Fault::Unavailable, Fault::ResetAfter, Fault::Cut, Fault::Hang];
    let mut runs = vec![];
    for operation in CALLS {
        for position in positions(operation).await {
            runs.extend(faults.iter().map(move |fault| (operation, position, fault)));
        }
    }
    let runs = runs.into_iter().map(|(operation, position, fault)| async move {
        let w = three_apps().await;
        w.aws.break_calls(operation, When::Nth(position), fault.clone());
        let mut done = w.sweep().await;
        // The body of an object streams past the SDK's retry: then the event's own is it.
        if let (Err(failure), "GetObject", Fault::Cut) = (&done, operation, fault) {
            assert_eq!(failure.error_type, "AwsError", "{failure:?}");
            assert!(failure.error_message.contains("s3:GetObject"), "{failure:?}");
            done = w.sweep().await;
        }
        assert!(done.is_ok(), "{operation} {position} {fault:?}: {done:?}");
        for app in APPS {
            assert_eq!(w.aws.active(app), [1], "{operation} {position} {fault:?}");
        }
    });
    let count = side_by_side(runs).await;
    tried(count, "faults: a call of a sweep, its position, how it fails");
}

#[tokio::test]
async fn a_denied_call_at_any_position_fails_its_own_app_and_the_others_are_done() {
    let mut count = 0;
    for operation in ["BatchGetImage", "DescribeTaskDefinition", "ListTaskDefinitions", "RegisterTaskDefinition"] {
        for position in positions(operation).await {
            let w = three_apps().await;
            w.aws.break_calls(operation, When::Nth(position), Fault::Denied);
            let failure = failure(w.sweep().await);
            assert_eq!(failure.error_type, "AwsError", "{operation} {position}: {failure:?}");
            let done = APPS.iter().filter(|app| w.aws.active(app) == [1]).count();
            assert_eq!((done, w.aws.families().len()), (2, 2), "{operation} {position}: {failure:?}");
            count += 1;
        }
    }
    tried(count, "denied calls");
}

#[tokio::test]
async fn a_read_that_fails_always_is_an_error_that_names_the_call_and_changes_nothing() {
    let mut count = 0;
    for (operation, named) in [
        ("ListObjectsV2", "s3:ListBucket"),
        ("GetObject", "s3:GetObject"),
        ("BatchGetImage", "ecr:BatchGetImage"),
        ("DescribeTaskDefinition", "ecs:DescribeTaskDefinition"),
    ] {
        count += join_all([Fault::Throttled, Fault::Error, Fault::Reset, Fault::Denied].map(|fault| async move {
            let w = World::released(1).await;
            w.aws.push_image("batch", "release", "v2");
            w.aws.put("batch/more.json", "{}");
            w.aws.break_calls(operation, When::Every, fault.clone());
            let failure = failure(w.invoke(w.push_event("batch", "release")).await);
            assert_eq!(failure.error_type, "AwsError", "{operation} {fault:?}: {failure:?}");
            assert!(failure.error_message.contains(named), "{operation} {fault:?}: {failure:?}");
            assert!(w.aws.changes().is_empty(), "{operation} {fault:?}");
            w.aws.mend();
            let answer = w.invoke(w.push_event("batch", "release")).await.unwrap();
            assert_eq!(decision(&answer), "registered", "the retry of the event does it");
        }))
        .await
        .len();
    }
    tried(count, "faults that last until the next event");
}

#[tokio::test]
async fn however_registering_is_answered_there_is_exactly_one_revision() {
    let faults = [
        Fault::Throttled,
        Fault::Error,
        Fault::ErrorAfter,
        Fault::Unavailable,
        Fault::Reset,
        Fault::ResetAfter,
        Fault::Cut,
        Fault::Hang,
        Fault::HangAfter,
    ];
    let count = side_by_side(faults.map(|fault| async move {
        let w = World::released(1).await;
        w.aws.break_calls("RegisterTaskDefinition", When::Nth(1), fault.clone());
        let answer = w.push("batch", "release", "v2").await.unwrap_or_else(|e| panic!("{fault:?}: {e:?}"));
        assert_eq!(
            (decision(&answer), &outcome(&answer)["revision"]),
            ("registered", &json!(2)),
            "{fault:?}: {answer:#}"
        );
        assert_eq!(w.aws.active("batch"), [1, 2], "{fault:?}");
    }))
    .await;
    tried(count, "ways in which RegisterTaskDefinition fails");
}

#[tokio::test]
async fn however_deregistering_is_answered_exactly_one_revision_is_taken_back() {
    let faults = [
        Fault::Throttled,
        Fault::Error,
        Fault::ErrorAfter,
        Fault::Reset,
        Fault::ResetAfter,
        Fault::Cut,
        Fault::Hang,
        Fault::HangAfter,
    ];
    let count = side_by_side(faults.map(|fault| async move {
        let w = World::released(3).await;
        w.aws.break_calls("DeregisterTaskDefinition", When::Nth(1), fault.clone());
        let answer = w.rollback("batch", json!({})).await.unwrap_or_else(|e| panic!("{fault:?}: {e:?}"));
        assert_eq!(decision(&answer), "rolled_back", "{fault:?}: {answer:#}");
        assert_eq!(w.aws.active("batch"), [1, 2], "{fault:?}");
    }))
    .await;
    tried(count, "ways in which DeregisterTaskDefinition fails");
}

#[tokio::test]
async fn a_rollback_in_the_middle_of_several_goes_on_after_a_cut_reply() {
    let w = World::released(4).await;
    w.aws.break_calls("DeregisterTaskDefinition", When::Nth(2), Fault::Cut);
    let answer = w.rollback("batch", json!({"to": 1})).await.unwrap();
    assert_eq!(outcome(&answer)["revisions"], json!([4, 3, 2]), "{answer:#}");
    assert_eq!(w.aws.active("batch"), [1]);
}

#[tokio::test]
async fn where_registering_is_denied_nothing_is_tried_twice() {
    let w = World::released(1).await;
    w.aws.break_calls("RegisterTaskDefinition", When::Every, Fault::Denied);
    let failure = failure(w.push("batch", "release", "v2").await);
    assert_eq!(failure.error_type, "AwsError");
    assert!(failure.error_message.contains("ecs:RegisterTaskDefinition"), "{failure:?}");
    assert_eq!(w.aws.calls_of("RegisterTaskDefinition").len(), 1);
}

#[tokio::test]
async fn where_deregistering_is_denied_the_permission_is_named() {
    let w = World::released(2).await;
    w.aws.break_calls("DeregisterTaskDefinition", When::Every, Fault::Denied);
    let failure = failure(w.rollback("batch", json!({})).await);
    assert_eq!(failure.error_type, "AwsError");
    assert!(failure.error_message.contains("ecs:DeregisterTaskDefinition"), "{failure:?}");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}
