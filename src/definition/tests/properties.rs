use super::*;
use crema_testing::tried;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// JSON whose keys are often the API's, so that the check goes deep.
fn any_json() -> impl Strategy<Value = Value> {
    let known: Vec<String> = shape::SHAPES
        .shapes
        .values()
        .filter_map(|shape| match shape {
            shape::Shape::Structure(structure) => Some(structure.members.keys().cloned()),
            _ => None,
        })
        .flatten()
        .collect();
    let key = prop_oneof![5 => proptest::sample::select(known), 1 => "\\PC{0,3}", 1 => "[a-zA-Z]{1,12}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!("123456789012.dkr.ecr.us-east-1.amazonaws.com/a")),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(key.clone(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Documents that pass, in many spellings.
fn passing() -> impl Strategy<Value = Value> {
    let image = prop_oneof![
        Just("nginx".to_owned()),
        Just(format!("{REGISTRY}/batch:release")),
        Just(format!("{REGISTRY}/batch@{DIGEST}")),
    ];
    let container = (
        "[a-z]{1,5}",
        image,
        proptest::option::of(0..4096_i32),
        any::<[bool; 3]>(),
        proptest::collection::btree_map("[A-Z]{1,4}", "\\PC{0,8}", 0..4),
    );
    let container = container.prop_map(|(name, image, cpu, [capital, float, essential], labels)| {
        let cpu = if float { cpu.map(f64::from).map(Value::from) } else { cpu.map(Value::from) };
        let key = if capital { "Image" } else { "image" };
        json!({"name": name, key: image, "cpu": cpu, "essential": essential, "dockerLabels": labels, "links": []})
    });
    proptest::collection::vec(container, 1..4)
        .prop_map(|containers| json!({"Family": "batch", "containerDefinitions": containers}))
}

/// The same document as text with every object's keys in reverse.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().rev().map(|(key, value)| format!("{}: {}", json!(key), reversed(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(elements) => format!("[{}]", elements.iter().map(reversed).collect::<Vec<_>>().join(", ")),
        scalar => scalar.to_string(),
    }
}

proptest! {
    fn any_document_is_checked(document in any_json(), top in any_json()) {
        let _ = Definition::new(document.clone(), UnknownKeys::Error, PLACE);
        let _ = Definition::new(with_container(json!({"environment": document})), UnknownKeys::Drop, PLACE);
        let registered = json!({"family": document, "containerDefinitions": [document, {"portMappings": [document]}]});
        diff::unified(Some(&registered), &top, &Secrets::default());
        if let Value::Object(_) = document {
            let _ = Definition::new(with(document.clone()), UnknownKeys::Drop, PLACE);
            let _ = Definition::new(with_container(document), UnknownKeys::Drop, PLACE);
        }
    }

    #[test]
    fn what_passed_once_passes_again_unchanged(document in prop_oneof![passing(), any_json().prop_map(|json| {
        if json.is_object() { with_container(json) } else { minimal() }
    })]) {
        if let Ok((definition, _)) = Definition::new(document, UnknownKeys::Drop, PLACE) {
            let (again, warnings) = Definition::new(definition.as_value().clone(), UnknownKeys::Error, PLACE).unwrap();
            prop_assert_eq!(&again, &definition);
            prop_assert!(warnings.is_empty());
        }
    }

    fn any_definition_is_pinned_twice(document in passing()) {
        let mut definition = Definition::new(document, UnknownKeys::Error, PLACE).unwrap().0;
        let digests = BTreeMap::from([(release(), DIGEST.to_owned())]);
        definition.pin(&digests);
        let once = definition.clone();
        definition.pin(&digests);
        prop_assert_eq!(&definition, &once);
        prop_assert!(once.wanted().keys().all(|image| image.digest().is_some()));
    }

    fn any_definition_is_reversed(document in passing()) {
        let text = reversed(&document);
        prop_assert_eq!(fingerprint(serde_json::from_str(&text).unwrap()), fingerprint(document));
    }
}

fn cases() -> u32 {
    ProptestConfig::default().cases
}

#[test]
fn no_document_makes_the_check_panic() {
    any_document_is_checked();
    tried(cases(), "random documents");
}

#[test]
fn pinning_twice_is_pinning_once() {
    any_definition_is_pinned_twice();
    tried(cases(), "random definitions");
}

#[test]
fn the_order_of_keys_does_not_change_the_fingerprint() {
    any_definition_is_reversed();
    tried(cases(), "random definitions");
}
