//! No part of a looked-up value, nor of one in an env file, reaches a log line, an answer or an error: however it is cut,
//! and whichever way it would leave.

use crema_testing::{
    Invocation, World, tried,
    world::{image, outcome},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::{Value, json};
use std::cell::Cell;

/// Its pieces are no words of any message.
pub const SECRET: &str = "quokka7-zebrafinch-Wombat42";
const PIECES: [&str; 4] = ["quok", "kka7", "zebra", "Womb"];
/// How Jsonnet comes by it: from a parameter, a StringList, JSON in a parameter, an env file.
pub const WAYS: [&str; 4] = [
    "std.native('ssm')('/secret')",
    "std.native('ssm_list')('/list', 1)",
    "std.parseJson(std.native('ssm')('/json')).password",
    "std.native('must_env')('SECRET')",
];
/// What a definition makes of `s`.
const PARTS: [&str; 5] =
    ["std.split(s, '-')[1]", "std.trim(' ' + s + ' ')", "s[0:7]", "std.substr(s, 8, 10) + '!'", "'x' + s[19:] + 'y'"];

pub async fn world() -> World {
    let w = World::empty(&[("RUST_LOG", "trace")]).await;
    w.aws.put_parameter("/secret", "SecureString", SECRET);
    w.aws.put_parameter("/list", "StringList", &format!("a,{SECRET}"));
    w.aws.put_parameter("/json", "SecureString", &json!({"user": "app", "password": SECRET}).to_string());
    w.aws.put("a/.env", format!("SECRET='{SECRET}'\n"));
    w.aws.put("a/crema.json", r#"{"envfile": ".env", "unknown_keys": "error"}"#);
    w.aws.put("a/ecspresso.yml", "task_definition: td.jsonnet\n");
    w
}

pub fn put(w: &World, way: &str, part: &str, source: &str) {
    w.aws.put("a/td.jsonnet", format!("local s = {way}, p = {part}; {source}"));
}

/// That neither the answer nor a log line holds a piece of it; and the answer.
pub async fn silent(w: &World, about: &str, payload: Value) -> Invocation {
    let answer = w.invoke(payload).await;
    let log = w.function.log();
    for piece in PIECES {
        assert!(!format!("{answer:?}").contains(piece), "{about}: {piece}: {answer:?}");
        let line = log.lines().find(|line| line.contains(piece)).unwrap_or_default();
        assert!(line.is_empty(), "{about}: {piece}: {line}");
    }
    SEARCHED.set(SEARCHED.get() + log.lines().count());
    w.function.forget_log();
    answer
}

thread_local! {
    /// Log lines, of each test on its own thread.
    static SEARCHED: Cell<usize> = const { Cell::new(0) };
}

/// Tells in how many answers and log lines a piece was looked for.
pub fn searched(w: &World) {
    let lines = SEARCHED.get();
    assert!(lines > 0);
    tried(w.function.invoked() as usize, &format!("invocations, whose answers and {lines} log lines were searched"));
}

/// A definition with this in its only container.
pub fn container(member: &str) -> String {
    format!("{{ family: 'a', containerDefinitions: [{{ name: 'app', image: 'busybox', memory: 128, {member} }}] }}")
}

#[tokio::test]
async fn not_as_an_enum_a_key_a_name_a_tag_or_in_an_error_of_the_authors() {
    let w = world().await;
    for way in WAYS {
        for part in PARTS {
            for source in [
                "{ family: 'a', networkMode: p }".to_owned(),
                "{ family: p + '!' }".to_owned(),
                "{ family: 'a', [p]: 1 }".to_owned(),
                container("[p]: 1"),
                container("dockerLabels: { [p]: {} }"),
                container("logConfiguration: { logDriver: p }"),
                "{ family: 'a', tags: [{ key: p, value: '' }, { key: p, value: '' }] }".to_owned(),
                "error 'no ' + p".to_owned(),
                "{ assert false : p }".to_owned(),
                "{ a: 1 }[p]".to_owned(),
                "std.parseInt(p)".to_owned(),
                "std.extVar(p)".to_owned(),
                "std.native(p)('x')".to_owned(),
                "{ x: std.native('ssm')('/' + p) }".to_owned(),
                "{ x: std.native('must_env')(p) }".to_owned(),
                "{ x: std.native('secretsmanager_arn')(p) }".to_owned(),
                format!("{{ family: 'a', containerDefinitions: [{{ name: p, image: '{}:!' + p }}] }}", image("batch")),
            ] {
                put(&w, way, part, &source);
                let answer = silent(&w, &format!("{part} {source}"), json!({"action": "register", "app": "a"})).await;
                assert!(answer.is_err(), "{part} {source}: {answer:?}");
            }
        }
    }
    searched(&w);
}

#[tokio::test]
async fn not_in_a_template_that_the_value_contains() {
    let w = world().await;
    for value in [
        format!("{{{{ must_env `{SECRET}` }}}}"),
        format!("{{{{ ssm `/{SECRET}` }}}}"),
        format!("{{{{ {} }}}}", SECRET.replace('-', "")),
        format!("{{{{ if }}}} {SECRET}"),
        format!("{{{{ printf `%d` `{SECRET}` }}}}{{{{ index 1 `{SECRET}` }}}}"),
    ] {
        w.aws.put_parameter("/secret", "SecureString", &value);
        put(&w, WAYS[0], "s", &container("command: [s]"));
        let answer = silent(&w, &value, json!({"action": "register", "app": "a"})).await;
        assert!(answer.is_err(), "{value}: {answer:?}");
    }
    searched(&w);
}

#[tokio::test]
async fn not_through_status_a_plan_or_a_push_whatever_of_the_definition_is_made_of_it() {
    let w = world().await;
    w.aws.push_image("batch", SECRET, "v1");
    w.aws.push_image("batch", "zebrafinch", "v1");
    w.aws.put("a/ecspresso.yml", "task_definition: td.jsonnet\ncluster: \"{{ must_env `SECRET` }}\"\n");
    for way in WAYS {
        for tag in ["s", "std.split(s, '-')[1]"] {
            let members = "command: ['run --token=' + p, s[0:9]], user: p, dockerLabels: { [p]: p }";
            let source = format!(
                "{{ family: 'a', containerDefinitions: [{{ name: p, image: '{}:' + p, memory: 128, {members} }}] }}",
                image("batch")
            );
            put(&w, way, tag, &source);
            for payload in [
                json!({"action": "status"}),
                json!({"action": "plan", "app": "a"}),
                json!({"action": "register", "app": "a"}),
                json!({"action": "status", "app": "a"}),
                json!({"action": "sweep"}),
            ] {
                let answer = silent(&w, &source, payload.clone()).await;
                assert!(answer.is_ok(), "{payload}: {answer:?}");
            }
        }
    }
    let status = silent(&w, "status", json!({"action": "status"})).await.unwrap();
    let family = &status["families"][0];
    assert_eq!((&family["cluster"], &family["images"][0]["container"]), (&json!("***"), &json!("***")), "{status:#}");
    assert_eq!(family["images"][0]["image"], format!("{}:***", image("batch")), "{status:#}");
    searched(&w);
}

#[tokio::test]
async fn not_for_any_value_and_any_part_of_it() {
    let w = world().await;
    let mut runner = TestRunner::deterministic();
    let values = ("[!-~]{12,40}", 0..8usize, 4..12usize, 0..6usize);
    for _ in 0..40 {
        let (value, from, length, source) = values.new_tree(&mut runner).unwrap().current();
        // Where the value is cut its ends are not told either.
        let part: String = value.chars().skip(from).take(length).collect();
        let core = part.trim_matches(|c| "\"'`,{}[]".contains(c));
        if core.chars().count() < 4 || value.contains("{{") {
            continue;
        }
        w.aws.put_parameter("/secret", "SecureString", &value);
        let sources = [
            "error 'no ' + p",
            "{ family: 'a', networkMode: p }",
            "{ family: 'a', [p]: 1 }",
            "{ x: std.native('ssm')('/' + p) }",
            "{ a: 1 }[p]",
            "std.parseInt(p)",
        ];
        put(&w, WAYS[0], &format!("std.substr(s, {from}, {length})"), sources[source]);
        let answer = w.register("a").await.unwrap_err();
        for written in [core.to_owned(), format!("{core:?}").trim_matches('"').to_owned()] {
            assert!(!answer.error_message.contains(&written), "{written} of {value}: {}", answer.error_message);
            assert!(!w.function.log().contains(&written), "{written} of {value}: {}", w.function.log());
        }
        SEARCHED.set(SEARCHED.get() + w.function.log().lines().count());
        w.function.forget_log();
    }
    searched(&w);
}

#[tokio::test]
async fn not_what_a_terraform_state_has_that_is_sensitive() {
    let w = world().await;
    let state = json!({"version": 4, "outputs": {"db": {"value": {"url": SECRET}, "type": "string", "sensitive": true},
        "cluster": {"value": "production", "type": "string"}}, "resources": [{"mode": "managed", "type": "random_password",
        "name": "db", "instances": [{"attributes": {"result": SECRET, "length": 16}}]}]});
    w.aws.put("a/terraform.tfstate", state.to_string());
    let plugins = "plugins: [{name: tfstate, config: {path: terraform.tfstate}}]";
    w.aws.put(
        "a/ecspresso.yml",
        format!("task_definition: td.jsonnet\ncluster: '{{{{ tfstate `output.cluster` }}}}'\n{plugins}\n"),
    );
    for way in ["std.native('tfstate')('output.db').url", "std.native('tfstate')('random_password.db').result"] {
        put(&w, way, "s[0:9]", &container("command: ['--password=' + s, p]"));
        let plan = silent(&w, way, json!({"action": "plan", "app": "a"})).await.unwrap();
        assert!(outcome(&plan)["diff"].to_string().contains("--password=***"), "{plan:#}");
        put(&w, way, "s[0:9]", "error 'no ' + p");
        silent(&w, way, json!({"action": "register", "app": "a"})).await.unwrap_err();
    }
    searched(&w);
}

#[tokio::test]
async fn values_by_the_hundred_thousand_and_problems_by_the_thousand_are_answered() {
    let w = world().await;
    let env: String = (0..200_000).map(|i| format!("V{i}={i:06}-{:x}\n", i * 7919)).collect();
    w.aws.put("a/.env", env + &format!("SECRET={SECRET}\n"));
    put(&w, WAYS[3], "s", &container("environment: [{ [s]: 1 } for i in std.range(1, 20000)]"));
    let answer = silent(&w, "many", json!({"action": "register", "app": "a"})).await.unwrap_err();
    assert_eq!(answer.error_type, "InvalidDefinition", "{answer:?}");
    assert!(answer.error_message.contains("problems") && answer.error_message.contains("***"), "{answer:?}");
    // A sweep with it among others does the others.
    w.app("b", &crema_testing::world::definition("b", "busybox"));
    silent(&w, "sweep", json!({"action": "sweep"})).await.unwrap_err();
    assert_eq!(w.aws.active("b"), [1]);
    searched(&w);
}
