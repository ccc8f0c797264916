mod failures;
mod lacking;
mod rounds;

use super::*;
use crate::session::{
    Held,
    protocol::{FailureKind, Fetched, Lookup},
};
use serde_json::json;
use std::collections::BTreeSet;

const PLACEHOLDER: &str = "Q7pW2";

fn files_of(files: &[(&str, &str)]) -> Arc<FileSet> {
    let held = |content: &str| Held::Loaded(content.as_bytes().into());
    Arc::new(files.iter().map(|(key, content)| ((*key).to_owned(), held(content))).collect())
}

/// An app with this definition, and these parameters fetched.
fn ask(values: &[(&str, Value)]) -> RenderAsk {
    let fetched =
        |(name, value): &(&str, Value)| (Lookup::Ssm { name: (*name).to_owned() }, Fetched::Found(value.clone()));
    RenderAsk {
        own_file: None,
        config: "a/ecspresso.yml".to_owned(),
        surroundings: Surroundings {
            ext_str: [("type".to_owned(), "batch".to_owned())].into(),
            ext_code: [("n".to_owned(), "{ cpu: 1 + 1, own: import 'own.libsonnet' }".to_owned())].into(),
            env: [("TAG".to_owned(), "v1".to_owned())].into(),
        },
        envfiles: vec![],
        values: values.iter().map(fetched).collect(),
        placeholder: PLACEHOLDER.to_owned(),
    }
}

fn jsonnet(definition: &str, values: &[(&str, Value)]) -> ChildAnswer {
    let files = [("a/ecspresso.yml", "region: eu-west-1\ntask_definition: td.jsonnet"), ("a/td.jsonnet", definition)];
    render(&files_of(&[&files[..], &[("a/own.libsonnet", "7")]].concat()), ask(values))
}

fn template(definition: &str, values: &[(&str, Value)]) -> ChildAnswer {
    let files = [("a/ecspresso.yml", "task_definition: td.json"), ("a/td.json", definition)];
    render(&files_of(&files), ask(values))
}

fn rendered(answer: ChildAnswer) -> Value {
    match answer {
        ChildAnswer::Rendered { document, .. } => document,
        ChildAnswer::Failed { message, .. } => panic!("{message}"),
        other => panic!("{other:?}"),
    }
}

fn missing(answer: ChildAnswer) -> (Vec<String>, Option<Vec<String>>) {
    let name = |lookup| match lookup {
        Lookup::Ssm { name } => name,
        other => panic!("{other:?}"),
    };
    match answer {
        ChildAnswer::Missing { lookups, images, .. } => (lookups.into_iter().map(name).collect(), images),
        ChildAnswer::Failed { message, .. } => panic!("{message}"),
        other => panic!("{other:?}"),
    }
}

