//! How far rollbacks reach: the families of FAMILY_ARNS, and what an event may not ask for.

use crema_testing::{
    ACCOUNT, REGION, World,
    world::{decision, definition, outcome, rollback_event, words},
};
use serde_json::{Value, json};

/// Three revisions of `batch` in a function whose rollbacks reach these.
async fn reaching(arns: &str) -> World {
    World::released_with(3, &[("FAMILY_ARNS", arns)]).await
}

fn arn(region: &str, account: &str, family: &str) -> String {
    format!("arn:aws:ecs:{region}:{account}:task-definition/{family}")
}

/// Every way to ask for it.
fn ways(w: &World) -> Vec<Value> {
    let event = |detail: Value| rollback_event(detail, w.aws.now());
    let direct = json!({"action": "rollback", "family": "batch"});
    let by_event = event(json!({"family": "batch", "again": true}));
    vec![
        direct.clone(),
        json!({"action": "rollback", "family": "batch", "allow_last": true, "allow_missing_image": true, "again": true}),
        json!({"action": "rollback", "family": "batch", "revision": 3}),
        json!({"action": "rollback", "family": "batch", "to": 1}),
        json!({"action": "rollback", "family": "batch:2"}),
        json!({"action": "rollback", "family": format!("{}:3", arn(REGION, ACCOUNT, "batch"))}),
        json!({"action": "rollback", "family": arn(REGION, ACCOUNT, "batch"), "region": REGION}),
        json!({"action": "rollback", "app": "batch"}),
        by_event.clone(),
        event(json!({"app": "batch"})),
        json!({"requestContext": {"requestId": "r"}, "requestPayload": by_event}),
        json!({"Records": [{"messageId": "m", "body": direct.to_string()}]}),
    ]
}

#[tokio::test]
async fn a_rollback_of_a_family_outside_is_refused_by_whatever_way_it_is_asked_for() {
    for arns in [
        arn(REGION, ACCOUNT, "shop-*:*"),
        arn("eu-west-1", ACCOUNT, "batch:*"),
        arn(REGION, "210987654321", "*:*"),
        format!("{},{}", arn(REGION, ACCOUNT, "batch-*:*"), arn(REGION, ACCOUNT, "?batch:*")),
    ] {
        let w = reaching(&arns).await;
        for payload in ways(&w) {
            let answer = w.invoke(payload.clone()).await.unwrap();
            assert_eq!(decision(&answer), "refused", "{arns} {payload}: {answer:#}");
            let reason = outcome(&answer)["reason"].as_str().unwrap();
            assert!(reason.contains("FAMILY_ARNS") && reason.contains("`FamilyArns`"), "{reason}");
        }
        assert!(w.aws.changes().is_empty(), "{arns}");
    }
}

#[tokio::test]
async fn a_rollback_of_a_family_within_is_done() {
    for arns in [
        String::new(),
        "*".to_owned(),
        arn(REGION, ACCOUNT, "batch:*"),
        arn(REGION, ACCOUNT, "batch"),
        arn("*", ACCOUNT, "b*:*"),
        arn("ap-northeast-?", "*", "ba??h:*"),
        format!("{}, {}", arn(REGION, ACCOUNT, "shop-*:*"), arn(REGION, ACCOUNT, "batch:*")),
    ] {
        let w = reaching(&arns).await;
        assert_eq!(decision(&w.rollback("batch", json!({})).await.unwrap()), "rolled_back", "{arns}");
        let by_event = rollback_event(json!({"family": "batch", "revision": 2}), w.aws.now());
        assert_eq!(decision(&w.invoke(by_event).await.unwrap()), "rolled_back", "{arns}");
    }
}

#[tokio::test]
async fn a_setting_that_lets_unmanaged_families_go_reaches_no_further() {
    let arns = arn(REGION, ACCOUNT, "shop-*:*");
    let w = World::with(&[("FAMILY_ARNS", &arns), ("ALLOW_UNMANAGED", "true")]).await;
    for family in ["payments", "shop-web"] {
        for _ in 0..2 {
            w.aws.register_by_hand(&definition(family, "busybox"));
        }
        w.age(family, time::Duration::HOUR);
    }
    assert_eq!(decision(&w.rollback("payments", json!({})).await.unwrap()), "refused");
    assert_eq!(decision(&w.rollback("shop-web", json!({})).await.unwrap()), "rolled_back");
    assert_eq!(w.aws.active("payments"), [1, 2]);
}

#[tokio::test]
async fn registering_is_bounded_by_iam_and_not_by_this_setting() {
    let w = reaching(&arn(REGION, ACCOUNT, "shop-*:*")).await;
    assert_eq!(decision(&w.push("batch", "release", "v4").await.unwrap()), "registered");
}

fn last(w: &World, by_event: bool) -> Value {
    let detail = json!({"family": "batch", "allow_last": true});
    if by_event {
        return rollback_event(detail, w.aws.now());
    }
    json!({"action": "rollback", "family": "batch", "allow_last": true})
}

#[tokio::test]
async fn the_last_revision_goes_by_a_direct_call_and_by_an_event_only_where_that_is_allowed() {
    for (setting, by_event, decided) in [
        ("", false, "rolled_back"),
        ("false", false, "rolled_back"),
        ("", true, "refused"),
        ("false", true, "refused"),
        ("true", true, "rolled_back"),
    ] {
        let w = World::released_with(1, &[("ALLOW_LAST_BY_EVENT", setting)]).await;
        let answer = w.invoke(last(&w, by_event)).await.unwrap();
        assert_eq!(decision(&answer), decided, "{setting:?} {by_event}: {answer:#}");
        let is_told = words(&answer["warnings"]).contains("ALLOW_LAST_BY_EVENT");
        assert_eq!(is_told, decided == "refused", "{setting:?} {by_event}: {answer:#}");
        if decided == "refused" {
            let reason = outcome(&answer)["reason"].as_str().unwrap();
            let says = ["batch:1 is the only ACTIVE revision", "`AllowLastByEvent`", "direct call"];
            assert!(says.iter().all(|part| reason.contains(part)), "{reason}");
            assert_eq!(w.aws.active("batch"), [1]);
        }
    }
}

#[tokio::test]
async fn a_dead_letter_of_an_event_may_take_the_last_no_more_than_the_event() {
    let w = World::released(1).await;
    let event = last(&w, true);
    let record = json!({"requestContext": {"requestId": "r"}, "requestPayload": event});
    for letter in [record.clone(), json!({"Records": [{"messageId": "m", "body": record.to_string()}]})] {
        let answer = w.invoke(letter).await.unwrap();
        assert_eq!(decision(&answer), "refused", "{answer:#}");
    }
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn an_event_that_may_not_take_the_last_takes_back_all_the_same_where_something_is_left() {
    let w = World::released(3).await;
    let answer = w.invoke(last(&w, true)).await.unwrap();
    assert_eq!(decision(&answer), "rolled_back", "{answer:#}");
    assert!(words(&answer["warnings"]).contains("`allow_last`"), "{answer:#}");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn a_malformed_setting_is_told_in_answer_to_every_event() {
    for (name, value) in [("FAMILY_ARNS", "batch"), ("ALLOW_LAST_BY_EVENT", "yes")] {
        let w = World::with(&[(name, value)]).await;
        let failure = crema_testing::world::failure(w.rollback("batch", json!({})).await);
        assert_eq!(failure.error_type, "ConfigError", "{failure:?}");
        assert!(failure.error_message.contains(name) && failure.error_message.contains(value), "{failure:?}");
    }
}
