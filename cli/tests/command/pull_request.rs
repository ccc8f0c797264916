//! docs/PULL_REQUESTS.md: its commands do what it says, and it shows what they show.

use crate::run::{Crema, Folder, Said, root};
use crema_testing::World;
use std::{fs, sync::Arc};

const PAGE: &str = "docs/PULL_REQUESTS.md";

fn page() -> String {
    fs::read_to_string(root().join(PAGE)).unwrap()
}

/// The commands of the command that the workflows run.
fn commands() -> Vec<String> {
    let run = |line: &str| {
        let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
        line.starts_with("crema ").then(|| line.split(" | ").next().unwrap().to_owned())
    };
    let mut commands: Vec<String> = page().lines().filter_map(run).collect();
    commands.dedup();
    commands
}

/// A repository with the example under `deploy/`, as a pull request changes it.
fn repository(change: (&str, &str)) -> Folder {
    let folder = Folder::new();
    for name in ["shop/ecs-task-def.jsonnet", "shop/ecspresso.yml", "shop/crema.json", "lib/common.libsonnet"] {
        let text = fs::read_to_string(root().join("examples").join(name)).unwrap();
        folder.write(&format!("deploy/{name}"), &text.replace(change.0, change.1));
    }
    folder
}

async fn step(world: &World, folder: &Folder, command: &str) -> (Said, String) {
    let summary = folder.0.join("summary.md");
    let _ = fs::remove_file(&summary);
    let variables = [("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()), ("GITHUB_WORKSPACE", folder.path())];
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    let said = Crema::of(world).with(&variables).inside(&folder.0).run(&arguments).await;
    (said, fs::read_to_string(summary).unwrap_or_default())
}

async fn world() -> Arc<World> {
    let world = Arc::new(World::empty(&[]).await);
    world.upload_folder("examples");
    for repository in ["shop", "reports"] {
        world.aws.push_image(repository, "release", "v1");
    }
    world.sweep().await.unwrap();
    world.deploy("crema-operator");
    world
}

/// What stands between two marks of the page.
fn held(name: &str) -> String {
    let page = page();
    let (_, rest) = page.split_once(&format!("<!-- {name} -->\n")).unwrap_or_else(|| panic!("{PAGE} has no {name}"));
    rest.split_once(&format!("<!-- end of {name} -->")).unwrap().0.to_owned()
}

fn assert_held(name: &str, text: &str) {
    if std::env::var_os("CREMA_WRITE_PAGES").is_some() {
        let before = format!("<!-- {name} -->\n{}<!-- end of {name} -->", held(name));
        let after = format!("<!-- {name} -->\n{text}<!-- end of {name} -->");
        fs::write(root().join(PAGE), page().replace(&before, &after)).unwrap();
    }
    assert_eq!(held(name), text, "{PAGE} is old: CREMA_WRITE_PAGES=1 writes it anew");
}

#[tokio::test]
async fn the_commands_of_the_page_do_what_it_says_and_show_what_it_shows() {
    let commands = commands();
    assert!(commands.iter().any(|command| command.starts_with("crema check ")), "{commands:?}");
    assert!(commands.iter().any(|command| command.starts_with("crema plan ")), "{commands:?}");
    let world = world().await;
    let good = repository(("batch then 2048", "batch then 4096"));
    for command in &commands {
        let (said, summary) = step(&world, &good, command).await;
        assert!(matches!(said.code, 0 | 2) && !said.out.contains("::error"), "{command}: {said:?}");
        if command.starts_with("crema plan ") && command.contains("github") {
            assert_held("what a plan shows", &format!("{}\n", summary.trim_end()));
        }
    }
    let bad = repository(("containerDefinitions", "containerDefinition"));
    let check =
        commands.iter().find(|command| command.starts_with("crema check ") && command.contains("github")).unwrap();
    let (said, _) = step(&world, &bad, check).await;
    assert_eq!(said.code, 1, "{said:?}");
    let errors: String =
        said.out.lines().filter(|line| line.starts_with("::error")).map(|line| format!("{line}\n")).collect();
    assert!(errors.contains("file=deploy/shop/"), "{said:?}");
    assert_held("what a fault is", &format!("```text\n{errors}```\n"));
    assert_eq!(world.aws.changes().iter().filter(|change| change.starts_with("Deregister")).count(), 0);
}

/// What a plan asks of AWS is what the page's policy allows.
#[tokio::test]
async fn the_policy_of_the_page_allows_what_a_plan_asks() {
    let world = world().await;
    world.aws.forget_calls();
    let folder = repository(("batch then 2048", "batch then 4096"));
    let (said, _) = step(&world, &folder, "crema plan deploy --stack crema").await;
    assert_eq!(said.code, 0, "{said:?}");
    let policy = page().split("```json").nth(1).unwrap().split("```").next().unwrap().to_owned();
    let policy: serde_json::Value = serde_json::from_str(&policy).unwrap();
    let allowed: Vec<&str> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap())
        .collect();
    for call in world.aws.calls() {
        let is_allowed = allowed.iter().any(|action| action.split(':').nth(1) == Some(call.operation.as_str()));
        assert!(is_allowed, "{} is not in {allowed:?}", call.operation);
    }
    let changes = ["Register", "Deregister", "Put", "Create", "Delete", "Update", "Invoke", "Tag"];
    assert!(
        allowed.iter().all(|action| !changes.iter().any(|verb| action.contains(&format!(":{verb}")))),
        "{allowed:?}"
    );
}