fn failed(answer: ChildAnswer) -> (FailureKind, String) {
    match answer {
        ChildAnswer::Failed { kind, message, .. } => (kind, message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_definition_sees_external_variables_environment_and_imports() {
    let source = "{ t: std.extVar('type'), n: std.extVar('n'), tag: std.native('must_env')('TAG'), \
                  none: std.native('env')('NONE', 'd'), this: std.thisFile, text: importstr 'own.libsonnet', \
                  big: 9007199254740991, half: 0.5, trace: std.trace('secret', 1), template: '{{ must_env `TAG` }}' }";
    assert_eq!(
        rendered(jsonnet(source, &[])),
        json!({"t": "batch", "n": {"cpu": 2, "own": 7}, "tag": "v1", "none": "d", "this": "a/td.jsonnet", "text": "7",
               "big": 9_007_199_254_740_991_i64, "half": 0.5, "trace": 1, "template": "v1"})
    );
}

#[test]
fn lookups_that_are_independent_are_missing_all_at_once() {
    let source = "local ssm = std.native('ssm'); { a: std.parseInt(ssm('/a')), b: [1, ssm('/b')], \
                  c: if ssm('/c') == 'on' then ssm('/d') else 'off', e:: ssm('/hidden') }";
    let (names, _) = missing(jsonnet(source, &[]));
    assert_eq!(names, ["/a", "/b", "/c"]);
    let values = [("/a", json!("1")), ("/b", json!("x")), ("/c", json!("on"))];
    assert_eq!(missing(jsonnet(source, &values)).0, ["/d"]);
    let values = [&values[..], &[("/d", json!(["l"]))]].concat();
    let list = "the parameter \"/d\" is a StringList";
    let (kind, message) = failed(jsonnet(source, &values));
    assert!(
        kind == FailureKind::Lookup && message.contains(list) && message.starts_with("a/td.jsonnet:1:"),
        "{message}"
    );
    let values = [&values[..3], &[("/d", json!("{{ must_env `TAG` }}"))]].concat();
    // As in ecspresso: the template stage sees what Jsonnet made.
    assert_eq!(rendered(jsonnet(source, &values)), json!({"a": 1, "b": [1, "x"], "c": "v1"}));
}

#[test]
fn a_true_error_before_any_missing_value_is_told_at_once() {
    let source = "{ a: error 'no', b: std.native('ssm')('/b') }";
    let (kind, message) = failed(jsonnet(source, &[]));
    assert_eq!(kind, FailureKind::Render);
    assert_eq!(message.lines().next(), Some("a/td.jsonnet:1:6: no"));
    // Behind one it waits: the value decides whether it is reached.
    let (names, _) = missing(jsonnet("{ a: std.native('ssm')('/a'), b: error 'no', c: std.native('ssm')('/c') }", &[]));
    assert_eq!(names, ["/a"]);
}

#[test]
fn an_import_that_waits_for_a_value_is_evaluated_afresh() {
    let files = |td: &str| {
        files_of(&[
            ("a/ecspresso.yml", "task_definition: td.jsonnet"),
            ("a/td.jsonnet", td),
            ("a/l.libsonnet", "std.native('ssm')('/n')"),
        ])
    };
    let td = "{ v: import 'l.libsonnet' }";
    assert_eq!(missing(render(&files(td), ask(&[]))).0, ["/n"]);
    assert_eq!(rendered(render(&files(td), ask(&[("/n", json!("x"))]))), json!({"v": "x"}));
}

#[test]
fn images_are_told_while_other_values_are_missing() {
    let known = |source: &str| missing(jsonnet(source, &[])).1;
    let secret = "environment: [{ name: 'S', value: std.native('ssm')('/s') }]";
    assert_eq!(known(&format!("{{ containerDefinitions: [{{ image: 'r:1', {secret} }}] }}")).unwrap(), ["r:1"]);
    assert_eq!(known("{ containerDefinitions: [{ image: 'r:' + std.native('ssm')('/s') }] }"), None);
    assert_eq!(known(&format!("{{ containerDefinitions: [{{ image: 'r:{{{{env `T`}}}}', {secret} }}] }}")), None);
    let known = |source: &str| missing(template(source, &[])).1;
    let secret = "\"environment\": [{\"name\": \"S\", \"value\": \"{{ ssm `/s` }}\"}]";
    let container = |image: &str| format!("{{\"containerDefinitions\": [{{\"image\": \"{image}\", {secret}}}]}}");
    assert_eq!(known(&container("r:{{ must_env `TAG` }}")).unwrap(), ["r:v1"]);
    assert_eq!(known(&container("r:{{ ssm `/tag` }}")), None);
    assert_eq!(known(&container("r:{{ if eq (ssm `/s`) `x` }}1{{ else }}2{{ end }}")), None);
}

#[test]
fn a_template_misses_all_its_values_at_once_and_never_asks_for_an_invented_key() {
    let source = "{\"a\": \"{{ ssm `/a` }}\", \"b\": {{ ssm (ssm `/b`) }}}";
    assert_eq!(missing(template(source, &[])).0, ["/a", "/b"]);
    let values = [("/a", json!("x")), ("/b", json!("/c"))];
    assert_eq!(missing(template(source, &values)).0, ["/c"]);
    let values = [&values[..], &[("/c", json!("3"))]].concat();
    assert_eq!(rendered(template(source, &values)), json!({"a": "x", "b": 3}));
}

#[test]
fn a_lookup_that_failed_is_told_with_its_place_only_where_it_is_asked_for() {
    let with = |source: &str| {
        let mut ask = ask(&[]);
        ask.values = vec![(Lookup::Ssm { name: "/a".to_owned() }, Fetched::Failed("no parameter /a in r".to_owned()))];
        let td = [("a/ecspresso.yml", "task_definition: td.jsonnet"), ("a/td.jsonnet", source)];
        render(&files_of(&td), ask)
    };
    match with("{\n  a: std.native('ssm')('/a'),\n}") {
        ChildAnswer::Failed { kind: FailureKind::Lookup, message, lookup, .. } => {
            assert!(message.starts_with("a/td.jsonnet:2:23: ssm: no parameter /a in r"), "{message}");
            assert_eq!(lookup, Some(Lookup::Ssm { name: "/a".to_owned() }));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(rendered(with("{ a: if true then 1 else std.native('ssm')('/a') }")), json!({"a": 1}));
}

#[test]
fn env_files_lie_over_the_functions_environment_in_their_order() {
    let files = files_of(&[
        ("a/ecspresso.yml", "cluster: {{ must_env `C` }}\ntask_definition: {{ must_env `TD` }}.json"),
        ("a/td.json", "{\"tag\": \"{{ must_env `TAG` }}\"}"),
        ("a/one.env", "TAG=one\nC=no\nTD=td"),
        ("a/two.env", "TAG=two"),
    ]);
    let with = |envfiles: &[&str]| {
        render(&files, RenderAsk { envfiles: envfiles.iter().map(|key| (*key).to_owned()).collect(), ..ask(&[]) })
    };
    let ChildAnswer::Rendered { config, document, reads, .. } = with(&["a/one.env", "a/two.env"]) else { panic!() };
    assert_eq!(config.cluster.as_deref(), Some("no"));
    assert_eq!(document, json!({"tag": "two"}));
    assert_eq!(reads, ["a/ecspresso.yml", "a/one.env", "a/td.json", "a/two.env"].map(str::to_owned).into());
    let (kind, message) = failed(with(&["a/none.env"]));
    assert!(kind == FailureKind::Config && message.contains("a/none.env"), "{message}");
}

#[test]
fn what_was_read_is_told_found_or_not() {
    let reads = |answer| match answer {
        ChildAnswer::Failed { reads, .. } | ChildAnswer::Missing { reads, .. } => reads,
        other => panic!("{other:?}"),
    };
    let set = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(
        reads(jsonnet("import '../lib/none.libsonnet'", &[])),
        set(&["a/ecspresso.yml", "a/td.jsonnet", "lib/none.libsonnet"])
    );
    assert_eq!(
        reads(jsonnet("{ a: std.native('ssm')('/a'), b: import 'own.libsonnet' }", &[])),
        set(&["a/ecspresso.yml", "a/own.libsonnet", "a/td.jsonnet"])
    );
}

#[test]
fn cremas_own_file_sees_the_environment_and_no_lookup() {
    let files = files_of(&[("a/crema.jsonnet", "{ v: std.native('must_env')('TAG'), t: std.extVar('type') }")]);
    let own = |key: &str| evaluate(&files, key, &ask(&[]).surroundings);
    match own("a/crema.jsonnet") {
        ChildAnswer::Evaluated { value, reads } => {
            assert_eq!(value, json!({"v": "v1", "t": "batch"}));
            assert_eq!(reads, ["a/crema.jsonnet".to_owned()].into());
        }
        other => panic!("{other:?}"),
    }
    assert!(failed(own("b/crema.jsonnet")).1.contains("b/crema.jsonnet"));
}

#[test]
fn what_one_evaluation_was_given_the_next_does_not_have() {
    let source = "{ a: std.extVar('type'), b: std.type(std.extVar), c: std.native('env')('TAG', 'none') }";
    let files = files_of(&[("a/ecspresso.yml", "task_definition: td.jsonnet"), ("a/td.jsonnet", source)]);
    let with = |kind: Option<&str>, tag: &str| {
        let mut ask = ask(&[]);
        ask.surroundings.ext_str = kind.map(|kind| ("type".to_owned(), kind.to_owned())).into_iter().collect();
        ask.surroundings.env = [("TAG".to_owned(), tag.to_owned())].into();
        render(&files, ask)
    };
    assert_eq!(rendered(with(Some("batch"), "v1")), json!({"a": "batch", "b": "function", "c": "v1"}));
    assert_eq!(rendered(with(Some("web"), "v2")), json!({"a": "web", "b": "function", "c": "v2"}));
    assert!(failed(with(None, "v3")).1.contains("type"));
    assert_eq!(rendered(with(Some("batch"), "v1")), json!({"a": "batch", "b": "function", "c": "v1"}));
}
