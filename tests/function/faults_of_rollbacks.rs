//! Faults of the calls of a rollback: it is done once, or it says how far it came.

use crema_testing::{
    Fault, REGION, When, World,
    aws::State,
    side_by_side, tried,
    world::{decision, definition, failure, outcome},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use time::Duration;

const CALLS: [&str; 6] = [
    "ListObjectsV2",
    "GetObject",
    "DescribeTaskDefinition",
    "ListTaskDefinitions",
    "BatchGetImage",
    "DeregisterTaskDefinition",
];

/// Four revisions, and a function that has read nothing yet.
async fn world() -> World {
    let mut w = World::released(4).await;
    w.function.restart().await;
    w
}

/// First, second and last call of each operation of a rollback.
async fn positions(payload: &Value) -> Vec<(&'static str, usize)> {
    let w = world().await;
    w.invoke(payload.clone()).await.unwrap();
    let of = |operation| w.aws.positions_of(operation).into_iter().map(move |position| (operation, position));
    CALLS.into_iter().flat_map(of).collect()
}

/// By app: the bucket is read and rendered too. Back by one the image is asked for; back to a revision several go.
#[tokio::test]
async fn a_fault_of_any_call_of_a_rollback_by_app_does_not_keep_it_from_being_done() {
    let faults = [Fault::Throttled, Fault::ErrorAfter, Fault::Unavailable, Fault::ResetAfter, Fault::Cut, Fault::Hang];
    let one = (json!({"action": "rollback", "app": "batch"}), json!([4]));
    let several = (json!({"action": "rollback", "app": "batch", "to": 1}), json!([4, 3, 2]));
    let (mut runs, mut called) = (vec![], BTreeSet::new());
    for (payload, gone) in [&one, &several] {
        for (operation, position) in positions(payload).await {
            called.insert(operation);
            runs.extend(faults.iter().map(|fault| (payload, gone, operation, position, fault)));
        }
    }
    assert_eq!(called, CALLS.into());
    let runs = runs.into_iter().map(|(payload, gone, operation, position, fault)| async move {
        let about = format!("{payload} {operation} {position} {fault:?}");
        let w = world().await;
        w.aws.break_calls(operation, When::Nth(position), fault.clone());
        let mut done = w.invoke(payload.clone()).await;
        // The body of an object streams past the SDK's retry.
        if let (Err(failure), "GetObject", Fault::Cut) = (&done, operation, fault) {
            assert!(failure.error_message.contains("s3:GetObject"), "{failure:?}");
            assert_eq!(w.aws.active("batch"), [1, 2, 3, 4], "{about}");
            done = w.invoke(payload.clone()).await;
        }
        let answer = done.unwrap_or_else(|e| panic!("{about}: {e:?}"));
        assert_eq!(decision(&answer), "rolled_back", "{about}");
        assert_eq!(&outcome(&answer)["revisions"], gone, "{about}");
        assert_eq!(w.aws.active("batch").len(), 4 - gone.as_array().unwrap().len(), "{about}");
    });
    tried(side_by_side(runs).await, "faults: a call of a rollback by app, its position, how it fails");
}

#[tokio::test]
async fn a_denied_call_at_any_position_names_the_permission_and_how_far_it_came() {
    let mut count = 0;
    for (operation, positions, named) in [
        ("ListTaskDefinitions", 1..=2, "ecs:ListTaskDefinitions"),
        ("DescribeTaskDefinition", 1..=3, "ecs:DescribeTaskDefinition"),
        ("DeregisterTaskDefinition", 1..=3, "ecs:DeregisterTaskDefinition"),
    ] {
        for position in positions {
            let w = World::released(4).await;
            w.aws.break_calls(operation, When::Nth(position), Fault::Denied);
            let failure = failure(w.rollback("batch", json!({"to": 1})).await);
            let message = &failure.error_message;
            assert_eq!(failure.error_type, "AwsError", "{operation} {position}: {message}");
            assert!(message.contains(named), "{operation} {position}: {message}");
            let left: &[u32] = match (operation, position) {
                ("DeregisterTaskDefinition", 2) => &[1, 2, 3],
                ("DeregisterTaskDefinition", 3) => &[1, 2],
                _ => &[1, 2, 3, 4],
            };
            assert_eq!(w.aws.active("batch"), left, "{operation} {position}: {message}");
            let gone: Vec<u32> = (1..=4).rev().filter(|number| !left.contains(number)).collect();
            assert!(gone.iter().all(|number| message.contains(&format!("batch:{number}"))), "{message}");
            w.aws.mend();
            assert_eq!(decision(&w.rollback("batch", json!({"to": 1})).await.unwrap()), "rolled_back");
            assert_eq!(w.aws.active("batch"), [1], "{operation} {position}");
            count += 1;
        }
    }
    tried(count, "denied calls");
}

/// Back to the first of four; the second of the three deregistrations fails, and somebody changes the family meanwhile.
async fn interrupted(change: impl Fn(&mut State) + Send + 'static) -> Value {
    let w = World::released(4).await;
    w.aws.before("DeregisterTaskDefinition", When::Nth(2), move |state| change(state));
    w.aws.break_calls("DeregisterTaskDefinition", When::Nth(2), Fault::Error);
    w.rollback("batch", json!({"to": 1, "time": w.at(-Duration::MINUTE)})).await.unwrap()
}

#[tokio::test]
async fn a_rollback_that_somebody_else_stops_halfway_says_how_far_it_came() {
    let refused = interrupted(|state| {
        let now = state.now();
        state.ecs.deregister(REGION, "batch:1", now).unwrap();
    });
    let superseded = interrupted(|state| {
        let now = state.now();
        state.ecs.register(REGION, &definition("batch", "busybox"), now).unwrap();
    });
    for (answer, expected, why) in
        [(refused.await, "refused", "batch:1 is INACTIVE"), (superseded.await, "superseded", "batch:5 was registered")]
    {
        assert_eq!(decision(&answer), expected, "{answer:#}");
        let outcome = outcome(&answer);
        assert_eq!(outcome["revisions"], json!([4]), "{answer:#}");
        let reason = outcome["reason"].as_str().unwrap();
        assert!(reason.starts_with("batch: after batch:4 had been taken back: "), "{reason}");
        assert!(reason.contains(why), "{reason}");
    }
}

#[tokio::test]
async fn a_rollback_whose_family_cannot_be_read_again_says_how_far_it_came() {
    let w = World::released(4).await;
    w.aws.before("DeregisterTaskDefinition", When::Nth(2), |state| {
        state.faults.add("ListTaskDefinitions", When::Every, Fault::Denied);
    });
    w.aws.break_calls("DeregisterTaskDefinition", When::Nth(2), Fault::Error);
    let failure = failure(w.rollback("batch", json!({"to": 1})).await);
    assert!(failure.error_message.starts_with("batch: after batch:4 had been taken back: "), "{failure:?}");
    assert!(failure.error_message.contains("ecs:ListTaskDefinitions"), "{failure:?}");
}
