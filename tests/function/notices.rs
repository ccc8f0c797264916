//! Notices on the event bus: one for each outcome that matters, after everything is applied.

use crema_testing::{
    Fault, When, World,
    world::{decision, definition, failure, image, outcome},
};
use serde_json::{Value, json};
use std::time::Duration;

const ON: (&str, &str) = ("PUBLISH_OUTCOMES", "true");

/// The details of what was put, in its order.
fn put(w: &World) -> Vec<Value> {
    w.aws.put_events().iter().map(|entry| entry["Detail"].clone()).collect()
}

fn decisions(w: &World) -> Vec<String> {
    put(w).iter().map(|detail| detail["decision"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn nothing_is_put_unless_that_is_on() {
    let w = World::start().await;
    w.push("batch", "release", "v1").await.unwrap();
    assert!(w.aws.put_events().is_empty() && w.aws.calls_of("PutEvents").is_empty());
}

#[tokio::test]
async fn each_outcome_that_matters_is_an_event_with_its_trigger_and_words_for_people() {
    let w = World::with(&[ON]).await;
    let answer = w.push("batch", "release", "v1").await.unwrap();
    let entries = w.aws.put_events();
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!((&entry["Source"], &entry["DetailType"]), (&json!("crema"), &json!("Task Definition Outcome")));
    assert_eq!(entry["Resources"], json!([outcome(&answer)["arn"]]));
    assert!(entry.get("EventBusName").is_none());
    let detail = &entry["Detail"];
    for (name, value) in outcome(&answer).as_object().unwrap() {
        assert_eq!(&detail[name], value, "{name}");
    }
    assert_eq!(detail["trigger"], answer["trigger"]);
    assert_eq!((&detail["title"], &detail["thread"]), (&json!("batch:1 is registered"), &json!("batch")));
    assert!(detail["next"].as_str().unwrap().contains("aws lambda invoke --function-name"), "{detail:#}");
    // What is unchanged and what is only planned is none.
    w.push("batch", "release", "v1").await.unwrap();
    w.invoke(json!({"action": "plan"})).await.unwrap();
    w.invoke(json!({"action": "status"})).await.unwrap();
    w.sweep().await.unwrap();
    assert_eq!(decisions(&w), ["registered"]);
    w.push("batch", "release", "v2").await.unwrap();
    w.rollback("batch", json!({"reason": "wrong \"totals\""})).await.unwrap();
    w.rollback("batch", json!({})).await.unwrap();
    w.sweep().await.unwrap();
    let all = ["registered", "registered", "rolled_back", "already_rolled_back", "held"];
    assert_eq!(decisions(&w), all);
    assert!(put(&w)[2]["text"].as_str().unwrap().contains("asked because: wrong \"totals\""));
}

#[tokio::test]
async fn a_failure_is_told_once_a_request_id_and_the_good_end_too() {
    let w = World::with(&[ON]).await;
    w.app("b", &definition("b", &image("nothing:release")));
    let retried = json!({"action": "sweep", "id": "x"});
    for _ in 0..2 {
        let failed = w.function.invoke_event(retried.clone(), "request-1", Duration::from_secs(60)).await;
        assert_eq!(failure(failed).error_type, "ImageNotFound");
    }
    let mut told = decisions(&w);
    told.sort();
    assert_eq!(told, ["failed", "registered"]);
    let failed = put(&w).into_iter().find(|detail| detail["decision"] == "failed").unwrap();
    assert_eq!((&failed["app"], &failed["error_type"]), (&json!("b"), &json!("ImageNotFound")));
    // Another request is told again.
    let _ = w.sweep().await;
    assert_eq!(decisions(&w).iter().filter(|decision| *decision == "failed").count(), 2);
    w.aws.push_image("nothing", "release", "v1");
    w.function.invoke_event(retried, "request-1", Duration::from_secs(60)).await.unwrap();
    assert_eq!(decisions(&w).last().unwrap(), "registered");
}

#[tokio::test]
async fn ten_go_in_a_call_after_everything_is_applied() {
    let w = World::empty(&[ON]).await;
    for n in 0..25 {
        w.app(&format!("a{n:02}"), &definition(&format!("a{n:02}"), "busybox"));
    }
    w.sweep().await.unwrap();
    let calls = w.aws.calls_of("PutEvents");
    let sizes: Vec<usize> = calls.iter().map(|call| call.input["Entries"].as_array().unwrap().len()).collect();
    assert_eq!((sizes, put(&w).len()), (vec![10, 10, 5], 25));
    let last = w.aws.calls_of("RegisterTaskDefinition").iter().filter_map(|call| call.ended).max().unwrap();
    assert!(calls.iter().all(|call| call.begun >= last));
}

#[tokio::test]
async fn what_cannot_be_put_is_a_warning_and_no_error() {
    let w = World::with(&[ON]).await;
    w.aws.break_calls("PutEvents", When::Every, Fault::Denied);
    let answer = w.push("batch", "release", "v1").await.unwrap();
    assert_eq!(decision(&answer), "registered");
    let warning = answer["warnings"].as_array().unwrap().last().unwrap().as_str().unwrap();
    for text in ["1 of 1 notices", "events:PutEvents", "PublishOutcomes"] {
        assert!(warning.contains(text), "{warning}");
    }
    w.aws.mend();
    // EventBridge may refuse single entries: those are put once more.
    w.aws.refuse_entries(1);
    let answer = w.push("batch", "release", "v2").await.unwrap();
    assert_eq!((&answer["warnings"], decisions(&w)), (&json!([]), vec!["registered".to_owned()]), "{answer:#}");
    w.aws.refuse_entries(2);
    let answer = w.push("batch", "release", "v3").await.unwrap();
    assert!(answer["warnings"].to_string().contains("InternalFailure"), "{answer:#}");
}

#[tokio::test]
async fn a_notice_tells_no_value_that_an_answer_does_not_tell() {
    let w = World::with(&[ON]).await;
    w.aws.break_calls(
        "RegisterTaskDefinition",
        When::Every,
        Fault::Refused { status: 400, code: "ClientException", message: "The value 'hunter2-secret' is wrong" },
    );
    let mut secret = definition("a", "busybox");
    secret["containerDefinitions"][0]["environment"] = json!([{"name": "P", "value": "hunter2-secret"}]);
    w.app("a", &secret);
    let told = failure(w.register("a").await);
    assert!(told.error_message.contains("***") && !told.error_message.contains("hunter2"), "{told:?}");
    let notice = put(&w).remove(0);
    assert!(notice["text"].as_str().unwrap().contains("***"), "{notice:#}");
    assert!(!notice.to_string().contains("hunter2"));
}

#[tokio::test]
async fn the_circuit_breaker_tells_what_happened_why_and_what_to_do_next() {
    let w = World::released_with(2, &[ON, ("CIRCUIT_BREAKER", "on")]).await;
    w.ran_well("batch:1").await.unwrap();
    w.ran_badly("batch:2").await.unwrap();
    w.ran_badly("batch:1").await.unwrap();
    let told: Vec<Value> = put(&w).split_off(2);
    let titles: Vec<&str> = told.iter().map(|notice| notice["title"].as_str().unwrap()).collect();
    let expected =
        ["batch:1 ran well", "batch:2 was taken back: schedules run batch:1", "A task of batch:1 failed, and it stays"];
    assert_eq!(titles, expected);
    assert!(told[1]["text"].as_str().unwrap().contains("container app exited with 1"), "{:#}", told[1]);
    // By this a rule tells a revision that once ran from one that never did.
    assert!(told[2]["proven_at"].is_string());
}
