//! Faults on the wire, for each call crema makes: after each the state is right and the message clear.

use crate::support::{
    Fault, When, World,
    world::{decision, failure, outcome},
};
use futures_util::future::join_all;
use serde_json::json;

/// Faults that a second try rides out.
const PASSING: [Fault; 5] = [Fault::Throttled, Fault::Error, Fault::Unavailable, Fault::Reset, Fault::Cut];

#[tokio::test]
async fn a_read_that_fails_once_is_tried_again() {
    for operation in ["ListObjectsV2", "GetObject", "BatchGetImage", "DescribeTaskDefinition", "ListTaskDefinitions"] {
        join_all(PASSING.map(|fault| async move {
            let w = World::released(1).await;
            w.aws.push_image("batch", "release", "v2");
            w.aws.put("batch/more.json", "{}");
            w.aws.break_calls(operation, When::Nth(1), fault.clone());
            let answer = w.invoke(w.push_event("batch", "release")).await;
            let answer = answer.unwrap_or_else(|e| panic!("{operation} {fault:?}: {e:?}"));
            assert_eq!(decision(&answer), "registered", "{operation} {fault:?}");
            assert_eq!(w.aws.active("batch"), [1, 2], "{operation} {fault:?}");
        }))
        .await;
    }
}

#[tokio::test]
async fn a_read_that_fails_always_is_an_error_that_names_the_call_and_changes_nothing() {
    for (operation, named) in [
        ("ListObjectsV2", "s3:ListBucket"),
        ("GetObject", "s3:GetObject"),
        ("BatchGetImage", "ecr:BatchGetImage"),
        ("DescribeTaskDefinition", "ecs:DescribeTaskDefinition"),
    ] {
        join_all([Fault::Throttled, Fault::Error, Fault::Reset, Fault::Denied].map(|fault| async move {
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
        .await;
    }
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
    join_all(faults.map(|fault| async move {
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
    join_all(faults.map(|fault| async move {
        let w = World::released(3).await;
        w.aws.break_calls("DeregisterTaskDefinition", When::Nth(1), fault.clone());
        let answer = w.rollback("batch", json!({})).await.unwrap_or_else(|e| panic!("{fault:?}: {e:?}"));
        assert_eq!(decision(&answer), "rolled_back", "{fault:?}: {answer:#}");
        assert_eq!(w.aws.active("batch"), [1, 2], "{fault:?}");
    }))
    .await;
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
