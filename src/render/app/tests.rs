use super::*;
use crate::render::protocol::{Fetched, Lookup};
use serde_json::json;
use std::collections::BTreeSet;

const PLACEHOLDER: &str = "Q7pW2";

fn files(files: &[(&str, &str)]) -> Arc<FileSet> {
    let held = |content: &str| Held::Loaded(content.as_bytes().into());
    Arc::new(files.iter().map(|(key, content)| ((*key).to_owned(), held(content))).collect())
}

/// An app with this definition, and these parameters fetched.
fn ask(values: &[(&str, Value)]) -> RenderAsk {
    let fetched =
        |(name, value): &(&str, Value)| (Lookup::Ssm { name: (*name).to_owned() }, Fetched::Found(value.clone()));
    RenderAsk {
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

fn jsonnet(definition: &str, values: &[(&str, Value)]) -> Answer {
    let files = [("a/ecspresso.yml", "region: r\ntask_definition: td.jsonnet"), ("a/td.jsonnet", definition)];
    render(&self::files(&[&files[..], &[("a/own.libsonnet", "7")]].concat()), ask(values))
}

fn template(definition: &str, values: &[(&str, Value)]) -> Answer {
    let files = [("a/ecspresso.yml", "task_definition: td.json"), ("a/td.json", definition)];
    render(&self::files(&files), ask(values))
}

fn rendered(answer: Answer) -> Value {
    match answer {
        Answer::Rendered { document, .. } => document,
        Answer::Failed { message, .. } => panic!("{message}"),
        other => panic!("{other:?}"),
    }
}

fn missing(answer: Answer) -> (Vec<String>, Option<Vec<String>>) {
    let name = |lookup| match lookup {
        Lookup::Ssm { name } => name,
        other => panic!("{other:?}"),
    };
    match answer {
        Answer::Missing { lookups, images, .. } => (lookups.into_iter().map(name).collect(), images),
        Answer::Failed { message, .. } => panic!("{message}"),
        other => panic!("{other:?}"),
    }
}

fn failed(answer: Answer) -> (FailureKind, String) {
    match answer {
        Answer::Failed { kind, message, .. } => (kind, message),
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
               "big": 9007199254740991_i64, "half": 0.5, "trace": 1, "template": "v1"})
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
        files(&[
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
        render(&files(&td), ask)
    };
    match with("{\n  a: std.native('ssm')('/a'),\n}") {
        Answer::Failed { kind: FailureKind::Lookup, message, lookup, .. } => {
            assert!(message.starts_with("a/td.jsonnet:2:23: ssm: no parameter /a in r"), "{message}");
            assert_eq!(lookup, Some(Lookup::Ssm { name: "/a".to_owned() }));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(rendered(with("{ a: if true then 1 else std.native('ssm')('/a') }")), json!({"a": 1}));
}

#[test]
fn env_files_lie_over_the_functions_environment_in_their_order() {
    let files = files(&[
        ("a/ecspresso.yml", "cluster: {{ must_env `C` }}\ntask_definition: {{ must_env `TD` }}.json"),
        ("a/td.json", "{\"tag\": \"{{ must_env `TAG` }}\"}"),
        ("a/one.env", "TAG=one\nC=no\nTD=td"),
        ("a/two.env", "TAG=two"),
    ]);
    let with = |envfiles: &[&str]| {
        render(&files, RenderAsk { envfiles: envfiles.iter().map(|key| (*key).to_owned()).collect(), ..ask(&[]) })
    };
    let Answer::Rendered { config, document, reads, .. } = with(&["a/one.env", "a/two.env"]) else { panic!() };
    assert_eq!(config.cluster.as_deref(), Some("no"));
    assert_eq!(document, json!({"tag": "two"}));
    assert_eq!(reads, ["a/ecspresso.yml", "a/one.env", "a/td.json", "a/two.env"].map(str::to_owned).into());
    let (kind, message) = failed(with(&["a/none.env"]));
    assert!(kind == FailureKind::Config && message.contains("a/none.env"), "{message}");
}

#[test]
fn what_was_read_is_told_found_or_not() {
    let reads = |answer| match answer {
        Answer::Failed { reads, .. } | Answer::Missing { reads, .. } => reads,
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
fn a_wrong_configuration_file_is_told_with_its_name() {
    let with = |config: &str| failed(render(&files(&[("a/ecspresso.yml", config)]), ask(&[])));
    for (config, what) in [
        ("region: x", "a/ecspresso.yml: `task_definition` is missing"),
        ("task_definition: /td.json", "a/ecspresso.yml: `task_definition: /td.json`: the path is absolute"),
        ("task_definition: ../../td.json", "leaves the configuration's prefix"),
        ("task_definition: td.json", "there is no file \"a/td.json\""),
        ("task_definition: [", "a/ecspresso.yml:1:"),
        ("task_definition: x\ntask_definition: y", "a/ecspresso.yml:2:1"),
    ] {
        let (kind, message) = with(config);
        assert!(kind == FailureKind::Config && message.contains(what), "{config}: {message}");
    }
    let td = |name: &str| {
        failed(render(&files(&[("a/ecspresso.yml", &format!("task_definition: {name}")), ("a/td.txt", "")]), ask(&[])))
    };
    assert!(td("td.txt").1.contains("a/td.txt: a task definition's name has to end in .json or .jsonnet"));
}

#[test]
fn a_config_file_of_another_tool_is_no_app() {
    let with =
        |name: &str, text: &str| render(&files(&[(name, text)]), RenderAsk { config: name.to_owned(), ..ask(&[]) });
    for (name, text) in [
        ("a/config.yml", "default: {a: 1}"),
        ("a/config.yml", "- a\n- <%= erb %>"),
        ("a/config.yaml", "a: {{ unknown }}"),
        ("a/config.json", "{\"a\": 1}"),
        ("a/config.jsonnet", "{ a: 1 }"),
    ] {
        assert!(matches!(with(name, text), Answer::NotAnApp { .. }), "{name}: {text}");
    }
    assert!(matches!(with("a/config.yml", "task_definition: ["), Answer::Failed { .. }));
    assert!(matches!(with("a/ecspresso.yml", "default: 1"), Answer::Failed { .. }));
}

#[test]
fn what_is_wrong_in_a_definition_has_its_place() {
    let message = |answer| failed(answer).1;
    assert!(message(template("{\n  \"a\": 1,\n}", &[])).starts_with("a/td.json:3:1: "));
    assert!(message(template("\u{feff}{}", &[])).starts_with("a/td.json:1:1: the file starts with a byte-order mark"));
    let deep = message(template(&format!("{}1{}", "[".repeat(110), "]".repeat(110)), &[]));
    assert!(deep.contains("nested more than 100 levels deep"), "{deep}");
    let extra = "{ n: std.extVar('nope') }";
    assert!(message(jsonnet(extra, &[])).starts_with("a/td.jsonnet:1:16: external variable is not defined: nope"));
    let arity = message(jsonnet("{ n: std.native('env')('X') }", &[]));
    assert!(arity.starts_with("a/td.jsonnet:1:23: ") && arity.contains("default"), "{arity}");
    let unknown = message(jsonnet("{ n: std.native('nope')('X') }", &[]));
    assert!(
        unknown.starts_with("a/td.jsonnet:1:16: std.native: there is no function \"nope\"; there are env, "),
        "{unknown}"
    );
}

#[test]
fn cremas_own_file_sees_the_environment_and_no_lookup() {
    let files = files(&[("a/crema.jsonnet", "{ v: std.native('must_env')('TAG'), t: std.extVar('type') }")]);
    let own = |key: &str| evaluate(&files, key, &ask(&[]).surroundings);
    match own("a/crema.jsonnet") {
        Answer::Evaluated { value, reads } => {
            assert_eq!(value, json!({"v": "v1", "t": "batch"}));
            assert_eq!(reads, ["a/crema.jsonnet".to_owned()].into());
        }
        other => panic!("{other:?}"),
    }
    assert!(failed(own("b/crema.jsonnet")).1.contains("b/crema.jsonnet"));
}

#[test]
fn the_code_of_an_external_variable_is_named_where_it_is_wrong() {
    let with = |code: &str| {
        let mut ask = ask(&[]);
        ask.surroundings.ext_code = [("n".to_owned(), code.to_owned())].into();
        let td = [("a/ecspresso.yml", "task_definition: td.jsonnet"), ("a/td.jsonnet", "std.extVar('n')")];
        failed(render(&files(&td), ask)).1
    };
    assert!(with("1 +").starts_with("ext_code n:1:"), "{}", with("1 +"));
    assert!(with("import 'x'").starts_with("ext_code n:1:8: import of \"x\": there is no file \"a/x\""));
    assert!(with("nope").starts_with("ext_code n:1:1: undefined local: nope"), "{}", with("nope"));
}

#[test]
fn a_template_over_the_json_of_jsonnet_says_so() {
    let (kind, message) = failed(jsonnet("{ a: '{{ must_env `NOPE` }}' }", &[]));
    assert_eq!(kind, FailureKind::Render);
    assert!(message.starts_with("a/td.jsonnet (its JSON):1: must_env: "), "{message}");
}

#[test]
fn lookups_without_end_are_refused() {
    let (_, message) = failed(template("{{ range 2000 }}{{ ssm (printf `/%d` .) }}{{ end }}", &[]));
    assert!(message.contains("2000 lookups are asked for at once; the limit is 1000"), "{message}");
}

#[test]
fn a_file_that_is_no_text_is_named_with_the_place() {
    let bytes = |content: &[u8]| Held::Loaded(content.into());
    let with = |config: &[u8], td: &[u8]| {
        let files =
            [("a/ecspresso.yml", bytes(config)), ("a/td.json", bytes(td)), ("a/big.json", Held::TooLarge(5_000_001))];
        failed(render(&Arc::new(files.into_iter().map(|(key, held)| (key.to_owned(), held)).collect()), ask(&[])))
    };
    let (kind, message) = with(b"region: x\ny: \xff", b"");
    assert!(kind == FailureKind::Config && message.starts_with("a/ecspresso.yml:2:4: not valid UTF-8"), "{message}");
    let (kind, message) = with(b"task_definition: td.json", b"\xff");
    assert!(kind == FailureKind::Render && message.starts_with("a/td.json:1:1: not valid UTF-8"), "{message}");
    let (kind, message) = with(b"task_definition: big.json", b"");
    assert!(
        kind == FailureKind::Config && message.starts_with("a/big.json is too large: it has 5000001 bytes"),
        "{message}"
    );
}
