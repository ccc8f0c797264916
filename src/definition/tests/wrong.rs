//! What is wrong with a definition, told with its path.

use super::*;

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
