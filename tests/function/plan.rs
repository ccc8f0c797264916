//! `plan`: what would happen, and the difference; nothing changes.

use crema_testing::{
    World,
    world::{decisions, definition, image, outcome},
};
use serde_json::{Value, json};

async fn plan(w: &World, app: &str) -> Value {
    w.invoke(json!({"action": "plan", "app": app})).await.unwrap()
}

#[tokio::test]
async fn a_plan_shows_the_difference_with_values_of_variables_hidden() {
    let w = World::released(1).await;
    let source = include_str!("../fixtures/team/batch/ecs-task-def.jsonnet")
        .replace("WORKERS: 4", "WORKERS: 31337")
        .replace("'1024'", "'2048'");
    w.aws.put("batch/ecs-task-def.jsonnet", source);
    let answer = plan(&w, "batch").await;
    let outcome = outcome(&answer);
    assert_eq!((&outcome["decision"], &outcome["would"]), (&json!("planned"), &json!("registered")), "{answer:#}");
    let diff = outcome["diff"].as_str().unwrap();
    assert!(diff.contains("2048") && diff.contains("***"), "{diff}");
    assert!(!answer.to_string().contains("31337") && !w.function.log().contains("31337"));
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn a_plan_of_what_is_unchanged_has_no_difference() {
    let w = World::released(1).await;
    let answer = plan(&w, "batch").await;
    assert_eq!(outcome(&answer)["would"], json!("unchanged"), "{answer:#}");
    assert_eq!(outcome(&answer)["diff"].as_str().unwrap_or_default(), "");
}

#[tokio::test]
async fn a_plan_of_all_names_every_app() {
    let w = World::released(1).await;
    w.app("new", &definition("new", "busybox"));
    let answer = w.invoke(json!({"action": "plan"})).await.unwrap();
    let planned = |family: &str| (family.to_owned(), "planned".to_owned());
    assert_eq!(decisions(&answer), [planned("batch"), planned("new")].into());
    assert_eq!(w.aws.families(), ["batch"]);
}

#[tokio::test]
async fn a_plan_on_hold_says_what_a_configuration_change_would_do() {
    let w = World::released(2).await;
    w.rollback("batch", json!({})).await.unwrap();
    let answer = plan(&w, "batch").await;
    assert_eq!(outcome(&answer)["would"], json!("held"), "{answer:#}");
    assert_eq!(w.aws.active("batch"), [1]);
}

#[tokio::test]
async fn what_only_ecs_set_is_no_difference() {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", &image("a:release")));
    w.aws.push_image("a", "release", "v1");
    w.register("a").await.unwrap();
    w.aws.push_image("a", "release", "v2");
    let answer = plan(&w, "a").await;
    let diff = outcome(&answer)["diff"].as_str().unwrap().to_owned();
    let changed = diff.lines().filter(|l| l.starts_with(['+', '-']) && !l.starts_with("+++") && !l.starts_with("---"));
    assert_eq!(changed.count(), 2, "{diff}");
}
