//! What definitions look up in AWS, in Jsonnet and in Go templates.

use crema_testing::{
    Fault, When, World,
    world::{assert_failure, decision, definition, image},
};
use serde_json::{Value, json};

/// An app whose container has these variables, given as Jsonnet.
fn with_variables(w: &World, plugins: &str, variables: &str) {
    w.jsonnet_app(
        "a",
        &format!(
            "local environment = {variables};
            {{ family: 'a', containerDefinitions: [{{ name: 'app', image: 'busybox', memory: 128, environment:
            [{{ name: n, value: std.toString(environment[n]) }} for n in std.objectFields(environment)] }}] }}"
        ),
    );
    w.aws.put("a/ecspresso.yml", format!("task_definition: ecs-task-def.jsonnet\n{plugins}"));
}

fn values(w: &World) -> Vec<String> {
    let container = &w.aws.revision("a", 1).definition["containerDefinitions"][0];
    let value = |variable: &Value| variable["value"].as_str().unwrap().to_owned();
    container["environment"].as_array().unwrap().iter().map(value).collect()
}

const CLOUDFORMATION: &str = "plugins:\n  - name: cloudformation\n";

#[tokio::test]
async fn values_are_found_in_every_service() {
    let w = World::empty(&[]).await;
    w.aws.put_parameter("/batch/size", "SecureString", "large");
    w.aws.put_parameter("/batch/zones", "StringList", "a,c");
    let secret = w.aws.create_secret("batch/db");
    w.aws.put_output("network", "Subnet", "subnet-1");
    w.aws.put_export("vpc", "vpc-1");
    with_variables(
        &w,
        CLOUDFORMATION,
        "{ A: std.native('ssm')('/batch/size'), B: std.native('ssm_list')('/batch/zones', 1),
           C: std.native('secretsmanager_arn')('batch/db'), D: std.native('cfn_output')('network', 'Subnet'),
           E: std.native('cfn_export')('vpc') }",
    );
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    assert_eq!(values(&w), ["large", "c", &secret, "subnet-1", "vpc-1"]);
}

#[tokio::test]
async fn a_template_finds_them_too() {
    let w = World::empty(&[("STAGE", "prod")]).await;
    w.aws.put_parameter("/prod/size", "String", "large \"x\"");
    w.aws.put("a/ecspresso.yml", "region: {{ must_env `AWS_REGION` }}\ntask_definition: ecs-task-def.json\n");
    let template = r#"{"family": "a", "containerDefinitions": [{"name": "app", "image": "busybox", "memory": 128, "environment":
        [{"name": "SIZE", "value": "{{ ssm `/prod/size` | json_escape }}"}, {"name": "STAGE", "value": "{{ env `STAGE` `dev` }}"}]}]}"#;
    w.aws.put("a/ecs-task-def.json", template);
    w.register("a").await.unwrap();
    assert_eq!(values(&w), ["large \"x\"", "prod"]);
}

#[tokio::test]
async fn a_terraform_state_is_read_from_the_folder_or_from_s3() {
    let state = json!({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "resources": [],
        "outputs": {"subnet": {"value": "subnet-9", "type": "string"}}})
    .to_string();
    for config in ["path: terraform.tfstate", "url: s3://states/batch.tfstate"] {
        let w = World::empty(&[]).await;
        w.aws.put("a/terraform.tfstate", &state);
        w.aws.put_object("states", "batch.tfstate", &state);
        let plugins = format!("plugins:\n  - name: tfstate\n    config:\n      {config}\n");
        with_variables(&w, &plugins, "{ A: std.native('tfstate')('output.subnet') }");
        w.register("a").await.unwrap();
        assert_eq!(values(&w), ["subnet-9"], "{config}");
    }
}

#[tokio::test]
async fn independent_lookups_cost_one_round_trip() {
    let w = World::empty(&[]).await;
    for n in 0..10 {
        w.aws.put_parameter(&format!("/p/{n}"), "String", "value");
    }
    w.aws.create_secret("db");
    let calls: Vec<String> = (0..10).map(|n| format!("P{n}: std.native('ssm')('/p/{n}')")).collect();
    with_variables(&w, "", &format!("{{ {}, S: std.native('secretsmanager_arn')('db') }}", calls.join(", ")));
    w.aws.delay(std::time::Duration::from_millis(30));
    w.register("a").await.unwrap();
    assert_eq!((w.aws.calls_of("GetParameters").len(), w.aws.calls_of("DescribeSecret").len()), (1, 1));
    // List, get, lookups, history (one describe, or lists as well), register.
    assert!(w.aws.round_trips() <= 6, "{} in {}", w.aws.round_trips(), w.aws.tally());
}

