//! The buttons of a page: what they do, and what they do where the page is no longer true.

use super::{buttons_on, click, clicked, element, elements, page, shown, text};
use crema_testing::{
    World,
    world::{definition, image},
};
use serde_json::{Value, json};
use time::Duration;

/// What a pressed button shows.
async fn press(w: &World, html: &str, label: &str) -> String {
    text(&click(w, html, &buttons_on(), label).await)
}

#[tokio::test]
async fn a_button_asks_with_the_names_of_family_and_revision_and_says_when_the_page_was_made() {
    let w = World::released(2).await;
    let html = page(&w, buttons_on()).await;
    for (label, members) in
        [("Roll back", ["action", "family", "reason", "time"]), ("Register", ["action", "app", "reason", "time"])]
    {
        let button = element(&html, label);
        let named: Vec<&str> = button.params.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(named, members, "{button:?}");
        let attributes = &button.attributes;
        assert_eq!(attributes["endpoint"], "arn:aws:lambda:ap-northeast-1:123456789012:function:crema");
        assert_eq!((attributes["action"].as_str(), attributes["display"].as_str()), ("call", "popup"));
        let question = &attributes["confirmation"];
        assert!(
            question.contains("batch?") && question.contains("revision 2") || question.contains("Revision 2"),
            "{question}"
        );
    }
}

#[tokio::test]
async fn roll_back_takes_the_latest_back_once_however_often_it_is_pressed() {
    let w = World::released(3).await;
    let html = page(&w, buttons_on()).await;
    let said = press(&w, &html, "Roll back").await;
    assert!(
        said.contains("rolled back") && said.contains("Taken back: 3") && said.contains("Schedules run 2"),
        "{said}"
    );
    let again = press(&w, &html, "Roll back").await;
    assert!(again.contains("already rolled back"), "{again}");
    assert_eq!(w.aws.calls_of("DeregisterTaskDefinition").len(), 1);
    // It is logged, counted and kept as any other.
    let records = w.function.records();
    assert!(records.iter().any(|record| record["decision"] == "rolled_back" && record["trigger"] == "rollback"));
    assert!(records.iter().any(|record| record["rolled_back"] == json!(1)));
}

#[tokio::test]
async fn roll_back_of_a_page_that_is_older_than_the_latest_revision_takes_nothing_back() {
    let w = World::released(2).await;
    let html = page(&w, buttons_on()).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    w.push("batch", "release", "v3").await.unwrap();
    let said = press(&w, &html, "Roll back").await;
    assert!(said.contains("superseded"), "{said}");
    assert!(w.aws.calls_of("DeregisterTaskDefinition").is_empty());
}

#[tokio::test]
async fn register_ends_a_hold_and_a_page_from_before_the_rollback_does_not() {
    let w = World::released(2).await;
    let old = page(&w, buttons_on()).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    w.rollback("batch", json!({})).await.unwrap();
    let said = press(&w, &old, "Register").await;
    assert!(said.contains("held") && said.contains("batch:2 was taken back"), "{said}");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let new = page(&w, buttons_on()).await;
    assert!(element(&new, "Register").attributes["confirmation"].contains("ends the hold: revision 2"));
    let said = press(&w, &new, "Register").await;
    assert!(said.contains("registered") && said.contains("Revision 3 is the latest"), "{said}");
}

#[tokio::test]
async fn register_of_a_page_from_before_somebody_elses_revision_keeps_that() {
    let w = World::released(1).await;
    w.aws.push_image("batch", "release", "v2");
    let old = page(&w, buttons_on()).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    w.aws.register_by_hand(&definition("batch", "busybox"));
    let said = press(&w, &old, "Register").await;
    assert!(said.contains("drifted"), "{said}");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let new = page(&w, buttons_on()).await;
    assert!(element(&new, "Register").attributes["confirmation"].contains("somebody else registered"));
    assert!(press(&w, &new, "Register").await.contains("Revision 3 is the latest"));
}

