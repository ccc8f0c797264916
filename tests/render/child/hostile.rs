//! What authors write by mistake or malice ends as an error that says which limit it met, and the next app renders.

use super::*;
use crema_testing::tried;

/// Each of these as a definition; any one of the texts has to be in the message.
async fn each_fails(cases: &[(&str, String, &[&str])]) {
    let (mut renderer, mut files, mut wrong) = (renderer(), files(), vec![]);
    for (name, source, expected) in cases {
        put(&mut files, "bad/td.jsonnet", source);
        let (message, died) = fails(&mut renderer, &files, 10).await;
        if !expected.iter().any(|text| message.contains(text)) || !message.contains("bad/td.jsonnet") {
            wrong.push(format!("{name}: {message}"));
        }
        assert_eq!(renderer.child_id().is_none(), died, "{name}: {message}");
        renders(&mut renderer, &files).await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    tried(cases.len(), "hostile definitions");
}

const STARVED: &[&str] = &["ran out of stack", "stack overflow"];

#[tokio::test]
async fn endless_recursion_and_structures_end_as_errors_that_say_so() {
    let case = |name, source: &str| (name, source.to_owned(), STARVED);
    each_fails(&[
        case("object of itself", "local mk(n) = {x: mk(n).x}; mk(1).x"),
        case("function of itself", "local f(x) = f(x + 1); f(1)"),
        case("==", "local a = {b: a}, c = {b: c}; a == c"),
        case("<", "local a = [a], b = [b]; a < b"),
        case("prune", "local a = {b: a}; std.prune(a)"),
        case("mergePatch", "local a = {b: a}; std.mergePatch(a, a)"),
        case("deepJoin", "local a = [a]; std.deepJoin(a)"),
        case("manifestPython", "local a = {b: a}; std.manifestPython(a)"),
        case("manifested", "local a = {b: a}; a"),
        case("100,000 brackets", &("[".repeat(100_000) + &"]".repeat(100_000))),
        case("100,000 parentheses", &("(".repeat(100_000) + "1" + &")".repeat(100_000))),
    ])
    .await;
}

#[tokio::test]
async fn memory_bombs_end_as_errors_that_say_so() {
    let starved: &[&str] = &["ran out of stack or memory", "too large"];
    let case = |name, source: &str| (name, source.to_owned(), starved);
    each_fails(&[
        case("makeArray", "std.makeArray(1e9, function(i) i)"),
        case("doubled", "local d(s, n) = if n == 0 then s else d(s + s, n - 1); d('ab', 40)"),
        case("repeat", "std.repeat('ab', 1e9)"),
        ("long text", "std.repeat('x', 2000000)".to_owned(), &["the limit is 1000000"]),
        ("range", "std.range(0, 1000000000)".to_owned(), &["ran out of"]),
    ])
    .await;
}

#[tokio::test]
async fn files_that_cannot_be_read_are_named_with_the_place() {
    fn case<'a>(name: &'a str, source: &str, expected: &'a [&'a str]) -> (&'a str, String, &'a [&'a str]) {
        (name, source.to_owned(), expected)
    }
    each_fails(&[
        case("import of itself", "import 'td.jsonnet'", &["infinite recursion"]),
        case("byte-order mark", "\u{feff}{}", &["bad/td.jsonnet:1:1: the file starts with a byte-order mark"]),
        case("syntax", "{\n  a: 1\n  b: 2\n}", &["bad/td.jsonnet:3:3: syntax error"]),
        case("undefined", "{\n  // \u{65e5}\u{672c}\n  a: foo,\n}", &["bad/td.jsonnet:3:6: undefined local: foo"]),
        case("missing import", "{\n  a: import 'x.libsonnet',\n}", &["bad/td.jsonnet:2:13: import of \"x.libsonnet\""]),
        case("outside", "import '../../x'", &["bad/td.jsonnet:1:8: import of \"../../x\": the path leaves"]),
        case(
            "absolute",
            "importstr '/etc/passwd'",
            &["bad/td.jsonnet:1:11: import of \"/etc/passwd\": the path is abs"],
        ),
        case("encoded", "importstr '%2e%2e/%2e%2e/etc/passwd'", &["there is no file \"bad/%2e%2e/%2e%2e/etc/passwd\""]),
        case("backslash", "importstr @'..\\x'", &["there is no file \"bad/..\\\\x\""]),
        case("NUL", "importstr '\\u0000ext_code a'", &["there is no file \"bad/\\0ext_code a\""]),
    ])
    .await;
}

#[tokio::test]
async fn endless_computation_ends_at_the_deadline() {
    let (mut renderer, mut files) = (renderer(), files());
    put(&mut files, "bad/td.jsonnet", "local fib(n) = if n < 2 then n else fib(n - 1) + fib(n - 2); fib(60)");
    let start = Instant::now();
    let (message, died) = fails(&mut renderer, &files, 2).await;
    assert!(died && message.contains("ran out of time while evaluating bad/td.jsonnet"), "{message}");
    assert!(start.elapsed() < Duration::from_secs(3));
    renders(&mut renderer, &files).await;
}

