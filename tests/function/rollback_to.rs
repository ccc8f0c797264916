//! Rollbacks of one revision, and back to one.

use crema_testing::{
    Fault, When, World,
    aws::ecr::digest,
    world::{assert_failure, decision, definition, outcome, words},
};
use serde_json::json;
use time::Duration;

#[tokio::test]
async fn exactly_the_named_revision_goes() {
    let w = World::released(3).await;
    let answer = w.rollback("batch", json!({"revision": 2})).await.unwrap();
    let outcome = outcome(&answer);
    assert_eq!((&outcome["decision"], &outcome["revision"]), (&json!("rolled_back"), &json!(2)), "{answer:#}");
    assert_eq!(outcome["latest"], json!(3));
    assert_eq!(w.aws.active("batch"), [1, 3]);
}

#[tokio::test]
async fn an_arn_of_another_account_takes_nothing_back_here() {
    let w = World::released(3).await;
    let arn = "arn:aws:ecs:ap-northeast-1:210987654321:task-definition/batch:3";
    assert_failure(w.rollback(arn, json!({})).await, "InvalidEvent", &["`family`", "210987654321", "123456789012"]);
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn a_revision_may_be_named_with_its_family_or_as_an_arn() {
    let arn = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/batch:3";
    for family in ["batch:3", arn] {
        let w = World::released(3).await;
        assert_eq!(decision(&w.rollback(family, json!({})).await.unwrap()), "rolled_back");
        assert_eq!(w.aws.active("batch"), [1, 2]);
    }
}

#[tokio::test]
async fn a_named_revision_that_is_inactive_is_already_rolled_back() {
    let w = World::released(3).await;
    for expected in ["rolled_back", "already_rolled_back"] {
        assert_eq!(decision(&w.rollback("batch", json!({"revision": 3})).await.unwrap()), expected);
    }
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn the_only_active_revision_is_refused_by_number_too() {
    let w = World::released(1).await;
    assert_eq!(decision(&w.rollback("batch", json!({"revision": 1})).await.unwrap()), "refused");
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn a_named_revision_of_an_unmanaged_family_is_refused() {
    let w = World::start().await;
    for _ in 0..2 {
        w.aws.register_by_hand(&definition("elsewhere", "busybox"));
    }
    assert_eq!(decision(&w.rollback("elsewhere", json!({"revision": 2})).await.unwrap()), "refused");
}

#[tokio::test]
async fn going_back_to_a_revision_takes_back_all_above_it_newest_first() {
    let w = World::released(4).await;
    let answer = w.rollback("batch", json!({"to": 2})).await.unwrap();
    let outcome = outcome(&answer);
    assert_eq!((&outcome["decision"], &outcome["revision"]), (&json!("rolled_back"), &json!(4)), "{answer:#}");
    assert_eq!((&outcome["revisions"], &outcome["latest"]), (&json!([4, 3]), &json!(2)));
    assert_eq!(w.aws.changes(), ["DeregisterTaskDefinition batch:4", "DeregisterTaskDefinition batch:3"]);
}

#[tokio::test]
async fn being_back_at_a_revision_already_is_already_rolled_back() {
    let w = World::released(2).await;
    assert_eq!(decision(&w.rollback("batch", json!({"to": 2})).await.unwrap()), "already_rolled_back");
}

#[tokio::test]
async fn there_is_no_going_back_to_an_inactive_revision() {
    let w = World::released(3).await;
    w.aws.deregister_by_hand("batch", 1);
    assert_eq!(decision(&w.rollback("batch", json!({"to": 1})).await.unwrap()), "refused");
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let w = World::released(2).await;
    let time = w.at(Duration::ZERO);
    for (payload, says) in [
        (json!({"family": "nothing"}), "nothing"),
        (json!({"family": "batch", "revision": 99}), "99"),
        (json!({"family": "batch", "to": 99}), "99"),
        (json!({"app": "nothing"}), "nothing"),
        (json!({"app": "batch", "variant": {"type": "cron"}}), "variant"),
    ] {
        let mut payload = payload;
        payload["action"] = json!("rollback");
        payload["time"] = json!(time);
        assert_failure(w.invoke(payload).await, "InvalidEvent", &[says]);
    }
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn an_app_of_several_variants_needs_the_variant() {
    let w = World::released(2).await;
    w.aws.put("batch/crema.json", r#"{"variants": [{"ext_str": {"type": "batch"}}, {"ext_str": {"type": "web"}}]}"#);
    assert_failure(w.invoke(json!({"action": "rollback", "app": "batch"})).await, "InvalidEvent", &["variant"]);
    let named = json!({"action": "rollback", "app": "batch", "variant": {"type": "batch"}});
    assert_eq!(decision(&w.invoke(named).await.unwrap()), "rolled_back");
}

#[tokio::test]
async fn a_named_revision_that_was_registered_after_the_request_is_superseded() {
    let w = World::released(3).await;
    let before = w.at(Duration::hours(-2));
    for fields in [json!({"revision": 3}), json!({"revision": 2}), json!({"revision": 3, "again": true})] {
        let mut fields = fields;
        fields["time"] = json!(before);
        let answer = w.rollback("batch", fields).await.unwrap();
        assert_eq!(decision(&answer), "superseded", "{answer:#}");
        assert!(outcome(&answer)["reason"].as_str().unwrap().contains("after this was asked for"), "{answer:#}");
    }
    let answer = w.rollback("batch:3", json!({"time": before})).await.unwrap();
    assert_eq!(decision(&answer), "superseded", "{answer:#}");
    assert!(w.aws.changes().is_empty());
}

/// They name what they want, so they are told, where the latest without a number is refused.
#[tokio::test]
async fn going_back_by_number_to_a_revision_whose_image_is_gone_is_done_and_told() {
    for (fields, latest) in [(json!({"revision": 3}), 2), (json!({"to": 2}), 2), (json!({"to": 1}), 1)] {
        let w = World::released(3).await;
        w.aws.expire_image("batch", &digest(&format!("v{latest}")));
        let answer = w.rollback("batch", fields.clone()).await.unwrap();
        assert_eq!((decision(&answer), &outcome(&answer)["latest"]), ("rolled_back", &json!(latest)), "{answer:#}");
        let warnings = words(&answer["warnings"]);
        let says = [format!("batch:{latest}"), digest(&format!("v{latest}")), "gone".to_owned()];
        assert!(says.iter().all(|part| warnings.contains(part)), "{fields}: {answer:#}");
    }
}

#[tokio::test]
async fn going_back_by_number_where_all_images_are_there_says_nothing() {
    for fields in [json!({"revision": 3}), json!({"revision": 2}), json!({"to": 1})] {
        let w = World::released(3).await;
        let answer = w.rollback("batch", fields.clone()).await.unwrap();
        assert_eq!((decision(&answer), &answer["warnings"]), ("rolled_back", &json!([])), "{fields}: {answer:#}");
    }
    // The latest stays: nothing is gone back to.
    let w = World::released(3).await;
    w.aws.expire_image("batch", &digest("v3"));
    assert_eq!(w.rollback("batch", json!({"revision": 1})).await.unwrap()["warnings"], json!([]));
}

#[tokio::test]
async fn going_back_by_number_where_ecr_cannot_be_asked_is_done_and_told() {
    for fields in [json!({"revision": 3}), json!({"to": 1})] {
        let w = World::released(3).await;
        w.aws.break_calls("BatchGetImage", When::Every, Fault::Denied);
        let answer = w.rollback("batch", fields.clone()).await.unwrap();
        assert_eq!(decision(&answer), "rolled_back", "{answer:#}");
        assert!(words(&answer["warnings"]).contains("ecr:BatchGetImage"), "{fields}: {answer:#}");
    }
}
