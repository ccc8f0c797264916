//! A definition that is nothing, or has a hole where places count: an error whoever asks, and nothing is posted to ECS.

use crema_testing::{
    World, tried,
    world::{assert_failure, decision, definition, image, outcome},
};
use serde_json::json;

const SAYS: [&str; 2] = ["a/ecs-task-def.json", "expected an object, got null"];

#[tokio::test]
async fn a_definition_that_is_nothing_is_registered_by_nobody_and_no_plan_says_it_would_be() {
    let w = World::empty(&[]).await;
    let programs = ["null", "if false then {}", "local t = { x: null }; t.x", "std.parseJson('null')"];
    let texts = ["null", "", " \n", "{{ if false }}{}{{ end }}", "{{/* all of it */}}"];
    for (is_jsonnet, source) in programs.map(|p| (true, p)).into_iter().chain(texts.map(|t| (false, t))) {
        if is_jsonnet {
            w.jsonnet_app("a", source);
        } else {
            w.aws.put("a/ecspresso.yml", "task_definition: ecs-task-def.json\n");
            w.aws.put("a/ecs-task-def.json", source);
        }
        assert_failure(w.register("a").await, "InvalidDefinition", &SAYS);
        assert_failure(w.invoke(json!({"action": "plan", "app": "a"})).await, "InvalidDefinition", &SAYS);
        assert_failure(w.sweep().await, "InvalidDefinition", &SAYS);
    }
    w.jsonnet_app("a", "[]");
    let says = ["a/ecs-task-def.jsonnet", "expected an object, got an array"];
    assert_failure(w.register("a").await, "InvalidDefinition", &says);
    assert_failure(w.invoke(json!({"action": "plan"})).await, "InvalidDefinition", &says);
    assert!(w.aws.changes().is_empty(), "{:?}", w.aws.changes());
    assert_eq!(w.aws.calls_of("RegisterTaskDefinition").len(), 0);
    tried(programs.len() + texts.len() + 1, "definitions that are nothing");
}

#[tokio::test]
async fn a_definition_that_is_nothing_fails_its_own_change_and_nobody_elses_push() {
    let w = World::empty(&[]).await;
    w.app("good", &definition("good", &image("good:release")));
    w.jsonnet_app("a", "null");
    let answer = w.push("good", "release", "v1").await.unwrap();
    assert_eq!(decision(&answer), "registered", "{answer:#}");
    assert!(answer["warnings"].to_string().contains(SAYS[1]), "{answer:#}");
    let changed = w.change("a/ecs-task-def.jsonnet", "if false then {}").await;
    assert_failure(changed, "InvalidDefinition", &SAYS);
    assert_eq!(w.aws.families(), ["good"]);
}

#[tokio::test]
async fn a_null_among_the_arguments_of_a_command_is_told_with_its_place() {
    let w = World::empty(&[]).await;
    let with = |container: &str| {
        format!(
            "{{ family: 'a', containerDefinitions: [{{ name: 'a', image: 'busybox', memory: 128, {container} }}] }}"
        )
    };
    for (container, place) in [
        ("command: ['run', '--to', if false then 'x']", "containerDefinitions[0].command[2]: null"),
        ("entryPoint: [null, 'sh']", "containerDefinitions[0].entryPoint[0]: null"),
        ("healthCheck: { command: ['CMD', null] }", "containerDefinitions[0].healthCheck.command[1]: null"),
    ] {
        w.jsonnet_app("a", &with(container));
        assert_failure(w.register("a").await, "InvalidDefinition", &[SAYS[0], place]);
    }
    assert!(w.aws.changes().is_empty());
    w.jsonnet_app("a", &with("command: ['run'], links: [null], user: null, secrets: [null]"));
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    let container = &w.aws.revision("a", 1).definition["containerDefinitions"][0];
    assert_eq!((&container["command"], container.get("links")), (&json!(["run"]), None));
}

#[tokio::test]
async fn what_ecspresso_init_leaves_empty_is_as_if_it_were_not_there() {
    let w = World::empty(&[]).await;
    let mut written = definition("a", "busybox");
    w.app("a", &written);
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    for member in ["ipcMode", "pidMode", "networkMode"] {
        written[member] = json!("");
    }
    written["containerDefinitions"][0]["portMappings"] =
        json!([{"containerPort": 80, "protocol": "", "appProtocol": ""}]);
    w.app("a", &written);
    let answer = w.invoke(json!({"action": "plan", "app": "a"})).await.unwrap();
    let diff = outcome(&answer)["diff"].as_str().unwrap();
    assert!(diff.contains("containerPort") && !diff.contains("Mode") && !diff.contains("rotocol"), "{diff}");
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    let registered = json!(w.aws.revision("a", 2).definition).to_string();
    assert!(!registered.contains("\"\"") && !registered.contains("appProtocol"), "{registered}");
    written["containerDefinitions"][0]["logConfiguration"] = json!({"logDriver": ""});
    w.app("a", &written);
    let says = ["containerDefinitions[0].logConfiguration.logDriver: missing, and required"];
    assert_failure(w.register("a").await, "InvalidDefinition", &says);
}
