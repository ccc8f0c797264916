//! `status`: how every family stands, and whether schedules will run it; nothing changes.

use crema_testing::{
    ACCOUNT, Fault, REGION, When, World,
    aws::ecr::digest,
    world::{assert_failure, definition, image},
};
use serde_json::{Value, json};

async fn status(w: &World) -> Value {
    let answer = w.invoke(json!({"action": "status"})).await.unwrap();
    assert!(w.aws.changes().is_empty(), "{:?}", w.aws.changes());
    answer
}

/// The only family of an answer.
fn family(answer: &Value) -> &Value {
    let families = answer["families"].as_array().unwrap_or_else(|| panic!("no families: {answer:#}"));
    assert_eq!(families.len(), 1, "{answer:#}");
    &families[0]
}

fn arn(name: &str) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}")
}

fn warnings(of: &Value) -> Vec<&str> {
    of["warnings"].as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

#[tokio::test]
async fn a_family_at_its_wish_is_told_with_its_revision_images_origin_and_schedules() {
    let w = World::start().await;
    let event = w.push_event("batch", "release");
    w.invoke(event.clone()).await.unwrap();
    w.aws.forget_calls();
    w.aws.put_rule("nightly", &arn("batch"));
    w.aws.create_schedule("jobs", "hourly", "batch");
    let answer = status(&w).await;
    assert_eq!((&answer["trigger"]["kind"], &answer["outcomes"]), (&json!("status"), &json!([])), "{answer:#}");
    assert_eq!((&answer["counts"], &answer["warnings"]), (&json!({"in_sync": 1}), &json!([])), "{answer:#}");
    let family = family(&answer);
    let tags = w.aws.revision("batch", 1).tags;
    let registered = &family["registered"];
    assert_eq!(registered["trigger"], json!(format!("image_push {}", event["id"].as_str().unwrap())));
    assert_eq!(registered["requested_at"], event["time"]);
    assert_eq!(registered["at"].as_str().unwrap()[..16], tags["crema:registered-at"][..16]);
    assert!(registered["principal"].as_str().is_some_and(|principal| principal.starts_with("arn:")));
    for (name, expected) in [
        ("app", json!("batch")),
        ("variant", json!({"type": "batch"})),
        ("family", json!("batch")),
        ("region", json!(REGION)),
        ("cluster", json!("production")),
        ("state", json!("in_sync")),
        ("revision", json!(1)),
        ("arn", json!(arn("batch:1"))),
        (
            "images",
            json!([{"container": "app", "image": image("batch:release"), "digest": digest("v1"), "pinned": digest("v1"),
                "pinned_is_current": true, "pinned_exists": true}]),
        ),
        (
            "schedules",
            json!([{"kind": "rule", "name": "nightly", "expression": "cron(0 18 * * ? *)", "enabled": true},
                {"kind": "schedule", "name": "jobs/hourly", "expression": "rate(1 hour)", "enabled": true}]),
        ),
    ] {
        assert_eq!(family[name], expected, "{name} of {family:#}");
    }
    for absent in ["reason", "errorType", "taken_back", "note", "warnings"] {
        assert!(family.get(absent).is_none(), "{absent} of {family:#}");
    }
}

#[tokio::test]
async fn a_family_on_hold_says_what_was_taken_back_and_when() {
    let w = World::released(2).await;
    w.rollback("batch", json!({})).await.unwrap();
    w.aws.forget_calls();
    let answer = status(&w).await;
    let family = family(&answer);
    assert_eq!((&family["state"], &family["revision"]), (&json!("on_hold"), &json!(1)), "{family:#}");
    assert_eq!(family["taken_back"][0]["revision"], json!(2), "{family:#}");
    assert!(family["taken_back"][0]["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{family:#}");
    assert!(family["reason"].as_str().unwrap().contains("batch:2 was taken back"), "{family:#}");
    let shown = &family["images"][0];
    assert_eq!((&shown["digest"], &shown["pinned"]), (&json!(digest("v2")), &json!(digest("v1"))));
    assert_eq!((&shown["pinned_is_current"], &shown["pinned_exists"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn a_revision_of_somebody_elses_is_drifted_and_has_no_trigger_of_cremas() {
    let w = World::released(1).await;
    let mut copy = definition("batch", "busybox");
    let tags = w.aws.revision("batch", 1).tags;
    copy["tags"] = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    w.aws.register_by_hand(&copy);
    let answer = status(&w).await;
    let family = family(&answer);
    assert_eq!((&family["state"], &family["revision"]), (&json!("drifted"), &json!(2)), "{family:#}");
    assert!(family["registered"].get("trigger").is_none() && family["registered"]["at"].is_string(), "{family:#}");
}

#[tokio::test]
async fn what_the_next_event_would_register_is_behind() {
    let w = World::released(1).await;
    w.aws.push_image("batch", "release", "v2");
    w.app("new", &definition("new", "busybox"));
    let answer = status(&w).await;
    assert_eq!(answer["counts"], json!({"behind": 2}), "{answer:#}");
    let families = answer["families"].as_array().unwrap();
    assert_eq!((&families[0]["family"], &families[0]["revision"]), (&json!("batch"), &json!(1)));
    assert!(families[0]["reason"].as_str().unwrap().contains("batch:1 is not what"), "{answer:#}");
    assert!(families[1]["reason"].as_str().unwrap().contains("no revision is ACTIVE"), "{answer:#}");
    assert!(families[1].get("revision").is_none() && families[1].get("images").is_none());
}

#[tokio::test]
async fn an_image_that_is_gone_is_warned_of() {
    let w = World::released(1).await;
    w.aws.push_image("batch", "release", "v2");
    w.aws.expire_image("batch", &digest("v1"));
    let answer = status(&w).await;
    let family = family(&answer);
    assert_eq!(family["images"][0]["pinned_exists"], json!(false), "{family:#}");
    assert!(warnings(family)[0].contains("tasks cannot start"), "{family:#}");
}

#[tokio::test]
async fn a_tag_that_is_gone_is_an_entry_that_failed_and_no_error() {
    let w = World::released(1).await;
    w.aws.untag("batch", "release");
    w.app("other", &definition("other", "busybox"));
    let answer = status(&w).await;
    assert_eq!(answer["counts"], json!({"failed": 1, "behind": 1}), "{answer:#}");
    let family = &answer["families"][0];
    assert_eq!((&family["state"], &family["errorType"]), (&json!("failed"), &json!("ImageNotFound")), "{family:#}");
    assert!(family["reason"].as_str().unwrap().contains("release"), "{family:#}");
    assert_eq!((&family["revision"], &family["images"][0]["pinned_exists"]), (&json!(1), &json!(true)), "{family:#}");
}

#[tokio::test]
async fn an_app_that_cannot_be_rendered_is_an_entry_that_failed() {
    let w = World::released(1).await;
    w.jsonnet_app("broken", "error 'wrong size'");
    let answer = status(&w).await;
    assert_eq!(answer["counts"], json!({"in_sync": 1, "failed": 1}), "{answer:#}");
    let broken = &answer["families"][1];
    assert_eq!((&broken["app"], &broken["errorType"]), (&json!("broken"), &json!("RenderError")), "{answer:#}");
}

#[tokio::test]
async fn the_status_of_one_app_asks_for_no_other() {
    let w = World::released(1).await;
    w.app("new", &definition("new", "busybox"));
    let answer = w.invoke(json!({"action": "status", "app": "new"})).await.unwrap();
    assert_eq!(family(&answer)["family"], json!("new"), "{answer:#}");
    assert!(w.aws.calls_of("DescribeTaskDefinition").iter().all(|call| !call.input.to_string().contains("batch")));
    let unknown = w.invoke(json!({"action": "status", "app": "newer"})).await;
    assert_failure(unknown, "InvalidEvent", &["newer", "did you mean \"new\"?"]);
}

#[tokio::test]
async fn a_schedule_that_is_pinned_to_a_revision_is_warned_of() {
    let w = World::released(3).await;
    w.aws.deregister_by_hand("batch", 2);
    w.aws.put_rule("a-latest", &arn("batch"));
    w.aws.put_rule("b-pinned", &arn("batch:3"));
    w.aws.put_rule("c-inactive", &arn("batch:2"));
    w.aws.put_rule("d-unknown", &arn("batch:99"));
    w.aws.create_schedule("default", "e-old", &arn("batch:1"));
    w.aws.forget_calls();
    let answer = status(&w).await;
    let family = family(&answer);
    let says = |name: &str| warnings(family).into_iter().find(|warning| warning.contains(name)).unwrap_or_default();
    assert_eq!(says("a-latest"), "", "{family:#}");
    assert!(says("the rule b-pinned").contains("never runs a newer"), "{family:#}");
    assert!(says("the rule c-inactive").contains("batch:2, which is INACTIVE"), "{family:#}");
    assert!(says("the rule d-unknown").contains("batch:99, which does not exist"), "{family:#}");
    assert!(says("the schedule default/e-old").contains("batch:1"), "{family:#}");
    let revisions: Vec<&Value> = family["schedules"].as_array().unwrap().iter().map(|s| &s["revision"]).collect();
    assert_eq!(revisions, [&json!(null), &json!(1), &json!(2), &json!(3), &json!(99)], "{family:#}");
}

#[tokio::test]
async fn schedules_of_other_things_are_none_of_the_family_s() {
    let w = World::released(1).await;
    w.aws.put_rule("other", &arn("batch-2"));
    w.aws.put_rule("elsewhere", "arn:aws:ecs:us-east-1:123456789012:task-definition/batch");
    w.aws.put_function_rule("sweeper");
    w.aws.put_rule("managed", &arn("batch"));
    w.aws.edit_rule("managed", "ManagedBy", "autoscaling.amazonaws.com");
    w.aws.create_api_schedule("stop", "ecs:stopTask", &json!({"Cluster": "production"}));
    let answer = status(&w).await;
    assert_eq!(family(&answer)["schedules"], json!([]), "{answer:#}");
    assert!(family(&answer)["note"].as_str().unwrap().contains("names batch"), "{answer:#}");
    let api = json!({"TaskDefinition": "batch", "Overrides": {"ContainerOverrides": [{"Environment": ["hidden"]}]}});
    w.aws.create_api_schedule("run", "ecs:runTask", &api);
    w.aws.disable_schedule("default", "run");
    let answer = status(&w).await;
    assert_eq!(family(&answer)["schedules"][0]["name"], json!("default/run"), "{answer:#}");
    assert_eq!(family(&answer)["schedules"][0]["enabled"], json!(false), "{answer:#}");
    assert!(family(&answer)["note"].as_str().unwrap().contains("disabled"), "{answer:#}");
    assert!(!answer.to_string().contains("hidden"));
}

#[tokio::test]
async fn what_the_role_may_not_read_is_a_warning_that_names_the_permission() {
    for (operation, permission) in [
        ("ListRules", "events:ListRules"),
        ("ListTargetsByRule", "events:ListTargetsByRule"),
        ("ListSchedules", "scheduler:ListSchedules"),
        ("GetSchedule", "scheduler:GetSchedule"),
    ] {
        let w = World::released(1).await;
        for name in ["a", "b"] {
            w.aws.put_rule(name, &arn("other"));
            w.aws.create_schedule("default", name, &arn("other"));
        }
        w.aws.break_calls(operation, When::Every, Fault::Denied);
        let answer = status(&w).await;
        let told = warnings(&answer);
        assert_eq!(told.len(), 1, "{answer:#}");
        assert!(told[0].contains("the function's role needs") && told[0].contains(permission), "{told:?}");
        let family = family(&answer);
        assert_eq!((&family["state"], family.get("note")), (&json!("in_sync"), None), "{answer:#}");
    }
}

#[tokio::test]
async fn a_status_answers_although_ecs_or_ecr_does_not() {
    let w = World::released(1).await;
    w.aws.break_calls("DescribeTaskDefinition", When::Every, Fault::Denied);
    let answer = status(&w).await;
    assert_eq!((&family(&answer)["state"], &family(&answer)["errorType"]), (&json!("failed"), &json!("AwsError")));
    assert!(family(&answer)["reason"].as_str().unwrap().contains("ecs:DescribeTaskDefinition"), "{answer:#}");
    w.aws.mend();
    w.aws.break_calls("BatchGetImage", When::Every, Fault::Denied);
    let answer = status(&w).await;
    assert_eq!(family(&answer)["state"], json!("failed"), "{answer:#}");
    assert_eq!(family(&answer)["revision"], json!(1), "{answer:#}");
    assert!(family(&answer)["images"][0].get("pinned_exists").is_none(), "{answer:#}");
}

#[tokio::test]
async fn a_status_makes_as_few_calls_as_there_are_repositories_rules_and_schedules_of_tasks() {
    let w = World::released(2).await;
    w.aws.put_rule("nightly", &arn("batch"));
    w.aws.put_function_rule("other");
    w.aws.create_schedule("default", "hourly", &arn("batch"));
    w.aws.create_api_schedule("stop", "ecs:stopTask", &json!({}));
    status(&w).await;
    assert_eq!(
        w.aws.tally(),
        "BatchGetImage 1, DescribeTaskDefinition 1, GetSchedule 1, ListObjectsV2 1, ListRules 1, ListSchedules 1, \
         ListTargetsByRule 2"
    );
}

#[tokio::test]
async fn all_pages_of_rules_and_schedules_are_read() {
    let w = World::released(1).await;
    w.aws.page_rules(2);
    w.aws.page_schedules(2);
    for n in 0..5 {
        w.aws.put_rule(&format!("rule-{n}"), &arn("batch"));
        w.aws.create_schedule("default", &format!("schedule-{n}"), &arn("batch"));
    }
    let answer = status(&w).await;
    assert_eq!(family(&answer)["schedules"].as_array().unwrap().len(), 10, "{answer:#}");
}

#[tokio::test]
async fn images_that_are_not_pinned_show_what_their_tags_have_now() {
    let w = World::released(1).await;
    w.aws.put("batch/crema.json", r#"{"variants": [{"ext_str": {"type": "batch"}}], "pin_images": false}"#);
    let answer = status(&w).await;
    let shown = &family(&answer)["images"][0];
    assert_eq!(shown["digest"], json!(digest("v1")), "{answer:#}");
    assert_eq!((&family(&answer)["state"], &shown["pinned_exists"]), (&json!("behind"), &json!(true)), "{answer:#}");
}

#[tokio::test]
async fn images_are_read_however_the_definition_is_wrapped_and_spelled() {
    let image = image("batch:release");
    let capitals = json!({"Family": "odd", "ContainerDefinitions": [{"Name": "app", "Image": image, "Memory": 128}]});
    for document in [json!({"taskDefinition": definition("odd", &image)}), capitals] {
        let w = World::empty(&[]).await;
        w.app("odd", &document);
        w.push("batch", "release", "v1").await.unwrap();
        w.aws.forget_calls();
        w.aws.push_image("batch", "release", "v2");
        let answer = status(&w).await;
        let shown = &family(&answer)["images"][0];
        assert_eq!((&shown["image"], &shown["digest"]), (&json!(image), &json!(digest("v2"))), "{answer:#}");
        assert_eq!((&shown["pinned"], &shown["pinned_is_current"]), (&json!(digest("v1")), &json!(false)));
    }
}