#[tokio::test]
async fn what_is_missing_is_named() {
    for (variables, says) in [
        ("{ A: std.native('ssm')('/none') }", "/none"),
        ("{ A: std.native('secretsmanager_arn')('none') }", "none"),
        ("{ A: std.native('cfn_output')('none', 'Subnet') }", "none"),
        ("{ A: std.native('cfn_export')('none') }", "none"),
    ] {
        let w = World::empty(&[]).await;
        with_variables(&w, CLOUDFORMATION, variables);
        assert_failure(w.register("a").await, "LookupError", &["a", says]);
        assert!(w.aws.changes().is_empty());
    }
}

#[tokio::test]
async fn what_is_denied_names_the_permission() {
    for (operation, variables, says) in [
        ("GetParameter", "{ A: std.native('ssm')('/p') }", "ssm:GetParameter"),
        ("DescribeSecret", "{ A: std.native('secretsmanager_arn')('s') }", "secretsmanager:DescribeSecret"),
        ("DescribeStacks", "{ A: std.native('cfn_output')('s', 'k') }", "cloudformation:DescribeStacks"),
        ("ListExports", "{ A: std.native('cfn_export')('e') }", "cloudformation:ListExports"),
    ] {
        let w = World::empty(&[]).await;
        w.aws.break_calls(operation, When::Every, Fault::Denied);
        with_variables(&w, CLOUDFORMATION, variables);
        assert_failure(w.register("a").await, "LookupError", &[says]);
    }
}

#[tokio::test]
async fn a_lookup_that_is_not_asked_for_is_not_made() {
    let w = World::empty(&[]).await;
    with_variables(&w, "", "{ A: if false then std.native('ssm')('/none') else 'fixed' }");
    w.register("a").await.unwrap();
    assert!(w.aws.calls_of("GetParameter").is_empty() && w.aws.calls_of("GetParameters").is_empty());
}

#[tokio::test]
async fn a_push_that_does_not_concern_an_app_fetches_none_of_its_lookups() {
    let w = World::empty(&[]).await;
    with_variables(&w, "", "{ A: std.native('ssm')('/a') }");
    w.aws.put_parameter("/a", "String", "x");
    w.app("b", &definition("b", &image("b:release")));
    w.push("b", "release", "v1").await.unwrap();
    assert_eq!(w.aws.families(), ["b"]);
    assert!(w.aws.calls_of("GetParameter").is_empty());
}

#[tokio::test]
async fn values_live_for_one_invocation() {
    let w = World::empty(&[]).await;
    w.aws.put_parameter("/a", "String", "old");
    with_variables(&w, "", "{ A: std.native('ssm')('/a') }");
    w.register("a").await.unwrap();
    w.aws.put_parameter("/a", "String", "new");
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    assert_eq!(w.aws.active("a"), [1, 2]);
}

#[tokio::test]
async fn a_looked_up_value_is_in_no_log_line_and_no_answer() {
    let w = World::empty(&[("RUST_LOG", "trace")]).await;
    w.aws.put_parameter("/a", "SecureString", "hunter2-marked-value");
    with_variables(&w, "", "{ A: std.native('ssm')('/a') }");
    for action in ["plan", "register"] {
        let answer = w.invoke(json!({"action": action, "app": "a"})).await.unwrap();
        assert!(!answer.to_string().contains("hunter2") && !w.function.log().contains("hunter2"), "{answer:#}");
    }
}

#[tokio::test]
async fn an_env_file_of_the_folder_comes_first() {
    let w = World::empty(&[("STAGE", "function")]).await;
    with_variables(&w, "", "{ A: std.native('env')('STAGE', 'none') }");
    w.aws.put("a/.env", "STAGE=file\n");
    w.aws.put("a/crema.json", r#"{"envfile": ".env"}"#);
    w.register("a").await.unwrap();
    assert_eq!(values(&w), ["file"]);
}

#[tokio::test]
async fn a_plugin_that_runs_commands_is_refused_by_name() {
    let w = World::empty(&[]).await;
    with_variables(&w, "plugins:\n  - name: external\n    config: {command: [echo]}\n", "{}");
    assert_failure(w.register("a").await, "ConfigError", &["external", "a/ecspresso.yml"]);
}
