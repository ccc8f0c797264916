//! `LANE=viewer`: whoever may call it can change nothing.

use super::{buttons_on, clicked, element, elements::elements, page, refresh, text};
use crema_testing::{World, tried, world::assert_failure};
use serde_json::{Value, json};
use time::Duration;

const OPERATOR: &str = "arn:aws:lambda:ap-northeast-1:123456789012:function:crema-operator";

async fn viewer(more: &[(&str, &str)]) -> World {
    let w =
        World::with(&[&[("LANE", "viewer"), ("PUBLISH_OUTCOMES", "true"), ("CIRCUIT_BREAKER", "on")], more].concat())
            .await;
    let operator = crema_testing::Function::start(&w.aws.url(), &[]).await;
    for version in ["v1", "v2", "v3"] {
        w.aws.push_image("batch", "release", version);
        operator.invoke(w.push_event("batch", "release")).await.unwrap();
    }
    // So that whoever looks would have something to register.
    w.aws.push_image("batch", "release", "v4");
    w.aws.forget_calls();
    w
}

#[tokio::test]
async fn the_viewer_changes_nothing_whatever_it_is_sent() {
    let w = viewer(&[("OPERATOR_ARN", OPERATOR)]).await;
    let time = w.at(Duration::ZERO);
    let rollback = json!({"action": "rollback", "family": "batch", "time": time});
    let mut all: Vec<Value> = vec![
        rollback.clone(),
        json!({"action": "rollback", "family": "batch", "again": true, "allow_last": true, "allow_missing_image": true}),
        json!({"action": "rollback", "family": "batch", "to": 1}),
        json!({"action": "register", "app": "batch"}),
        json!({"action": "sweep"}),
        w.push_event("batch", "release"),
        crema_testing::world::change_event("Object Created", "batch/ecspresso.yml", w.aws.now()),
        crema_testing::world::rollback_event(json!({"family": "batch"}), w.aws.now()),
        json!({"requestPayload": rollback, "timestamp": time}),
        json!({"Records": [{"messageId": "1", "body": rollback.to_string()}]}),
        clicked(&buttons_on(), &rollback),
        clicked(&buttons_on(), &json!({"action": "register", "app": "batch", "time": time})),
    ];
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    for file in std::fs::read_dir(folder).unwrap() {
        all.push(serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap());
    }
    let reads = ["plan", "status", "doctor"];
    let count = all.len();
    for payload in all {
        let only_reads = payload["action"].as_str().is_some_and(|action| reads.contains(&action));
        let is_page = payload.get("widgetContext").is_some() && payload.get("action").is_none();
        match w.invoke(payload.clone()).await {
            Ok(answer) => assert!(only_reads || is_page, "{payload} gave {answer}"),
            Err(_) if only_reads => {}
            refused => assert_failure(refused, "InvalidEvent", &["LANE=viewer", OPERATOR]),
        }
    }
    let wrote = ["RegisterTaskDefinition", "DeregisterTaskDefinition", "TagResource", "PutEvents"];
    assert!(w.aws.calls().iter().all(|call| !wrote.contains(&call.operation.as_str())), "{}", w.aws.tally());
    tried(count, "payloads");
}

#[tokio::test]
async fn its_buttons_call_the_operator_and_all_else_itself() {
    let w = viewer(&[("OPERATOR_ARN", OPERATOR)]).await;
    let html = page(&w, buttons_on()).await;
    for label in ["Roll back", "Register"] {
        assert_eq!(element(&html, label).attributes["endpoint"], OPERATOR);
    }
    let own =
        elements(&html).into_iter().filter(|element| !["Roll back", "Register"].contains(&element.label.as_str()));
    for element in own {
        assert_eq!(element.attributes["endpoint"], "arn:aws:lambda:ap-northeast-1:123456789012:function:crema");
        assert!(!element.attributes.contains_key("confirmation"));
    }
    // What they send does there what it says.
    let operator = crema_testing::Function::start(&w.aws.url(), &[]).await;
    let pressed = operator.invoke(clicked(&buttons_on(), &element(&html, "Roll back").params)).await.unwrap();
    assert!(text(pressed.as_str().unwrap()).contains("Taken back: 3"), "{pressed}");
}

#[tokio::test]
async fn without_an_operator_there_are_no_buttons_and_the_page_says_why() {
    let w = viewer(&[]).await;
    let html = page(&w, buttons_on()).await;
    assert!(text(&html).contains("OPERATOR_ARN"), "{}", text(&html));
    assert!(elements(&html).iter().all(|element| !["Roll back", "Register"].contains(&element.label.as_str())));
    let asked = w.invoke(json!({"action": "plan", "app": "batch"})).await.unwrap();
    assert_eq!(asked["outcomes"][0]["would"], json!("registered"));
    assert_eq!(w.invoke(json!({"action": "status"})).await.unwrap()["counts"], json!({"behind": 1}));
    assert!(w.invoke(refresh(&json!({}))).await.is_ok());
}
