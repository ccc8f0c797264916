//! What of an answer is cut, and in which order.

use super::*;
use crate::{
    error::{Error, ErrorKind},
    outcome::{answer::Failure, bounds::TEXT, subject::Subject},
    trigger::{Ask, Trigger},
};
use time::OffsetDateTime;

fn answer(ask: Ask, outcomes: Vec<Outcome>, warnings: Vec<String>) -> Answer {
    Answer::new(&Trigger { id: "1".into(), time: OffsetDateTime::UNIX_EPOCH, ask }, outcomes, warnings)
}

fn subject(n: usize) -> Subject {
    Subject { app: Some(format!("team/app-{n}")), ..Subject::default() }
}

fn outcome(decision: Decision, n: usize) -> Outcome {
    let fingerprint = Some("1:".repeat(33));
    Outcome { fingerprint, ..Outcome::new(subject(n), decision) }
}

fn planned(n: usize) -> Outcome {
    let mut outcome = outcome(Decision::Planned, n);
    outcome.would = Some(if n.is_multiple_of(2) { Decision::Registered } else { Decision::Unchanged });
    outcome.diff = Some("+ \"name\": \"日本\"\n".repeat(1_000));
    outcome
}

fn fits(answer: &Answer, most: usize) -> String {
    let length = serde_json::to_vec(answer).unwrap().len();
    assert!(length <= most, "{length} are more than {most}: {:?}", answer.warnings.first());
    assert!(length > most / 2, "{length} leave much of {most} unused");
    answer.warnings[0].clone()
}

#[test]
fn an_answer_that_fits_stays_as_it_is() {
    let whole = answer(Ask::Plan { app: None }, vec![planned(0)], vec!["w".into()]);
    let text = serde_json::to_string(&whole).unwrap();
    assert_eq!(serde_json::to_string(&whole.within(text.len())).unwrap(), text);
}

#[test]
fn differences_are_cut_before_anything_else() {
    let whole = answer(Ask::Plan { app: None }, (0..400).map(planned).collect(), vec![]);
    let cut = whole.within(CALL);
    let said = fits(&cut, CALL);
    assert!(said.contains("differences have 8000 bytes at most") && said.contains("one app at a time"), "{said}");
    assert_eq!((cut.outcomes.len(), cut.counts["planned"]), (400, 400));
    for outcome in &cut.outcomes {
        let diff = outcome.diff.as_ref().unwrap();
        assert!(diff.ends_with("more lines)\n") && diff.lines().rev().nth(1) == Some("+ \"name\": \"日本\""), "{diff}");
    }
}

#[test]
fn then_the_list_is_with_what_went_wrong_first_and_whole_counts() {
    let mut outcomes: Vec<Outcome> = (0..2_000).map(|n| outcome(Decision::Registered, n)).collect();
    outcomes.push(outcome(Decision::Held, 2_000));
    outcomes[1_999].reason = Some("r".repeat(10_000));
    let cut = answer(Ask::Sweep, outcomes, vec!["w".repeat(20_000); 100]).within(EVENT);
    let said = fits(&cut, EVENT);
    assert!(said.contains("of 2001 outcomes are not listed; the counts and the log are whole"), "{said}");
    assert!(said.contains("reasons and warnings are cut"), "{said}");
    assert_eq!((cut.counts["registered"], cut.counts["held"]), (2_000, 1));
    assert!(cut.outcomes.iter().any(|outcome| outcome.decision == Decision::Held));
    assert!(cut.warnings.len() > 20);
}

#[test]
fn families_of_a_status_and_the_records_of_a_queue_are_cut_too() {
    let family = |n| FamilyStatus::of(subject(n), if n == 900 { FamilyState::Failed } else { FamilyState::InSync });
    let trigger = Trigger { id: "1".into(), time: OffsetDateTime::UNIX_EPOCH, ask: Ask::Status { app: None } };
    let mut whole = Answer::of_status(&trigger, (0..1_000).map(family).collect(), vec![]);
    for _ in 0..1_000 {
        whole = whole.and(answer(Ask::Sweep, vec![], vec![]));
    }
    let cut = whole.within(30_000);
    let said = fits(&cut, 30_000);
    assert!(said.contains("of 1000 families") && said.contains("of 1000 further triggers"), "{said}");
    let families = cut.families.unwrap();
    assert!(families.len() > 50 && families.iter().any(|family| family.state == FamilyState::Failed));
    assert_eq!((cut.counts["in_sync"], cut.counts["failed"]), (999, 1));
}

#[test]
fn no_text_is_longer_than_a_log_line_takes() {
    let long = || "\u{1}".repeat(1_000_000);
    let (region, cluster, family) = (Some(long()), Some(long()), Some(long()));
    let subject = Subject { family, region, cluster, ..subject(0) };
    let failed = Outcome::new(subject, Decision::Failed).because(long());
    let answer = answer(Ask::Sweep, vec![failed.clone(), failed], vec![long()]);
    for text in answer.warnings.iter().chain(&answer.outcomes[0].reason) {
        assert!(text.len() < TEXT + 100);
    }
    assert!(bytes(&answer.outcomes[0]) < 150_000 && answer.failure().unwrap().message.len() < TEXT + 2_000);
    let failure = Failure::from(&Error::new(ErrorKind::ConfigError, long()));
    assert!(failure.message.len() < TEXT + 100);
}
