//! The self-check: what is broken is told by its own check, with what mends it, and mended it is well.

use crema_testing::{Fault, When, World, world::definition};
use serde_json::{Value, json};
use std::collections::BTreeMap;

async fn doctor(w: &World) -> Value {
    w.invoke(json!({"action": "doctor"})).await.unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// The results by check.
fn results(answer: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    answer["checks"].as_array().unwrap().iter().map(|c| (text(&c["check"]), text(&c["result"]))).collect()
}

fn check<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer["checks"].as_array().unwrap().iter().find(|check| check["check"] == name).unwrap()
}

/// What needs no further permission.
const OWN: [&str; 7] = ["prefix", "apps", "images", "families", "memory", "clock", "version"];

/// Three revisions, of which the last was taken back.
async fn well() -> World {
    let w = World::released(3).await;
    w.rollback("batch", json!({})).await.unwrap();
    w
}

/// Exactly this check is not as it should be; the others that need no permission are.
fn only(answer: &Value, name: &str, result: &str, says: &[&str]) {
    let found = results(answer);
    for own in OWN {
        let expected = if own == name { result } else { "ok" };
        assert_eq!(found[own], expected, "{own}: {answer:#}");
    }
    let told = check(answer, name);
    let text = format!("{} {}", told["found"], told["fix"]);
    assert!(says.iter().all(|part| text.contains(part)), "{told:#}");
    assert!(!told["fix"].as_str().unwrap().is_empty(), "{told:#}");
}

fn all_well(answer: &Value) {
    let found = results(answer);
    assert!(OWN.iter().all(|own| found[*own] == "ok"), "{answer:#}");
}

#[tokio::test]
async fn all_is_well_and_what_may_not_be_read_is_unknown_with_its_parameter() {
    let w = well().await;
    w.aws.forget_calls();
    let answer = doctor(&w).await;
    all_well(&answer);
    assert_eq!((&answer["trigger"]["kind"], &answer["outcomes"]), (&json!("doctor"), &json!([])));
    assert_eq!(answer["counts"], json!({"ok": 7, "unknown": 8}));
    for name in ["notifications", "rules", "concurrency", "schedules"] {
        let told = check(&answer, name);
        assert_eq!(
            (&told["result"], told["fix"].as_str().unwrap().contains("DoctorReads=true")),
            (&json!("unknown"), true)
        );
    }
    assert!(check(&answer, "version")["found"].as_str().unwrap().contains(env!("CARGO_PKG_VERSION")));
    assert!(check(&answer, "memory")["found"].as_str().unwrap().contains("batch:3"));
    // As DEPLOY's table has it.
    let calls: Vec<(String, usize)> =
        ["DescribeTaskDefinition", "ListTaskDefinitions", "BatchGetImage", "ListObjectsV2"]
            .map(|operation| (operation.to_owned(), w.aws.calls_of(operation).len()))
            .into();
    assert_eq!(calls.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [2, 1, 1, 1], "{calls:?}");
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn an_empty_prefix_and_one_that_cannot_be_read() {
    let w = World::empty(&[]).await;
    let answer = doctor(&w).await;
    assert_eq!(check(&answer, "prefix")["result"], "fail", "{answer:#}");
    w.aws.put("README.md", "no app");
    let answer = doctor(&w).await;
    assert_eq!(check(&answer, "prefix")["result"], "warn", "{answer:#}");
    assert!(check(&answer, "prefix")["fix"].as_str().unwrap().contains("aws s3 sync"));
    let w = well().await;
    w.aws.break_calls("ListObjectsV2", When::Every, Fault::Denied);
    let answer = doctor(&w).await;
    let found = results(&answer);
    // What is denied is unknown, and nothing else failed for it.
    assert!(found.values().all(|result| result != "fail") && found["prefix"] == "unknown", "{answer:#}");
    assert!(check(&answer, "prefix")["found"].as_str().unwrap().contains("s3:ListBucket"), "{answer:#}");
    w.aws.mend();
    w.aws.break_calls(
        "ListObjectsV2",
        When::Every,
        Fault::Refused { status: 404, code: "NoSuchBucket", message: "The specified bucket does not exist" },
    );
    assert_eq!(results(&doctor(&w).await)["prefix"], "fail");
    w.aws.mend();
    all_well(&doctor(&w).await);
}

#[tokio::test]
async fn an_app_that_does_not_render_and_an_image_that_is_not_there() {
    let w = well().await;
    w.jsonnet_app("broken", "{");
    only(&doctor(&w).await, "apps", "fail", &["broken", "crema check"]);
    w.aws.delete("broken/ecspresso.yml");
    all_well(&doctor(&w).await);
    w.aws.untag("batch", "release");
    let answer = doctor(&w).await;
    assert_eq!(results(&answer)["images"], "fail", "{answer:#}");
    assert!(check(&answer, "images")["fix"].as_str().unwrap().contains("push the image"));
    w.aws.push_image("batch", "release", "v2");
    all_well(&doctor(&w).await);
    w.aws.break_calls("BatchGetImage", When::Every, Fault::Denied);
    assert_eq!(results(&doctor(&w).await)["images"], "unknown");
}

#[tokio::test]
async fn a_family_without_a_revision_and_one_that_may_not_be_described() {
    let w = well().await;
    w.app("new", &definition("new", "busybox"));
    only(&doctor(&w).await, "families", "warn", &["new", "register"]);
    w.register("new").await.unwrap();
    all_well(&doctor(&w).await);
    w.aws.break_calls_about("DescribeTaskDefinition", "new", When::Every, Fault::Denied);
    only(&doctor(&w).await, "families", "unknown", &["ecs:DescribeTaskDefinition"]);
}

#[tokio::test]
async fn whether_crema_remembers_in_this_account() {
    let w = World::released(2).await;
    only(&doctor(&w).await, "memory", "unknown", &["no INACTIVE revision", "after the first rollback"]);
    w.rollback("batch", json!({})).await.unwrap();
    all_well(&doctor(&w).await);
    let tags = w.aws.revision("batch", 2).tags;
    w.aws.edit_revision("batch", 2, |revision| revision.tags.clear());
    only(&doctor(&w).await, "memory", "warn", &["batch:2", "without tags"]);
    w.aws.edit_revision("batch", 2, |revision| revision.tags = tags);
    all_well(&doctor(&w).await);
    w.aws.break_calls_about(
        "DescribeTaskDefinition",
        "batch:2",
        When::Every,
        Fault::Refused { status: 400, code: "ClientException", message: "Unable to describe task definition." },
    );
    only(&doctor(&w).await, "memory", "warn", &["does not describe it"]);
}

#[tokio::test]
async fn a_service_that_never_answers_is_unknown_in_time() {
    let w = well().await;
    w.aws.break_calls("ListTaskDefinitions", When::Every, Fault::Hang);
    only(&doctor(&w).await, "memory", "unknown", &["ask again"]);
}
