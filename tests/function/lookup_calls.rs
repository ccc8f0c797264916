//! How many calls lookups take, one after the other and in all, and in which region they are made.

use crema_testing::{
    Fault, When, World,
    aws::{log::Logged, request::Service},
    world::{assert_failure, decision},
};
use serde_json::{Value, json};
use std::time::Duration;

/// A definition of this family with these variables, as Jsonnet.
fn source(family: &str, variables: &str) -> String {
    format!(
        "local environment = {variables};
        {{ family: {family}, containerDefinitions: [{{ name: 'app', image: 'busybox', memory: 128, environment:
        [{{ name: n, value: std.toString(environment[n]) }} for n in std.objectFields(environment)] }}] }}"
    )
}

fn variables(w: &World, region: &str, family: &str) -> Vec<String> {
    let container = &w.aws.revisions_in(region, family)[0].definition["containerDefinitions"][0];
    let value = |variable: &Value| variable["value"].as_str().unwrap().to_owned();
    container["environment"].as_array().unwrap().iter().map(value).collect()
}

const HERE: &str = "ap-northeast-1";

/// From the first lookup call begun to the last one ended.
fn span(w: &World) -> Duration {
    let calls: Vec<_> = w.aws.calls().into_iter().filter(|call| call.service == Service::Ssm).collect();
    let begun = calls.iter().map(|call| call.begun).min().unwrap();
    calls.iter().filter_map(|call| call.ended).max().unwrap() - begun
}

