//! Rendering in real child processes: what authors write by mistake or malice ends as a clear error, and the next app
//! renders.

use crema::{
    config::files::{File, Files, MAX_OBJECT_BYTES},
    error::Error,
    render::{
        parent::Renderer,
        protocol::{Answer, Ask, RenderAsk, Surroundings},
    },
};
use serde_json::json;
use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};
use tokio::time::Instant;

fn renderer() -> Renderer {
    Renderer::new_with_program(256, PathBuf::from(env!("CARGO_BIN_EXE_bootstrap")))
}

fn put(files: &mut Files, key: &str, content: impl AsRef<[u8]>) {
    let content = content.as_ref();
    let bytes = content.len() as u64;
    let loaded = (bytes <= MAX_OBJECT_BYTES).then(|| Arc::from(content));
    files.insert(key.to_owned(), File { etag: format!("{bytes}-{content:p}"), bytes, content: loaded });
}

/// One app that renders, beside whatever else is put there.
fn files() -> Files {
    let mut files = Files::new();
    put(&mut files, "good/ecspresso.yml", "region: us-east-1\ncluster: c\ntask_definition: td.jsonnet\n");
    put(&mut files, "good/td.jsonnet", "{ family: std.extVar('type') + (import '../lib/x.libsonnet') }");
    put(&mut files, "lib/x.libsonnet", "'-x'");
    put(&mut files, "bad/ecspresso.yml", "task_definition: td.jsonnet\n");
    files
}

fn ask(app: &str) -> Ask {
    Ask::Render(Box::new(RenderAsk {
        config: format!("{app}/ecspresso.yml"),
        surroundings: Surroundings { ext_str: [("type".to_owned(), "batch".to_owned())].into(), ..Default::default() },
        envfiles: vec![],
        values: vec![],
        placeholder: "PLACEHOLDER".to_owned(),
    }))
}

