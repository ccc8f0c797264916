//! Preflight: what a definition names is looked for before it is registered, where the setting says so.

use crema_testing::{
    Fault, Invocation, REGION, When, World,
    world::{assert_failure, decision, definition, failure, image},
};
use serde_json::{Value, json};
use std::{future::Future, time::Duration};

/// A definition that names one of everything.
fn naming(secret: &str, role: &str) -> Value {
    let mut all = definition("a", &image("a:release"));
    all["executionRoleArn"] = json!(role);
    all["volumes"] = json!([{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": "fsap-1"}}}]);
    let container = &mut all["containerDefinitions"][0];
    container["secrets"] = json!([{"name": "A", "valueFrom": secret}, {"name": "B", "valueFrom": "/a/b"}]);
    container["logConfiguration"] =
        json!({"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/a", "awslogs-region": REGION}});
    all
}

/// All of it there.
async fn world(mode: &str) -> World {
    let w = World::empty(&[("PREFLIGHT", mode)]).await;
    w.aws.push_image("a", "release", "v1");
    let secret = w.aws.create_secret("db");
    let role = w.aws.create_role("/team/execution", "ecs-tasks.amazonaws.com");
    w.aws.put_parameter("/a/b", "SecureString", "hunter2hunter2");
    w.aws.create_log_group(REGION, "/ecs/a");
    w.aws.create_log_group(REGION, "/ecs/a/b");
    w.aws.create_file_system(REGION, "fs-1", "available");
    w.aws.create_access_point(REGION, "fsap-1", "fs-1");
    w.app("a", &naming(&secret, &role));
    w
}

fn warnings(answer: &Value) -> String {
    answer["warnings"].to_string()
}

/// Round trips and requests of what is done.
async fn measured(w: &World, done: impl Future<Output = Invocation>) -> (usize, usize) {
    w.aws.forget_calls();
    w.aws.delay(Duration::from_millis(150));
    let answer = done.await.unwrap();
    assert_eq!(decision(&answer), "registered", "{answer:#}");
    w.aws.delay(Duration::ZERO);
    (w.aws.round_trips(), w.aws.calls().len())
}

#[tokio::test]
async fn asking_takes_one_round_trip_more_whatever_is_named_and_none_within_a_minute() {
    let run = |mode: &'static str| async move {
        let w = world(mode).await;
        let first = measured(&w, w.register("a")).await;
        let again = measured(&w, w.push("a", "release", "v2")).await;
        // What the definition names is another's by now, and nothing of it known.
        let secret = w.aws.create_secret("other");
        let role = w.aws.create_role("/other", "ecs-tasks.amazonaws.com");
        w.app("a", &naming(&secret, &role));
        let changed = measured(&w, w.push("a", "release", "v3")).await;
        [first, again, changed]
    };
    let [first, again, changed] = run("off").await;
    let expected = [(first.0 + 1, first.1 + 6), again, (changed.0 + 1, changed.1 + 2)];
    assert_eq!(run("refuse").await, expected);
}

#[tokio::test]
async fn with_preflight_off_nothing_is_asked() {
    let w = world("off").await;
    w.register("a").await.unwrap();
    for operation in ["GetRole", "DescribeSecret", "DescribeParameters", "DescribeLogGroups", "DescribeFileSystems"] {
        assert!(w.aws.calls_of(operation).is_empty(), "{operation}");
    }
}

#[tokio::test]
async fn all_that_is_missing_is_named_and_nothing_registered() {
    let w = World::empty(&[("PREFLIGHT", "refuse")]).await;
    w.aws.push_image("a", "release", "v1");
    let gone = w.aws.create_secret("gone");
    w.aws.delete_secret(&gone);
    let role = w.aws.create_role("/ec2", "ec2.amazonaws.com");
    w.aws.create_log_group(REGION, "/ecs/a/b");
    w.aws.create_file_system(REGION, "fs-1", "deleting");
    w.app("a", &naming(&gone, &role));
    let says = [
        "a/ecs-task-def.json: 6 things are missing",
        "executionRoleArn: the role",
        "does not let ecs-tasks.amazonaws.com assume it",
        "containerDefinitions[0].secrets[0].valueFrom: the secret",
        "is being deleted; restore it",
        "the SSM parameter \"/a/b\" in ap-northeast-1 is not there",
        "the log group \"/ecs/a\" in ap-northeast-1 is not there",
        "the file system \"fs-1\" in ap-northeast-1 is in the state deleting",
        "the access point \"fsap-1\" in ap-northeast-1 is not there",
    ];
    assert_failure(w.register("a").await, "PreflightFailed", &says);
    assert!(w.aws.changes().is_empty());
    assert_failure(w.invoke(json!({"action": "plan", "app": "a"})).await, "PreflightFailed", &says);
    // Where it only warns, the same is told and registered.
    let w = World::empty(&[("PREFLIGHT", "warn")]).await;
    w.aws.push_image("a", "release", "v1");
    w.app("a", &naming("/a/c", "nobody"));
    let answer = w.register("a").await.unwrap();
    assert_eq!(decision(&answer), "registered");
    assert!(warnings(&answer).contains("there is no role") && warnings(&answer).contains("/a/c"), "{answer:#}");
}

#[tokio::test]
async fn what_may_not_be_asked_is_one_line_and_never_a_refusal() {
    let w = world("refuse").await;
    for operation in [
        "GetRole",
        "DescribeSecret",
        "DescribeParameters",
        "DescribeLogGroups",
        "DescribeFileSystems",
        "DescribeAccessPoints",
    ] {
        w.aws.break_calls(operation, When::Every, Fault::Denied);
    }
    let answer = w.register("a").await.unwrap();
    assert_eq!(decision(&answer), "registered");
    let told: Vec<&str> = answer["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let lines = told.iter().filter(|told| told.contains("not looked at")).count();
    assert_eq!(lines, 1, "{answer:#}");
    assert!(warnings(&answer).contains("`iam:GetRole`") && warnings(&answer).contains("`Preflight`"), "{answer:#}");
}

#[tokio::test]
async fn what_passes_is_an_error_that_is_tried_again_and_a_warning_where_it_only_warns() {
    for (fault, operation) in [
        (Fault::Throttled, "GetRole"),
        (Fault::Error, "DescribeLogGroups"),
        (Fault::Unavailable, "DescribeFileSystems"),
    ] {
        let w = world("refuse").await;
        w.aws.break_calls(operation, When::Every, fault.clone());
        assert_eq!(failure(w.register("a").await).error_type, "AwsError", "{operation}");
        assert!(w.aws.changes().is_empty());
        w.aws.mend();
        assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
        let w = world("warn").await;
        w.aws.break_calls(operation, When::Every, fault);
        let answer = w.register("a").await.unwrap();
        assert_eq!(decision(&answer), "registered");
        assert!(warnings(&answer).contains("not looked at"), "{answer:#}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_not_looked_at() {
    let nowhere = [("PREFLIGHT", "refuse"), ("AWS_ENDPOINT_URL_EFS", "http://127.0.0.1:9")];
    let w = World::empty(&nowhere).await;
    let mut volume = definition("a", "busybox");
    volume["volumes"] = json!([{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]);
    w.app("a", &volume);
    let answer = w.register("a").await.unwrap();
    assert_eq!(decision(&answer), "registered");
    assert!(warnings(&answer).contains("not looked at"), "{answer:#}");
}

#[tokio::test]
async fn what_is_unchanged_is_not_asked_about() {
    let w = world("refuse").await;
    w.register("a").await.unwrap();
    w.aws.forget_calls();
    let answer = w.register("a").await.unwrap();
    assert_eq!(decision(&answer), "unchanged");
    assert!(w.aws.calls_of("GetRole").is_empty(), "{}", w.aws.tally());
}
