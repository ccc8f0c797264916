//! Rendering: in a child that may die without harm, with all that a folder may hold.

use crema_testing::{
    World,
    world::{assert_failure, decision, definition, image},
};
use serde_json::json;

#[tokio::test]
async fn runaway_recursion_fails_its_own_app_and_the_function_stays() {
    let w = World::empty(&[]).await;
    for app in ["a", "z"] {
        w.app(app, &definition(app, "busybox"));
    }
    w.jsonnet_app("loop", "local mk(n) = {x: mk(n).x}; mk(1).x");
    w.function.ready().await;
    let pid = w.function.pid();
    assert_failure(w.sweep().await, "RenderError", &["loop/ecs-task-def.jsonnet"]);
    assert_eq!(w.aws.families(), ["a", "z"]);
    assert!(w.function.is_alive().await);
    assert_eq!(w.function.pid(), pid);
    assert_eq!(decision(&w.register("a").await.unwrap()), "unchanged");
}

#[tokio::test]
async fn memory_and_time_have_an_end() {
    for source in [
        "std.foldl(function(a, b) a + a, std.range(1, 40), 'x')",
        "local f(n) = if n < 2 then n else f(n - 1) + f(n - 2); f(60)",
    ] {
        let w = World::empty(&[]).await;
        w.jsonnet_app("bomb", source);
        w.app("good", &definition("good", "busybox"));
        assert_failure(w.sweep().await, "RenderError", &["bomb/ecs-task-def.jsonnet"]);
        assert_eq!(w.aws.families(), ["good"]);
        assert!(w.function.is_alive().await);
    }
}

#[tokio::test]
async fn text_and_bytes_are_imported() {
    let w = World::empty(&[]).await;
    w.aws.put("a/run.sh", "#!/bin/sh\necho \"hello\"\n");
    w.aws.put("a/b.bin", [1u8, 2]);
    w.jsonnet_app(
        "a",
        "{ family: 'a', containerDefinitions: [{ name: 'a', image: 'busybox', memory: 128 + std.length(importbin 'b.bin'),
           command: ['sh', '-c', importstr 'run.sh'] }] }",
    );
    w.register("a").await.unwrap();
    let container = &w.aws.revision("a", 1).definition["containerDefinitions"][0];
    assert_eq!((&container["memory"], &container["command"][2]), (&json!(130), &json!("#!/bin/sh\necho \"hello\"\n")));
}

#[tokio::test]
async fn definitions_see_the_functions_variables_but_no_credential() {
    let w = World::empty(&[("STAGE", "production")]).await;
    let source = "{ family: 'a', containerDefinitions: [{ name: 'a', image: 'busybox', memory: 128, environment: [
        { name: n, value: std.native('env')(n, 'none') } for n in ['STAGE', 'AWS_REGION', 'AWS_SECRET_ACCESS_KEY',
        'AWS_SESSION_TOKEN', 'AWS_LAMBDA_RUNTIME_API']] }] }";
    w.jsonnet_app("a", source);
    w.register("a").await.unwrap();
    let variables = w.aws.revision("a", 1).definition["containerDefinitions"][0]["environment"].clone();
    let values: Vec<&str> = variables.as_array().unwrap().iter().filter_map(|v| v["value"].as_str()).collect();
    assert_eq!(values, ["production", "ap-northeast-1", "none", "none", "none"]);
}

#[tokio::test]
async fn a_variable_that_must_be_there_is_named() {
    let w = World::empty(&[]).await;
    w.jsonnet_app("a", "{ family: std.native('must_env')('NOT_THERE') }");
    assert_failure(w.register("a").await, "RenderError", &["NOT_THERE"]);
}

