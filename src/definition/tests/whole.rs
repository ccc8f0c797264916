use super::*;
use std::collections::{BTreeMap, BTreeSet};

fn two_images() -> Definition {
    let document = json!({"family": "batch", "containerDefinitions": [
        {"name": "b", "image": format!("{REGISTRY}/batch:release")},
        {"name": "a", "image": "public.ecr.aws/x/y:1"},
        {"name": "c", "image": format!("{REGISTRY}/batch@{DIGEST}")},
    ]});
    Definition::new(document, UnknownKeys::Error, PLACE, &Secrets::default()).unwrap().0
}

#[test]
fn ecr_tags_are_pinned_and_nothing_else_is() {
    let mut definition = two_images();
    let fixed = EcrImage { tag: None, digest: Some(DIGEST.to_owned()), ..release() };
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
        Definition::new(document, UnknownKeys::Error, PLACE, &Secrets::default()).unwrap().0
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
    let (definition, _) =
        Definition::new(with(json!({"tags": [users]})), UnknownKeys::Error, PLACE, &Secrets::default()).unwrap();
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
