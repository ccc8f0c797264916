//! Bad input: each an error of its type with the remedy in its message, and no call that changes anything.

use crema_testing::{
    Fault, When, World,
    world::{assert_failure, definition, image},
};
use serde_json::{Value, json};

/// Registers the app `a` and asserts how that fails.
async fn refused(w: &World, error_type: &str, says: &[&str]) {
    assert_failure(w.register("a").await, error_type, says);
    assert!(w.aws.changes().is_empty(), "{:?}", w.aws.changes());
    assert!(w.function.is_alive().await);
}

#[tokio::test]
async fn there_is_no_such_bucket() {
    let w = World::empty(&[("CONFIG_URI", "s3://no-such-bucket/crema/")]).await;
    refused(&w, "ConfigError", &["CONFIG_URI", "no-such-bucket"]).await;
}

#[tokio::test]
async fn there_is_nothing_under_the_prefix() {
    let w = World::empty(&[]).await;
    refused(&w, "ConfigError", &["s3://crema-config/crema/", "upload"]).await;
}

#[tokio::test]
async fn a_setting_is_missing_or_malformed_and_every_event_is_told() {
    for (name, value, says) in [
        ("CONFIG_URI", "", "CONFIG_URI is not set"),
        ("CONFIG_URI", "https://bucket/x", "s3://bucket/prefix/"),
        ("SETTLE_SECONDS", "soon", "SETTLE_SECONDS"),
        ("EXT_STR", "type", "EXT_STR"),
    ] {
        let w = World::with(&[(name, value)]).await;
        for _ in 0..2 {
            assert_failure(w.sweep().await, "ConfigError", &[name, says]);
        }
        assert!(w.function.is_alive().await && w.function.init_error().is_none());
        assert!(w.aws.changes().is_empty());
    }
}

#[tokio::test]
async fn the_configuration_file_names_no_task_definition() {
    let w = World::empty(&[]).await;
    w.aws.put("a/ecspresso.yml", "region: ap-northeast-1\n");
    refused(&w, "ConfigError", &["a/ecspresso.yml", "task_definition"]).await;
}

#[tokio::test]
async fn the_configuration_file_names_a_file_that_is_missing() {
    let w = World::empty(&[]).await;
    w.aws.put("a/ecspresso.yml", "task_definition: nope.json\n");
    refused(&w, "ConfigError", &["a/", "nope.json"]).await;
}

#[tokio::test]
async fn the_configuration_file_is_no_yaml() {
    let w = World::empty(&[]).await;
    w.aws.put("a/ecspresso.yml", "region: ap-northeast-1\ntask_definition: [\n");
    refused(&w, "ConfigError", &["a/ecspresso.yml:"]).await;
}

#[tokio::test]
async fn jsonnet_that_cannot_be_parsed_is_named_with_its_place() {
    let w = World::empty(&[]).await;
    w.jsonnet_app("a", "{\n  family: 'a',\n  containerDefinitions: [}\n");
    refused(&w, "RenderError", &["a/ecs-task-def.jsonnet:3:"]).await;
}

#[tokio::test]
async fn jsonnet_that_fails_says_what_its_author_wrote_and_where() {
    let w = World::empty(&[]).await;
    w.aws.put("lib/check.libsonnet", "{\n  of(x):: error 'no such size: ' + x,\n}\n");
    w.jsonnet_app("a", "local check = import '../lib/check.libsonnet';\n{ family: check.of('huge') }");
    refused(&w, "RenderError", &["no such size: huge", "lib/check.libsonnet:2:"]).await;
}

#[tokio::test]
async fn an_external_variable_that_is_not_set_is_named() {
    let w = World::empty(&[]).await;
    w.jsonnet_app("a", "{ family: std.extVar('tpye') }");
    refused(&w, "RenderError", &["tpye", "a/ecs-task-def.jsonnet:1:"]).await;
}

#[tokio::test]
async fn an_import_that_is_missing_or_leaves_the_prefix_is_named() {
    for path in ["../lib/none.libsonnet", "../../outside.libsonnet", "/etc/passwd"] {
        let w = World::empty(&[]).await;
        w.aws.put_object("crema-config", "outside.libsonnet", "{}");
        w.jsonnet_app("a", &format!("{{ family: (import '{path}').name }}"));
        refused(&w, "RenderError", &[path.trim_start_matches("../"), "a/ecs-task-def.jsonnet"]).await;
    }
}

#[tokio::test]
async fn two_apps_claim_one_family() {
    let w = World::empty(&[]).await;
    for app in ["a", "b"] {
        w.app(app, &definition("same", &image("same:release")));
    }
    w.app("c", &definition("c", &image("same:release")));
    let answer = w.push("same", "release", "v1").await;
    assert_failure(answer, "ConfigError", &["a", "b", "same"]);
    assert_eq!(w.aws.changes(), ["RegisterTaskDefinition c"], "the others are done");
}

