//! The circuit breaker: each row of the table of verdicts, and what is told of how a task ended.

use crema_testing::{
    World, side_by_side,
    task::{exit, not_started},
    tried,
    world::{decision, outcome, words},
};
use serde_json::{Value, json};

/// A job, a proxy that the task ends with as well, and a logger that it does not end with.
fn definition() -> Value {
    json!({"family": "a", "containerDefinitions": [
        {"name": "log", "image": "busybox", "memory": 64, "essential": false},
        {"name": "app", "image": "busybox", "memory": 64, "command": ["batch", "hunter2-argument"],
         "environment": [{"name": "PASSWORD", "value": "hunter2-variable"}]},
        {"name": "proxy", "image": "busybox", "memory": 64}]})
}

/// Two revisions of it, the first of which is proven. The job is the first essential one, and not the first.
async fn world() -> World {
    let w = World::empty(&[("CIRCUIT_BREAKER", "on")]).await;
    w.app("a", &definition());
    w.register("a").await.unwrap();
    let proven = w.ran_well("a:1").await.unwrap();
    assert_eq!(decision(&proven), "proven");
    let mut changed = definition();
    changed["cpu"] = json!("512");
    w.app("a", &changed);
    w.register("a").await.unwrap();
    w
}

fn containers(all: &[(&str, i64)]) -> Value {
    json!({"containers": all.iter().map(|(name, code)| json!({"name": name, "exitCode": code})).collect::<Vec<_>>()})
}

fn oom(name: &str) -> Value {
    let reason = "OutOfMemoryError: Container killed due to memory usage";
    json!({"containers": [{"name": "app", "exitCode": 143}, {"name": name, "exitCode": 137, "reason": reason}]})
}

/// What of a task that stopped so with its second revision: `good`, how it is told where it is bad, or `neutral`.
fn rows() -> Vec<(&'static str, Value, &'static str)> {
    let gone =
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref x: not found";
    let said = |name: &str, reason: &str| json!({"stopCode": "TaskFailedToStart", "stoppedReason": "Task failed to start", "containers": [{"name": name, "reason": reason}]});
    let coded = |code: &str, exit: i64| json!({"stopCode": code, "containers": [{"name": "app", "exitCode": exit}]});
    vec![
        ("good: the main container ended with 0", containers(&[("proxy", 143), ("log", 1), ("app", 0)]), "good"),
        (
            "bad: the main container ended with another code",
            containers(&[("app", 3), ("proxy", 143)]),
            "container app exited with 3",
        ),
        (
            "bad: another essential one took it down by 143",
            containers(&[("app", 143), ("proxy", 1)]),
            "container proxy exited with 1",
        ),
        (
            "bad: another essential one took it down by 137",
            containers(&[("app", 137), ("proxy", 1)]),
            "container proxy exited with 1",
        ),
        (
            "bad: another essential one, and none of the main one",
            containers(&[("proxy", 1)]),
            "container proxy exited with 1",
        ),
        (
            "bad: an essential one ran out of memory",
            oom("proxy"),
            "container proxy: OutOfMemoryError: Container killed due to memory usage",
        ),
        ("bad: no such image", not_started(gone), gone),
        ("bad: no such image, of a container", said("app", gone), "container app: CannotPullContainerError: "),
        (
            "bad: denied image",
            not_started("CannotPullContainerError: pull access denied for x"),
            "CannotPullContainerError",
        ),
        (
            "bad: no such secret",
            not_started("ResourceInitializationError: unable to pull secrets: ResourceNotFoundException: no secret"),
            "ResourceInitializationError",
        ),
        (
            "bad: no such parameter",
            not_started("ResourceInitializationError: invalid ssm parameters: /a"),
            "ResourceInitializationError",
        ),
        (
            "bad: no such log group",
            not_started("ResourceInitializationError: The specified log group does not exist."),
            "ResourceInitializationError",
        ),
        (
            "bad: the container cannot be created",
            not_started("CannotCreateContainerError: bad mount"),
            "CannotCreateContainerError",
        ),
        (
            "bad: the container cannot be started",
            said("proxy", "CannotStartContainerError: no such file"),
            "container proxy: CannotStartContainerError",
        ),
        (
            "bad: the volume cannot be created",
            not_started("CannotCreateVolumeError: no driver"),
            "CannotCreateVolumeError",
        ),
        ("neutral: a lone 143", exit(143), "neutral"),
        ("neutral: a lone 137", exit(137), "neutral"),
        ("neutral: a container that the task does not end with", containers(&[("app", 143), ("log", 1)]), "neutral"),
        (
            "neutral: a container that the definition does not name",
            containers(&[("app", 143), ("aws-guardduty-agent-x", 1)]),
            "neutral",
        ),
        ("neutral: out of memory of what it does not end with", oom("log"), "neutral"),
        ("neutral: no exit code", json!({"containers": []}), "neutral"),
        ("neutral: no containers", json!({"containers": null}), "neutral"),
        ("neutral: spot", coded("SpotInterruption", 1), "neutral"),
        ("neutral: the host goes", coded("TerminationNotice", 1), "neutral"),
        ("neutral: stopped by a person", coded("UserInitiated", 1), "neutral"),
        ("neutral: a service's", coded("ServiceSchedulerInitiated", 1), "neutral"),
        ("neutral: a stop code that nobody knows", coded("InfrastructureHealth", 1), "neutral"),
        ("neutral: no stop code", json!({"stopCode": null, "containers": [{"name": "app", "exitCode": 1}]}), "neutral"),
        ("neutral: a text that says nothing", not_started("Task failed to start"), "neutral"),
        ("neutral: a text that nobody knows", not_started("SomethingNewError: of next year"), "neutral"),
        ("neutral: capacity", not_started("Capacity is unavailable at this time"), "neutral"),
        ("neutral: network", not_started("CannotPullContainerError: dial tcp: i/o timeout"), "neutral"),
        ("neutral: rate limit", not_started("CannotPullContainerError: toomanyrequests: pull rate limit"), "neutral"),
        ("neutral: what is injected cannot start", said("aws-guardduty-agent-x", gone), "neutral"),
    ]
}

