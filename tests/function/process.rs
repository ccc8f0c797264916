//! The process as Lambda sees it.

use crema_testing::{
    Fault, Function, When, World,
    world::{assert_failure, decision, decisions, definition, outcome},
};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn one_process_serves_many_events() {
    let w = World::start().await;
    w.function.ready().await;
    let pid = w.function.pid();
    for n in 0..5 {
        w.push("batch", "release", &format!("v{n}")).await.unwrap();
    }
    assert!(w.function.is_alive().await);
    assert_eq!(w.function.pid(), pid);
    assert_eq!(w.aws.active("batch"), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn with_provisioned_concurrency_the_child_runs_before_the_first_event_is_asked_for() {
    let w = World::with(&[("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency")]).await;
    w.function.ready().await;
    let main = format!("/proc/{0}/task/{0}/children", w.function.pid());
    assert!(!std::fs::read_to_string(main).unwrap().is_empty(), "{}", w.function.log());
    assert_eq!(decision(&w.push("batch", "release", "v2").await.unwrap()), "registered");
}

#[tokio::test]
async fn a_function_killed_after_registering_registers_nothing_twice() {
    let mut w = World::released(1).await;
    w.aws.push_image("batch", "release", "v2");
    w.aws.break_calls("RegisterTaskDefinition", When::Nth(1), Fault::HangAfter);
    let event = w.push_event("batch", "release");
    let kill = async {
        w.aws.until_done("RegisterTaskDefinition", 1).await;
        w.function.kill().await;
    };
    let (answer, ()) = tokio::join!(w.invoke(event.clone()), kill);
    assert_eq!(answer.unwrap_err().error_type, "Runtime.ExitError");
    w.function.restart().await;
    assert_eq!(decision(&w.invoke(event).await.unwrap()), "unchanged");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn what_the_deadline_leaves_undone_is_said_and_done_the_next_time() {
    let w = World::empty(&[("CONCURRENCY", "1")]).await;
    for n in 0..20 {
        w.app(&format!("app-{n:02}"), &definition(&format!("app-{n:02}"), "busybox"));
    }
    w.aws.break_calls("RegisterTaskDefinition", When::Every, Fault::Slow(Duration::from_millis(700)));
    let first = w.function.invoke_within(json!({"action": "sweep"}), Duration::from_secs(6)).await;
    let failure = first.unwrap_err();
    assert_ne!(failure.error_type, "Sandbox.Timedout", "{}", failure.error_message);
    assert!(w.function.log().contains("not_reached"), "{}", w.function.log());
    w.aws.mend();
    let rest = w.sweep().await.unwrap();
    assert!(!decisions(&rest).is_empty());
    assert_eq!(w.aws.families().len(), 20);
    assert_eq!(w.aws.calls_of("RegisterTaskDefinition").iter().filter(|c| c.acted).count(), 20, "none twice");
}

#[tokio::test]
async fn the_error_of_an_invocation_is_of_the_kind_of_its_first_failure() {
    let w = World::empty(&[]).await;
    w.jsonnet_app("a", "error 'wrong size'");
    assert_failure(w.register("a").await, "RenderError", &["a", "wrong size"]);
}

#[tokio::test]
async fn what_two_copies_of_the_function_registered_at_once_goes_back_together() {
    let w = World::released(1).await;
    let other = Function::start(&w.aws.url(), &[]).await;
    other.ready().await;
    w.aws.push_image("batch", "release", "v2");
    w.aws.break_calls("RegisterTaskDefinition", When::Every, Fault::Slow(Duration::from_millis(1500)));
    let event = w.push_event("batch", "release");
    let (one, two) = tokio::join!(w.invoke(event.clone()), other.invoke(event));
    assert_eq!((decision(&one.unwrap()), decision(&two.unwrap())), ("registered", "registered"));
    assert_eq!(w.aws.active("batch"), [1, 2, 3]);
    let next = w.invoke(w.push_event("batch", "release")).await.unwrap();
    assert!(!next["warnings"].as_array().unwrap().is_empty(), "{next:#}");
    let answer = w.rollback("batch", json!({})).await.unwrap();
    assert_eq!(outcome(&answer)["revisions"], json!([3, 2]), "{answer:#}");
    assert_eq!(w.aws.active("batch"), [1]);
}
