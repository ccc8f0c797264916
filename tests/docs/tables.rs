//! The tables of the pages are those of the code: settings, fields, payloads, decisions, errors, members and metrics.

use crate::pages::{blocks, files, names, names_of, read, table};
use crema::{
    breaker::texts::{Lies, TEXTS},
    config::{
        apps,
        variables::{SET_BY_LAMBDA, SETTINGS},
    },
    error::{Error, ErrorKind},
    metrics::{self, Spent},
    outcome::{
        Decision, Outcome,
        answer::Answer,
        status::{FamilyState, FamilyStatus},
        subject::Subject,
    },
    trigger::{Arrival, Trigger, parse},
};
use crema_base::files::{File, Files};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use time::OffsetDateTime;

fn triggers(payload: &Value) -> Vec<Result<Trigger, Error>> {
    // Later than anything that a page shows: what is ahead of the clock would count as now.
    let time = OffsetDateTime::UNIX_EPOCH + time::Duration::weeks(100 * 52);
    parse(payload, &Arrival { request_id: "request-1".into(), time, function: String::new() })
}

/// What a payload is refused for.
fn refusal(payload: &Value) -> String {
    let [Err(e)] = &triggers(payload)[..] else { panic!("{payload} is not refused") };
    e.to_string()
}

/// All values, where `after` gives the one after each; as a match over all of them, it does not compile without a new one.
fn all<T: Copy>(after: fn(Option<T>) -> Option<T>) -> Vec<T> {
    std::iter::successors(after(None), |value| after(Some(*value))).collect()
}

fn decisions() -> Vec<Decision> {
    all(|before| match before {
        None => Some(Decision::Registered),
        Some(Decision::Registered) => Some(Decision::Unchanged),
        Some(Decision::Unchanged) => Some(Decision::Held),
        Some(Decision::Held) => Some(Decision::Drifted),
        Some(Decision::Drifted) => Some(Decision::RolledBack),
        Some(Decision::RolledBack) => Some(Decision::WouldRollBack),
        Some(Decision::WouldRollBack) => Some(Decision::AlreadyRolledBack),
        Some(Decision::AlreadyRolledBack) => Some(Decision::Superseded),
        Some(Decision::Superseded) => Some(Decision::Refused),
        Some(Decision::Refused) => Some(Decision::Planned),
        Some(Decision::Planned) => Some(Decision::Proven),
        Some(Decision::Proven) => Some(Decision::Kept),
        Some(Decision::Kept) => Some(Decision::Expired),
        Some(Decision::Expired) => Some(Decision::WouldExpire),
        Some(Decision::WouldExpire) => Some(Decision::Failed),
        Some(Decision::Failed) => Some(Decision::NotReached),
        Some(Decision::NotReached) => Some(Decision::HandedOn),
        Some(Decision::HandedOn) => None,
    })
}

fn states() -> Vec<FamilyState> {
    all(|before| match before {
        None => Some(FamilyState::InSync),
        Some(FamilyState::InSync) => Some(FamilyState::OnHold),
        Some(FamilyState::OnHold) => Some(FamilyState::Drifted),
        Some(FamilyState::Drifted) => Some(FamilyState::Behind),
        Some(FamilyState::Behind) => Some(FamilyState::Failed),
        Some(FamilyState::Failed) => Some(FamilyState::NotReached),
        Some(FamilyState::NotReached) => None,
    })
}

#[test]
fn every_setting_stands_in_its_table_with_its_default() {
    let page = read("docs/CONFIGURATION.md");
    let shown = |default: &str| match default {
        "required" => None,
        "empty" => Some(String::new()),
        other => Some(names(other)[0].to_owned()),
    };
    let told = table(&page, "name | parameter | default | meaning");
    let told: Vec<_> = told.iter().map(|row| (names(row[0])[0], shown(row[2]))).collect();
    let read: Vec<_> = SETTINGS.iter().map(|v| (v.name, v.default.map(str::to_owned))).collect();
    assert_eq!(told, read);
    let of_lambda: Vec<&str> = SET_BY_LAMBDA.iter().map(|variable| variable.name).collect();
    assert_eq!(names_of(&page, "variable | default"), of_lambda);
    for row in table(&page, "variable | default").iter().filter(|row| row[1] != "required") {
        let variable = SET_BY_LAMBDA.iter().find(|variable| variable.name == names(row[0])[0]).unwrap();
        assert_eq!(variable.default, Some(names(row[1])[0]));
    }
}