#[tokio::test]
async fn what_fails_after_a_button_is_shown_in_its_popup() {
    let w = World::released(1).await;
    let html = page(&w, buttons_on()).await;
    w.aws.put("batch/ecs-task-def.jsonnet", "{ family: 'batch', ");
    let said = press(&w, &html, "Register").await;
    assert!(said.contains("failed") && said.contains("RenderError"), "{said}");
    let said = press(&w, &html, "Roll back").await;
    assert!(said.contains("refused"), "the last ACTIVE one stays: {said}");
}

#[tokio::test]
async fn a_family_of_another_region_is_named_by_its_arn() {
    let w = World::empty(&[]).await;
    w.aws.put("far/ecspresso.yml", "region: eu-west-1\ntask_definition: ecs-task-def.json\n");
    w.aws.put("far/ecs-task-def.json", definition("far", "busybox").to_string());
    for version in ["busybox", "alpine"] {
        w.aws.put("far/ecs-task-def.json", definition("far", version).to_string());
        w.register("far").await.unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let html = page(&w, buttons_on()).await;
    let named = element(&html, "Roll back").params["family"].clone();
    assert_eq!(named, json!("arn:aws:ecs:eu-west-1:123456789012:task-definition/far"));
    assert!(press(&w, &html, "Details").await.contains("2 runs now"));
    assert!(press(&w, &html, "Roll back").await.contains("Taken back: 2"));
}

#[tokio::test]
async fn no_refresh_changes_anything_whatever_the_parameters_hold() {
    let w = World::released(2).await;
    let time = w.at(Duration::ZERO);
    let rollback = json!({"action": "rollback", "family": "batch", "time": time});
    let mut all: Vec<Value> = vec![
        rollback.clone(),
        json!({"action": "register", "app": "batch", "time": time}),
        json!({"action": "sweep"}),
        json!({"action": "page", "actions": true}),
        json!({"action": null, "actions": true}),
        json!({"action": {"action": "rollback"}, "family": "batch"}),
        json!({"detail-type": "Task Definition Rollback", "source": "me", "detail": {"family": "batch"}}),
        json!({"requestPayload": rollback, "timestamp": time}),
        json!({"Records": [{"body": rollback.to_string()}]}),
        json!({"actions": "yes", "filter": 7, "other": [1]}),
    ];
    all.push(w.push_event("batch", "release"));
    w.aws.push_image("batch", "release", "v3");
    w.aws.forget_calls();
    for params in all {
        let html = shown(&w, super::refresh(&params)).await;
        assert!(text(&html).contains("1 family"), "{params}");
        if params.get("action").is_some_and(|action| !action.is_null()) {
            assert!(text(&html).contains("hold an `action`"), "{params}: {}", text(&html));
            // Nor do the buttons of such a widget.
            let pressed =
                shown(&w, clicked(&params, &json!({"action": "rollback", "family": "batch", "time": time}))).await;
            assert!(text(&pressed).contains("1 family"), "{params}");
        }
    }
    // Parameters that are no object may hold anything.
    let mut odd = clicked(&json!({}), &json!({"action": "rollback", "family": "batch", "time": time}));
    for params in [json!("action: rollback"), json!([{"action": "rollback"}]), json!(7)] {
        odd["widgetContext"]["params"] = params;
        assert!(text(&shown(&w, odd.clone()).await).contains("1 family"));
    }
    assert!(w.aws.changes().is_empty(), "{:?}", w.aws.changes());
}

#[tokio::test]
async fn register_of_an_app_with_several_families_says_so() {
    let w = World::empty(&[]).await;
    w.aws.push_image("shop", "release", "v1");
    w.upload_folder("examples");
    let html = page(&w, buttons_on()).await;
    let questions: Vec<String> = elements::elements(&html)
        .iter()
        .filter(|element| element.label == "Register")
        .map(|element| element.attributes["confirmation"].clone())
        .collect();
    assert!(questions.iter().any(|question| question.contains("All 2 families of the app shop")), "{questions:?}");
    assert!(!image("shop").is_empty());
}
