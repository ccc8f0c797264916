//! What can be wrong with a folder: each with a message of its own, and nothing is registered.

use crema_testing::{World, tried, world::failure};
use serde_json::json;

/// Files of the folder `a`, the `errorType`, and what the message says.
type Wrong<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a [&'a str]);

const CONFIG: &str = "task_definition: def.json\n";
const NATIVE: &str = "task_definition: def.jsonnet\n";
const REGION: &str = "ap-northeast-1";

/// Registers each folder in a bucket of its own function; gives the messages.
async fn all_refused(folders: &[Wrong<'_>]) {
    let w = World::empty(&[]).await;
    w.aws.put_parameter("/list", "StringList", "a,b");
    w.aws.put_parameter("/text", "String", "s3cret-value");
    w.aws.put_output("net", "Subnet", "subnet-1");
    w.aws.create_bucket("states");
    w.aws.put_object("states", "v3", json!({"version": 3, "modules": []}).to_string());
    let mut messages = std::collections::BTreeSet::new();
    for (i, (files, error_type, says)) in folders.iter().enumerate() {
        let app = format!("a{i}");
        for (name, content) in *files {
            w.aws.put(&format!("{app}/{name}"), content);
        }
        let failure = failure(w.register(&app).await);
        let message = &failure.error_message;
        assert_eq!(failure.error_type, *error_type, "{message}");
        for text in *says {
            assert!(message.contains(text), "{text:?} is not in: {message}");
        }
        assert!(message.contains(&app) && !message.contains("s3cret-value"), "{message}");
        assert!(messages.insert(message.replace(&app, "a")), "the same message twice: {message}");
        for (name, _) in *files {
            w.aws.delete(&format!("{app}/{name}"));
        }
    }
    assert!(w.aws.changes().is_empty());
    assert!(w.function.is_alive().await);
    tried(folders.len(), "folders that are wrong");
}

#[tokio::test]
async fn functions_and_plugins_that_are_not_there_or_are_called_wrongly() {
    let external = "task_definition: def.json\nplugins: [{name: external, config: {command: [echo]}}]\n";
    let unknown = "task_definition: def.json\nplugins: [{name: tfstat}]\n";
    let twice = "task_definition: def.json\nplugins: [{name: cloudformation}, {name: cloudformation}]\n";
    let prefix = "task_definition: def.json\nplugins: [{name: cloudformation, func_prefix: 'a-'}]\n";
    let kind = "task_definition: def.json\nplugins: {name: cloudformation}\n";
    all_refused(&[
        (
            &[("ecspresso.yml", CONFIG), ("def.json", "{\n\"family\": \"{{ sssm `/p` }}\"}")],
            "RenderError",
            &["def.json:2", "sssm", "did you mean ssm?"],
        ),
        (
            &[("ecspresso.yml", NATIVE), ("def.jsonnet", "{ family: std.native('sssm')('/p') }")],
            "RenderError",
            &["def.jsonnet:1", "sssm"],
        ),
        (&[("ecspresso.yml", external), ("def.json", "{}")], "ConfigError", &["external", "no foreign command"]),
        (&[("ecspresso.yml", unknown), ("def.json", "{}")], "ConfigError", &["tfstat", "did you mean tfstate?"]),
        (&[("ecspresso.yml", twice), ("def.json", "{}")], "ConfigError", &["cfn_output", "func_prefix"]),
        (&[("ecspresso.yml", prefix), ("def.json", "{}")], "ConfigError", &["a-cfn_output", "no name of a function"]),
        (&[("ecspresso.yml", kind), ("def.json", "{}")], "ConfigError", &["ecspresso.yml:2:10", "`plugins`"]),
        (
            &[("ecspresso.yml", CONFIG), ("def.json", "{{ must_env }}")],
            "RenderError",
            &["def.json:1", "must_env", "want 1, got 0"],
        ),
        (
            &[("ecspresso.yml", CONFIG), ("def.json", "{{ ssm `/list` `0` }}")],
            "RenderError",
            &["ssm", "argument 2", "an integer", "a string"],
        ),
        (
            &[("ecspresso.yml", NATIVE), ("def.jsonnet", "{ family: std.native('ssm')(1) }")],
            "RenderError",
            &["def.jsonnet:1", "ssm", "argument 1", "a string", "a number"],
        ),
        (
            &[("ecspresso.yml", NATIVE), ("def.jsonnet", "{ family: std.native('ssm')('/list', 0) }")],
            "RenderError",
            &["def.jsonnet:1", "ssm"],
        ),
        (
            &[("ecspresso.yml", CONFIG), ("def.json", "\n{{ must_env `IMAGE_TAG` }}")],
            "RenderError",
            &["def.json:2", "must_env", "IMAGE_TAG", "not defined"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn values_that_are_not_there_are_named_with_their_region() {
    let plugins = "task_definition: def.json\nplugins: [{name: cloudformation}]\n";
    let abroad = "region: eu-west-1\ntask_definition: def.json\n";
    let in_s3 = "task_definition: def.json\nplugins: [{name: tfstate, config: {url: 's3://states/gone'}}]\n";
    let no_bucket = "task_definition: def.json\nplugins: [{name: tfstate, config: {url: 's3://nowhere/gone'}}]\n";
    let config = |config, definition| [("ecspresso.yml", config), ("def.json", definition)];
    all_refused(&[
        (&config(CONFIG, "{{ ssm `/none` }}"), "LookupError", &["SSM parameter", "/none", REGION]),
        (&config(abroad, "{{ ssm `/text` }}"), "LookupError", &["SSM parameter", "/text", "eu-west-1"]),
        (&config(CONFIG, "{{ ssm `/text:9` }}"), "LookupError", &["/text:9", REGION]),
        (&config(CONFIG, "{{ secretsmanager_arn `none` }}"), "LookupError", &["secret", "none", REGION]),
        (&config(plugins, "{{ cfn_output `none` `X` }}"), "LookupError", &["stack", "none", REGION]),
        (&config(plugins, "{{ cfn_output `net` `X` }}"), "LookupError", &["net", "output \"X\"", "Subnet", REGION]),
        (&config(plugins, "{{ cfn_export `none` }}"), "LookupError", &["export", "none", REGION]),
        (&config(in_s3, "{{ tfstate `output.x` }}"), "LookupError", &["s3://states/gone", REGION]),
        (&config(no_bucket, "{{ tfstate `output.x` }}"), "LookupError", &["s3://nowhere/gone", REGION]),
    ])
    .await;
}

#[tokio::test]
async fn lists_and_states_that_are_otherwise_than_meant() {
    let v3 = "task_definition: def.json\nplugins: [{name: tfstate, config: {url: 's3://states/v3'}}]\n";
    let file = "task_definition: def.json\nplugins: [{name: tfstate, config: {path: x.tfstate}}]\n";
    let above = "task_definition: def.json\nplugins: [{name: tfstate, config: {path: ../../x.tfstate}}]\n";
    let scheme = "task_definition: def.json\nplugins: [{name: tfstate, config: {url: 'gs://states/x'}}]\n";
    let state = r#"{"version": 4, "outputs": {"subnet": {"value": "s"}}, "resources": []}"#;
    let config = |config, definition| [("ecspresso.yml", config), ("def.json", definition)];
    all_refused(&[
        (&config(CONFIG, "{{ ssm `/list` }}"), "LookupError", &["/list", "StringList of length 2", "give an index"]),
        (&config(CONFIG, "{{ ssm `/list` 2 }}"), "LookupError", &["/list", "length 2", "index 2"]),
        (&config(CONFIG, "{{ ssm `/list` -1 }}"), "LookupError", &["/list", "index -1"]),
        (&config(CONFIG, "{{ ssm `/text` 0 }}"), "LookupError", &["/text", "no StringList"]),
        (&config(v3, "{{ tfstate `output.x` }}"), "LookupError", &["s3://states/v3", "version 3", "only version 4"]),
        (&config(file, "{{ tfstate `output.x` }}"), "ConfigError", &["x.tfstate"]),
        (&config(above, "{}"), "ConfigError", &["../../x.tfstate", "leaves the configuration prefix"]),
        (&config(scheme, "{}"), "ConfigError", &["gs", "s3://bucket/key"]),
        (
            &[("ecspresso.yml", file), ("x.tfstate", state), ("def.json", "{{ tfstate `output.subnte` }}")],
            "LookupError",
            &["output.subnte", "near it", "output.subnet"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn paths_templates_and_env_files() {
    let outside = "task_definition: ../../def.json\n";
    let absolute = "task_definition: /def.json\n";
    let own = r#"{"envfile": ".env"}"#;
    let endless = "{{ define `t` }}{{ template `t` }}{{ end }}\n{{ template `t` }}";
    all_refused(&[
        (&[("ecspresso.yml", outside)], "ConfigError", &["../../def.json", "prefix"]),
        (&[("ecspresso.yml", absolute)], "ConfigError", &["/def.json"]),
        (
            &[("ecspresso.yml", NATIVE), ("def.jsonnet", "import '../../../x.libsonnet'")],
            "RenderError",
            &["def.jsonnet", "../../../x.libsonnet"],
        ),
        (&[("ecspresso.yml", CONFIG), ("def.json", endless)], "RenderError", &["def.json:", "too deep"]),
        (
            &[("ecspresso.yml", CONFIG), ("def.json", "{{ range 1000000000 }}x{{ end }}")],
            "RenderError",
            &["def.json:1", "range"],
        ),
        (&[("ecspresso.yml", CONFIG), ("def.json", "{\n{{ end }}}")], "RenderError", &["def.json:2", "{{end}}"]),
        (
            &[("ecspresso.yml", CONFIG), ("def.json", "{}"), ("crema.json", own), (".env", "A=1\nB s3cret-value\n")],
            "ConfigError",
            &[".env:2"],
        ),
        (&[("ecspresso.yml", CONFIG), ("def.json", "{}"), ("crema.json", own)], "ConfigError", &[".env"]),
    ])
    .await;
}

#[tokio::test]
async fn what_is_passed_over_is_a_warning_of_the_answer() {
    let w = World::empty(&[]).await;
    let config = "regoin: x\ntask_definition: def.json\nplugins: [{name: ssm, func_perfix: x, config: {pth: y}}]\n";
    w.aws.put("a/ecspresso.yml", config);
    let described = json!({"family": "a", "revision": 7, "status": "ACTIVE", "containerDefinitions":
        [{"name": "app", "image": "busybox", "memory": 128}]});
    w.aws.put("a/def.json", described.to_string());
    for action in ["plan", "register"] {
        let answer = w.invoke(json!({"action": action, "app": "a"})).await.unwrap();
        let warnings = answer["warnings"].to_string();
        for name in
            ["a/ecspresso.yml", "`regoin`", "`plugins[0].func_perfix`", "`plugins[0].config.pth`", "revision", "status"]
        {
            assert!(warnings.contains(name), "{name} is not in {warnings}");
        }
    }
}