#[test]
fn every_field_of_cremas_own_file_has_its_row() {
    let file = |text: &str| File { etag: "e".into(), bytes: text.len() as u64, content: Some(text.as_bytes().into()) };
    let own = ("a/crema.json".to_owned(), file(r#"{"none": 1}"#));
    let files: Files = [("a/ecspresso.yml".to_owned(), file("")), own].into_iter().collect();
    let folder = apps::folders(&files).remove(0);
    let refused = folder.apps(folder.json(&files).unwrap(), &files).map(|_| ()).unwrap_err().to_string();
    let (_, fields) = refused.split_once("expected one of ").unwrap();
    let fields: Vec<&str> = fields.split(", ").collect();
    assert_eq!(names_of(&read("docs/CONFIGURATION.md"), "field | default"), fields);
}

#[test]
fn every_field_of_a_rollback_has_its_row() {
    let refused = refusal(&json!({"action": "rollback", "none": 1}));
    let (_, fields) = refused.split_once("which takes ").unwrap();
    let page = read("docs/API.md");
    let told: BTreeSet<&str> = table(&page, "field | meaning").concat().into_iter().flat_map(names).collect();
    let missing: Vec<&str> = names(fields).into_iter().filter(|field| !told.contains(field)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_check_of_the_self_check_has_its_row() {
    assert_eq!(names_of(&read("docs/API.md"), "check | looks whether | needs"), crema::doctor::names());
}

#[test]
fn every_kind_of_payload_and_every_action_has_its_row() {
    let page = read("docs/API.md");
    let rows = table(&page, "payload | kind | concerns");
    let told: BTreeSet<&str> = rows.iter().flat_map(|row| names(row[1])).collect();
    let of_file = |path: String| triggers(&serde_json::from_str(&read(&path)).unwrap());
    let events = files(".json").into_iter().filter(|path| path.starts_with("events/"));
    let kinds: BTreeSet<&str> = events.flat_map(of_file).map(|trigger| trigger.unwrap().ask.kind()).collect();
    assert_eq!(told, kinds, "kinds of the table, and of events/");
    // The message of a payload that is none of these lists them all.
    let refused = refusal(&json!({"action": "none"}));
    let (_, kinds) = refused.split_once("accepted are: ").unwrap();
    let payloads = rows.iter().map(|row| row[0]).collect::<Vec<_>>().join(" ");
    for kind in names(kinds) {
        let actions = kind
            .strip_prefix("{\"action\": ")
            .map_or(vec![kind], |actions| actions.trim_end_matches('}').split(" | ").collect());
        assert!(actions.iter().all(|action| payloads.contains(action)), "{kind}");
    }
}

#[test]
fn every_decision_error_and_state_has_its_row() {
    let page = read("docs/API.md");
    let decisions: Vec<&str> = decisions().into_iter().map(Decision::name).collect();
    assert_eq!(names_of(&page, "decision | what it says"), decisions);
    let kinds: Vec<&str> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names_of(&page, "error | when"), kinds);
    let states: Vec<&str> = states().into_iter().map(FamilyState::name).collect();
    assert_eq!(names_of(&read("docs/STATUS.md"), "`state` | what it says"), states);
    let sentence = page.split("\n`state` is ").nth(1).unwrap().split(':').next().unwrap();
    assert_eq!(names(sentence), states);
    let advice = read("docs/OPERATE.md");
    assert_eq!(names_of(&advice, "decision | meaning | what to do"), decisions);
    assert_eq!(names_of(&advice, "errorType | what to do"), kinds);
}

/// An outcome that has all its members.
fn whole_outcome() -> Outcome {
    let text = || Some("x".to_owned());
    let map = || BTreeMap::from([("x".to_owned(), "x".to_owned())]);
    let subject = Subject {
        app: text(),
        variant: Some(map()),
        family: text(),
        region: text(),
        cluster: text(),
        ..Subject::default()
    };
    Outcome {
        subject,
        decision: Decision::Planned,
        would: Some(Decision::Registered),
        reason: text(),
        request_reason: text(),
        revision: Some(1),
        arn: text(),
        previous: Some(1),
        revisions: vec![1],
        latest: Some(1),
        task: text(),
        task_reason: text(),
        proven_at: text(),
        images: map(),
        fingerprint: text(),
        diff: text(),
        error_type: Some("AwsError"),
    }
}

fn members(value: Value) -> BTreeSet<String> {
    let members: Map<String, Value> = serde_json::from_value(value).unwrap();
    members.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn every_member_of_an_answer_has_its_row() {
    let page = read("docs/API.md");
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<BTreeSet<String>>();
    let outcome = whole_outcome();
    assert_eq!(owned(names_of(&page, "member of an outcome | meaning")), members(json!(outcome)));
    let sweep = triggers(&json!({"action": "sweep"})).remove(0).unwrap();
    let of_status =
        Answer::of_status(&sweep, vec![FamilyStatus::of(outcome.subject.clone(), FamilyState::Failed)], vec![]);
    let of_doctor = Answer::of_checks(&sweep, vec![], vec![]);
    let answer = Answer::new(&sweep, vec![outcome], vec![]).and(of_status).and(of_doctor);
    let told = table(&page, "member | meaning").concat().into_iter().flat_map(names);
    let told: BTreeSet<String> = told.map(str::to_owned).collect();
    assert!(told.is_superset(&members(json!(answer))), "{told:?}");
}

#[test]
fn the_answers_that_are_shown_have_members_that_there_are() {
    let known = members(json!(whole_outcome()));
    let page = read("docs/STATUS.md");
    let status: Value =
        serde_json::from_str(&blocks(&page).iter().find(|b| b.language == "json").unwrap().text).unwrap();
    let families = members(status["families"][0].clone());
    let mut shown = 0;
    for path in ["README.md", "docs/API.md"] {
        for block in blocks(&read(path)).iter().filter(|block| block.language == "json") {
            let answer: Value = serde_json::from_str(&block.text).unwrap();
            for outcome in answer["outcomes"].as_array().into_iter().flatten() {
                assert!(members(outcome.clone()).is_subset(&known), "{path}: {outcome}");
                shown += 1;
            }
            for family in answer["families"].as_array().into_iter().flatten() {
                assert_eq!(members(family.clone()), families, "{path}");
                shown += 1;
            }
        }
    }
    assert_eq!(shown, 3);
}

#[test]
fn the_event_of_the_readme_is_the_one_that_is_answered_there() {
    let page = read("README.md");
    let shown: Vec<Value> = blocks(&page)
        .iter()
        .filter(|block| block.language == "json")
        .map(|block| serde_json::from_str(&block.text).unwrap())
        .collect();
    let event = shown.iter().find(|value| value.get("detail").is_some()).unwrap();
    let answer = shown.iter().find(|value| value.get("outcomes").is_some()).unwrap();
    let trigger = triggers(event).remove(0).unwrap();
    let answered = Answer::new(&trigger, vec![], vec![]);
    assert_eq!(json!(answered.trigger), answer["trigger"]);
    assert_eq!(trigger.ask.kind(), "image_push");
}

#[test]
fn every_metric_has_its_row() {
    let sweep = triggers(&json!({"action": "register", "app": "a"})).remove(0).unwrap();
    let subject = Subject { app: Some("a".into()), ..Subject::default() };
    let outcomes = decisions().into_iter().map(|decision| Outcome::new(subject.clone(), decision));
    let answer = Answer::new(&sweep, outcomes.collect(), vec![]);
    let spent = Spent { total: Duration::ZERO, render: Duration::ZERO, requests: 0, sweep_round: Some(1) };
    let lines = metrics::lines(Some(&answer), 0, &spent, OffsetDateTime::UNIX_EPOCH);
    let written = |line: &String| -> Vec<String> {
        let line: Value = serde_json::from_str(line).unwrap();
        let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        metrics.iter().map(|metric| metric["Name"].as_str().unwrap().to_owned()).collect()
    };
    let written: BTreeSet<String> = lines.iter().flat_map(written).collect();
    let page = read("docs/API.md");
    let told: BTreeSet<String> = names_of(&page, "metric | dimension").into_iter().map(str::to_owned).collect();
    assert_eq!(told, written);
}

#[test]
fn every_text_of_ecs_that_the_circuit_breaker_knows_has_its_row() {
    let page = read("docs/BREAKER.md");
    let verdict = |lies| match lies {
        Lies::InDefinition => "bad",
        Lies::Elsewhere => "neutral",
        Lies::Nowhere => "neutral; looks further",
    };
    let known: Vec<_> = TEXTS.iter().map(|row| (row.says.to_vec(), verdict(row.lies), row.what, row.source)).collect();
    let told = table(&page, "the text says | verdict | what is wrong | source");
    let told: Vec<_> = told.iter().map(|row| (names(row[0]), row[1], row[2].trim(), row[3].trim())).collect();
    let shown = |rows: &[(Vec<&str>, &str, &str, &str)]| -> Vec<String> {
        rows.iter()
            .map(|(says, verdict, what, source)| format!("{says:?} {verdict} {} {source}", what.replace('`', "")))
            .collect()
    };
    assert_eq!(shown(&told), shown(&known));
}
