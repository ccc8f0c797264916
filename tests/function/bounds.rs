//! However much there is to say, Lambda, the bus and the log take it whole.

use crema_testing::{
    World, tried,
    world::{failure, rollback_event},
};
use serde_json::{Value, json};
use std::time::Duration;

const LAMBDA: usize = 6_000_000;
const BUS: usize = 256_000;

/// An app of so many variants, each with a definition that has so many variables.
fn many(w: &World, app: &str, variants: usize, variables: usize) {
    let each: Vec<Value> = (0..variants).map(|n| json!({"ext_str": {"n": n.to_string()}})).collect();
    w.jsonnet_app(
        app,
        &format!(
            "local n = std.extVar('n'); {{ family: '{app}-' + n, containerDefinitions: [{{ name: 'app', image: 'busybox', \
             memory: 128, environment: [{{ name: 'VARIABLE_WITH_A_LONG_NAME_' + i, value: n }} \
             for i in std.range(1, {variables})] }}] }}"
        ),
    );
    w.aws.put(&format!("{app}/crema.json"), json!({"variants": each}).to_string());
}

fn bytes(answer: &Value) -> usize {
    answer.to_string().len()
}

fn first_warning(answer: &Value) -> &str {
    answer["warnings"][0].as_str().unwrap_or_else(|| panic!("no warning: {:?}", answer["warnings"]))
}

fn assert_log_is_bounded(w: &World) {
    let longest = w.function.log().lines().map(str::len).max().unwrap_or_default();
    assert!(longest < BUS, "a line has {longest} bytes");
}

#[tokio::test]
async fn a_plan_of_hundreds_of_families_is_cut_to_what_lambda_takes_and_says_so() {
    let w = World::empty(&[]).await;
    many(&w, "one", 200, 400);
    many(&w, "two", 200, 400);
    // What is tried is how long the answer is, and not how fast this machine is.
    let answer = w.function.invoke_within(json!({"action": "plan"}), Duration::from_secs(300)).await.unwrap();
    assert!(bytes(&answer) < LAMBDA && bytes(&answer) > LAMBDA / 3, "{} bytes", bytes(&answer));
    assert_eq!((answer["outcomes"].as_array().unwrap().len(), &answer["counts"]), (400, &json!({"planned": 400})));
    let said = first_warning(&answer);
    assert!(said.contains("this answer is cut") && said.contains("differences have 8000 bytes"), "{said}");
    let diff = answer["outcomes"][0]["diff"].as_str().unwrap();
    assert!(diff.ends_with("more lines)\n"), "{diff}");
    // One app alone is told in full.
    let one = w.invoke(json!({"action": "plan", "app": "one"})).await.unwrap();
    assert!(one["warnings"].as_array().unwrap().iter().all(|w| !w.as_str().unwrap().contains("this answer is cut")));
    assert_log_is_bounded(&w);
    tried(400, "families in one plan");
}

#[tokio::test]
async fn a_sweeps_answer_is_cut_to_what_the_bus_takes_and_counts_everything() {
    let w = World::empty(&[]).await;
    for app in ["one", "two"] {
        many(&w, app, 350, 1);
    }
    let answer = w.sweep().await.unwrap();
    assert!(bytes(&answer) < BUS && bytes(&answer) > BUS / 2, "{} bytes", bytes(&answer));
    assert_eq!(answer["counts"], json!({"registered": 700}));
    let listed = answer["outcomes"].as_array().unwrap().len();
    let said = first_warning(&answer);
    assert!(said.contains(&format!("{} of 700 outcomes are not listed", 700 - listed)), "{said}");
    let logged = w.function.records().iter().filter(|line| line["decision"] == "registered").count();
    assert_eq!(logged, 700);
    // Whoever calls gets more than the bus takes.
    let status = w.invoke(json!({"action": "status"})).await.unwrap();
    assert!(bytes(&status) > BUS && status["families"].as_array().unwrap().len() == 700, "{} bytes", bytes(&status));
    tried(700, "families in one sweep");
}

#[tokio::test]
async fn texts_of_an_event_and_of_an_author_are_cut_wherever_they_are_told() {
    let w = World::released(2).await;
    let long = "x".repeat(500_000);
    let said = |invocation: crema_testing::Invocation| match invocation {
        Ok(answer) => answer.to_string(),
        Err(failure) => failure.error_message,
    };
    w.jsonnet_app("loud", &format!("error std.repeat('{}', 50)", &long[..10_000]));
    w.aws.put("region/ecspresso.yml", format!("region: {long}\ntask_definition: ecs-task-def.json\n"));
    w.aws.put("region/ecs-task-def.json", json!({"family": "region", "containerDefinitions": []}).to_string());
    w.aws.put("keys/ecspresso.yml", "task_definition: ecs-task-def.json\n");
    w.aws.put("keys/ecs-task-def.json", json!({"family": "keys", long.as_str(): 1}).to_string());
    let mut push = w.push_event("batch", "release");
    push["id"] = json!(long);
    push["detail"]["repository-name"] = json!(long);
    let mut change = crema_testing::world::change_event("Object Created", &long, w.aws.now());
    change["id"] = json!(long);
    let payloads = [
        push,
        change,
        rollback_event(json!({"family": "batch", "reason": long}), w.aws.now()),
        rollback_event(json!({"family": long}), w.aws.now()),
        rollback_event(json!({"app": long}), w.aws.now()),
        rollback_event(json!({"app": "batch", "variant": {"type": long}}), w.aws.now()),
        rollback_event(json!({"family": "batch", "region": long}), w.aws.now()),
        json!({"action": "rollback", "family": format!("arn:aws:ecs:eu-west-1:{long}:task-definition/batch")}),
        json!({"action": "register", "app": long, "id": long}),
        json!({"action": "plan", "app": long}),
        json!({"action": "status", "app": long}),
        json!({"action": "register", "app": "loud"}),
        json!({"action": "register", "app": "region"}),
        json!({"action": "register", "app": "keys"}),
        json!({"action": "status"}),
        json!({"action": "plan"}),
        json!({"action": "sweep", "id": long}),
    ];
    let count = payloads.len();
    for payload in payloads {
        let shown: String = payload.to_string().chars().take(100).collect();
        let said = said(w.invoke(payload).await);
        assert!(said.len() < 100_000, "{shown}: {} bytes: {}", said.len(), &said[..1_000]);
        assert_log_is_bounded(&w);
    }
    assert!(failure(w.register("loud").await).error_message.len() < 20_000);
    tried(count, "payloads with long texts");
}
