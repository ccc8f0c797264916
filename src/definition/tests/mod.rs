use super::*;
use crate::config::apps::UnknownKeys;
use crema_base::{
    image::{EcrImage, Repository},
    secrecy::{Secrets, plain},
};
use serde_json::{Value, json};

mod properties;
mod whole;

const PLACE: &str = "batch/ecs-task-def.jsonnet";
const REGISTRY: &str = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com";
const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn made(document: Value) -> (Value, Vec<String>) {
    let (definition, warnings) = Definition::new(document, UnknownKeys::Error, PLACE).unwrap();
    (definition.as_value().clone(), warnings)
}

/// The problems of a document, without place and bullets.
fn problems(document: Value) -> Vec<String> {
    let error = Definition::new(document, UnknownKeys::Error, PLACE).unwrap_err();
    assert_eq!(error.kind.name(), "InvalidDefinition");
    let text = plain(&error.to_string());
    let text = text.strip_prefix(PLACE).and_then(|text| text.strip_prefix(": ")).unwrap();
    match text.split_once(" problems:\n- ") {
        Some((_, list)) => list.split("\n- ").map(str::to_owned).collect(),
        None => vec![text.to_owned()],
    }
}

fn minimal() -> Value {
    json!({"family": "batch", "containerDefinitions": [{"name": "app", "image": "nginx"}]})
}

/// The smallest definition with this beside its members.
fn with(members: Value) -> Value {
    merged(minimal(), members)
}

/// The smallest definition with this in its container.
fn with_container(members: Value) -> Value {
    let mut document = minimal();
    document["containerDefinitions"][0] = merged(document["containerDefinitions"][0].take(), members);
    document
}

fn merged(mut into: Value, members: Value) -> Value {
    for (key, value) in members.as_object().unwrap() {
        into[key] = value.clone();
    }
    into
}

fn release() -> EcrImage {
    EcrImage::Tag { repository: repository(), tag: "release".to_owned() }
}

fn repository() -> Repository {
    let [account, region, name] = ["123456789012", "ap-northeast-1", "batch"].map(str::to_owned);
    Repository { account, region, name }
}

fn fingerprint(document: Value) -> String {
    Definition::new(document, UnknownKeys::Error, PLACE).unwrap().0.fingerprint().to_string()
}

#[test]
fn a_definition_may_be_wrapped_as_a_describe_prints_it() {
    let described = with(json!({
        "taskDefinitionArn": "arn:aws:ecs:r:a:task-definition/batch:3", "revision": 3, "status": "ACTIVE",
        "requiresAttributes": [{"name": "x"}], "compatibilities": ["EC2"], "registeredAt": 1.5, "registeredBy": "x",
        "volumes": [], "placementConstraints": [],
    }));
    let (document, warnings) = made(json!({"taskDefinition": described, "tags": []}));
    assert_eq!(document, minimal());
    let dropped =
        "compatibilities, registeredAt, registeredBy, requiresAttributes, revision, status, taskDefinitionArn";
    assert_eq!(warnings, [format!("{PLACE}: {dropped}: dropped, as only ECS sets it")]);
    assert_eq!(made(json!({"TaskDefinition": minimal()})), (minimal(), vec![]));
}

#[test]
fn what_stands_beside_a_wrapped_definition_is_told() {
    let (_, warnings) = made(json!({"taskDefinition": minimal(), "tags": [{"key": "a", "value": "b"}]}));
    assert_eq!(warnings, [format!("{PLACE}: tags: dropped, as it stands beside taskDefinition and not in it")]);
    let beside = problems(json!({"taskDefinition": minimal(), "cpu": "256"}));
    assert_eq!(beside, ["cpu: unknown key, stands beside taskDefinition and not in it"]);
    assert_eq!(problems(json!({"taskDefinition": "x"}))[0], "taskDefinition: expected an object, got a string");
}