#[tokio::test]
async fn every_row_of_the_table_of_verdicts_holds_through_the_whole_function() {
    tried(rows().len(), "ways in which a task stops");
    side_by_side(rows().into_iter().map(|(name, members, expected)| async move {
        let w = world().await;
        let answer = w.task("a:2", members).await.unwrap();
        match expected {
            "neutral" => assert_eq!(answer["outcomes"], json!([]), "{name}"),
            "good" => assert_eq!(decision(&answer), "proven", "{name}"),
            how => {
                assert_eq!(decision(&answer), "rolled_back", "{name}: {answer:#}");
                assert!(outcome(&answer)["task_reason"].as_str().unwrap().starts_with(how), "{name}: {answer:#}");
            }
        }
        let stands = if matches!(expected, "neutral" | "good") { vec![1, 2] } else { vec![1] };
        assert_eq!(w.aws.active("a"), stands, "{name}");
    }))
    .await;
}

#[tokio::test]
async fn the_container_that_does_the_work_is_the_one_that_the_apps_file_names() {
    let w = World::empty(&[("CIRCUIT_BREAKER", "on")]).await;
    w.app("a", &definition());
    w.aws.put("a/crema.json", r#"{"circuit_breaker": {"container": "proxy"}}"#);
    w.register("a").await.unwrap();
    assert_eq!(w.aws.revision("a", 1).tags["crema:circuit-breaker"], "proxy");
    let answer = w.task("a:1", containers(&[("app", 1), ("proxy", 0)])).await.unwrap();
    assert_eq!(decision(&answer), "proven", "{answer:#}");
    // What is not said changes no fingerprint, and what is said does.
    w.aws.put("a/crema.json", "{}");
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    w.aws.put("a/crema.json", r#"{"circuit_breaker": {"container": "prxy"}}"#);
    let failure = crema_testing::world::failure(w.register("a").await);
    assert_eq!(failure.error_type, "ConfigError");
    for text in ["a/crema.json", "circuit_breaker.container", "prxy", "did you mean \"proxy\"?"] {
        assert!(failure.error_message.contains(text), "{failure:?}");
    }
}

#[tokio::test]
async fn what_ecs_says_is_told_without_values_and_not_longer_than_300_characters() {
    let w = world().await;
    let said =
        format!("CannotStartContainerError: exec hunter2-argument in hunter2-variable: {}", "no such file ".repeat(60));
    let answer = w.task("a:2", not_started(&said)).await.unwrap();
    let told = outcome(&answer)["task_reason"].as_str().unwrap();
    assert!(told.starts_with("CannotStartContainerError: exec *** in ***: no such file"), "{told}");
    assert_eq!(told.chars().count(), 300);
    // A text that nobody knows stands in the log, once, and no value with it.
    let said = "SomethingNewError: hunter2-variable and hunter2-argument";
    w.task("a:2", not_started(said)).await.unwrap();
    let lines = w.function.records().into_iter().filter(|line| line["unknown_texts"].is_string()).count();
    assert_eq!(lines, 1);
    assert!(w.function.log().contains("SomethingNewError: *** and ***"), "{}", w.function.log());
    assert!(!w.function.log().contains("hunter2") && !words(&answer).contains("hunter2"));
}