#[tokio::test]
async fn twelve_parameters_come_within_one_delay_of_the_server() {
    for template in [false, true] {
        let w = World::empty(&[]).await;
        (0..12).for_each(|n| w.aws.put_parameter(&format!("/p/{n}"), "SecureString", &format!("value {n}")));
        if template {
            let each = (0..12).map(|n| format!(r#"{{"name": "P{n:02}", "value": "{{{{ ssm `/p/{n}` }}}}"}}"#));
            let all = each.collect::<Vec<_>>().join(", ");
            let container = format!(r#"{{"name": "app", "image": "busybox", "memory": 128, "environment": [{all}]}}"#);
            w.aws.put("a/ecspresso.yml", "task_definition: ecs-task-def.json\n");
            w.aws.put("a/ecs-task-def.json", format!(r#"{{"family": "a", "containerDefinitions": [{container}]}}"#));
        } else {
            let each = (0..12).map(|n| format!("P{n:02}: std.native('ssm')('/p/{n}')"));
            w.jsonnet_app("a", &source("'a'", &format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))));
        }
        w.aws.delay(Duration::from_millis(100));
        w.register("a").await.unwrap();
        let names = |call: &Logged| call.input["Names"].as_array().unwrap().len();
        let calls = w.aws.calls_of("GetParameters");
        assert_eq!(calls.iter().map(names).sum::<usize>(), 12, "{}", w.aws.tally());
        assert_eq!((calls.len(), w.aws.calls_of("GetParameter").len()), (2, 0), "ten names a call");
        assert_eq!(w.aws.most_at_once(Service::Ssm), 2);
        assert!(span(&w) < Duration::from_millis(200), "{:?}", span(&w));
        assert_eq!(variables(&w, HERE, "a"), (0..12).map(|n| format!("value {n}")).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn lookups_of_every_service_are_made_at_once() {
    let w = World::empty(&[]).await;
    w.aws.put_parameter("/a", "String", "1");
    w.aws.create_secret("db");
    w.aws.put_output("net", "Subnet", "2");
    w.aws.put_output("dns", "Zone", "3");
    w.aws.put_export("vpc", "4");
    w.aws.put_object(
        "states",
        "x",
        json!({"version": 4, "outputs": {"o": {"value": "5", "type": "string"}}}).to_string(),
    );
    w.jsonnet_app(
        "a",
        &source(
            "'a'",
            "{ A: std.native('ssm')('/a'), B: std.native('secretsmanager_arn')('db'), C: std.native('cfn_output')('net', 'Subnet'),
               D: std.native('cfn_output')('dns', 'Zone'), E: std.native('cfn_export')('vpc'), F: std.native('tfstate')('output.o') }",
        ),
    );
    let plugins = "plugins: [{name: cloudformation}, {name: tfstate, config: {url: 's3://states/x'}}]";
    w.aws.put("a/ecspresso.yml", format!("task_definition: ecs-task-def.jsonnet\n{plugins}\n"));
    w.register("a").await.unwrap();
    w.aws.forget_calls();
    w.aws.delay(Duration::from_millis(50));
    assert_eq!(decision(&w.register("a").await.unwrap()), "unchanged");
    // List, lookups, one describe.
    assert_eq!(w.aws.round_trips(), 3, "{}", w.aws.tally());
}

#[tokio::test]
async fn a_chain_takes_one_round_trip_a_link() {
    let w = World::empty(&[]).await;
    w.aws.put_parameter("/first", "String", "/second");
    w.aws.put_parameter("/second", "String", "/third");
    w.aws.put_parameter("/third", "String", "end");
    let chain = "std.native('ssm')(std.native('ssm')(std.native('ssm')('/first')))";
    w.jsonnet_app("a", &source("'a'", &format!("{{ A: {chain}, B: '{{{{ ssm (ssm (ssm `/first`)) }}}}' }}")));
    w.register("a").await.unwrap();
    let asked: Vec<Value> = w.aws.calls_of("GetParameter").iter().map(|call| call.input["Name"].clone()).collect();
    assert_eq!(asked, ["/first", "/second", "/third"], "each link once, by Jsonnet and template together");
    assert_eq!(variables(&w, HERE, "a"), ["end", "end"]);
}

#[tokio::test]
async fn a_value_that_several_apps_and_variants_want_is_fetched_once() {
    let w = World::empty(&[]).await;
    w.aws.put_parameter("/shared", "String", "x");
    w.aws.put_output("net", "Subnet", "s");
    w.aws.put_export("vpc", "v");
    let all = "{ A: std.native('ssm')('/shared'), B: std.native('cfn_output')('net', 'Subnet'), C: std.native('cfn_export')('vpc') }";
    for app in ["a", "b"] {
        w.jsonnet_app(app, &source(&format!("'{app}-' + std.extVar('type')"), all));
        let config = "task_definition: ecs-task-def.jsonnet\nplugins: [{name: cloudformation}]\n";
        w.aws.put(&format!("{app}/ecspresso.yml"), config);
        let variants = r#"{"variants": [{"ext_str": {"type": "web"}}, {"ext_str": {"type": "batch"}}]}"#;
        w.aws.put(&format!("{app}/crema.json"), variants);
    }
    w.sweep().await.unwrap();
    assert_eq!(w.aws.families(), ["a-batch", "a-web", "b-batch", "b-web"]);
    for operation in ["GetParameter", "DescribeStacks", "ListExports"] {
        assert_eq!(w.aws.calls_of(operation).len(), 1, "{operation}: {}", w.aws.tally());
    }
}

#[tokio::test]
async fn a_parameter_and_an_older_version_of_it_are_two_values() {
    let w = World::empty(&[]).await;
    for value in ["old", "new"] {
        w.aws.put_parameter("/p", "String", value);
    }
    let each = "{ A: std.native('ssm')('/p'), B: std.native('ssm')('/p:1') }";
    w.jsonnet_app("a", &source("'a'", each));
    w.register("a").await.unwrap();
    assert_eq!(variables(&w, HERE, "a"), ["new", "old"]);
    assert_eq!(w.aws.calls_of("GetParameters").len() + w.aws.calls_of("GetParameter").len(), 1);
}

#[tokio::test]
async fn where_the_batch_is_denied_its_names_are_asked_for_one_by_one() {
    let w = World::empty(&[]).await;
    (0..12).for_each(|n| w.aws.put_parameter(&format!("/p/{n}"), "String", "x"));
    w.aws.break_calls("GetParameters", When::Every, Fault::Denied);
    let each = (0..12).map(|n| format!("P{n}: std.native('ssm')('/p/{n}')"));
    w.jsonnet_app("a", &source("'a'", &format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))));
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    assert_eq!(w.aws.calls_of("GetParameter").len(), 12);
    w.aws.break_calls_about("GetParameter", "/p/7", When::Every, Fault::Denied);
    assert_failure(w.register("a").await, "LookupError", &["/p/7", "ssm:GetParameter", "parameter/p/7", HERE]);
}

#[tokio::test]
async fn all_pages_of_the_exports_are_read() {
    let w = World::empty(&[]).await;
    (0..7).for_each(|n| w.aws.put_export(&format!("e{n}"), &format!("value {n}")));
    w.aws.page_exports(3);
    w.jsonnet_app("a", &source("'a'", "{ A: std.native('cfn_export')('e0'), B: std.native('cfn_export')('e6') }"));
    w.aws.put("a/ecspresso.yml", "task_definition: ecs-task-def.jsonnet\nplugins: [{name: cloudformation}]\n");
    w.register("a").await.unwrap();
    assert_eq!(w.aws.calls_of("ListExports").len(), 3);
    assert_eq!(variables(&w, HERE, "a"), ["value 0", "value 6"]);
}

#[tokio::test]
async fn the_region_of_the_configuration_file_is_that_of_every_call_for_its_app() {
    let w = World::empty(&[]).await;
    w.aws.put_parameter_in("eu-west-1", "/a", "String", "there");
    w.aws.put_parameter("/a", "String", "here");
    w.aws.put_output("net", "Subnet", "s");
    w.aws.put_export("vpc", "v");
    w.aws.put_object(
        "states",
        "x",
        json!({"version": 4, "outputs": {"o": {"value": "5", "type": "string"}}}).to_string(),
    );
    let all = "{ A: std.native('ssm')('/a'), C: std.native('cfn_output')('net', 'Subnet'), E: std.native('cfn_export')('vpc'),
        F: std.native('tfstate')('output.o') }";
    let plugins = "plugins: [{name: cloudformation}, {name: tfstate, config: {url: 's3://states/x'}}]";
    for (app, region) in [("a", "eu-west-1"), ("b", HERE)] {
        w.jsonnet_app(app, &source(&format!("'{app}'"), all));
        let config = format!("region: {region}\ntask_definition: ecs-task-def.jsonnet\n{plugins}\n");
        w.aws.put(&format!("{app}/ecspresso.yml"), config);
    }
    w.sweep().await.unwrap();
    assert_eq!(variables(&w, "eu-west-1", "a")[0], "there");
    assert_eq!(variables(&w, HERE, "b")[0], "here");
    for operation in ["GetParameter", "DescribeStacks", "ListExports", "RegisterTaskDefinition"] {
        let mut regions: Vec<String> = w.aws.calls_of(operation).into_iter().map(|call| call.region).collect();
        regions.sort();
        assert_eq!(regions, [HERE, "eu-west-1"], "{operation}");
    }
}

#[tokio::test]
async fn what_the_configuration_file_looks_up_itself_is_looked_up_in_the_functions_region() {
    let w = World::empty(&[]).await;
    w.aws.put_parameter("/cluster", "String", "production");
    w.aws.put_parameter_in("eu-west-1", "/a", "String", "there");
    w.jsonnet_app("a", &source("'a'", "{ A: std.native('ssm')('/a') }"));
    let config = "region: eu-west-1\ncluster: {{ ssm `/cluster` }}\ntask_definition: ecs-task-def.jsonnet\n";
    w.aws.put("a/ecspresso.yml", config);
    let answer = w.register("a").await.unwrap();
    // Found, and not told.
    assert_eq!((decision(&answer), &answer["outcomes"][0]["cluster"]), ("registered", &json!("***")));
    assert_eq!(variables(&w, "eu-west-1", "a"), ["there"]);
    assert_eq!(w.aws.calls_of("GetParameter").len(), 2);
}

#[tokio::test]
async fn a_state_is_found_wherever_its_bucket_lies() {
    let w = World::empty(&[]).await;
    w.aws.put_object(
        "states",
        "x",
        json!({"version": 4, "outputs": {"o": {"value": "5", "type": "string"}}}).to_string(),
    );
    w.aws.move_bucket("states", "us-east-1");
    w.jsonnet_app("a", &source("'a'", "{ A: std.native('tfstate')('output.o') }"));
    let plugins = "plugins: [{name: tfstate, config: {url: 's3://states/x'}}]";
    w.aws.put("a/ecspresso.yml", format!("task_definition: ecs-task-def.jsonnet\n{plugins}\n"));
    w.register("a").await.unwrap();
    assert_eq!(variables(&w, HERE, "a"), ["5"]);
}
