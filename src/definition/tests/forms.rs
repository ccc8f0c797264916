//! The forms that a definition may have, and what counts as absent.

use super::*;

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
