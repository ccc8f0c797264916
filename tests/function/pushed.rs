//! From a pushed image to a revision: what is registered, and what is said.

use crema_testing::{
    PREFIX, World,
    aws::ecr::digest,
    world::{decision, decisions, definition, image, outcome, push_event},
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_pushed_image_gives_one_revision_with_images_pinned_and_all_tags() {
    let w = World::start().await;
    let event = w.push_event("batch", "release");
    let answer = w.invoke(event.clone()).await.unwrap();
    let pinned = image(&format!("batch@{}", digest("v1")));
    let kind = &answer["trigger"];
    assert_eq!((&kind["kind"], &kind["id"], &kind["time"]), (&json!("image_push"), &event["id"], &event["time"]));
    assert_eq!(answer["counts"], json!({"registered": 1}));
    let outcome = outcome(&answer);
    for (name, expected) in [
        ("app", json!("batch")),
        ("variant", json!({"type": "batch"})),
        ("family", json!("batch")),
        ("region", json!("ap-northeast-1")),
        ("decision", json!("registered")),
        ("revision", json!(1)),
        ("arn", json!("arn:aws:ecs:ap-northeast-1:123456789012:task-definition/batch:1")),
        ("images", json!({"app": pinned})),
    ] {
        assert_eq!(outcome[name], expected, "{name} of {outcome:#}");
    }
    let revision = w.aws.revision("batch", 1);
    assert_eq!(revision.definition["containerDefinitions"][0]["image"], json!(pinned));
    assert_eq!(revision.tags["team"], "reporting");
    assert_eq!(json!(revision.tags["crema:fingerprint"]), outcome["fingerprint"]);
    assert!(revision.tags["crema:fingerprint"].starts_with("1:"));
    assert_eq!(json!(revision.tags["crema:requested-at"]), event["time"]);
    assert!(revision.tags["crema:source"].contains(PREFIX) && revision.tags["crema:source"].contains("batch"));
    for tag in ["crema:trigger", "crema:registered-at"] {
        assert!(!revision.tags[tag].is_empty());
    }
}

#[tokio::test]
async fn what_ecs_receives_is_the_rendered_document_itself() {
    let w = World::start().await;
    w.register("batch").await.unwrap();
    let sent = w.aws.calls_of("RegisterTaskDefinition")[0].input.clone();
    let container = &sent["containerDefinitions"][0];
    assert_eq!(container["command"], json!(["bin/rake", "report:nightly"]));
    let variables = json!([{"name": "RAILS_ENV", "value": "production"}, {"name": "WORKERS", "value": "4"}]);
    assert_eq!(container["environment"], variables);
    assert_eq!(container["secrets"], json!([{"name": "DATABASE_URL", "valueFrom": "/batch/database-url"}]));
    assert_eq!((&sent["family"], &sent["cpu"], &sent["memory"]), (&json!("batch"), &json!("512"), &json!("1024")));
    assert_eq!(sent["taskRoleArn"], json!("arn:aws:iam::123456789012:role/batch"));
}

#[tokio::test]
async fn what_is_registered_is_what_go_jsonnet_renders_with_images_pinned_and_tags_added() {
    let w = World::start().await;
    w.upload_folder("examples");
    for repository in ["shop", "reports"] {
        w.aws.push_image(repository, "release", "v1");
    }
    let answer = w.sweep().await.unwrap();
    assert_eq!(answer["counts"], json!({"registered": 5}));
    let definitions: Value =
        serde_json::from_str(include_str!("../../crates/render/tests/jsonnet/definitions.json")).unwrap();
    for (family, expected) in definitions.as_object().unwrap() {
        let sent = w.aws.calls_of("RegisterTaskDefinition").into_iter().find(|call| call.input["family"] == *family);
        let mut sent = sent.unwrap_or_else(|| panic!("{family} was not registered")).input;
        let tags = sent["tags"].as_array_mut().unwrap();
        tags.retain(|tag| !tag["key"].as_str().unwrap().starts_with("crema:"));
        let expected = expected.to_string().replace(":release\"", &format!("@{}\"", digest("v1")));
        assert_eq!(without_empties(sent), without_empties(serde_json::from_str(&expected).unwrap()), "{family}");
    }
}

/// Empty arrays and nulls count as absent.
fn without_empties(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, without_empties(value)))
            .filter(|(_, value)| !value.is_null() && *value != json!([]))
            .collect(),
        Value::Array(elements) => elements.into_iter().map(without_empties).collect(),
        scalar => scalar,
    }
}

#[tokio::test]
async fn the_first_revision_says_that_schedules_must_name_the_family() {
    let w = World::start().await;
    let answer = w.register("batch").await.unwrap();
    assert!(answer.to_string().contains("schedule"), "{answer:#}");
}

#[tokio::test]
async fn the_second_revision_names_the_one_before() {
    let w = World::released(1).await;
    let answer = w.push("batch", "release", "v2").await.unwrap();
    let outcome = outcome(&answer);
    assert_eq!((outcome["revision"].as_u64(), outcome["previous"].as_u64()), (Some(2), Some(1)));
}