#[tokio::test]
async fn a_family_name_that_ecs_refuses() {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a.b", "busybox"));
    assert_failure(w.register("a").await, "InvalidDefinition", &["a", "family", "letters, digits"]);
    assert!(w.aws.families().is_empty());
}

#[tokio::test]
async fn an_image_tag_that_does_not_exist_fails_its_own_app_alone() {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", &image("batch:nope")));
    w.app("b", &definition("b", &image("batch:release")));
    w.aws.push_image("batch", "release", "v1");
    assert_failure(w.sweep().await, "ImageNotFound", &["a", "batch", "nope"]);
    assert_eq!(w.aws.changes(), ["RegisterTaskDefinition b"]);
}

#[tokio::test]
async fn a_repository_that_does_not_exist() {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", &image("none:release")));
    refused(&w, "ImageNotFound", &["none"]).await;
}

#[tokio::test]
async fn a_denied_call_names_the_permission_that_is_missing() {
    for (operation, says) in [
        ("ListObjectsV2", ["s3:ListBucket", "arn:aws:s3:::crema-config"]),
        ("GetObject", ["s3:GetObject", "crema/"]),
        ("BatchGetImage", ["ecr:BatchGetImage", "repository/batch"]),
        ("DescribeTaskDefinition", ["ecs:DescribeTaskDefinition", "a"]),
        ("RegisterTaskDefinition", ["ecs:RegisterTaskDefinition", "task-definition/a"]),
    ] {
        let w = World::empty(&[]).await;
        w.app("a", &definition("a", &image("batch:release")));
        w.aws.push_image("batch", "release", "v1");
        w.aws.break_calls(operation, When::Every, Fault::Denied);
        assert_failure(w.register("a").await, "AwsError", &says);
        assert!(w.aws.families().is_empty());
    }
}

#[tokio::test]
async fn what_the_api_does_not_know_is_named_with_its_path_all_at_once() {
    let w = World::empty(&[]).await;
    let mut wrong = definition("a", "busybox");
    wrong["containerDefinitions"][0]["healthCheck"] = json!({"command": ["true"], "intervall": 5});
    wrong["containerDefinitions"][0]["memory"] = json!("128");
    wrong["networkMode"] = json!("awsvpcs");
    w.app("a", &wrong);
    let unknown = "containerDefinitions[0].healthCheck.intervall: unknown key, did you mean interval?";
    refused(&w, "InvalidDefinition", &[unknown, "containerDefinitions[0].memory", "networkMode"]).await;
}

#[tokio::test]
async fn a_required_member_is_missing() {
    let w = World::empty(&[]).await;
    w.app("a", &json!({"family": "a"}));
    refused(&w, "InvalidDefinition", &["containerDefinitions"]).await;
}

#[tokio::test]
async fn tags_of_cremas_own_and_too_many_are_refused() {
    let many: Vec<Value> = (0..50).map(|n| json!({"key": format!("k{n}"), "value": "v"})).collect();
    for (tags, says) in [(json!([{"key": "crema:mine", "value": "x"}]), "crema:"), (json!(many), "50")] {
        let w = World::empty(&[]).await;
        let mut tagged = definition("a", "busybox");
        tagged["tags"] = tags;
        w.app("a", &tagged);
        refused(&w, "InvalidDefinition", &["tags", says]).await;
    }
}

#[tokio::test]
async fn a_definition_over_64_kib_is_refused() {
    let w = World::empty(&[]).await;
    let mut large = definition("a", "busybox");
    large["containerDefinitions"][0]["command"] = json!(["x".repeat(66_000)]);
    w.app("a", &large);
    refused(&w, "InvalidDefinition", &["65536"]).await;
}

#[tokio::test]
async fn what_ecs_refuses_is_said_in_its_words() {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", "busybox"));
    let refusal = Fault::Refused { status: 400, code: "ClientException", message: "Fargate requires more memory." };
    w.aws.break_calls("RegisterTaskDefinition", When::Every, refusal);
    assert_failure(w.register("a").await, "InvalidDefinition", &["a", "Fargate requires more memory."]);
    assert_eq!(w.aws.calls_of("RegisterTaskDefinition").len(), 1, "asking again does not help");
}

#[tokio::test]
async fn an_app_that_fails_does_not_keep_the_others_from_being_done() {
    let w = World::empty(&[]).await;
    for app in ["b", "z"] {
        w.app(app, &definition(app, &image("batch:release")));
    }
    w.jsonnet_app(
        "m",
        "{ containerDefinitions: [{ image: '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/batch:release' }] }",
    );
    assert_failure(w.push("batch", "release", "v1").await, "InvalidDefinition", &["m", "family"]);
    assert_eq!(w.aws.families(), ["b", "z"]);
}
