use super::*;
use std::collections::{BTreeMap, BTreeSet};

fn two_images() -> Definition {
    let document = json!({"family": "batch", "containerDefinitions": [
        {"name": "b", "image": format!("{REGISTRY}/batch:release")},
        {"name": "a", "image": "public.ecr.aws/x/y:1"},
        {"name": "c", "image": format!("{REGISTRY}/batch@{DIGEST}")},
    ]});
    Definition::new(document, UnknownKeys::Error, PLACE).unwrap().0
}

#[test]
fn ecr_tags_are_pinned_and_nothing_else_is() {
    let mut definition = two_images();
    let fixed = EcrImage::Digest { repository: repository(), digest: DIGEST.to_owned() };
    assert_eq!(definition.wanted(), BTreeMap::from([(release(), vec!["b"]), (fixed.clone(), vec!["c"])]));
    definition.pin(&BTreeMap::new());
    assert_eq!(definition, two_images());
    definition.pin(&BTreeMap::from([(release(), DIGEST.to_owned())]));
    let pinned = format!("{REGISTRY}/batch@{DIGEST}");
    assert_eq!(definition.images(), [("b", &*pinned), ("a", "public.ecr.aws/x/y:1"), ("c", &*pinned)]);
    assert_eq!(definition.wanted(), BTreeMap::from([(fixed, vec!["b", "c"])]));
    assert_eq!(digests_of(definition.as_value()), BTreeSet::from([DIGEST.to_owned()]));
}

#[test]
fn a_definition_of_64_kib_is_taken_and_one_byte_more_is_not() {
    let sized = |n: usize| {
        let document = with_container(json!({"environment": [{"name": "A", "value": "x".repeat(n)}]}));
        Definition::new(document, UnknownKeys::Error, PLACE).unwrap().0
    };
    let around = sized(0).as_value().to_string().len();
    assert_eq!(sized(65_536 - around).check_size(PLACE), Ok(()));
    let error = sized(65_537 - around).check_size(PLACE).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("{PLACE}: the definition has 65537 bytes as JSON, and ECS takes 65536 (64 KiB); ")),
        "{error}"
    );
    assert!(!error.contains("xxx"));
}

#[test]
fn the_body_has_the_users_tags_and_cremas() {
    let users = json!({"key": "team", "value": "a"});
    let (definition, _) = Definition::new(with(json!({"tags": [users]})), UnknownKeys::Error, PLACE).unwrap();
    let body = definition.body_with_tags(&[(tags::SOURCE.to_owned(), "s3://b/ batch".to_owned())]);
    assert_eq!(body, with(json!({"tags": [users, {"key": "crema:source", "value": "s3://b/ batch"}]})));
}

#[test]
fn the_canonical_form_is_frozen() {
    // Hashes worked out with Python's json and hashlib.
    let smallest = "1:0a865d6504c12db3aa2a420219d9fb8790e77b30eba75e97664355fdefe7cab3";
    assert_eq!(fingerprint(minimal()), smallest);
    let document = json!({
        "Family": "batch", "cpu": "256", "memory": null, "tags": [{"key": "team", "value": "a b"}],
        "containerDefinitions": [{
            "name": "app", "Image": "nginx", "cpu": 128.0, "essential": true, "command": [],
            "environment": [{"name": "Z", "value": "夜\"\\\n"}, {"value": "é/", "name": "A"}],
            "dockerLabels": {"b": "1", "B": "2", "a.c": "3"},
            "ulimits": [{"name": "nofile", "softLimit": -1, "hardLimit": 65536}],
        }],
    });
    assert_eq!(fingerprint(document), "1:a6da32e4f4868254de362644f39e0ad7af8b0498e4074fe4f113692dca0a00de");
    assert_ne!(fingerprint(with(json!({"tags": [{"key": "a", "value": ""}]}))), smallest);
}

#[test]
fn a_fingerprint_of_another_form_is_none() {
    let text = fingerprint(minimal());
    assert_eq!(Fingerprint::parse(&text).unwrap().to_string(), text);
    for other in
        [text.replace("1:", "2:"), text.to_uppercase(), text[..65].to_owned(), text.clone() + "0", String::new()]
    {
        assert_eq!(Fingerprint::parse(&other), None, "{other}");
    }
}