#[test]
fn keys_may_begin_with_a_capital() {
    let capitals = json!({"Family": "batch", "ContainerDefinitions": [
        {"Name": "app", "Image": "nginx", "LogConfiguration": {"LogDriver": "awslogs", "Options": {"Mode": "x"}}},
    ], "Tags": [{"Key": "Team", "Value": "X"}], "Revision": 3, "Volumes": [{"Name": "v", "S3filesVolumeConfiguration": {"FileSystemArn": "x"}}]});
    let (document, warnings) = made(capitals);
    let log = json!({"logDriver": "awslogs", "options": {"Mode": "x"}});
    let container = json!({"name": "app", "image": "nginx", "logConfiguration": log});
    let volume = json!({"name": "v", "s3filesVolumeConfiguration": {"fileSystemArn": "x"}});
    let expected = json!({"family": "batch", "containerDefinitions": [container], "tags": [{"key": "Team", "value": "X"}], "volumes": [volume]});
    assert_eq!(document, expected);
    assert_eq!(warnings, [format!("{PLACE}: Revision: dropped, as only ECS sets it")]);
}

#[test]
fn a_key_in_both_spellings_is_an_error() {
    let expected = "family: stands twice, with a capital and without; one of them has to go";
    assert_eq!(problems(with(json!({"Family": "other"}))), [expected]);
    assert_eq!(made(with(json!({"Family": null}))).0, minimal());
}

#[test]
fn keys_of_the_users_own_maps_are_never_touched() {
    let keys = json!({"Family": "x", "com.example/Name": "y", "family": "z"});
    let container = json!({
        "dockerLabels": keys,
        "logConfiguration": {"logDriver": "awslogs", "options": keys},
        "firelensConfiguration": {"type": "fluentbit", "options": keys},
    });
    let volume = json!({"name": "v", "dockerVolumeConfiguration": {"driverOpts": keys, "labels": keys}});
    let document = merged(with_container(container), json!({"volumes": [volume]}));
    assert_eq!(made(document.clone()), (document, vec![]));
}

#[test]
fn nulls_and_empty_arrays_count_as_absent() {
    let document = json!({
        "family": "batch", "cpu": null, "volumes": [], "Tags": null, "unheardOf": null, "placementConstraints": [null],
        "containerDefinitions": [null, {"name": "app", "image": "nginx", "command": [], "user": null,
            "dockerLabels": {"a": null, "b": "1"}, "linuxParameters": {"capabilities": {"add": []}}}, null],
    });
    let rest = json!({"dockerLabels": {"b": "1"}, "linuxParameters": {"capabilities": {}}});
    assert_eq!(made(document), (with_container(rest), vec![]));
    assert_eq!(problems(json!({"family": null, "containerDefinitions": []})).len(), 2);
}

