//! Terraform states: where they lie, and those that only say where.

use crema_testing::{
    Fault, When, World,
    world::{assert_failure, decision, failure, outcome},
};
use serde_json::{Value, json};

/// A state with one output.
fn state(value: &str) -> String {
    json!({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "resources": [],
        "outputs": {"subnet": {"value": value, "type": "string"}}})
    .to_string()
}

/// What `terraform init` leaves for this backend.
fn pointer(kind: &str, config: Value) -> String {
    json!({"version": 3, "serial": 1, "lineage": "x", "backend": {"type": kind, "config": config, "hash": 1}})
        .to_string()
}

fn in_s3() -> String {
    pointer("s3", json!({"bucket": "states", "key": "batch.tfstate", "region": "us-west-2", "role_arn": null}))
}

/// An app whose only variable is the output of this state.
fn app(w: &World, config: &str) {
    w.aws.put(
        "a/ecspresso.yml",
        format!("task_definition: ecs-task-def.json\nplugins: [{{name: tfstate, config: {{{config}}}}}]\n"),
    );
    let variable = r#"{"name": "SUBNET", "value": "{{ tfstate `output.subnet` }}"}"#;
    let container = format!(r#"{{"name": "app", "image": "busybox", "memory": 128, "environment": [{variable}]}}"#);
    w.aws.put("a/ecs-task-def.json", format!(r#"{{"family": "a", "containerDefinitions": [{container}]}}"#));
}

fn value(w: &World, revision: u32) -> String {
    let environment = &w.aws.revision("a", revision).definition["containerDefinitions"][0]["environment"];
    environment[0]["value"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_state_of_the_folder_is_found_by_a_url_without_a_scheme() {
    for (url, key) in [
        ("terraform.tfstate", "a/terraform.tfstate"),
        ("./tf/x", "a/tf/x"),
        ("../infra/x.tfstate", "infra/x.tfstate"),
        ("'file://terraform.tfstate'", "a/terraform.tfstate"),
        ("'file://../infra/x.tfstate'", "infra/x.tfstate"),
    ] {
        let w = World::empty(&[]).await;
        w.aws.put(key, state("subnet-9"));
        app(&w, &format!("url: {url}"));
        assert_eq!(decision(&w.register("a").await.unwrap()), "registered", "{url}");
        assert_eq!(value(&w, 1), "subnet-9", "{url}");
    }
}

#[tokio::test]
async fn a_state_never_lies_outside_the_prefix() {
    for url in [
        "../../terraform.tfstate",
        "%2e%2e/../terraform.tfstate",
        "file://../../terraform.tfstate",
        "file:///etc/passwd",
    ] {
        let w = World::empty(&[]).await;
        app(&w, &format!("url: '{url}'"));
        assert_failure(w.register("a").await, "ConfigError", &["a/ecspresso.yml", url]);
        assert!(w.aws.changes().is_empty());
    }
}

#[tokio::test]
async fn a_change_of_a_state_beside_the_folder_registers() {
    let w = World::empty(&[]).await;
    w.aws.put("infra/x.tfstate", state("old"));
    app(&w, "url: ../infra/x.tfstate");
    w.register("a").await.unwrap();
    assert_eq!(decision(&w.change("infra/x.tfstate", &state("new")).await.unwrap()), "registered");
    assert_eq!(value(&w, 2), "new");
}

/// In the region that the pointer names: S3 is asked once.
#[tokio::test]
async fn a_state_that_points_to_s3_is_followed() {
    let w = World::empty(&[]).await;
    w.aws.put("a/.terraform/terraform.tfstate", in_s3());
    w.aws.put_object("states", "batch.tfstate", state("subnet-9"));
    w.aws.move_bucket("states", "us-west-2");
    app(&w, "path: .terraform/terraform.tfstate");
    w.register("a").await.unwrap();
    assert_eq!(value(&w, 1), "subnet-9");
    let calls = w.aws.calls_of("GetObject");
    let regions: Vec<&str> =
        calls.iter().filter(|call| call.input["bucket"] == "states").map(|call| call.region.as_str()).collect();
    assert_eq!(regions, ["us-west-2"]);
}

#[tokio::test]
async fn the_workspace_of_the_function_or_of_the_file_beside_is_followed() {
    for (variable, file, expected) in [
        (Some("prod"), None, "prod"),
        (None, Some("prod"), "prod"),
        (Some("prod"), Some("dev"), "prod"),
        (None, Some("default"), "no workspace"),
        (None, None, "no workspace"),
    ] {
        let variables: Vec<(&str, &str)> = variable.into_iter().map(|name| ("TF_WORKSPACE", name)).collect();
        let w = World::empty(&variables).await;
        w.aws.put("a/.terraform/terraform.tfstate", in_s3());
        file.iter().for_each(|name| w.aws.put("a/.terraform/environment", name));
        w.aws.put_object("states", "batch.tfstate", state("no workspace"));
        w.aws.put_object("states", "env:/prod/batch.tfstate", state("prod"));
        app(&w, "url: .terraform/terraform.tfstate");
        w.register("a").await.unwrap();
        assert_eq!(value(&w, 1), expected, "{variable:?} {file:?}");
    }
}

#[tokio::test]
async fn another_workspace_selected_in_the_folder_registers() {
    let w = World::empty(&[]).await;
    w.aws.put("a/.terraform/terraform.tfstate", in_s3());
    w.aws.put_object("states", "batch.tfstate", state("no workspace"));
    w.aws.put_object("states", "env:/prod/batch.tfstate", state("prod"));
    app(&w, "path: .terraform/terraform.tfstate");
    w.register("a").await.unwrap();
    assert_eq!(decision(&w.change("a/.terraform/environment", "prod").await.unwrap()), "registered");
    assert_eq!(value(&w, 2), "prod");
}

#[tokio::test]
async fn a_backend_of_another_type_is_refused_by_its_name() {
    for kind in ["gcs", "azurerm", "remote", "cloud", "http", "consul", "local", "pg"] {
        let w = World::empty(&[]).await;
        w.aws.put("a/.terraform/terraform.tfstate", pointer(kind, json!({"token": "t0ken-of-it"})));
        app(&w, "path: .terraform/terraform.tfstate");
        let failed = w.register("a").await;
        assert!(!failure(failed.clone()).error_message.contains("t0ken"));
        assert_failure(
            failed,
            "LookupError",
            &["a/.terraform/terraform.tfstate", &format!("the type \"{kind}\""), "s3://"],
        );
        assert!(w.aws.changes().is_empty());
    }
}

#[tokio::test]
async fn states_that_point_to_each_other_end() {
    let w = World::empty(&[]).await;
    w.aws.put("a/.terraform/terraform.tfstate", in_s3());
    w.aws.put_object("states", "batch.tfstate", pointer("s3", json!({"bucket": "states", "key": "other"})));
    w.aws.put_object("states", "other", pointer("s3", json!({"bucket": "states", "key": "batch.tfstate"})));
    app(&w, "path: .terraform/terraform.tfstate");
    assert_failure(w.register("a").await, "LookupError", &["s3://states/other", "in a circle"]);
    assert_eq!(w.aws.calls_of("GetObject").iter().filter(|call| call.input["bucket"] == "states").count(), 2);
}

#[tokio::test]
async fn a_followed_state_that_is_denied_names_permission_object_and_way() {
    let w = World::empty(&[("TF_WORKSPACE", "prod")]).await;
    w.aws.put("a/.terraform/terraform.tfstate", in_s3());
    w.aws.put_object("states", "env:/prod/batch.tfstate", state("prod"));
    w.aws.break_calls_about("GetObject", "env:/prod/batch.tfstate", When::Every, Fault::Denied);
    app(&w, "path: .terraform/terraform.tfstate");
    let says = ["a/.terraform/terraform.tfstate", "s3:GetObject", "arn:aws:s3:::states/env:/prod/batch.tfstate"];
    assert_failure(w.register("a").await, "LookupError", &says);
}

#[tokio::test]
async fn an_optional_state_that_is_missing_is_empty() {
    let w = World::empty(&[]).await;
    app(&w, "path: none.tfstate, optional: true");
    assert_failure(w.register("a").await, "LookupError", &["optional", "there is no file \"a/none.tfstate\""]);
    w.aws.put(
        "a/ecs-task-def.json",
        r#"{"family": "a", "containerDefinitions": [{"name": "app", "image": "busybox", "memory": 128}]}"#,
    );
    let answer = w.register("a").await.unwrap();
    assert_eq!(outcome(&answer)["decision"], "registered");
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("a/none.tfstate") && !warnings.contains("unknown field"), "{answer:#}");
}

#[tokio::test]
async fn jsonnet_finds_a_secret_by_a_formatted_name() {
    let w = World::empty(&[]).await;
    let secret = w.aws.create_secret("prod/db");
    w.jsonnet_app(
        "a",
        "local arnf = std.native('secretsmanager_arnf');
        { family: 'a', containerDefinitions: [{ name: 'app', image: 'busybox', memory: 128, secrets: [
            { name: 'A', valueFrom: arnf('prod/%s', 'db') },
            { name: 'B', valueFrom: arnf('%s/%s', ['prod', 'db']) },
        ] }] }",
    );
    w.register("a").await.unwrap();
    let secrets = &w.aws.revision("a", 1).definition["containerDefinitions"][0]["secrets"];
    assert_eq!((&secrets[0]["valueFrom"], &secrets[1]["valueFrom"]), (&json!(secret), &json!(secret)));
    assert_eq!(w.aws.calls_of("DescribeSecret").len(), 1);
}
