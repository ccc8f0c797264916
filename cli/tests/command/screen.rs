//! The command in a terminal: what a person sees, types and gets. The screens stand in docs/COMMAND.md.

use crate::{
    manual::assert_held,
    run::{Crema, Folder, root},
};
use crema_testing::World;
use serde_json::{Value, json};
use std::{fs, process::Stdio, sync::Arc};
use tokio::{io::AsyncWriteExt, process::Command};

/// What a terminal showed.
struct Screen {
    code: i64,
    text: String,
    is_coloured: bool,
}

/// Types a command, and what is told once the screen shows what is waited for.
async fn typed(crema: &Crema, arguments: &[&str], steps: &[(&str, &str)]) -> Screen {
    let command: Vec<&str> = [env!("CARGO_BIN_EXE_crema")].iter().chain(arguments).copied().collect();
    let told = json!({"command": command, "columns": 100, "steps": steps});
    let mut python = Command::new("python3")
        .arg(root().join("cli/tests/command/terminal.py"))
        .current_dir(&crema.folder)
        .env_clear()
        .envs(crema.variables.iter().cloned())
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(told.to_string().as_bytes()).await.unwrap();
    let output = python.wait_with_output().await.unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    Screen {
        code: said["code"].as_i64().unwrap(),
        text: said["screen"].as_str().unwrap().to_owned(),
        is_coloured: said["coloured"].as_bool().unwrap(),
    }
}

/// The example in the bucket and registered, and released once more.
async fn example() -> Arc<World> {
    let world = Arc::new(World::empty(&[]).await);
    world.upload_folder("examples");
    for repository in ["shop", "reports", "batch"] {
        world.aws.push_image(repository, "release", "v1");
    }
    world.sweep().await.unwrap();
    world.push("shop", "release", "v2").await.unwrap();
    world.age("shop-batch", time::Duration::HOUR);
    world.deploy("crema-operator");
    world
}

/// The text with every minute replaced by one that stands.
fn at_one_minute(text: &str) -> String {
    const FORM: &str = "0000-00-00 00:00";
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let part = rest.get(..FORM.len()).unwrap_or_default();
        let is_time = part.len() == FORM.len()
            && part.bytes().zip(FORM.bytes()).all(|(a, b)| if b == b'0' { a.is_ascii_digit() } else { a == b });
        if is_time {
            out.push_str("2026-11-28 14:05");
            rest = &rest[FORM.len()..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn shown(command: &str, screen: &Screen) -> String {
    format!("$ {command}\n{}", at_one_minute(&screen.text))
}

#[tokio::test]
async fn a_person_sees_status_plan_and_the_question_of_a_rollback() {
    let world = example().await;
    let folder = Folder::new();
    for name in ["shop/ecs-task-def.jsonnet", "shop/ecspresso.yml", "shop/crema.json", "lib/common.libsonnet"] {
        let text = fs::read_to_string(root().join("examples").join(name)).unwrap();
        folder.write(
            &format!("deploy/{name}"),
            &text.replace("POINTS: 'off'", "POINTS: 'on'").replace("batch then 2048", "batch then 4096"),
        );
    }
    let crema = Crema::of(&world).inside(&folder.0);
    let status = typed(&crema, &["status"], &[]).await;
    assert!(status.code == 0 && status.is_coloured, "{}", status.text);
    let plan = typed(&crema, &["plan", "deploy", "shop"], &[]).await;
    assert_eq!(plan.code, 64, "{}", plan.text);
    let plan = typed(&crema, &["plan", "deploy", "shop", "--stack", "crema"], &[]).await;
    assert_eq!(plan.code, 0, "{}", plan.text);
    let no = typed(&crema, &["rollback", "shop-batch"], &[("[y/N]", "n\n")]).await;
    assert!(no.code == 1 && no.text.ends_with("error: nothing was taken back\n"), "{}", no.text);
    let interrupted = typed(&crema, &["rollback", "shop-batch"], &[("[y/N]", "\u{3}")]).await;
    let sentence = "interrupted before an answer: nothing was taken back";
    assert!(interrupted.code == 1 && interrupted.text.contains(sentence), "{}", interrupted.text);
    let at_end = typed(&crema, &["rollback", "shop-batch"], &[("[y/N]", "\u{4}")]).await;
    assert_eq!(at_end.code, 1, "{}", at_end.text);
    assert_eq!(world.aws.active("shop-batch"), [1, 2]);
    let rollback = typed(&crema, &["rollback", "shop-batch", "--reason", "double bookings"], &[("[y/N]", "y\n")]).await;
    assert_eq!(rollback.code, 0, "{}", rollback.text);
    assert_eq!(world.aws.active("shop-batch"), [1]);
    // The question and the call are one request.
    let sent = world.aws.invoked();
    let [.., asked, called] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((&asked["id"], &asked["time"]), (&called["id"], &called["time"]));
    assert_eq!((&asked["dry_run"], called.get("dry_run")), (&json!(true), None));
    let colourless = typed(&Crema::of(&world).with(&[("NO_COLOR", "1")]), &["status"], &[]).await;
    assert!(!colourless.is_coloured, "{}", colourless.text);
    assert_held(&[
        ("screen: status".to_owned(), shown("crema status", &status)),
        ("screen: plan".to_owned(), shown("crema plan deploy shop --stack crema", &plan)),
        ("screen: rollback".to_owned(), shown("crema rollback shop-batch --reason 'double bookings'", &rollback)),
    ]);
}