#[tokio::test]
async fn imports_that_come_back_to_themselves_are_an_error() {
    let (mut renderer, mut files) = (renderer(), files());
    put(&mut files, "bad/a.libsonnet", "{ a: (import 'b.libsonnet').b }");
    put(&mut files, "bad/b.libsonnet", "{ b: (import 'c.libsonnet').c }");
    put(&mut files, "bad/c.libsonnet", "{ c: (import 'a.libsonnet').a }");
    put(&mut files, "bad/round.libsonnet", "import 'about.libsonnet'");
    put(&mut files, "bad/about.libsonnet", "import 'round.libsonnet'");
    let sources =
        ["(import 'a.libsonnet').a", "import 'round.libsonnet'", "(importstr 'td.jsonnet') + (import 'td.jsonnet')"];
    for source in sources {
        put(&mut files, "bad/td.jsonnet", source);
        let (message, _) = fails(&mut renderer, &files, 10).await;
        let says = ["infinite recursion", "stack overflow", "ran out of stack"];
        assert!(says.iter().any(|text| message.contains(text)), "{source}: {message}");
        renders(&mut renderer, &files).await;
    }
    tried(sources.len(), "cycles");
}

#[tokio::test]
async fn large_sources_and_a_thousand_imports_render() {
    let (mut renderer, mut files) = (renderer(), files());
    put(&mut files, "bad/td.jsonnet", format!("{{ a: std.length('{}') }}", "x".repeat(4 << 20)));
    let large = renderer.ask(&files, &ask("bad"), soon(10)).await.unwrap();
    assert!(matches!(large, ChildAnswer::Rendered { document, .. } if document == json!({"a": 4 << 20})));
    let imports = |i: usize| format!("(import '../many/{i}.libsonnet')");
    for i in 0..1000 {
        put(&mut files, &format!("many/{i}.libsonnet"), format!("{i}"));
    }
    put(&mut files, "bad/td.jsonnet", format!("[{}]", (0..1000).map(imports).collect::<Vec<_>>().join(",")));
    match renderer.ask(&files, &ask("bad"), soon(10)).await.unwrap() {
        ChildAnswer::Rendered { document, reads, .. } => {
            assert_eq!(document[999], 999);
            assert_eq!(reads.len(), 1002);
        }
        ChildAnswer::Failed { message, .. } => panic!("{message}"),
        other => panic!("{other:?}"),
    }
    put(&mut files, "bad/td.jsonnet", "importstr 'big'");
    put(&mut files, "bad/big", vec![b'x'; 5_000_001]);
    let (message, _) = fails(&mut renderer, &files, 10).await;
    assert!(message.contains("bad/td.jsonnet:1:11") && message.contains("bad/big is too large"), "{message}");
    put(&mut files, "bad/big", [0xff, 0xfe]);
    let (message, _) = fails(&mut renderer, &files, 10).await;
    assert!(message.contains("bad/big: not valid UTF-8"), "{message}");
}

#[tokio::test]
async fn templates_and_yaml_that_never_end_are_refused() {
    let (mut renderer, mut files) = (renderer(), files());
    put(&mut files, "bad/ecspresso.yml", "task_definition: td.json\n");
    let templates = [
        (
            "template of itself",
            r#"{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}"#.to_owned(),
            "too deep",
        ),
        ("range", "{{ range 1000000000 }}x{{ end }}".to_owned(), "more than 100000 times"),
        ("width", "{{ printf `%999999999d` 1 }}".to_owned(), "printf"),
        ("brackets", "[".repeat(100_000), "recursion limit exceeded"),
        ("parentheses", "{{ ".to_owned() + &"(".repeat(100_000), "bad/td.json:1"),
        ("growth", "{{ range 100000 }}{{ printf `%60000d` 1 }}{{ end }}".to_owned(), "grows over"),
    ];
    tried(templates.len() + 1, "hostile templates and YAML files");
    for (name, source, expected) in templates {
        put(&mut files, "bad/td.json", source);
        let (message, died) = fails(&mut renderer, &files, 10).await;
        assert!(!died && message.contains(expected) && message.contains("bad/td.json"), "{name}: {message}");
        renders(&mut renderer, &files).await;
    }
    let laughs = |i: u8| {
        format!(
            "{}: &{} [{}]\n",
            char::from(b'b' + i),
            char::from(b'b' + i),
            format!("*{}, ", char::from(b'a' + i)).repeat(10)
        )
    };
    let bomb = "a: &a [x, x]\n".to_owned() + &(0..9).map(laughs).collect::<String>();
    put(&mut files, "bad/ecspresso.yml", bomb);
    let (message, died) = fails(&mut renderer, &files, 10).await;
    assert!(!died && message.starts_with("bad/ecspresso.yml"), "{message}");
    renders(&mut renderer, &files).await;
}
