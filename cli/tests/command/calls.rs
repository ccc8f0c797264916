//! The deployed function asked: what is sent, what is shown, and how it ends.

use crate::{golden::assert_golden, run::Crema};
use crema_testing::{Fault, When, World};
use serde_json::json;
use std::sync::Arc;
use time::Duration;

async fn released(releases: usize) -> Arc<World> {
    let world = Arc::new(World::released(releases).await);
    world.deploy("crema-operator");
    world
}

#[tokio::test]
async fn status_shows_every_family_and_asks_the_operator_of_the_stack() {
    let world = released(2).await;
    let said = Crema::of(&world).run(&["status"]).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    for part in ["FAMILY", "batch", "in sync", "image_push", "batch:release"] {
        assert!(said.out.contains(part), "{part}: {said:?}");
    }
    assert!(said.out.ends_with("1 family: 1 in sync\n"), "{said:?}");
    assert_eq!(world.aws.invoked(), [json!({"action": "status"})]);
    let json = Crema::of(&world).run(&["status", "batch", "--output", "json"]).await.json();
    assert_eq!(json["families"][0]["state"], "in_sync", "{json:#}");
    let narrow = Crema::of(&world).with(&[("COLUMNS", "60")]).run(&["status"]).await;
    let table = narrow.out.lines().take_while(|line| !line.contains(':') || line.contains("release"));
    assert!(
        table.map(|line| line.chars().count()).max().is_some_and(|longest| (30..=60).contains(&longest)),
        "{narrow:?}"
    );
}

#[tokio::test]
async fn each_command_is_one_call_with_its_fields() {
    let world = released(1).await;
    let crema = Crema::of(&world);
    for (arguments, payload) in [
        (vec!["register", "batch"], json!({"action": "register", "app": "batch"})),
        (vec!["sweep"], json!({"action": "sweep"})),
        (vec!["status", "batch", "--function", "crema-operator"], json!({"action": "status", "app": "batch"})),
        (vec!["expire", "--dry-run"], json!({"action": "expire", "dry_run": true})),
        (vec!["expire", "batch"], json!({"action": "expire", "app": "batch"})),
        (vec!["doctor", "--stack", "crema"], json!({"action": "doctor"})),
    ] {
        let _ = crema.run(&arguments).await;
        assert_eq!(world.aws.invoked().last(), Some(&payload), "{arguments:?}");
    }
    let register = crema.run(&["register", "batch"]).await;
    assert_eq!((register.code, register.out.as_str()), (0, "batch: unchanged: batch:1\n"));
}

#[tokio::test]
async fn doctor_prints_marks_and_remedies_and_ends_with_1_where_something_failed() {
    let world = released(2).await;
    let crema = Crema::of(&world);
    let well = crema.run(&["doctor"]).await;
    assert_eq!(well.code, 0, "{well:?}");
    for part in
        ["\u{2714} prefix: ", "? rules: ", "\u{2192} set the stack's parameter DoctorReads=true\n", "15 checks: "]
    {
        assert!(well.out.contains(part), "{part}: {well:?}");
    }
    world.aws.put("batch/ecs-task-def.jsonnet", "{");
    let ill = crema.run(&["doctor"]).await;
    assert!(ill.code == 1 && ill.out.contains("\u{2717} apps: ") && ill.out.contains("1 fail"), "{ill:?}");
    let json = crema.run(&["doctor", "--output", "json"]).await;
    let checks = json.json()["checks"].clone();
    assert_eq!((json.code, checks.as_array().map(Vec::len)), (1, Some(15)), "{json:?}");
}

#[tokio::test]
async fn an_invocation_that_fails_ends_with_its_sentence() {
    let world = released(1).await;
    let crema = Crema::of(&world);
    let wrong = crema.run(&["register", "btch"]).await;
    wrong.ended(1, &["error: there is no app \"btch\" under the prefix", "did you mean \"batch\"?"]);
    let json = crema.run(&["register", "btch", "--output", "json"]).await;
    assert_eq!((json.code, json.json()["errorType"].as_str()), (1, Some("InvalidEvent")), "{json:?}");
    let github = crema.run(&["register", "btch", "--output", "github"]).await;
    assert!(github.code == 1 && github.out.starts_with("::error title=InvalidEvent::there is no app"), "{github:?}");
    world.aws.put("batch/ecs-task-def.jsonnet", "{");
    let status = crema.run(&["status"]).await;
    assert_eq!(status.code, 1, "{status:?}");
    assert!(status.out.contains("failed"), "{status:?}");
}