/// A value of this shape with all that it may have.
fn example(name: &str) -> Value {
    use shape::{SHAPES, Shape};
    match &SHAPES.shapes[name] {
        Shape::Structure(structure) => {
            let most = if structure.union { 1 } else { usize::MAX };
            structure.members.iter().take(most).map(|(member, shape)| (member.clone(), example(shape))).collect()
        }
        Shape::List { member } => json!([example(member)]),
        Shape::Map { value } => json!({"Any/Key": example(value)}),
        Shape::String { values, .. } => json!(values.first().map_or("x", String::as_str)),
        Shape::Integer { min, .. } => json!(min.unwrap_or(-1)),
        Shape::Boolean => json!(false),
    }
}

#[test]
fn every_member_of_the_api_is_taken() {
    let document = example(&shape::SHAPES.root);
    assert_eq!(document["volumes"][0]["efsVolumeConfiguration"]["authorizationConfig"]["iam"], "ENABLED");
    assert_eq!(made(document.clone()), (document, vec![]));
}

/// Every member of the shape that takes one of some words: the way to it from the request, and whether it is required.
fn choices(name: &str, way: &[String]) -> Vec<(Vec<String>, bool)> {
    use shape::{SHAPES, Shape};
    let Some(Shape::Structure(structure)) = SHAPES.shapes.get(name) else { return vec![] };
    let mut found = vec![];
    for (member, shape) in &structure.members {
        let way: Vec<String> = way.iter().cloned().chain([member.clone()]).collect();
        match &SHAPES.shapes[shape] {
            Shape::String { values, .. } if !values.is_empty() => {
                found.push((way, structure.required.contains(member)));
            }
            Shape::List { member } => found.extend(choices(member, &way)),
            _ => found.extend(choices(shape, &way)),
        }
    }
    found
}

/// What stands at the end of a way, through the first element of each list.
fn at_end<'a>(document: &'a mut Value, way: &[String]) -> &'a mut Value {
    way.iter().fold(document, |value, member| {
        let next = &mut value[member];
        if next.is_array() { &mut next[0] } else { next }
    })
}

#[test]
fn an_empty_text_of_a_member_that_takes_one_of_some_words_counts_as_absent() {
    let choices = choices(&shape::SHAPES.root, &[]);
    assert!(choices.len() >= 20, "{choices:?}");
    for (way, required) in choices {
        let (last, above) = way.split_last().unwrap();
        let mut without = example(&shape::SHAPES.root);
        at_end(&mut without, above).as_object_mut().unwrap().remove(last);
        let mut empty = without.clone();
        at_end(&mut empty, above)[last] = json!("");
        if required {
            let told = problems(empty);
            assert!(told.len() == 1 && told[0].ends_with(&format!("{last}: missing, and required")), "{told:?}");
            continue;
        }
        assert_eq!(made(empty.clone()), (made(without.clone()).0, vec![]), "{way:?}");
        assert_eq!(fingerprint(empty.clone()), fingerprint(without.clone()), "{way:?}");
        let wished = made(without).0;
        assert_eq!(diff::unified(Some(&empty), &wished, &Secrets::default()), "", "{way:?}");
    }
}

#[test]
fn the_folder_that_ecspresso_init_writes_is_taken() {
    let document = with(json!({"ipcMode": "", "pidMode": "", "networkMode": "awsvpc",
        "runtimePlatform": {"cpuArchitecture": "", "operatingSystemFamily": "LINUX"}}));
    let taken = with(json!({"networkMode": "awsvpc", "runtimePlatform": {"operatingSystemFamily": "LINUX"}}));
    assert_eq!(made(document), (taken, vec![]));
}

#[test]
fn an_empty_text_in_a_list_of_words_is_an_error_and_so_is_one_of_another_kind() {
    let expected = "requiresCompatibilities[0]: expected one of EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES, got \"\"";
    assert_eq!(problems(with(json!({"requiresCompatibilities": [""]}))), [expected]);
    assert!(problems(with(json!({"ipcMode": " "})))[0].ends_with("got \" \""));
    // A free text that is empty is one.
    assert_eq!(made(with(json!({"taskRoleArn": ""}))).0, with(json!({"taskRoleArn": ""})));
}