#[test]
fn a_document_that_is_nothing_is_an_error() {
    for (document, expected) in [
        (json!(null), "expected an object, got null: that is what an `if` without `else` gives, and an empty file"),
        (json!([]), "expected an object, got an array"),
        (json!({"taskDefinition": []}), "taskDefinition: expected an object, got an array"),
    ] {
        for unknown in [UnknownKeys::Error, UnknownKeys::Drop] {
            let error = Definition::new(document.clone(), unknown, PLACE).unwrap_err();
            assert_eq!(error.kind.name(), "InvalidDefinition");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
    let wrapped = &problems(json!({"TaskDefinition": null, "tags": []}))[0];
    assert!(wrapped.starts_with("taskDefinition: expected an object, got null"), "{wrapped}");
    assert_eq!(made(json!({"taskDefinition": null, "TaskDefinition": minimal()})).0, minimal());
    assert_eq!(made(merged(minimal(), json!({"taskDefinition": null}))).0, minimal());
}

#[test]
fn a_null_among_arguments_is_an_error_and_elsewhere_it_is_dropped() {
    for (container, place) in [
        (json!({"command": ["a", "b", null, "c"]}), "containerDefinitions[0].command[2]: null"),
        (json!({"Command": [null]}), "containerDefinitions[0].command[0]: null"),
        (json!({"entryPoint": ["sh", null]}), "containerDefinitions[0].entryPoint[1]: null"),
        (json!({"healthCheck": {"command": ["CMD", null]}}), "containerDefinitions[0].healthCheck.command[1]: null"),
        (json!({"command": ["a", []]}), "containerDefinitions[0].command[1]: an array"),
    ] {
        let told = problems(with_container(container));
        assert!(told.len() == 1 && told[0].starts_with(place) && told[0].contains("its place"), "{told:?}");
    }
    let dropped = json!({"links": ["a", null], "dnsServers": [null, "1.1.1.1"], "secrets": [null], "command": null,
        "dockerLabels": {"command": null, "a": "b"}, "entryPoint": []});
    let kept = json!({"links": ["a"], "dnsServers": ["1.1.1.1"], "dockerLabels": {"a": "b"}});
    assert_eq!(made(with_container(dropped)).0, with_container(kept));
}

#[test]
fn an_unknown_key_is_an_error_with_the_nearest_known_one() {
    for (document, expected) in [
        (
            with_container(json!({"healthCheck": {"command": ["x"], "intervall": 5}})),
            "containerDefinitions[0].healthCheck.intervall: unknown key, did you mean interval?",
        ),
        (
            with_container(json!({"readonlyRootFileSystem": true})),
            "containerDefinitions[0].readonlyRootFileSystem: unknown key, did you mean readonlyRootFilesystem?",
        ),
        (with_container(json!({"env": [1]})), "containerDefinitions[0].env: unknown key, did you mean environment?"),
        (
            with_container(json!({"executionRoleArn": "x"})),
            "containerDefinitions[0].executionRoleArn: unknown key, it belongs to the definition itself",
        ),
        (with(json!({"logConfiguration": {}})), "logConfiguration: unknown key, it belongs to a container"),
        (
            with_container(json!({"environment": [{"SECRET_NAME": "hunter2"}]})),
            "containerDefinitions[0].environment[0].SECRET_NAME: unknown key, expected name, value",
        ),
        (with(json!({"zzz \n": 1})), "[\"zzz \\n\"]: unknown key, and none is like it"),
    ] {
        assert_eq!(problems(document), [expected]);
    }
}

#[test]
fn unknown_keys_can_be_dropped_with_a_warning() {
    let document = with_container(json!({"hostName": "x"}));
    let (definition, warnings) = Definition::new(document, UnknownKeys::Drop, PLACE).unwrap();
    assert_eq!(definition.as_value(), &minimal());
    let expected = "containerDefinitions[0].hostName: unknown key, dropped; did you mean hostname?";
    assert_eq!(warnings.iter().map(|warning| plain(warning)).collect::<Vec<_>>(), [format!("{PLACE}: {expected}")]);
}

#[test]
fn a_wrong_type_is_told_with_its_path_and_remedy() {
    for (document, expected) in [
        (with(json!({"cpu": 256})), "cpu: expected a string, such as \"256\", got a number; write it in quotes"),
        (
            with(json!({"memory": 512.0})),
            "memory: expected a string, such as \"256\", got a number; write it in quotes",
        ),
        (with_container(json!({"memory": 0.5})), "containerDefinitions[0].memory: expected an integer, got a fraction"),
        (
            with_container(json!({"memory": 3_000_000_000_u64})),
            "containerDefinitions[0].memory: expected an integer from -2147483648 to 2147483647",
        ),
        (
            with_container(json!({"memory": 1e300})),
            "containerDefinitions[0].memory: expected an integer from -2147483648 to 2147483647",
        ),
        (
            with_container(json!({"command": "run it"})),
            "containerDefinitions[0].command: expected an array, got a string; write it in brackets",
        ),
        (
            with_container(json!({"environment": {"A": "hunter2"}})),
            "containerDefinitions[0].environment: expected an array of objects, got an object",
        ),
        (
            with_container(json!({"environment": [{"name": "A", "value": 4711}]})),
            "containerDefinitions[0].environment[0].value: expected a string, got a number; write it in quotes",
        ),
        (
            with_container(json!({"dockerLabels": {"a b": true}})),
            "containerDefinitions[0].dockerLabels[\"a b\"]: expected a string, got a boolean; write it in quotes",
        ),
        (json!([1]), "expected an object, got an array"),
        (json!("x"), "expected an object, got a string"),
        (json!(0), "expected an object, got a number"),
    ] {
        assert_eq!(problems(document)[0], expected);
    }
}

#[test]
fn a_text_for_a_number_is_told_with_the_way_that_its_language_has() {
    let template = "; write it without quotes. Templates run after Jsonnet and give texts only: for a ";
    for (members, expected, in_jsonnet) in [
        (
            json!({"cpu": "256"}),
            "cpu: expected an integer, got a string; write it without quotes",
            "number from the environment write std.parseInt(std.native('env')('MEM', '128'))",
        ),
        (
            json!({"essential": "true"}),
            "essential: expected true or false, got a string; write it without quotes",
            "switch from the environment write std.native('env')('ON', 'true') == 'true'",
        ),
    ] {
        let told = |place: &str| {
            let error = Definition::new(with_container(members.clone()), UnknownKeys::Error, place).unwrap_err();
            plain(&error.to_string())
        };
        let json = told("app/td.json");
        assert!(json.ends_with(&format!("app/td.json: containerDefinitions[0].{expected}")), "{json}");
        let jsonnet = told("app/td.jsonnet");
        assert!(
            jsonnet.contains(&format!("app/td.jsonnet: containerDefinitions[0].{expected}. Templates")),
            "{jsonnet}"
        );
        assert!(jsonnet.ends_with(&format!("{template}{in_jsonnet}")), "{jsonnet}");
    }
}

#[test]
fn enum_values_are_listed() {
    let expected = "networkMode: expected one of bridge, host, awsvpc, none, got \"awsvcp\"";
    assert_eq!(problems(with(json!({"networkMode": "awsvcp"}))), [expected]);
}

#[test]
fn whole_numbers_may_be_written_as_floats() {
    let (document, _) = made(with_container(json!({"cpu": 256.0, "memory": 1e3, "startTimeout": -0.0})));
    assert_eq!(document, with_container(json!({"cpu": 256, "memory": 1000, "startTimeout": 0})));
}

#[test]
fn what_is_missing_is_told_with_its_path_all_in_one_message() {
    assert_eq!(problems(json!({})), ["family: missing, and required", "containerDefinitions: missing, and required"]);
    let document = json!({"family": "a b", "containerDefinitions": [
        {"image": "", "secrets": [{"name": "A"}], "logConfiguration": {"options": {}}},
    ]});
    assert_eq!(
        problems(document),
        [
            "containerDefinitions[0].logConfiguration.logDriver: missing, and required",
            "containerDefinitions[0].secrets[0].valueFrom: missing, and required",
            "family: \"a b\": expected 1 to 255 letters, digits, - or _",
            "containerDefinitions[0].name: missing, and required",
            "containerDefinitions[0].image: empty, and required",
        ]
    );
}

#[test]
fn a_document_that_is_wrong_all_over_gives_a_message_of_bounded_length() {
    let told = problems(with_container(json!({"command": vec![1; 5000]})));
    assert_eq!((told.len(), told.last().map(String::as_str)), (51, Some("and 4950 more")));
    let unknown: Value = (0..5000).map(|i| (format!("key{i}"), json!(1))).collect();
    let told = problems(with_container(unknown.clone()));
    assert_eq!((told.len(), told.last().map(String::as_str)), (51, Some("and 4950 more")));
    let document = with_container(unknown);
    let (_, warnings) = Definition::new(document, UnknownKeys::Drop, PLACE).unwrap();
    assert_eq!((warnings.len(), warnings.last()), (51, Some(&format!("{PLACE}: and 4950 more"))));
}

#[test]
fn a_family_that_ecs_refuses_is_told() {
    for family in ["", "a.b", "a/b", "夜", "a:1", &"x".repeat(256)] {
        let problem = &problems(with(json!({"family": family})))[0];
        assert!(problem.starts_with("family: \"") && problem.ends_with("letters, digits, - or _"), "{problem}");
    }
    made(with(json!({"family": "x".repeat(255)})));
}

#[test]
fn a_malformed_reference_to_a_private_registry_is_told_with_its_container() {
    let image = format!("{REGISTRY}/batch:");
    let told = problems(with_container(json!({"image": image}))).remove(0);
    let place =
        format!("containerDefinitions[0].image: the container \"app\" has the image {image:?}: nothing follows");
    assert!(told.starts_with(&place), "{told}");
    let long = format!("{REGISTRY}/batch:{}", "x".repeat(5000));
    let told = problems(with_container(json!({"image": long}))).remove(0);
    assert!(told.len() < 600 && told.contains("5000 characters"), "{told}");
}

#[test]
fn a_registry_in_another_partitions_domain_is_warned_of() {
    let document = with_container(json!({"image": "123456789012.dkr.ecr.cn-north-1.amazonaws.com/batch"}));
    let (_, warnings) = Definition::new(document, UnknownKeys::Error, PLACE).unwrap();
    assert!(warnings.len() == 1 && warnings[0].contains("amazonaws.com.cn"), "{warnings:?}");
}

#[test]
fn tags_that_ecs_or_crema_do_not_take_are_told() {
    let tag = |key: &str, value: &str| json!({"key": key, "value": value});
    for (tags, expected) in [
        (json!([tag("crema:source", "x")]), "tags[0].key: begins with crema:, which is for crema's own tags"),
        (json!([tag("AWS:x", "x")]), "tags[0].key: begins with aws:, which is for AWS alone"),
        (json!([tag("a", "1"), tag("a", "2")]), "tags[1].key: stands twice"),
        (json!([{"value": "x"}]), "tags[0].key: missing, and required"),
        (json!([tag("", "x")]), "tags[0].key: expected 1 to 128 characters, got 0"),
        (json!([tag(&"k".repeat(129), "x")]), "tags[0].key: expected 1 to 128 characters, got 129"),
        (json!([tag("a", &"v".repeat(257))]), "tags[0].value: expected 0 to 256 characters, got 257"),
        (json!([tag("a", "b,c")]), "tags[0].value: expected letters, digits, spaces and _ . : / = + - @"),
    ] {
        assert_eq!(problems(with(json!({"tags": tags}))), [expected]);
    }
    let many = |n: usize| (0..n).map(|i| tag(&format!("k{i}"), "")).collect::<Vec<_>>();
    made(with(json!({"tags": many(45)})));
    let expected = "tags: expected at most 45 tags (ECS takes 50, five are crema's), got 46";
    assert_eq!(problems(with(json!({"tags": many(46)}))), [expected]);
}

#[test]
fn no_message_quotes_a_value() {
    let secret = "hunter2-hunter2";
    let wrong = json!({"environment": [{"name": {"x": secret}, "value": [secret]}, secret, {"Value": 1, "value": secret}],
        "secrets": secret, "command": {"a": secret}, "user": [secret], "dockerLabels": {"a": [secret]}, "cpu": secret});
    let text = problems(with_container(wrong)).join("\n");
    assert!(text.contains("environment[1]") && !text.contains("hunter2"), "{text}");
    let document = with_container(json!({"user": secret}));
    let (definition, _) = Definition::new(document, UnknownKeys::Error, PLACE).unwrap();
    assert_eq!(format!("{definition:?}"), "Definition(batch)");
}
