//! Evaluation in rounds against evaluation with every value there from the start.

use super::*;
use crema_testing::tried;
use proptest::prelude::*;
use std::collections::BTreeMap;

const CASES: u32 = 300;

/// Ten parameters: their values are names of each other, and one of them failed.
fn every() -> BTreeMap<String, Fetched> {
    let value = |i: usize| match i {
        3 => Fetched::Failed(format!("no parameter /{i}")),
        i => Fetched::Found(Value::from(((i * 7 + 3) % 10).to_string())),
    };
    (0..10).map(|i| (format!("/{i}"), value(i))).collect()
}

/// An expression that gives one digit as text, or fails.
fn digit() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![19 => (0..10u8).prop_map(|i| format!("'{i}'")), 1 => Just("(error 'own')".to_owned())];
    leaf.prop_recursive(4, 24, 3, |digit| {
        prop_oneof![
            4 => digit.clone().prop_map(|d| format!("ssm('/' + {d})")),
            2 => (digit.clone(), digit.clone(), digit.clone())
                .prop_map(|(a, b, c)| format!("(if {a} == {b} then {b} else {c})")),
            1 => (digit.clone(), digit.clone()).prop_map(|(a, b)| format!("[{a}, {b}][std.parseInt({a}) % 2]")),
            1 => (digit.clone(), digit.clone()).prop_map(|(a, b)| format!("{{ a: {a}, b:: {b} }}.a")),
            1 => (digit.clone(), digit).prop_map(|(a, b)| format!("(assert {a} != '1' : 'no'; {b})")),
        ]
    })
}

/// A document; the template stage may ask for more.
fn program() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        4 => digit(),
        1 => (digit(), digit()).prop_map(|(a, b)| format!("[{a}, {{ x: {b} }}]")),
        1 => (digit(), digit()).prop_map(|(a, b)| format!("[ssm('/' + d) for d in [{a}, {b}]]")),
        1 => (0..10u8).prop_map(|i| format!("'{{{{ ssm (printf `/%s` (ssm `/{i}`)) }}}}'")),
    ];
    prop::collection::vec(field, 1..6).prop_map(|fields| {
        let fields: String = fields.iter().enumerate().map(|(i, field)| format!("f{i}: {field}, ")).collect();
        format!("local ssm = std.native('ssm'); {{ {fields} }}")
    })
}

fn with(source: &str, values: &BTreeMap<String, Fetched>) -> ChildAnswer {
    let values = values.iter().map(|(name, fetched)| (Lookup::Ssm { name: name.clone() }, fetched.clone()));
    let files = [("a/ecspresso.yml", "task_definition: td.jsonnet"), ("a/td.jsonnet", source)];
    render(&files_of(&files), RenderAsk { values: values.collect(), ..ask(&[]) })
}

fn outcome(answer: ChildAnswer) -> Result<Value, (FailureKind, String)> {
    match answer {
        ChildAnswer::Rendered { document, .. } => Ok(document),
        ChildAnswer::Failed { kind, message, .. } => Err((kind, message)),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    fn any_program_is_evaluated_in_rounds(source in program()) {
        let every = every();
        let mut values = BTreeMap::new();
        let end = loop {
            let answer = with(&source, &values);
            if !matches!(answer, ChildAnswer::Missing { .. }) {
                break outcome(answer);
            }
            let (names, _) = missing(answer);
            prop_assert!(!names.is_empty());
            for name in names {
                prop_assert!(every.contains_key(&name), "{} was invented", name);
                prop_assert!(values.insert(name.clone(), every[&name].clone()).is_none(), "{} again", name);
            }
        };
        prop_assert_eq!(&end, &outcome(with(&source, &every)));
        if end.is_ok() {
            for name in values.keys() {
                let mut others = values.clone();
                others.remove(name);
                prop_assert!(missing(with(&source, &others)).0.contains(name), "{} is not needed", name);
            }
        }
    }
}

#[test]
fn rounds_end_as_if_every_value_had_been_there_and_ask_for_no_other() {
    any_program_is_evaluated_in_rounds();
    tried(CASES, "random programs");
}

#[test]
fn all_elements_of_an_array_are_missed_at_once() {
    let ssm = "local ssm = std.native('ssm');";
    for source in [
        "[ssm('/a'), ssm('/b'), 'c' + ssm('/c')]",
        "{ x: 1, y: [0, ssm('/a'), [ssm('/b')], { z: [ssm('/c')] }] }",
        "std.map(ssm, ['/a', '/b', '/c'])",
    ] {
        let names = missing(with(&format!("{ssm} {source}"), &BTreeMap::new())).0;
        assert_eq!(names, ["/a", "/b", "/c"], "{source}");
    }
    // Past an element that never ends, nothing more is asked for.
    let names = missing(with(&format!("{ssm} local f = f + 1; [ssm('/a'), f, ssm('/b')]"), &BTreeMap::new())).0;
    assert_eq!(names, ["/a"]);
}
