use super::*;
use crema_base::secrecy::{self, Secrets, Source};

#[test]
fn a_wrong_configuration_file_is_told_with_its_name() {
    let with = |config: &str| failed(render(&files_of(&[("a/ecspresso.yml", config)]), ask(&[])));
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
        failed(render(
            &files_of(&[("a/ecspresso.yml", &format!("task_definition: {name}")), ("a/td.txt", "")]),
            ask(&[]),
        ))
    };
    assert!(td("td.txt").1.contains("a/td.txt: a task definition's name has to end in .json or .jsonnet"));
}

#[test]
fn a_config_file_of_another_tool_is_no_app() {
    let with =
        |name: &str, text: &str| render(&files_of(&[(name, text)]), RenderAsk { config: name.to_owned(), ..ask(&[]) });
    for (name, text) in [
        ("a/config.yml", "default: {a: 1}"),
        ("a/config.yml", "- a\n- <%= erb %>"),
        ("a/config.yaml", "a: {{ unknown }}"),
        ("a/config.json", "{\"a\": 1}"),
        ("a/config.jsonnet", "{ a: 1 }"),
    ] {
        assert!(matches!(with(name, text), ChildAnswer::NotAnApp { .. }), "{name}: {text}");
    }
    assert!(matches!(with("a/config.yml", "task_definition: ["), ChildAnswer::Failed { .. }));
    assert!(matches!(with("a/ecspresso.yml", "default: 1"), ChildAnswer::Failed { .. }));
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
fn the_code_of_an_external_variable_is_named_where_it_is_wrong() {
    let with = |code: &str| {
        let mut ask = ask(&[]);
        ask.surroundings.ext_code = [("n".to_owned(), code.to_owned())].into();
        let td = [("a/ecspresso.yml", "task_definition: td.jsonnet"), ("a/td.jsonnet", "std.extVar('n')")];
        failed(render(&files_of(&td), ask)).1
    };
    assert!(with("1 +").starts_with("ext_code n:1:"), "{}", with("1 +"));
    assert!(with("import 'x'").starts_with("ext_code n:1:8: import of \"x\": there is no file \"a/x\""));
    assert!(with("nope").starts_with("ext_code n:1:1: undefined local: nope"), "{}", with("nope"));
}

#[test]
fn a_template_over_the_json_of_jsonnet_says_so() {
    let (kind, message) = failed(jsonnet("{ a: '{{ must_env `NOPE` }}' }", &[]));
    assert_eq!(kind, FailureKind::Render);
    assert!(message.starts_with("a/td.jsonnet (its JSON):2: must_env: "), "{message}");
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

#[test]
fn what_a_message_quotes_of_a_value_is_marked_as_quoted_an_authors_own_too() {
    let values = [("/a", json!("MARKED \"1")), ("/json", json!("{\"port\": \"MARKED-2\"}"))];
    let told = |source: &str| {
        let source =
            format!("local a = std.native('ssm')('/a'), j = std.parseJson(std.native('ssm')('/json')); {source}");
        let ChildAnswer::Failed { message, quoted, .. } = jsonnet(&source, &values) else { panic!("{source}") };
        let mut secrets = Secrets::default();
        secrets.keep(Source::of(values.iter().map(|(_, value)| value.clone()).collect()).into());
        secrets.told(&secrecy::join(&message, &quoted))
    };
    for source in [
        "std.parseInt(a)",
        "std.parseInt(j.port)",
        "std.parseHex(a)",
        "std.parseJson(a)",
        "std.parseYaml('{' + a)",
        "std.assertEqual(a, 'x')",
        "{ x: 1 }[a]",
        "{ [a]: error 'x' }.x",
        "{ [a]: {}.x }",
        "std.extVar(a)",
        "a.x",
        "a + 1 - 1",
        "a % 5",
        "'%d' % a",
        "std.native(a)",
        "std.base64Decode(a)",
        "std.manifestIni(a)",
        "std.native('env')(1, a)",
        "{ [a]: 1, [a + '']: 2 }",
        "std.toString({ assert a == '' : {}.x })",
    ] {
        let message = told(source);
        assert!(!message.contains("MARKED"), "{source}: {message}");
    }
    for source in ["error 'found ' + a", "assert a == '' : 'found ' + a; 1", "error 'found ' + a[1:6]"] {
        assert!(told(source).contains("found ***") && !told(source).contains("ARKED"), "{}", told(source));
    }
}
