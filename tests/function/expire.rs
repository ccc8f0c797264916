//! Retention: what is older than what is kept is deregistered, and is never taken for a rollback.

use crema_testing::{
    Fault, When, World,
    moment::rfc3339,
    task::{exit, task_event, with},
    world::{assert_failure, decision, definition, image, outcome},
};
use serde_json::{Value, json};
use time::Duration;

/// So many revisions of `batch`, an hour old, and so many kept.
async fn old(releases: usize, keep: &str) -> World {
    World::released_with(releases, &[("KEEP_REVISIONS", keep)]).await
}

async fn expire(w: &World) -> Value {
    w.invoke(json!({"action": "expire"})).await.unwrap()
}

fn gone(answer: &Value) -> Vec<u64> {
    outcome(answer)["revisions"].as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

fn said(answer: &Value, text: &str) -> bool {
    answer["warnings"].to_string().contains(text)
}

/// Marks a revision as one of which a task ran well.
fn prove(w: &World, number: u32) {
    let now = w.aws.now();
    w.aws.edit_revision("batch", number, |revision| {
        revision.tags.insert("crema:proven-at".into(), rfc3339(now));
    });
}

#[tokio::test]
async fn the_newest_stay_and_what_is_older_goes_oldest_first() {
    let w = old(6, "3").await;
    let answer = expire(&w).await;
    assert_eq!(answer["trigger"]["kind"], "expire");
    assert_eq!((decision(&answer), gone(&answer)), ("expired", vec![3, 2, 1]), "{answer:#}");
    assert_eq!(outcome(&answer)["latest"], json!(6));
    assert_eq!(answer["counts"], json!({"expired": 1}));
    assert_eq!(w.aws.active("batch"), [4, 5, 6]);
    let order: Vec<String> = w
        .aws
        .calls_of("DeregisterTaskDefinition")
        .iter()
        .map(|call| call.input["taskDefinition"].to_string())
        .collect();
    assert_eq!(order, ["\"batch:1\"", "\"batch:2\"", "\"batch:3\""]);
    // What is done is done: nothing more goes, and nothing is told.
    let answer = expire(&w).await;
    assert_eq!((&answer["outcomes"], &answer["counts"], &answer["warnings"]), (&json!([]), &json!({}), &json!([])));
}

#[tokio::test]
async fn before_each_deregistration_the_list_is_read_again() {
    let w = old(6, "2").await;
    expire(&w).await;
    let calls: Vec<String> = w.aws.calls().into_iter().map(|call| call.operation).collect();
    let at = |operation: &str| -> Vec<usize> {
        calls.iter().enumerate().filter(|(_, name)| *name == operation).map(|(i, _)| i).collect()
    };
    let mut before = *at("GetObject").last().unwrap_or(&0);
    for change in at("DeregisterTaskDefinition") {
        assert!(at("ListTaskDefinitions").iter().any(|list| before < *list && *list < change), "{calls:?}");
        before = change;
    }
    assert_eq!(at("DeregisterTaskDefinition").len(), 4);
}

#[tokio::test]
async fn asked_only_what_would_expire_it_says_so_and_changes_nothing() {
    let w = old(5, "2").await;
    let answer = w.invoke(json!({"action": "expire", "app": "batch", "dry_run": true})).await.unwrap();
    assert_eq!((decision(&answer), gone(&answer)), ("would_expire", vec![3, 2, 1]), "{answer:#}");
    assert!(w.aws.changes().is_empty());
    for (payload, says) in [
        (json!({"action": "expire", "dry_run": "yes"}), "`dry_run` is neither true nor false"),
        (json!({"action": "expire", "keep": 3}), "`keep`: unknown field of `expire`"),
        (json!({"action": "expire", "app": "none"}), "there is no app"),
    ] {
        assert_failure(w.invoke(payload).await, "InvalidEvent", &[says]);
    }
}

#[tokio::test]
async fn off_it_says_so_and_one_is_too_few() {
    let w = World::released(4).await;
    let answer = expire(&w).await;
    assert!(said(&answer, "KEEP_REVISIONS") && answer["outcomes"] == json!([]), "{answer:#}");
    assert!(w.aws.calls().is_empty(), "{}", w.aws.tally());
    let w = World::with(&[("KEEP_REVISIONS", "1")]).await;
    assert_failure(w.invoke(json!({"action": "expire"})).await, "ConfigError", &["KEEP_REVISIONS is \"1\"", "0 (off)"]);
}

#[tokio::test]
async fn a_family_that_is_not_at_its_wish_or_on_hold_is_left_alone() {
    let w = old(5, "2").await;
    // Not at its wish: the release was pushed, and nobody told the function.
    w.aws.push_image("batch", "release", "v9");
    assert_eq!(expire(&w).await["outcomes"], json!([]));
    w.sweep().await.unwrap();
    // On hold, and at its wish: the files say again what stands.
    w.rollback("batch", json!({})).await.unwrap();
    w.aws.push_image("batch", "release", "v5");
    let answer = expire(&w).await;
    assert_eq!(answer["outcomes"], json!([]), "{answer:#}");
    assert_eq!(w.aws.active("batch"), [1, 2, 3, 4, 5]);
    // A new release ends the hold.
    assert_eq!(decision(&w.push("batch", "release", "v10").await.unwrap()), "registered");
    assert_eq!(gone(&expire(&w).await), [4, 3, 2, 1]);
}

#[tokio::test]
async fn what_is_somebody_elses_and_what_is_proven_stays() {
    let w = World::with(&[("KEEP_REVISIONS", "2")]).await;
    w.aws.register_by_hand(&definition("batch", "busybox"));
    for n in 1..=7 {
        w.push("batch", "release", &format!("v{n}")).await.unwrap();
    }
    w.age("batch", Duration::HOUR);
    // 2 to 8 are crema's, 1 is not.
    for number in [2, 4, 6] {
        prove(&w, number);
    }
    let answer = expire(&w).await;
    assert_eq!(gone(&answer), [3, 2], "{answer:#}");
    assert_eq!(w.aws.active("batch"), [1, 4, 5, 6, 7, 8]);
}

#[tokio::test]
async fn the_only_proven_one_stays_for_the_circuit_breaker_which_goes_back_to_it() {
    let w = World::released_with(6, &[("KEEP_REVISIONS", "2"), ("CIRCUIT_BREAKER", "on")]).await;
    prove(&w, 3);
    assert_eq!(gone(&expire(&w).await), [2, 1]);
    let failed = w.invoke(with(task_event("batch:6", w.aws.now()), exit(1))).await.unwrap();
    assert_eq!((decision(&failed), &outcome(&failed)["latest"]), ("rolled_back", &json!(3)), "{failed:#}");
}

#[tokio::test]
async fn what_a_schedule_names_stays_and_where_schedules_cannot_be_read_nothing_goes() {
    let w = old(6, "2").await;
    let arn = |number: u32| format!("arn:aws:ecs:ap-northeast-1:123456789012:task-definition/batch:{number}");
    w.aws.put_rule("pinned", &arn(2));
    w.aws.create_schedule("default", "pinned-too", &arn(3));
    w.aws.disable_schedule("default", "pinned-too");
    for operation in ["ListRules", "ListTargetsByRule", "ListSchedules", "GetSchedule"] {
        w.aws.break_calls(operation, When::Every, Fault::Denied);
        let answer = expire(&w).await;
        assert_eq!(answer["outcomes"], json!([]), "{operation}: {answer:#}");
        assert!(said(&answer, operation) && said(&answer, "nothing expires there"), "{operation}: {answer:#}");
        w.aws.mend();
    }
    assert!(w.aws.changes().is_empty());
    assert_eq!(gone(&expire(&w).await), [4, 1]);
    assert_eq!(w.aws.active("batch"), [2, 3, 5, 6]);
}

#[tokio::test]
async fn a_family_outside_of_family_arns_is_left_alone() {
    let reach = ("FAMILY_ARNS", "arn:aws:ecs:*:123456789012:task-definition/other-*:*");
    let w = World::released_with(5, &[("KEEP_REVISIONS", "2"), reach]).await;
    assert_eq!(expire(&w).await["outcomes"], json!([]));
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn ten_of_a_family_and_fifty_of_a_run_go_and_another_family_is_first_each_day() {
    let w =
        World::empty(&[("KEEP_REVISIONS", "2"), ("ECS_CHANGES_PER_SECOND", "1000"), ("ECS_READS_PER_SECOND", "1000")])
            .await;
    let names = ["a", "b", "c", "d", "e", "f"];
    for name in names {
        for n in 0..14 {
            w.app(name, &definition(name, &format!("busybox:{n}")));
            w.register(name).await.unwrap();
        }
    }
    let days = [5, 6].map(|day| format!("2026-03-0{day}T04:00:00Z"));
    let mut left_out = vec![];
    for day in &days {
        let asked = json!({"action": "expire", "dry_run": true, "time": day});
        let answer = w.invoke(asked).await.unwrap();
        let outcomes = answer["outcomes"].as_array().unwrap();
        assert_eq!(outcomes.len(), 5, "{answer:#}");
        assert!(outcomes.iter().all(|outcome| outcome["revisions"].as_array().unwrap().len() == 10), "{answer:#}");
        let told: Vec<&str> = outcomes.iter().map(|outcome| outcome["family"].as_str().unwrap()).collect();
        left_out.extend(names.into_iter().filter(|name| !told.contains(name)));
    }
    assert!(left_out.len() == 2 && left_out[0] != left_out[1], "{left_out:?}");
    let answer = expire(&w).await;
    assert_eq!(answer["counts"], json!({"expired": 5}));
    assert_eq!(w.aws.calls_of("DeregisterTaskDefinition").len(), 50);
}

#[tokio::test]
async fn an_answer_that_leaves_it_open_is_looked_up_and_throttling_leaves_the_rest_for_the_next_run() {
    for fault in [Fault::Cut, Fault::ResetAfter, Fault::ErrorAfter] {
        let w = old(4, "2").await;
        w.aws.break_calls("DeregisterTaskDefinition", When::Nth(1), fault.clone());
        let answer = expire(&w).await;
        assert_eq!(gone(&answer), [2, 1], "{fault:?}: {answer:#}");
        assert_eq!(w.aws.calls_of("DeregisterTaskDefinition").len(), 2, "{fault:?}");
    }
    let w = old(6, "2").await;
    w.aws.break_calls("DeregisterTaskDefinition", When::Nth(2), Fault::Throttled);
    let answer = expire(&w).await;
    assert_eq!((decision(&answer), gone(&answer)), ("expired", vec![1]), "{answer:#}");
    assert_eq!(gone(&expire(&w).await), [4, 3, 2]);
    w.aws.break_calls("ListTaskDefinitions", When::Every, Fault::Unavailable);
    let answer = expire(&w).await;
    assert_eq!((&answer["outcomes"], &answer["warnings"]), (&json!([]), &json!([])), "left for the next run");
}

#[tokio::test]
async fn what_changes_meanwhile_ends_it() {
    let w = old(6, "2").await;
    let mut once = false;
    // Somebody goes back after the first has expired.
    w.aws.before("DeregisterTaskDefinition", When::Nth(1), move |state| {
        assert!(!std::mem::replace(&mut once, true));
        let now = state.now();
        for number in [6, 5] {
            state.ecs.deregister("ap-northeast-1", &format!("batch:{number}"), now).unwrap();
        }
    });
    let answer = expire(&w).await;
    assert_eq!(gone(&answer), [1], "{answer:#}");
    assert_eq!(w.aws.active("batch"), [2, 3, 4]);
}

#[tokio::test]
async fn denied_it_is_an_error_that_names_the_permission_and_how_far_it_came() {
    let w = old(5, "2").await;
    w.aws.break_calls("DeregisterTaskDefinition", When::Nth(2), Fault::Denied);
    let refused = w.invoke(json!({"action": "expire"})).await;
    assert_failure(refused, "AwsError", &["ecs:DeregisterTaskDefinition"]);
    assert_eq!(w.aws.active("batch"), [2, 3, 4, 5]);
}

#[tokio::test]
async fn an_app_that_fails_is_told_and_keeps_no_other_from_expiring() {
    let w = old(4, "2").await;
    w.app("broken", &json!({"family": "broken", "containerDefinitions": 3}));
    w.jsonnet_app("worse", "{");
    let answer = expire(&w).await;
    assert_eq!(gone(&answer), [2, 1], "{answer:#}");
    assert!(said(&answer, "nothing of it expires") && said(&answer, "1 more"), "{answer:#}");
}

#[tokio::test]
async fn an_expiry_is_no_rollback() {
    let w = old(6, "3").await;
    let before = w.at(Duration::seconds(-5));
    expire(&w).await;
    // Asked for before, delivered after; and something was registered since: what was meant is no longer the latest.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(decision(&w.push("batch", "release", "v7").await.unwrap()), "registered");
    let late = w.rollback("batch", json!({"time": before})).await.unwrap();
    assert_eq!(decision(&late), "superseded", "{late:#}");
    // Nothing is on hold: a definition that expired may come again.
    assert_eq!(decision(&w.push("batch", "release", "v1").await.unwrap()), "registered");
    let back = w.rollback("batch", json!({})).await.unwrap();
    assert_eq!((decision(&back), &outcome(&back)["latest"]), ("rolled_back", &json!(7)), "{back:#}");
    let gone = w.rollback("batch", json!({"to": 2})).await.unwrap();
    assert_eq!(decision(&gone), "refused", "{gone:#}");
}

#[tokio::test]
async fn going_back_below_what_is_kept_waits_for_an_expiry_that_may_be_under_way() {
    let w = old(4, "2").await;
    let expired = w.aws.now();
    // Nobody knows of the other in time: 1 expires after the rollback has looked.
    w.aws.before("DeregisterTaskDefinition", When::Nth(1), move |state| {
        state.ecs.deregister("ap-northeast-1", "batch:1", expired).unwrap();
        state.ecs.deregister("ap-northeast-1", "batch:2", expired).unwrap();
    });
    let back = w.rollback("batch", json!({"to": 1})).await.unwrap();
    assert_eq!(decision(&back), "refused", "{back:#}");
    assert_eq!(w.aws.active("batch"), [3], "something is left to run");
    assert_eq!(outcome(&back)["revisions"], json!([4]));
}

#[tokio::test]
async fn a_registration_that_leaves_fewer_than_three_tags_free_says_so_where_retention_is_on() {
    for (tags, keep, is_told) in [(42, "5", false), (43, "5", true), (43, "0", false)] {
        let w = World::empty(&[("KEEP_REVISIONS", keep)]).await;
        let mut many = definition("a", "busybox");
        many["tags"] = (0..tags).map(|n| json!({"key": format!("k{n}"), "value": "v"})).collect();
        w.app("a", &many);
        let answer = w.register("a").await.unwrap();
        assert_eq!(said(&answer, "50 tags free"), is_told, "{tags} {keep}: {answer:#}");
    }
}

/// As DEPLOY's table has it: N families in requests.
#[tokio::test]
async fn what_expiring_costs() {
    let w = World::empty(&[("KEEP_REVISIONS", "2"), ("ECS_CHANGES_PER_SECOND", "1000")]).await;
    for name in ["a", "b", "c"] {
        w.aws.push_image(name, "release", "v1");
        w.app(name, &definition(name, &image(&format!("{name}:release"))));
        w.register(name).await.unwrap();
    }
    w.aws.forget_calls();
    expire(&w).await;
    // Nothing to do: each family once described and once listed.
    let tally = w.aws.tally();
    for part in ["BatchGetImage 3", "DescribeTaskDefinition 3", "ListTaskDefinitions 3"] {
        assert!(tally.contains(part), "{tally}");
    }
    for n in 2..=4 {
        w.push("a", "release", &format!("v{n}")).await.unwrap();
    }
    w.aws.forget_calls();
    assert_eq!(gone(&expire(&w).await), [2, 1]);
    let tally = w.aws.tally();
    // Of a: both lists more; its four revisions described for what is proven, the two that go once more; and for each of these
    // a list, a description and the deregistration.
    let expected = [
        "DeregisterTaskDefinition 2",
        "DescribeTaskDefinition 11",
        "ListTaskDefinitions 7",
        "ListRules 1",
        "ListSchedules 1",
    ];
    for part in expected {
        assert!(tally.contains(part), "{tally}");
    }
}
