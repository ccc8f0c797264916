//! Rules: what ECS would refuse is not registered, and what it took once stays.

use crema_testing::{
    World,
    world::{assert_failure, decision, definition, failure, outcome},
};
use serde_json::{Value, json};

const WRONG: &str =
    "a/ecs-task-def.json: containerDefinitions[0].memory: 300 is more than the task's 256; raise memory or lower this";

/// A definition that breaks two rules, one of each kind.
fn wrong() -> Value {
    let mut wrong = definition("a", "busybox");
    wrong["memory"] = json!("256");
    wrong["containerDefinitions"][0]["memory"] = json!(300);
    wrong["containerDefinitions"][0]["environment"] =
        json!([{"name": "A", "value": "hunter2"}, {"name": "A", "value": "hunter3"}]);
    wrong
}

fn skip(w: &World, rules: &Value) {
    w.aws.put("a/crema.json", json!({"skip_rules": rules}).to_string());
}

/// A revision that breaks a rule, registered while that was skipped.
async fn taken() -> World {
    let w = World::empty(&[]).await;
    w.app("a", &wrong());
    skip(&w, &json!(["memory-above-task"]));
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    w.aws.delete("a/crema.json");
    w.aws.forget_calls();
    w
}

fn warned(answer: &Value, says: &str) -> bool {
    answer["warnings"].as_array().unwrap().iter().any(|warning| warning.as_str().unwrap().contains(says))
}

#[tokio::test]
async fn what_breaks_a_rule_is_not_registered_by_whatever_way() {
    let w = World::empty(&[]).await;
    w.app("a", &wrong());
    w.app("b", &definition("b", "busybox"));
    assert_failure(w.register("a").await, "InvalidDefinition", &[WRONG, "(rule memory-above-task)"]);
    assert!(w.aws.changes().is_empty(), "{:?}", w.aws.changes());
    // Another app's definition does not suffer from it.
    let failed = failure(w.sweep().await);
    assert_eq!(failed.error_type, "InvalidDefinition");
    assert_eq!(w.aws.families(), ["b"]);
    let log = w.function.log();
    assert!(log.contains("stands twice") && !log.contains("hunter"), "{log}");
}

#[tokio::test]
async fn what_breaks_a_rule_and_is_registered_already_stays_with_a_warning() {
    let w = taken().await;
    for answer in [w.register("a").await.unwrap(), w.change("a/ecs-task-def.json", &wrong().to_string()).await.unwrap()]
    {
        assert_eq!(decision(&answer), "unchanged", "{answer:#}");
        assert!(warned(&answer, WRONG) && warned(&answer, "only told"), "{answer:#}");
    }
    let sweep = w.sweep().await.unwrap();
    assert!(sweep["outcomes"].as_array().unwrap().is_empty() && warned(&sweep, WRONG), "{sweep:#}");
    assert!(w.aws.changes().is_empty());
    // What changes would be registered, and is refused.
    let mut other = wrong();
    other["containerDefinitions"][0]["image"] = json!("busybox:2");
    assert_failure(w.change("a/ecs-task-def.json", &other.to_string()).await, "InvalidDefinition", &[WRONG]);
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn plan_and_status_tell_what_would_be_refused() {
    let w = World::empty(&[]).await;
    w.app("a", &wrong());
    assert_failure(w.invoke(json!({"action": "plan", "app": "a"})).await, "InvalidDefinition", &[WRONG]);
    let status = w.invoke(json!({"action": "status", "app": "a"})).await.unwrap();
    let family = &status["families"][0];
    assert_eq!((&family["state"], &family["errorType"]), (&json!("failed"), &json!("InvalidDefinition")), "{status:#}");
    assert!(family["reason"].as_str().unwrap().contains(WRONG), "{status:#}");

    let w = taken().await;
    let plan = w.invoke(json!({"action": "plan", "app": "a"})).await.unwrap();
    assert_eq!(outcome(&plan)["would"], json!("unchanged"), "{plan:#}");
    assert!(warned(&plan, WRONG), "{plan:#}");
    let status = w.invoke(json!({"action": "status", "app": "a"})).await.unwrap();
    assert_eq!(status["families"][0]["state"], json!("in_sync"), "{status:#}");
    assert!(status["families"][0]["warnings"].to_string().contains("300 is more than"), "{status:#}");
}

#[tokio::test]
async fn a_rule_that_is_skipped_says_nothing_and_a_name_that_is_none_is_told() {
    let w = World::empty(&[]).await;
    w.app("a", &wrong());
    skip(&w, &json!(["memory-above-task", "variable-twice"]));
    let answer = w.register("a").await.unwrap();
    assert_eq!(decision(&answer), "registered");
    assert!(!warned(&answer, "rule "), "{answer:#}");
    skip(&w, &json!(["memory_above_task"]));
    let answer = w.register("a").await.unwrap();
    assert!(warned(&answer, "a/crema.json: `skip_rules[0]`: there is no rule"), "{answer:#}");
    assert!(warned(&answer, "did you mean memory-above-task?") && warned(&answer, WRONG), "{answer:#}");
    skip(&w, &json!("memory-above-task"));
    assert_failure(w.register("a").await, "ConfigError", &["a/crema.json: `skip_rules`: expected an array of names"]);
    skip(&w, &json!([1]));
    assert_failure(
        w.register("a").await,
        "ConfigError",
        &["`skip_rules[0]`: expected the name of a rule, found a number"],
    );
}

#[tokio::test]
async fn what_a_lookup_gave_is_not_told_by_a_rule() {
    let w = World::empty(&[]).await;
    w.aws.put_parameter("/a/image", "String", "Secret/Image:hunter2");
    w.jsonnet_app(
        "a",
        "local ssm = std.native('ssm');
        {family: 'a', containerDefinitions: [{name: 'app', image: ssm('/a/image') + ' x', memory: 128}]}",
    );
    let failed = failure(w.register("a").await);
    assert!(failed.error_message.contains("has characters that ECS refuses"), "{}", failed.error_message);
    assert!(
        !failed.error_message.contains("hunter2") && !w.function.log().contains("hunter2"),
        "{}",
        failed.error_message
    );
}
