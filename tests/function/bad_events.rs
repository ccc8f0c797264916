//! Payloads that are wrong: each is `InvalidEvent`, names its field, and changes nothing.

use crema_testing::{World, tried, world::assert_failure};
use serde_json::{Value, json};

#[tokio::test]
async fn a_payload_that_fits_no_kind_is_told_the_kinds() {
    let w = World::released(1).await;
    let kinds =
        ["ECR Image Action", "Object Created", "Task Definition Rollback", "Scheduled Event", "register", "plan"];
    for payload in [
        json!({}),
        json!([1]),
        json!("batch"),
        Value::Null,
        json!({"Records": []}),
        json!({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "detail": {}}),
        json!({"action": "deploy"}),
    ] {
        assert_failure(w.invoke(payload).await, "InvalidEvent", &kinds);
    }
    assert!(w.aws.calls().is_empty(), "{}", w.aws.tally());
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let w = World::released(2).await;
    let payloads = [
        (json!({"action": "rollback", "family": "batch", "revision": 0}), "`revision`"),
        (json!({"action": "rollback", "family": "batch", "revision": "newest"}), "`revision`"),
        (json!({"action": "rollback", "family": "batch", "to": -1}), "`to`"),
        (json!({"action": "rollback", "family": "batch", "to": 1, "revision": 2}), "`to`"),
        (json!({"action": "rollback", "family": ""}), "`family`"),
        (json!({"action": "rollback", "app": ""}), "`app`"),
        (json!({"action": "rollback", "family": "batch", "force": true}), "`force`"),
        (json!({"action": "register"}), "`app`"),
        (json!({"action": "register", "app": ""}), "`app`"),
        (json!({"action": "register", "app": "batch", "dry": true}), "`dry`"),
        (json!({"action": "register", "app": "batch", "time": "today"}), "`time`"),
    ];
    let count = payloads.len();
    for (payload, field) in payloads {
        assert_failure(w.invoke(payload).await, "InvalidEvent", &[field]);
    }
    assert!(w.aws.changes().is_empty());
    tried(count, "payloads");
}

#[tokio::test]
async fn an_app_that_does_not_exist_is_named() {
    let w = World::released(1).await;
    for action in ["register", "plan"] {
        let answer = w.invoke(json!({"action": action, "app": "bacth"})).await;
        assert_failure(answer, "InvalidEvent", &["bacth"]);
    }
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn a_rollback_through_event_bridge_with_a_wrong_field_is_invalid() {
    let w = World::released(2).await;
    let event = crema_testing::world::rollback_event(json!({"famly": "batch"}), w.aws.now());
    assert_failure(w.invoke(event).await, "InvalidEvent", &["`famly`"]);
    assert!(w.aws.changes().is_empty());
}