#[tokio::test]
async fn the_configuration_file_may_be_yaml_json_or_jsonnet() {
    for (name, text) in [
        ("ecspresso.yml", "task_definition: ecs-task-def.json"),
        ("ecspresso.yaml", "{task_definition: ecs-task-def.json}"),
        ("ecspresso.json", "{\"task_definition\": \"ecs-task-def.json\"}"),
        ("ecspresso.jsonnet", "{ task_definition: 'ecs-task-def' + '.json' }"),
        ("config.yml", "task_definition: ecs-task-def.json"),
    ] {
        let w = World::empty(&[]).await;
        w.aws.put(&format!("a/{name}"), text);
        w.aws.put("a/ecs-task-def.json", definition("a", "busybox").to_string());
        assert_eq!(decision(&w.register("a").await.unwrap()), "registered", "{name}");
    }
}

#[tokio::test]
async fn a_configuration_of_another_tool_is_passed_over() {
    let w = World::empty(&[]).await;
    for key in ["a/config.yml", "b/config.yml", "c/config.json"] {
        w.aws.put(key, "{\"title\": \"of another tool\"}");
    }
    w.aws.put("a/config.jsonnet", "{ task_definition: 'ecs-task-def.json' }");
    w.app("c", &definition("c", "busybox"));
    w.aws.put("a/ecs-task-def.json", definition("a", "busybox").to_string());
    w.sweep().await.unwrap();
    assert_eq!(w.aws.families(), ["a", "c"]);
}

#[tokio::test]
async fn a_configuration_beside_cremas_own_file_is_not_passed_over() {
    let w = World::empty(&[]).await;
    w.aws.put("a/config.yml", "task_definiton: ecs-task-def.json");
    w.aws.put("a/crema.json", "{}");
    assert_failure(w.register("a").await, "ConfigError", &["a/config.yml", "`task_definition` is missing"]);
}

#[tokio::test]
async fn another_tools_file_may_be_large_or_no_text() {
    let w = World::empty(&[]).await;
    w.aws.put("a/config.json", format!("[\"{}\"]", "x".repeat(5_100_000)));
    w.app("b", &definition("b", "busybox"));
    w.sweep().await.unwrap();
    assert_eq!(w.aws.families(), ["b"]);
}

#[tokio::test]
async fn a_definition_as_aws_describes_it_is_taken() {
    let w = World::empty(&[]).await;
    let mut described = definition("a", "busybox");
    described["revision"] = json!(7);
    described["status"] = json!("ACTIVE");
    w.app("a", &json!({"taskDefinition": described}));
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    assert!(w.aws.calls_of("RegisterTaskDefinition")[0].input.get("status").is_none());
}

#[tokio::test]
async fn cremas_own_file_leaves_images_or_a_whole_app_alone() {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", &image("a:release")));
    w.aws.put("a/crema.json", r#"{"pin_images": false}"#);
    w.app("b", &definition("b", "busybox"));
    w.aws.put("b/crema.jsonnet", "{ variants: [] }");
    w.sweep().await.unwrap();
    assert_eq!(w.aws.families(), ["a"]);
    let container = &w.aws.revision("a", 1).definition["containerDefinitions"][0];
    assert_eq!(container["image"], json!(image("a:release")));
}

#[tokio::test]
async fn unknown_keys_can_be_dropped() {
    let w = World::empty(&[]).await;
    let mut newer = definition("a", "busybox");
    newer["brandNew"] = json!(true);
    w.app("a", &newer);
    w.aws.put("a/crema.json", r#"{"unknown_keys": "drop"}"#);
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    assert!(w.aws.calls_of("RegisterTaskDefinition")[0].input.get("brandNew").is_none());
}

#[tokio::test]
async fn an_unknown_field_of_cremas_own_file_is_an_error() {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", "busybox"));
    w.aws.put("a/crema.json", r#"{"variant": []}"#);
    assert_failure(w.register("a").await, "ConfigError", &["a/crema.json", "variant"]);
}

#[tokio::test]
async fn an_app_of_another_region_is_registered_there() {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", "busybox"));
    w.aws.put("a/ecspresso.yml", "region: eu-west-1\ntask_definition: ecs-task-def.json\n");
    w.register("a").await.unwrap();
    assert_eq!(w.aws.revisions_in("eu-west-1", "a").len(), 1);
}
