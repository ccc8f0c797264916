//! The settings of the deployed function at a desk.

use crate::run::{Crema, Folder};
use crema_testing::World;
use serde_json::json;
use std::sync::Arc;

/// An app that shows what it sees.
fn folder() -> Folder {
    Folder::of(&[
        ("app/ecspresso.yml", "task_definition: def.jsonnet\n"),
        (
            "app/def.jsonnet",
            "{ family: 'f', containerDefinitions: [{ name: std.extVar('name'), memory: std.extVar('memory'),\n\
             image: 'x:' + std.native('env')('TAG', 'none') + '-' + std.native('env')('CONFIG_URI', 'nowhere') }] }",
        ),
    ])
}

#[tokio::test]
async fn with_the_stack_the_desk_sees_what_the_function_sees_and_what_is_typed_comes_first() {
    let variables = [("EXT_STR", "name=deployed"), ("EXT_CODE", "memory=256"), ("TAG", "of-the-stack")];
    let world = Arc::new(World::with(&variables).await);
    world.deploy("crema-operator");
    let folder = folder();
    let crema = Crema::of(&world).inside(&folder.0).with(&[("TAG", "of-the-shell")]);
    let container = async |more: &[&str]| {
        let said = crema.run(&[&["render", ".", "app"], more].concat()).await;
        assert_eq!(said.code, 0, "{said:?}");
        said.json()["containerDefinitions"][0].clone()
    };
    let uri = "s3://crema-config/crema/";
    let deployed = container(&["--stack", "crema"]).await;
    assert_eq!(deployed, json!({"name": "deployed", "memory": 256, "image": format!("x:of-the-stack-{uri}")}));
    let typed = ["--ext-str", "name=typed", "--ext-code", "memory=128"];
    let typed_over = container(&[&["--stack", "crema", "--env", "TAG"], &typed[..]].concat()).await;
    assert_eq!(typed_over, json!({"name": "typed", "memory": 128, "image": format!("x:of-the-shell-{uri}")}));
    // No variable of the shell is seen by itself, and none that nobody said.
    let alone = container(&typed).await;
    assert_eq!(alone["image"], "x:none-nowhere");
    folder.write("vars.env", "TAG=of-a-file\n");
    assert_eq!(container(&[&["--env-file", "vars.env"], &typed[..]].concat()).await["image"], "x:of-a-file-nowhere");
}

#[tokio::test]
async fn images_are_as_written_or_pinned() {
    let world = Arc::new(World::released(1).await);
    world.deploy("crema-operator");
    let crema = Crema::of(&world);
    let image = async |more: &[&str]| {
        let said = crema.run(&[&["render", "tests/fixtures/team", "batch"], more].concat()).await;
        assert_eq!(said.code, 0, "{said:?}");
        said.json()["containerDefinitions"][0]["image"].as_str().unwrap().to_owned()
    };
    let written = image(&[]).await;
    assert!(written.ends_with("/batch:release"), "{written}");
    let pinned = image(&["--pin"]).await;
    assert!(pinned.contains("@sha256:"), "{pinned}");
    assert!(!image(&["--pin", "--pin-images=false"]).await.contains('@'));
}
