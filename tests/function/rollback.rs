//! Each row of the table of decisions for taking the latest revision back.

use crema_testing::{
    Fault, When, World,
    aws::ecr::digest,
    moment::{rfc3339, to_the_second},
    world::{decision, definition, failure, outcome, rollback_event, words},
};
use serde_json::{Value, json};
use time::Duration;

fn reason(answer: &Value) -> &str {
    outcome(answer)["reason"].as_str().unwrap_or_else(|| panic!("no reason: {answer:#}"))
}

#[tokio::test]
async fn the_latest_revision_is_taken_back() {
    let w = World::released(3).await;
    let event = rollback_event(json!({"family": "batch", "reason": "wrong totals"}), w.aws.now());
    let answer = w.invoke(event).await.unwrap();
    let outcome = outcome(&answer);
    assert_eq!(outcome["decision"], json!("rolled_back"), "{answer:#}");
    assert_eq!((&outcome["revision"], &outcome["revisions"]), (&json!(3), &json!([3])));
    assert_eq!((&outcome["latest"], &outcome["request_reason"]), (&json!(2), &json!("wrong totals")));
    assert_eq!(answer["trigger"]["kind"], json!("rollback"));
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn one_request_delivered_twice_takes_back_once() {
    let w = World::released(3).await;
    let event = rollback_event(json!({"family": "batch", "again": true}), w.aws.now());
    assert_eq!(decision(&w.invoke(event.clone()).await.unwrap()), "rolled_back");
    assert_eq!(decision(&w.invoke(event).await.unwrap()), "already_rolled_back");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn two_people_pressing_at_once_take_back_once() {
    let w = World::released(3).await;
    let time = w.at(Duration::ZERO);
    let again = json!({"again": true, "time": time});
    assert_eq!(decision(&w.rollback("batch", again.clone()).await.unwrap()), "rolled_back");
    assert_eq!(decision(&w.rollback("batch", again).await.unwrap()), "already_rolled_back");
}

#[tokio::test]
async fn an_alarm_that_asks_again_and_again_takes_back_once() {
    // Within the five minutes by which a request's time may be ahead.
    let w = World::released_with(4, &[("ROLLBACK_QUIET_SECONDS", "180")]).await;
    assert_eq!(decision(&w.rollback("batch", json!({})).await.unwrap()), "rolled_back");
    for minutes in [0, 1, 2] {
        let answer = w.rollback("batch", json!({"time": w.at(Duration::minutes(minutes))})).await.unwrap();
        assert_eq!(decision(&answer), "already_rolled_back", "{answer:#}");
        for word in ["4", "again", "revision", "to"] {
            assert!(reason(&answer).contains(word), "{word}: {answer:#}");
        }
    }
    let later = w.rollback("batch", json!({"time": w.at(Duration::minutes(4))})).await.unwrap();
    assert_eq!(decision(&later), "rolled_back", "{later:#}");
}

#[tokio::test]
async fn again_goes_further_back_at_once() {
    let w = World::released(3).await;
    w.rollback("batch", json!({})).await.unwrap();
    let answer = w.rollback("batch", json!({"again": true})).await.unwrap();
    assert_eq!((decision(&answer), &outcome(&answer)["revision"]), ("rolled_back", &json!(2)));
    assert_eq!(w.aws.active("batch"), [1]);
}

#[tokio::test]
async fn the_quiet_after_a_rollback_can_be_switched_off() {
    let w = World::released_with(3, &[("ROLLBACK_QUIET_SECONDS", "0")]).await;
    for _ in 0..2 {
        assert_eq!(decision(&w.rollback("batch", json!({})).await.unwrap()), "rolled_back");
    }
}

#[tokio::test]
async fn without_an_active_revision_it_is_refused() {
    let w = World::released(1).await;
    w.aws.deregister_by_hand("batch", 1);
    let answer = w.rollback("batch", json!({"time": w.at(Duration::HOUR)})).await.unwrap();
    assert_eq!(decision(&answer), "refused", "{answer:#}");
}

#[tokio::test]
async fn a_request_from_before_the_latest_revision_is_superseded() {
    let w = World::released(2).await;
    let answer = w.rollback("batch", json!({"time": w.at(-Duration::hours(2))})).await.unwrap();
    assert_eq!(decision(&answer), "superseded", "{answer:#}");
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn a_revision_of_the_same_second_as_the_request_is_the_one_meant() {
    let w = World::released(2).await;
    let now = to_the_second(w.aws.now());
    w.aws.edit_revision("batch", 2, |r| {
        r.registered_at = Some(now + Duration::milliseconds(900));
        r.tags.insert("crema:registered-at".into(), rfc3339(now));
    });
    let answer = w.invoke(rollback_event(json!({"family": "batch"}), now)).await.unwrap();
    assert_eq!(decision(&answer), "rolled_back", "{answer:#}");
}

#[tokio::test]
async fn the_last_active_revision_stays_unless_allowed() {
    let w = World::released(1).await;
    let answer = w.rollback("batch", json!({})).await.unwrap();
    assert_eq!(decision(&answer), "refused", "{answer:#}");
    assert!(reason(&answer).contains("allow_last"), "{answer:#}");
    assert_eq!(decision(&w.rollback("batch", json!({"allow_last": true})).await.unwrap()), "rolled_back");
    assert!(w.aws.active("batch").is_empty());
}

#[tokio::test]
async fn a_family_that_is_not_managed_is_refused_unless_allowed() {
    for (setting, expected) in [("false", "refused"), ("true", "rolled_back")] {
        let w = World::with(&[("ALLOW_UNMANAGED", setting)]).await;
        for _ in 0..2 {
            w.aws.register_by_hand(&definition("elsewhere", "busybox"));
        }
        w.age("elsewhere", Duration::HOUR);
        let answer = w.rollback("elsewhere", json!({})).await.unwrap();
        assert_eq!(decision(&answer), expected, "{answer:#}");
    }
}

#[tokio::test]
async fn a_hotfix_by_hand_of_a_managed_family_is_taken_back() {
    let w = World::released(1).await;
    w.aws.register_by_hand(&definition("batch", "busybox"));
    w.age("batch", Duration::HOUR);
    let answer = w.rollback("batch", json!({})).await.unwrap();
    assert_eq!((decision(&answer), &outcome(&answer)["revision"]), ("rolled_back", &json!(2)));
}

#[tokio::test]
async fn a_revision_whose_image_is_gone_does_not_become_the_latest_unless_allowed() {
    let w = World::released(2).await;
    w.aws.expire_image("batch", &digest("v1"));
    let answer = w.rollback("batch", json!({})).await.unwrap();
    assert_eq!(decision(&answer), "refused", "{answer:#}");
    assert!(reason(&answer).contains(&digest("v1")), "{answer:#}");
    let allowed = w.rollback("batch", json!({"allow_missing_image": true})).await.unwrap();
    assert_eq!(decision(&allowed), "rolled_back", "{allowed:#}");
}

#[tokio::test]
async fn where_ecr_cannot_be_asked_there_is_a_warning() {
    let w = World::released(2).await;
    w.aws.break_calls("BatchGetImage", When::Every, Fault::Denied);
    let answer = w.rollback("batch", json!({})).await.unwrap();
    assert_eq!(decision(&answer), "rolled_back", "{answer:#}");
    assert!(words(&answer).contains("ecr:BatchGetImage"), "{answer:#}");
}

#[tokio::test]
async fn two_revisions_of_one_definition_go_together() {
    let w = World::released(2).await;
    let second = w.aws.revision("batch", 2);
    let mut copy = Value::Object(second.definition.clone());
    copy["tags"] = second.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    w.aws.register_by_hand(&copy);
    w.aws.edit_revision("batch", 3, |r| r.registered_at = second.registered_at);
    let answer = w.rollback("batch", json!({})).await.unwrap();
    let outcome = outcome(&answer);
    assert_eq!(outcome["decision"], json!("rolled_back"), "{answer:#}");
    assert_eq!((&outcome["revision"], &outcome["latest"]), (&json!(3), &json!(1)));
    assert_eq!(outcome["revisions"], json!([3, 2]));
}

#[tokio::test]
async fn a_rollback_by_app_takes_back_the_family_it_renders() {
    let w = World::released(2).await;
    let answer = w.invoke(json!({"action": "rollback", "app": "batch"})).await.unwrap();
    assert_eq!((decision(&answer), &outcome(&answer)["family"]), ("rolled_back", &json!("batch")));
}

#[tokio::test]
async fn a_rollback_needs_no_readable_configuration() {
    let w = World::released(2).await;
    w.aws.break_calls("ListObjectsV2", When::Every, Fault::Denied);
    assert_eq!(decision(&w.rollback("batch", json!({})).await.unwrap()), "rolled_back");
}

#[tokio::test]
async fn a_revision_that_is_far_from_any_is_an_error_and_costs_no_more_calls() {
    let w = World::released(3).await;
    let failure = failure(w.rollback("batch", json!({"revision": 30_000})).await);
    assert_eq!(failure.error_type, "InvalidEvent", "{failure:?}");
    assert!(failure.error_message.contains("batch:30000"), "{failure:?}");
    assert!(w.aws.calls_of("DescribeTaskDefinition").len() <= 5, "{}", w.aws.tally());
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_taken_back_and_changes_nothing() {
    let w = World::released(3).await;
    let dry = w.rollback("batch", json!({"dry_run": true, "to": 1})).await.unwrap();
    assert_eq!(decision(&dry), "would_roll_back", "{dry:#}");
    let told = outcome(&dry);
    assert_eq!((&told["revision"], &told["revisions"], &told["latest"]), (&json!(3), &json!([3, 2]), &json!(1)));
    assert_eq!(dry["counts"], json!({"would_roll_back": 1}));
    assert_eq!((w.aws.active("batch"), w.aws.changes()), (vec![1, 2, 3], vec![]));
    // It is no rollback: the next one is not held for its sake, and an event may ask for it too.
    let event = rollback_event(json!({"family": "batch", "dry_run": true}), w.aws.now());
    assert_eq!(decision(&w.invoke(event).await.unwrap()), "would_roll_back");
    assert_eq!(decision(&w.rollback("batch", json!({"dry_run": false})).await.unwrap()), "rolled_back");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}

#[tokio::test]
async fn a_dry_run_is_refused_for_what_a_rollback_is_refused() {
    let reach = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-*:*";
    let w = World::released_with(1, &[("FAMILY_ARNS", reach)]).await;
    let outside = w.rollback("batch", json!({"dry_run": true})).await.unwrap();
    assert_eq!(decision(&outside), "refused", "{outside:#}");
    assert!(reason(&outside).contains("FAMILY_ARNS"), "{outside:#}");
    let w = World::released(2).await;
    let image = digest("v1");
    w.aws.expire_image("batch", &image);
    assert_eq!(decision(&w.rollback("batch", json!({"dry_run": true})).await.unwrap()), "refused");
    let allowed = json!({"dry_run": true, "allow_missing_image": true});
    assert_eq!(decision(&w.rollback("batch", allowed).await.unwrap()), "would_roll_back");
    let wrong = failure(w.rollback("batch", json!({"dry_run": "yes"})).await);
    assert!(wrong.error_type == "InvalidEvent" && wrong.error_message.contains("`dry_run`"), "{wrong:?}");
    assert_eq!(w.aws.changes(), [""; 0]);
}
