//! What notices say, how large they are, and how they are put together.

use super::{LARGEST_ENTRY, Notice, Told, batches, of_answer};
use crate::{
    outcome::{Decision, Outcome, answer::Answer, subject::Subject},
    trigger::{Ask, Trigger},
};
use serde_json::Value;
use time::OffsetDateTime;

const ALL: [Decision; 17] = [
    Decision::Registered,
    Decision::Unchanged,
    Decision::Held,
    Decision::Drifted,
    Decision::RolledBack,
    Decision::WouldRollBack,
    Decision::AlreadyRolledBack,
    Decision::Superseded,
    Decision::Refused,
    Decision::Planned,
    Decision::Proven,
    Decision::Kept,
    Decision::Expired,
    Decision::WouldExpire,
    Decision::Failed,
    Decision::NotReached,
    Decision::HandedOn,
];

fn answer(outcomes: Vec<Outcome>) -> Answer {
    let trigger = Trigger { id: "1".into(), time: OffsetDateTime::UNIX_EPOCH, ask: Ask::ImagePush(None) };
    Answer::new(&trigger, outcomes, vec![])
}

fn outcome(decision: Decision) -> Outcome {
    let mut outcome = Outcome::new(Subject::of_family("shop-batch", "eu-west-1"), decision);
    outcome.revision = Some(41);
    outcome.latest = Some(40);
    outcome.arn = Some("arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-batch:41".into());
    outcome
}

fn details(outcomes: Vec<Outcome>) -> Vec<Value> {
    let notices = of_answer(&answer(outcomes), "crema-operator");
    notices.iter().map(|notice| serde_json::from_str(&notice.detail).unwrap()).collect()
}

#[test]
fn each_outcome_but_unchanged_and_planned_is_a_notice_with_words_for_people() {
    let all = details(ALL.map(outcome).to_vec());
    let told: Vec<&str> = all.iter().map(|detail| detail["decision"].as_str().unwrap()).collect();
    let expected = ALL
        .iter()
        .filter(|d| {
            !matches!(
                d,
                Decision::Unchanged
                    | Decision::Planned
                    | Decision::WouldRollBack
                    | Decision::WouldExpire
                    | Decision::HandedOn
            )
        })
        .map(|d| d.name());
    assert_eq!(told, expected.collect::<Vec<_>>());
    for detail in &all {
        for name in ["title", "text", "next", "thread"] {
            assert!(detail[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {detail:#}");
        }
        assert_eq!((&detail["thread"], &detail["trigger"]["kind"]), (&"shop-batch".into(), &"image_push".into()));
    }
    assert_eq!(all[3]["title"], "shop-batch:41 was taken back: schedules run shop-batch:40");
}

#[test]
fn what_failed_says_its_kind_as_a_pattern_can_name_it_and_no_family_is_needed() {
    let mut failed = Outcome::new(Subject::default(), Decision::Failed);
    failed.subject.app = Some("it's".into());
    failed.error_type = Some("RenderError");
    let detail = &details(vec![failed, Outcome::new(Subject::default(), Decision::Failed)]);
    assert_eq!((&detail[0]["error_type"], detail[0].get("errorType")), (&"RenderError".into(), None));
    assert_eq!((&detail[0]["thread"], &detail[1]["thread"]), (&"it's".into(), &"crema".into()));
    // For a shell.
    assert!(detail[0]["next"].as_str().unwrap().contains(r#"--payload '{"action":"register","app":"it'\''s"}'"#));
}

#[test]
fn a_failure_says_its_reason_and_a_task_how_it_ended_once() {
    let mut kept = outcome(Decision::Kept).because("nothing to go back to");
    kept.task = Some("arn:aws:ecs:eu-west-1:123456789012:task/c/1".into());
    kept.task_reason = Some("container app exited with 1".into());
    let mut back = outcome(Decision::RolledBack).because("failed (container app exited with 1)");
    back.task_reason.clone_from(&kept.task_reason);
    let all = details(vec![kept, back]);
    let lines: Vec<&str> = all[0]["text"].as_str().unwrap().lines().collect();
    assert_eq!(lines[..2], ["nothing to go back to", "container app exited with 1"]);
    assert_eq!(all[1]["text"], "failed (container app exited with 1)");
}

#[test]
fn no_entry_is_larger_than_200_kb_whatever_an_outcome_holds() {
    let long = || "\u{1}\"".repeat(400_000);
    let mut one = outcome(Decision::Failed).because(long());
    (one.subject.app, one.request_reason, one.diff, one.task_reason) =
        (Some(long()), Some(long()), Some(long()), Some(long()));
    one.subject.variant = Some([(long(), long())].into());
    one.images = [("app".to_owned(), long())].into();
    one.revisions = (0..100_000).collect();
    one.task = Some(long());
    for detail in of_answer(&answer(vec![one]), "crema-operator").iter().map(|notice| &notice.detail) {
        assert!(detail.len() <= LARGEST_ENTRY, "{}", detail.len());
        let detail: Value = serde_json::from_str(detail).unwrap();
        assert_eq!((&detail["decision"], detail.get("variant")), (&"failed".into(), None));
        assert_eq!(detail["left_out"], serde_json::json!(["diff", "images", "variant"]));
    }
}

#[test]
fn ten_go_in_a_call_and_no_call_is_too_large() {
    let notice = |bytes: usize| Notice { resource: None, detail: "x".repeat(bytes), failure: None };
    let sizes = |sizes: &[usize]| -> Vec<usize> {
        let notices: Vec<Notice> = sizes.iter().map(|bytes| notice(*bytes)).collect();
        batches(&notices).iter().map(|batch| batch.len()).collect()
    };
    assert_eq!(sizes(&[]), [0; 0]);
    assert_eq!(sizes(&[10; 25]), [10, 10, 5]);
    assert_eq!(sizes(&[LARGEST_ENTRY; 3]), [1, 1, 1]);
    assert_eq!(sizes(&[100_000, 100_000, 100_000, 10]), [2, 2]);
}

#[test]
fn a_failure_is_told_once_a_request_id_and_everything_else_each_time() {
    let told = Told::default();
    let notices = of_answer(&answer(vec![outcome(Decision::Failed), outcome(Decision::Registered)]), "f");
    told.put("request-1", &notices);
    assert_eq!(notices.iter().map(|notice| told.has("request-1", notice)).collect::<Vec<_>>(), [true, false]);
    assert!(!told.has("request-2", &notices[0]));
    let other = of_answer(&answer(vec![Outcome::new(Subject::default(), Decision::Failed)]), "f");
    assert!(!told.has("request-1", &other[0]));
    (0..2_000).for_each(|n| told.put(&n.to_string(), &notices));
    assert!(!told.has("request-1", &notices[0]) && told.has("1999", &notices[0]));
}