#[tokio::test]
async fn a_call_whose_answer_is_lost_is_made_again() {
    let world = released(1).await;
    for (fault, calls) in [(Fault::Reset, 2), (Fault::Throttled, 2), (Fault::ErrorAfter, 2)] {
        world.aws.forget_calls();
        world.aws.break_calls("Invoke", When::First(1), fault);
        let said = Crema::of(&world).run(&["register", "batch"]).await;
        assert_eq!((said.code, world.aws.invoked().len()), (0, calls), "{said:?}");
    }
    assert_eq!(world.aws.active("batch"), [1]);
}

#[tokio::test]
async fn warnings_go_to_standard_error_unless_it_is_to_be_quiet() {
    let world = Arc::new(World::start().await);
    world.deploy("crema-operator");
    let said = Crema::of(&world).run(&["register", "batch"]).await;
    assert!(said.code == 0 && said.err.contains("warning: ") && said.err.contains("first revision"), "{said:?}");
    world.aws.deregister_by_hand("batch", 1);
    let quiet = Crema::of(&world).run(&["status", "-q"]).await;
    assert_eq!(quiet.err, "", "{quiet:?}");
}

#[tokio::test]
async fn plan_has_its_forms_and_exit_codes() {
    let world = released(1).await;
    let folder = crate::run::Folder::new();
    for name in [
        "batch/ecs-task-def.jsonnet",
        "batch/ecspresso.yml",
        "batch/crema.json",
        "lib/environment.libsonnet",
        "lib/task.libsonnet",
    ] {
        let text = std::fs::read_to_string(crate::run::root().join("tests/fixtures/team").join(name)).unwrap();
        folder.write(name, &text);
    }
    let plan = async |more: &[&str]| {
        let crema = Crema::of(&world).inside(&folder.0);
        crema.run(&[&["plan", ".", "--stack", "crema"], more].concat()).await
    };
    let same = plan(&["--exit-code"]).await;
    assert_eq!(
        (same.code, same.out.as_str()),
        (0, "batch: would be unchanged: it is as the configuration says (batch:1 is the latest)\n"),
        "{same:?}"
    );
    let library = std::fs::read_to_string(folder.0.join("lib/task.libsonnet")).unwrap();
    assert!(library.contains("memory"), "{library}");
    folder.write(
        "batch/ecs-task-def.jsonnet",
        &format!(
            "({}) + {{ tags+: [{{ key: 'Team', value: 'shop' }}] }}",
            std::fs::read_to_string(folder.0.join("batch/ecs-task-def.jsonnet")).unwrap()
        ),
    );
    let text = plan(&[]).await;
    assert_eq!(text.code, 0, "{text:?}");
    assert_golden("plan.txt", &text.out);
    assert_eq!(plan(&["--exit-code"]).await.code, 2);
    let mut json = plan(&["--output", "json"]).await.json();
    json["trigger"]["id"] = json!("ID");
    json["trigger"]["time"] = json!("TIME");
    assert_golden("plan.json", &format!("{json:#}\n"));
    assert_eq!(world.aws.changes(), [""; 0]);
    // A hold is no registration planned.
    world.rollback("batch", json!({"allow_last": true, "time": world.at(Duration::ZERO)})).await.unwrap();
    folder.write(
        "batch/ecs-task-def.jsonnet",
        &std::fs::read_to_string(crate::run::root().join("tests/fixtures/team/batch/ecs-task-def.jsonnet")).unwrap(),
    );
    let held = plan(&["--exit-code"]).await;
    assert!(held.code == 0 && held.out.contains("would be held"), "{held:?}");
}
