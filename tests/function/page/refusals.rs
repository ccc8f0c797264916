//! With `widgetContext` an action takes what a page writes, and nothing else.

use super::{clicked, context, shown, text};
use crema_testing::{World, tried, world::assert_failure};
use serde_json::{Value, json};
use time::Duration;

#[tokio::test]
async fn an_action_takes_only_the_members_that_a_page_writes() {
    let w = World::released(3).await;
    let time = w.at(Duration::ZERO);
    let with = |base: Value, name: &str, value: Value| {
        let mut payload = base;
        payload[name] = value;
        payload
    };
    let rollback = json!({"action": "rollback", "family": "batch", "time": time});
    let register = json!({"action": "register", "app": "batch", "time": time});
    let mut refused: Vec<(Value, &str)> = vec![];
    for name in [
        "again",
        "allow_last",
        "allow_missing_image",
        "revision",
        "to",
        "region",
        "variant",
        "id",
        "dry_run",
        "x",
        "actions",
        "filter",
    ] {
        for value in [json!(true), json!(false), json!(null), json!(1)] {
            refused.push((with(rollback.clone(), name, value.clone()), name));
            refused.push((with(register.clone(), name, value), name));
        }
    }
    refused.extend([
        (json!({"action": "rollback", "family": "batch"}), "`time` is missing"),
        (json!({"action": "register", "app": "batch"}), "`time` is missing"),
        (json!({"action": "rollback", "family": "batch:2", "time": time}), "names a revision"),
        (json!({"action": "rollback", "family": "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/batch:3", "time": time}), "names a revision"),
        (json!({"action": "rollback", "family": "batch", "time": "yesterday"}), "RFC 3339"),
        (json!({"action": "rollback", "time": time}), "`family` is missing"),
        (json!({"action": "rollback", "family": "batch", "app": "batch", "time": time}), "both given"),
        (json!({"action": "register", "time": time}), "`app` is missing"),
        (json!({"action": "register", "family": "batch", "time": time}), "does not write this"),
        (json!({"action": "sweep"}), "of a page it is one of"),
        (json!({"action": "status"}), "of a page it is one of"),
        (json!({"action": "expire"}), "of a page it is one of"),
        (json!({"action": 7}), "not a text"),
        (json!({"action": ""}), "empty"),
        (json!({"action": "page", "page": 0}), "`page`"),
        (json!({"action": "page", "page": "next"}), "`page`"),
        (json!({"action": "details"}), "one of `family` and `app`"),
        (json!({"action": "details", "family": "batch:1"}), "`family`"),
        (json!({"action": "plan", "app": "batch", "time": time}), "does not write this"),
    ]);
    let count = refused.len();
    for (payload, says) in refused {
        let refused = w.invoke(clicked(&json!({"actions": true}), &payload)).await;
        assert!(refused.is_err(), "{payload}");
        assert_failure(refused, "InvalidEvent", &[says]);
    }
    assert!(w.aws.changes().is_empty(), "{:?}", w.aws.changes());
    tried(count, "payloads");
}

#[tokio::test]
async fn a_context_that_is_none_is_an_error_and_one_with_nothing_in_it_is_not() {
    let w = World::released(1).await;
    for context in [json!("x"), json!(null), json!([1]), json!(true)] {
        assert_failure(
            w.invoke(json!({"widgetContext": context, "action": "sweep"})).await,
            "InvalidEvent",
            &["widgetContext"],
        );
    }
    assert!(text(&shown(&w, json!({"widgetContext": {}})).await).contains("1 family"));
}

#[tokio::test]
async fn a_widget_in_an_envelope_is_answered_to_nobody() {
    let w = World::released(2).await;
    let payload = clicked(&json!({}), &json!({"action": "rollback", "family": "batch", "time": w.at(Duration::ZERO)}));
    for envelope in
        [json!({"requestPayload": payload}), json!({"Records": [{"messageId": "1", "body": payload.to_string()}]})]
    {
        assert_failure(w.invoke(envelope).await, "InvalidEvent", &["not from a queue"]);
    }
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn what_is_asked_about_and_is_not_there_is_said() {
    let w = World::released(1).await;
    let details = clicked(&json!({}), &json!({"action": "details", "family": "nobody"}));
    assert!(text(&shown(&w, details).await).contains("No app renders this family"));
    let press = |action: Value| clicked(&json!({}), &action);
    let time = w.at(Duration::ZERO);
    assert_failure(
        w.invoke(press(json!({"action": "register", "app": "nobody", "time": time}))).await,
        "InvalidEvent",
        &["there is no app"],
    );
    assert_failure(
        w.invoke(press(json!({"action": "rollback", "family": "nobody", "time": time}))).await,
        "InvalidEvent",
        &["nobody"],
    );
    assert!(context(&json!({})).is_object());
}
