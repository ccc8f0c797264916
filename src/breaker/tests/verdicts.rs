//! Each row of the table of verdicts.

use super::{containers, ended, exited, not_started, shown, task, told};
use crate::{
    breaker::{Containers, verdict},
    trigger::StoppedTask,
};
use serde_json::json;

#[test]
fn good_is_a_task_whose_main_container_ended_with_0() {
    assert_eq!(shown(&exited(vec![ended("app", 0)])), "good");
    assert_eq!(shown(&exited(vec![ended("proxy", 143), ended("log", 1), ended("app", 0)])), "good");
    assert_eq!(shown(&exited(vec![ended("proxy", 1), ended("app", 0)])), "good");
    assert_eq!(shown(&exited(vec![ended("aws-guardduty-agent-x", 1), ended("app", 0)])), "good");
}

#[test]
fn bad_is_one_whose_main_container_ended_with_another_code() {
    for code in [1, 2, 126, 127, 134, 139, 255, -1] {
        assert_eq!(shown(&exited(vec![ended("app", code)])), format!("bad: container app exited with {code}"));
    }
    assert_eq!(shown(&exited(vec![ended("proxy", 143), ended("app", 1)])), "bad: container app exited with 1");
}

#[test]
fn bad_is_one_that_another_essential_container_took_down() {
    let bad = "bad: container proxy exited with 1";
    assert_eq!(shown(&exited(vec![ended("app", 143), ended("proxy", 1)])), bad);
    assert_eq!(shown(&exited(vec![ended("proxy", 1), ended("app", 137)])), bad);
    assert_eq!(shown(&exited(vec![told("app", ""), ended("proxy", 1)])), bad);
    assert_eq!(shown(&exited(vec![ended("proxy", 1)])), bad);
    // One that the task does not end with took nothing down, nor one that the definition does not name.
    assert_eq!(shown(&exited(vec![ended("app", 143), ended("log", 1)])), "neutral");
    assert_eq!(shown(&exited(vec![ended("app", 143), ended("aws-guardduty-agent-x", 1)])), "neutral");
    assert_eq!(shown(&exited(vec![ended("app", 143), ended("proxy", 143)])), "neutral");
    assert_eq!(shown(&exited(vec![ended("app", 143), ended("proxy", 0)])), "neutral");
}

#[test]
fn bad_is_one_in_which_an_essential_container_had_too_little_memory() {
    let text = "OutOfMemoryError: Container killed due to memory usage";
    let killed = |name: &str| crate::trigger::StoppedContainer { exit_code: Some(137), ..told(name, text) };
    assert_eq!(shown(&exited(vec![killed("app")])), format!("bad: container app: {text}"));
    assert_eq!(shown(&exited(vec![ended("app", 143), killed("proxy")])), format!("bad: container proxy: {text}"));
    assert_eq!(shown(&exited(vec![ended("app", 143), killed("log")])), "neutral");
    assert_eq!(shown(&exited(vec![killed("aws-guardduty-agent-x"), ended("app", 137)])), "neutral");
    // A task that was taken away says nothing, whatever else is said of it.
    for code in ["SpotInterruption", "TerminationNotice", "UserInitiated", "ServiceSchedulerInitiated"] {
        assert_eq!(shown(&verdict(&task(code, "", vec![killed("app")]), &containers())), "neutral");
    }
}

#[test]
fn bad_is_one_that_did_not_start_for_a_cause_in_the_definition() {
    let gone =
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref x: not found";
    assert_eq!(shown(&not_started(gone, vec![])), format!("bad: {gone}"));
    assert_eq!(
        shown(&not_started("Task failed to start", vec![told("app", gone)])),
        format!("bad: container app: {gone}")
    );
    assert_eq!(shown(&not_started("", vec![told("log", gone)])), format!("bad: container log: {gone}"));
    // Of what the definition does not name, the cause is not in it.
    let injected = vec![told("aws-guardduty-agent-x", gone)];
    assert_eq!(shown(&not_started("Task failed to start", injected.clone())), "neutral");
    assert_eq!(shown(&not_started(gone, injected)), "neutral");
    // The cause may stand behind a text that says nothing, and behind one that passes.
    let late = "CannotPullContainerError: dial tcp 10.0.0.1:443: i/o timeout";
    assert_eq!(shown(&not_started(late, vec![told("app", gone)])), format!("bad: container app: {gone}"));
}

#[test]
fn neutral_is_everything_else() {
    for code in ["SpotInterruption", "TerminationNotice", "UserInitiated", "ServiceSchedulerInitiated", ""] {
        assert_eq!(shown(&verdict(&task(code, "", vec![ended("app", 1)]), &containers())), "neutral", "{code}");
        assert_eq!(shown(&verdict(&task(code, "", vec![ended("app", 0)]), &containers())), "neutral", "{code}");
    }
    assert_eq!(shown(&verdict(&task("InfrastructureHealth", "", vec![ended("app", 1)]), &containers())), "unknown");
    assert_eq!(shown(&exited(vec![ended("app", 143)])), "neutral");
    assert_eq!(shown(&exited(vec![ended("app", 137)])), "neutral");
    assert_eq!(shown(&exited(vec![])), "neutral");
    assert_eq!(shown(&not_started("", vec![])), "neutral");
    assert_eq!(shown(&not_started("Task failed to start", vec![told("app", "")])), "neutral");
    assert_eq!(shown(&not_started("SomethingNewError: of next year", vec![])), "unknown");
    let none = Containers::of(&json!({}), Some("app"));
    let good = task("EssentialContainerExited", "", vec![ended("app", 0)]);
    assert_eq!(shown(&verdict(&good, &none)), "neutral");
}

#[test]
fn the_main_container_is_the_one_that_the_tag_names_or_else_the_first_essential_one() {
    let definition =
        json!({"containerDefinitions": [{"name": "log", "essential": false}, {"name": "app"}, {"name": "job"}]});
    assert_eq!(containers().main(), Some("app"));
    assert_eq!(Containers::of(&definition, Some("job")).main(), Some("job"));
    assert_eq!(Containers::of(&definition, Some("log")).main(), Some("log"));
    assert_eq!(Containers::of(&definition, Some("gone")).main(), Some("app"));
    let by_tag = Containers::of(&definition, Some("job"));
    let event = task("EssentialContainerExited", "", vec![ended("app", 1), ended("job", 0)]);
    assert_eq!(shown(&verdict(&event, &by_tag)), "good");
    let event = task("EssentialContainerExited", "", vec![ended("app", 0), ended("job", 3)]);
    assert_eq!(shown(&verdict(&event, &by_tag)), "bad: container job exited with 3");
}

#[test]
fn an_event_without_its_members_says_nothing() {
    for detail in [
        json!(null),
        json!([]),
        json!({}),
        json!({"containers": 1, "stopCode": 3, "taskDefinitionArn": {}}),
        json!({"containers": [null, 1, {"name": 3, "exitCode": "0"}], "stopCode": "EssentialContainerExited"}),
    ] {
        let task = StoppedTask::read(&detail);
        assert_eq!(shown(&verdict(&task, &containers())), "neutral", "{detail}");
        assert!(task.definition.is_none());
    }
}