#[tokio::test]
async fn an_image_without_a_tag_is_that_of_latest_and_others_stay_as_written() {
    let w = World::empty(&[]).await;
    let mut app = definition("a", &image("a"));
    let other = json!({"name": "other", "image": "public.ecr.aws/nginx/nginx:1.27", "memory": 64});
    app["containerDefinitions"].as_array_mut().unwrap().push(other);
    w.app("a", &app);
    assert_eq!(decision(&w.push("a", "latest", "v1").await.unwrap()), "registered");
    let containers = &w.aws.revision("a", 1).definition["containerDefinitions"];
    assert_eq!(containers[0]["image"], json!(image(&format!("a@{}", digest("v1")))));
    assert_eq!(containers[1]["image"], json!("public.ecr.aws/nginx/nginx:1.27"));
}

#[tokio::test]
async fn a_push_of_one_of_a_hundred_repositories_registers_one_family_and_touches_no_other() {
    let w = World::empty(&[]).await;
    for n in 0..100 {
        w.app(&format!("team/app-{n}"), &definition(&format!("app-{n}"), &image(&format!("app-{n}:release"))));
        w.aws.push_image(&format!("app-{n}"), "release", "v1");
    }
    let answer = w.push("app-42", "release", "v2").await.unwrap();
    assert_eq!(decisions(&answer), [("app-42".to_owned(), "registered".to_owned())].into());
    assert_eq!(w.aws.families(), ["app-42"]);
    assert_eq!(w.aws.calls_of("BatchGetImage").len(), 1);
    let others = w.aws.calls().into_iter().filter(|call| call.operation.contains("TaskDefinition"));
    assert!(others.into_iter().all(|call| call.input.to_string().contains("app-42")), "{}", w.aws.tally());
}

#[tokio::test]
async fn an_event_that_concerns_no_app_is_answered_with_no_outcome() {
    let w = World::start().await;
    let mut failed = w.push_event("batch", "release");
    failed["detail"]["result"] = json!("FAILURE");
    let mut deleted = w.push_event("batch", "release");
    deleted["detail"]["action-type"] = json!("DELETE");
    let mut untagged = w.push_event("batch", "release");
    untagged["detail"].as_object_mut().unwrap().remove("image-tag");
    let mut elsewhere = w.push_event("batch", "release");
    elsewhere["account"] = json!("999999999999");
    let others = [push_event("other", "release", w.aws.now()), push_event("batch", "nightly", w.aws.now())];
    for event in [failed, deleted, untagged, elsewhere].into_iter().chain(others) {
        let answer = w.invoke(event.clone()).await.unwrap();
        assert_eq!(answer["outcomes"], json!([]), "{event:#}");
    }
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn every_app_of_a_sweep_that_is_new_is_registered_and_the_rest_is_counted() {
    let w = World::released(1).await;
    w.app("new", &definition("new", "busybox"));
    let answer = w.sweep().await.unwrap();
    assert_eq!(decisions(&answer), [("new".to_owned(), "registered".to_owned())].into());
    assert_eq!(answer["counts"], json!({"registered": 1, "unchanged": 1}));
}

#[tokio::test]
async fn a_sweep_of_what_is_unchanged_costs_one_call_a_family() {
    let w = World::released(1).await;
    w.sweep().await.unwrap();
    w.aws.forget_calls();
    w.sweep().await.unwrap();
    assert_eq!(w.aws.tally(), "BatchGetImage 1, DescribeTaskDefinition 1, ListObjectsV2 1");
}

#[tokio::test]
async fn variants_are_families_of_their_own() {
    let w = World::start().await;
    w.aws.put("batch/crema.json", r#"{"variants": [{"ext_str": {"type": "batch"}}, {"ext_str": {"type": "web"}}]}"#);
    let answer = w.push("batch", "release", "v1").await.unwrap();
    let both = ["batch", "web"].map(|family| (family.to_owned(), "registered".to_owned()));
    assert_eq!(decisions(&answer), both.into());
}

#[tokio::test]
async fn external_variables_come_from_the_functions_settings() {
    let w = World::with(&[("EXT_STR", "type=batch")]).await;
    w.aws.delete("batch/crema.json");
    let answer = w.register("batch").await.unwrap();
    assert_eq!(outcome(&answer)["family"], json!("batch"));
}

#[tokio::test]
async fn each_outcome_is_one_log_line() {
    let w = World::start().await;
    w.register("batch").await.unwrap();
    let about = |record: &Value| record["decision"] == "registered" && record["family"] == "batch";
    assert_eq!(w.function.records().iter().filter(|record| about(record)).count(), 1, "{}", w.function.log());
}

#[tokio::test]
async fn records_of_failed_invocations_are_done_again() {
    let w = World::start().await;
    let inner = w.push_event("batch", "release");
    let record = json!({"version": "1.0", "timestamp": "2026-11-23T02:01:12.394Z", "requestPayload": inner,
        "requestContext": {"requestId": "r", "condition": "RetriesExhausted"}});
    let answer = w.invoke(record).await.unwrap();
    assert_eq!((decision(&answer), &answer["trigger"]["id"]), ("registered", &inner["id"]));
}

#[tokio::test]
async fn several_messages_of_a_queue_are_all_done() {
    let w = World::start().await;
    w.app("other", &definition("other", "busybox"));
    let message = |app: &str| {
        json!({"messageId": app, "eventSource": "aws:sqs", "attributes": {},
        "body": json!({"action": "register", "app": app}).to_string()})
    };
    let answer = w.invoke(json!({"Records": [message("batch"), message("other")]})).await.unwrap();
    assert_eq!(answer["counts"], json!({"registered": 2}), "{answer:#}");
    assert_eq!(w.aws.families(), ["batch", "other"]);
}