fn soon(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

/// The message, whether it came from a living child or was told of a dead one; and whether the child died.
async fn fails(renderer: &mut Renderer, files: &Files, seconds: u64) -> (String, bool) {
    match renderer.ask(files, &ask("bad"), soon(seconds)).await {
        Ok(Answer::Failed { message, .. }) => (message, false),
        Ok(other) => (format!("{other:?}"), false),
        Err(Error::RenderError { message, passing }) => {
            assert!(passing, "{message}");
            (message, true)
        }
        Err(other) => panic!("{other:?}"),
    }
}

async fn renders(renderer: &mut Renderer, files: &Files) {
    match renderer.ask(files, &ask("good"), soon(10)).await {
        Ok(Answer::Rendered { document, config, .. }) => {
            assert_eq!(document, json!({"family": "batch-x"}));
            assert_eq!(config.region.as_deref(), Some("us-east-1"));
        }
        Ok(Answer::Failed { message, .. }) => panic!("{message}"),
        other => panic!("{other:?}"),
    }
}

/// Each of these as a definition; any one of the texts has to be in the message.
async fn each_fails(cases: &[(&str, String, &[&str])]) {
    let (mut renderer, mut files, mut wrong) = (renderer(), files(), vec![]);
    for (name, source, expected) in cases {
        put(&mut files, "bad/td.jsonnet", source);
        let start = Instant::now();
        let (message, died) = fails(&mut renderer, &files, 10).await;
        println!("{name}: {:?}, died: {died}: {message}", start.elapsed());
        if !expected.iter().any(|text| message.contains(text)) || !message.contains("bad/td.jsonnet") {
            wrong.push(format!("{name}: {message}"));
        }
        assert_eq!(renderer.child_id().is_none(), died, "{name}");
        renders(&mut renderer, &files).await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
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
async fn large_sources_and_a_thousand_imports_render() {
    let (mut renderer, mut files) = (renderer(), files());
    put(&mut files, "bad/td.jsonnet", format!("{{ a: std.length('{}') }}", "x".repeat(4 << 20)));
    let large = renderer.ask(&files, &ask("bad"), soon(10)).await.unwrap();
    assert!(matches!(large, Answer::Rendered { document, .. } if document == json!({"a": 4 << 20})));
    let imports = |i: usize| format!("(import '../many/{i}.libsonnet')");
    for i in 0..1000 {
        put(&mut files, &format!("many/{i}.libsonnet"), format!("{i}"));
    }
    put(&mut files, "bad/td.jsonnet", format!("[{}]", (0..1000).map(imports).collect::<Vec<_>>().join(",")));
    match renderer.ask(&files, &ask("bad"), soon(10)).await.unwrap() {
        Answer::Rendered { document, reads, .. } => {
            assert_eq!(document[999], 999);
            assert_eq!(reads.len(), 1002);
        }
        Answer::Failed { message, .. } => panic!("{message}"),
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
async fn one_child_serves_many_asks_and_is_told_only_what_changed() {
    let (mut renderer, mut files) = (renderer(), files());
    renderer.warm_up().await;
    let first = renderer.child_id().expect("warm");
    let start = Instant::now();
    for _ in 0..200 {
        renders(&mut renderer, &files).await;
    }
    println!("200 asks: {:?}", start.elapsed());
    let status = std::fs::read_to_string(format!("/proc/{first}/status")).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().split_whitespace().next();
    assert!(resident.unwrap().parse::<u64>().unwrap() < 20_000, "{resident:?} kB");
    assert_eq!(renderer.child_id(), Some(first));
    files.remove("lib/x.libsonnet");
    match renderer.ask(&files, &ask("good"), soon(10)).await.unwrap() {
        Answer::Failed { message, reads, config, .. } => {
            assert!(message.contains("good/td.jsonnet:1:40: import of \"../lib/x.libsonnet\""), "{message}");
            assert!(reads.contains("lib/x.libsonnet"));
            assert_eq!(config.unwrap().region.as_deref(), Some("us-east-1"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(renderer.child_id(), Some(first));
}

#[tokio::test]
async fn the_child_has_its_pipes_and_nothing_else_of_the_function() {
    let mut renderer = renderer();
    renderer.warm_up().await;
    renders(&mut renderer, &files()).await;
    let process = format!("/proc/{}", renderer.child_id().unwrap());
    // What this test opened or the runtime did; not what it was itself started with (marked without close-on-exec).
    let _mine = std::fs::File::open("/dev/null").unwrap();
    let descriptors = |process: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(format!("{process}/fd")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let inherited = |descriptor: &String| {
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or("02000000");
        u64::from_str_radix(flags.trim(), 8).unwrap() & 0o2_000_000 == 0
    };
    let expected = descriptors("/proc/self").into_iter().filter(inherited).collect::<BTreeSet<String>>();
    assert_eq!(descriptors(&process), expected);
    let environment = std::fs::read(format!("{process}/environ")).unwrap();
    assert_eq!(environment, b"MALLOC_ARENA_MAX=1\0");
    assert_eq!(std::fs::read_to_string(format!("{process}/oom_score_adj")).unwrap().trim(), "1000");
    let limits = std::fs::read_to_string(format!("{process}/limits")).unwrap();
    let limit = |name: &str| limits.lines().find(|l| l.starts_with(name)).unwrap().split_whitespace().nth(3).unwrap();
    assert_eq!(limit("Max address space"), (160 << 20).to_string());
    assert_eq!(limits.lines().filter(|l| l.starts_with("Max core file size") && l.contains(" 0 ")).count(), 1);
}

#[tokio::test]
async fn a_child_that_is_killed_is_replaced() {
    let mut renderer = renderer();
    renderer.warm_up().await;
    let id = renderer.child_id().unwrap();
    let pid = rustix::process::Pid::from_raw(id.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let (message, died) = fails(&mut renderer, &files(), 10).await;
    assert!(died && message.contains("ran out of stack or memory"), "{message}");
    renders(&mut renderer, &files()).await;
}

#[tokio::test]
async fn templates_and_yaml_that_never_end_are_refused() {
    let (mut renderer, mut files) = (renderer(), files());
    put(&mut files, "bad/ecspresso.yml", "task_definition: td.json\n");
    for (name, source, expected) in [
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
    ] {
        put(&mut files, "bad/td.json", source);
        let (message, died) = fails(&mut renderer, &files, 10).await;
        println!("{name}: {message}");
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
    println!("{message}");
    assert!(!died && message.starts_with("bad/ecspresso.yml"), "{message}");
    renders(&mut renderer, &files).await;
}

#[tokio::test]
async fn a_small_function_renders_too() {
    let mut renderer = Renderer::new_with_program(128, PathBuf::from(env!("CARGO_BIN_EXE_bootstrap")));
    let mut files = files();
    renders(&mut renderer, &files).await;
    put(&mut files, "bad/td.jsonnet", "local mk(n) = {x: mk(n).x}; mk(1).x");
    let (message, died) = fails(&mut renderer, &files, 10).await;
    assert!(died && message.contains("ran out of stack or memory"), "{message}");
    renders(&mut renderer, &files).await;
}

#[tokio::test]
async fn many_large_files_and_a_large_answer_do_not_block_each_other() {
    let (mut renderer, mut files) = (renderer(), files());
    for i in 0..8 {
        put(&mut files, &format!("large/{i}"), vec![b'x'; 4_000_000]);
    }
    put(&mut files, "bad/td.jsonnet", "{ a: std.repeat('\\u0001', 150000) }");
    for _ in 0..3 {
        let answer = renderer.ask(&files, &ask("bad"), soon(10)).await.unwrap();
        assert!(
            matches!(answer, Answer::Rendered { document, .. } if document["a"].as_str().unwrap().len() == 150_000)
        );
    }
    assert!(renderer.child_id().is_some());
}

#[tokio::test]
async fn an_ask_that_is_given_up_leaves_no_child_behind() {
    let (mut renderer, mut files) = (renderer(), files());
    put(&mut files, "bad/td.jsonnet", "local fib(n) = if n < 2 then n else fib(n - 1) + fib(n - 2); fib(60)");
    renderer.warm_up().await;
    let process = format!("/proc/{}/status", renderer.child_id().unwrap());
    tokio::time::timeout(Duration::from_millis(200), renderer.ask(&files, &ask("bad"), soon(10))).await.unwrap_err();
    assert_eq!(renderer.child_id(), None);
    renders(&mut renderer, &files).await;
    let left = std::fs::read_to_string(process).unwrap_or_default();
    assert!(left.is_empty() || left.contains("State:\tZ"), "{left}");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_told() {
    let mut renderer = Renderer::new_with_program(256, PathBuf::from("/nonexistent/bootstrap"));
    renderer.warm_up().await;
    let (message, _) = fails(&mut renderer, &files(), 10).await;
    assert!(message.contains("bad/ecspresso.yml: the rendering process could not be started"), "{message}");
}
