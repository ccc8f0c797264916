//! What AWS refuses for good, and what it only puts off: throttling is ridden out, however it is spelled.

use crema_testing::{
    Fault, When, World, side_by_side, tried,
    world::{assert_failure, decision, failure, outcome},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// More throttled calls than the SDK tries again by itself; the lists are asked for two at a time.
const READS: [(&str, usize); 2] = [("DescribeTaskDefinition", 5), ("ListTaskDefinitions", 7)];

fn refused(code: &'static str, message: &'static str) -> Fault {
    Fault::Refused { status: 400, code, message }
}

#[tokio::test]
async fn too_many_registrations_of_a_family_at_once_are_ridden_out() {
    let w = World::released(1).await;
    let busy = "Too many concurrent attempts to create a new revision of the specified family.";
    w.aws.break_calls("RegisterTaskDefinition", When::First(2), refused("ClientException", busy));
    let answer = w.push("batch", "release", "v2").await.unwrap();
    assert_eq!((decision(&answer), &outcome(&answer)["revision"]), ("registered", &json!(2)), "{answer:#}");
}

#[tokio::test]
async fn a_refusal_without_a_code_says_what_there_is() {
    for (message, says) in [("", "was refused: HTTP status 400"), ("Not so.", "was refused: Not so.")] {
        let w = World::released(1).await;
        w.aws.break_calls("RegisterTaskDefinition", When::Every, refused("", message));
        let failure = failure(w.push("batch", "release", "v2").await);
        assert!(failure.error_message.ends_with(says), "{failure:?}");
    }
    let w = World::released(1).await;
    w.aws.break_calls("RegisterTaskDefinition", When::Every, refused("ClientException", ""));
    let done = w.push("batch", "release", "v2").await;
    assert_failure(done, "InvalidDefinition", &["was refused: ClientException"]);
}

#[tokio::test]
async fn reads_that_are_throttled_for_long_do_not_keep_a_registration_from_being_made() {
    let kinds = ["image_push", "sweep", "register", "plan"];
    let runs = READS.into_iter().flat_map(|read| kinds.map(|kind| (read, kind)));
    let count = side_by_side(runs.map(|((operation, times), kind)| async move {
        let w = World::released(1).await;
        w.aws.push_image("batch", "release", "v2");
        w.aws.break_calls(operation, When::First(times), Fault::Throttled);
        let event = match kind {
            "image_push" => w.push_event("batch", "release"),
            action => json!({"action": action}),
        };
        let event = if kind == "register" { json!({"action": kind, "app": "batch"}) } else { event };
        let answer = w.invoke(event).await.unwrap_or_else(|e| panic!("{operation} {kind}: {e:?}"));
        let expected = if kind == "plan" { "planned" } else { "registered" };
        assert_eq!(decision(&answer), expected, "{operation} {kind}: {answer:#}");
        let active: &[u32] = if kind == "plan" { &[1] } else { &[1, 2] };
        assert_eq!(w.aws.active("batch"), active, "{operation} {kind}");
    }))
    .await;
    tried(count, "triggers whose reads are throttled for long");
}

#[tokio::test]
async fn reads_that_are_throttled_after_a_registration_was_cut_do_not_make_a_second_one() {
    let w = World::released(1).await;
    w.aws.break_calls("RegisterTaskDefinition", When::Nth(1), Fault::Cut);
    w.aws.before("RegisterTaskDefinition", When::Nth(1), |state| {
        state.faults.add("ListTaskDefinitions", When::First(7), Fault::Throttled);
    });
    assert_eq!(decision(&w.push("batch", "release", "v2").await.unwrap()), "registered");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn reads_that_are_throttled_for_long_do_not_keep_a_rollback_from_being_done() {
    let goals = [json!({}), json!({"revision": 3}), json!({"to": 2})];
    let runs = READS.into_iter().flat_map(|read| goals.clone().map(|goal| (read, goal)));
    let count = side_by_side(runs.map(|((operation, times), goal): (_, Value)| async move {
        let w = World::released(3).await;
        w.aws.break_calls(operation, When::First(times), Fault::Throttled);
        let answer = w.rollback("batch", goal).await.unwrap_or_else(|e| panic!("{operation}: {e:?}"));
        assert_eq!(decision(&answer), "rolled_back", "{operation}: {answer:#}");
        assert_eq!(w.aws.active("batch"), [1, 2], "{operation}");
    }))
    .await;
    tried(count, "rollbacks whose reads are throttled for long");
}

#[tokio::test]
async fn reads_that_are_throttled_always_end_well_before_the_deadline_and_name_the_call() {
    let runs = [6, 100].into_iter().flat_map(|seconds| ["rollback", "push"].map(|kind| (seconds, kind)));
    let count = side_by_side(runs.map(|(seconds, kind)| async move {
        let (w, left) = (World::released(2).await, Duration::from_secs(seconds));
        w.aws.push_image("batch", "release", "v3");
        w.aws.break_calls("ListTaskDefinitions", When::Every, Fault::Throttled);
        let rollback = json!({"action": "rollback", "family": "batch"});
        let payload = if kind == "rollback" { rollback } else { w.push_event("batch", "release") };
        let begun = Instant::now();
        let done = w.function.invoke_within(payload, left).await;
        assert_failure(done, "AwsError", &["ecs:ListTaskDefinitions", "throttled"]);
        assert!(begun.elapsed() < left.min(Duration::from_secs(45)), "{:?} of {left:?}", begun.elapsed());
        assert!(w.aws.changes().is_empty());
    }))
    .await;
    tried(count, "deadlines of reads that are throttled always");
}
