//! No looked-up value and no value of an env file reaches a log line, an answer or an error, whatever goes wrong.

use super::secrecy::searched;
use crema_testing::{Fault, Invocation, When, World, world::image};
use serde_json::{Value, json};

const SECRET: &str = "hunter2-marked-value";
/// How Jsonnet and templates come by it: from a parameter, from an env file.
const JSONNET: [&str; 2] = ["std.native('ssm')('/secret')", "std.native('must_env')('SECRET')"];
const TEMPLATE: [&str; 2] = ["(ssm `/secret`)", "(must_env `SECRET`)"];

/// An app `a` that may look up everything, with the secret in a parameter and in its env file.
async fn world() -> World {
    let w = World::empty(&[("RUST_LOG", "trace")]).await;
    w.aws.put_parameter("/secret", "SecureString", SECRET);
    w.aws.put("a/.env", format!("SECRET='{SECRET}'\n"));
    w.aws.put("a/crema.json", r#"{"envfile": ".env"}"#);
    w.aws.put("a/terraform.tfstate", r#"{"version": 4, "outputs": {}, "resources": []}"#);
    w
}

const PLUGINS: &str = "plugins:\n  - name: cloudformation\n  - name: tfstate\n    config: {path: terraform.tfstate}\n";

fn put(w: &World, name: &str, source: &str) {
    w.aws.put("a/ecspresso.yml", format!("task_definition: {name}\n{PLUGINS}"));
    w.aws.put(&format!("a/{name}"), source);
}

/// That neither the answer nor a log line holds it; and the answer.
async fn silent(w: &World, about: &str, payload: Value) -> Invocation {
    let answer = w.invoke(payload).await;
    assert!(!format!("{answer:?}").contains(SECRET), "{about}: {answer:?}");
    let log = w.function.log();
    let line = log.lines().find(|line| line.contains(SECRET)).unwrap_or_default();
    assert!(line.is_empty(), "{about}: {line}");
    answer
}

async fn fails_silently(w: &World, source: &str, error_type: &str) {
    for payload in [json!({"action": "plan", "app": "a"}), json!({"action": "register", "app": "a"})] {
        match silent(w, source, payload).await {
            Err(failure) => assert_eq!(failure.error_type, error_type, "{source}: {}", failure.error_message),
            Ok(answer) => panic!("{source}: {answer:#}"),
        }
    }
}

/// A definition with this in its only container; `s` is the secret.
fn container(member: &str) -> String {
    format!("{{ family: 'a', containerDefinitions: [{{ name: 'app', image: 'busybox', memory: 128, {member} }}] }}")
}

#[tokio::test]
async fn not_through_what_jsonnet_or_a_function_says_of_it() {
    let w = world().await;
    for secret in JSONNET {
        for (source, error_type) in [
            ("std.parseInt(s)", "RenderError"),
            ("std.parseJson(s)", "RenderError"),
            ("std.parseYaml('{' + s)", "RenderError"),
            ("{}[s]", "RenderError"),
            ("{ a: 1 }[s]", "RenderError"),
            ("std.format('%d', s)", "RenderError"),
            ("std.extVar(s)", "RenderError"),
            ("std.native(s)(1)", "RenderError"),
            ("-s", "RenderError"),
            ("s.a", "RenderError"),
            ("local f(x) = f(x + s); f('')", "RenderError"),
            ("std.native('must_env')(s)", "RenderError"),
            ("std.native('ssm')(s)", "LookupError"),
            ("std.native('ssm_list')('/secret', s)", "RenderError"),
            ("std.native('secretsmanager_arn')('prefix/' + s)", "LookupError"),
            ("std.native('cfn_output')(s, 'key')", "LookupError"),
            ("std.native('cfn_export')(s)", "LookupError"),
            ("std.native('tfstate')('output.' + s)", "LookupError"),
            ("std.native('tfstate')('[' + s)", "LookupError"),
        ] {
            put(&w, "td.jsonnet", &format!("local s = {secret}; {{ family: 'a', x: {source} }}"));
            fails_silently(&w, source, error_type).await;
        }
    }
    searched(&[w]);
}

#[tokio::test]
async fn not_through_what_a_template_says_of_it() {
    let w = world().await;
    for secret in TEMPLATE {
        for (action, error_type) in [
            ("{{ ssm S }}", "LookupError"),
            ("{{ must_env S }}", "RenderError"),
            ("{{ range S }}x{{ end }}", "RenderError"),
            ("{{ index S 1000 }}", "RenderError"),
            ("{{ index S `x` }}", "RenderError"),
            ("{{ slice S 1000 }}", "RenderError"),
            ("{{ call S }}", "RenderError"),
            ("{{ lt S 1 }}", "RenderError"),
            ("{{ len 1 S }}", "RenderError"),
            ("{{ printf 1 S }}", "RenderError"),
            ("{{ with $x := S }}{{ $x.y }}{{ end }}", "RenderError"),
            ("{{ cfn_output S `k` }}", "LookupError"),
            ("{{ tfstate S }}", "LookupError"),
            ("{{ tfstatef `output.%s` S }}", "LookupError"),
            // No JSON.
            ("{{ S }}", "RenderError"),
            ("\"{{ S }}", "RenderError"),
            ("{{ printf `%d` S }}", "RenderError"),
        ] {
            let action = action.replace('S', secret);
            put(&w, "td.json", &format!("{{\"family\": {action}}}"));
            fails_silently(&w, &action, error_type).await;
        }
    }
    searched(&[w]);
}

#[tokio::test]
async fn not_through_the_check_of_a_definition() {
    let w = world().await;
    for secret in JSONNET {
        for source in [
            "{ family: s + '!' }".to_owned(),
            "{ family: 'a', networkMode: s }".to_owned(),
            "{ family: 'a', networkMode: std.repeat('x', 50) + s }".to_owned(),
            "{ family: 'a', [s]: 1 }".to_owned(),
            "{ family: 'a', tags: [{ key: s, value: '' }, { key: s, value: s + '!' }] }".to_owned(),
            "{ family: 'a', taskDefinition: { family: 'a' }, [s]: 1 }".to_owned(),
            container("[s]: 1"),
            container("command: s"),
            container("dockerLabels: { [s]: {} }"),
            container("command: std.makeArray(5000, function(i) s)"),
            format!(
                "{{ family: 'a', containerDefinitions: [{{ name: 'a', memory: 128, image: '{}:' + s + ':' + s }}] }}",
                image("batch")
            ),
        ] {
            put(&w, "td.jsonnet", &format!("local s = {secret}; {source}"));
            fails_silently(&w, &source, "InvalidDefinition").await;
        }
    }
    searched(&[w]);
}

#[tokio::test]
async fn not_through_an_image_that_is_not_there() {
    let w = world().await;
    w.aws.push_image("batch", "release", "v1");
    for secret in JSONNET {
        for name in ["'batch:' + s", "s + ':release'"] {
            let registry = image("");
            let source = format!(
                "local s = {secret}; {{ family: 'a', containerDefinitions: [{{ name: 'a', memory: 128, image: '{registry}' + {name} }}] }}"
            );
            put(&w, "td.jsonnet", &source);
            fails_silently(&w, name, "ImageNotFound").await;
        }
    }
    searched(&[w]);
}

#[tokio::test]
async fn not_through_the_configuration_file_nor_an_env_file_that_cannot_be_read() {
    let w = world().await;
    put(&w, "td.json", "{}");
    for secret in TEMPLATE {
        for text in [
            "task_definition: S.json",
            "task_definition: ../../S",
            "task_definition: [S]",
            "S",
            "- S",
            "task_definition: td.json\nplugins: S",
            "task_definition: td.json\nplugins: [{name: S}]",
            "task_definition: td.json\nplugins: [{name: tfstate, config: {path: S}}]",
            "task_definition: td.json\nplugins: [{name: tfstate, config: {url: S}}]",
        ] {
            let text = text.replace('S', &format!("{{{{ {secret} }}}}"));
            w.aws.put("a/ecspresso.yml", &text);
            let answer = silent(&w, &text, json!({"action": "register", "app": "a"})).await;
            assert!(answer.is_err(), "{text}: {answer:?}");
        }
    }
    put(&w, "td.json", "{}");
    for broken in [format!("A=\"{SECRET}"), SECRET.to_owned(), format!("A='{SECRET}"), format!("{SECRET}=1")] {
        w.aws.put("a/.env", &broken);
        fails_silently(&w, &broken, "ConfigError").await;
    }
    searched(&[w]);
}

#[tokio::test]
async fn not_through_warnings() {
    let w = world().await;
    w.aws.put("a/crema.json", r#"{"envfile": ".env", "unknown_keys": "drop"}"#);
    for (jsonnet, template) in JSONNET.into_iter().zip(TEMPLATE) {
        let source = container(&format!("[{jsonnet}]: 1"));
        put(&w, "td.jsonnet", &source);
        w.aws.put("a/ecspresso.yml", format!("task_definition: td.jsonnet\n\"x{{{{ {template} }}}}\": 1\n{PLUGINS}"));
        let answer = silent(&w, &source, json!({"action": "plan", "app": "a"})).await.unwrap();
        assert_eq!(answer["warnings"].as_array().unwrap().len(), 2, "{answer:#}");
    }
    searched(&[w]);
}

#[tokio::test]
async fn not_through_the_words_of_ecs() {
    let w = world().await;
    let message = "Invalid value 'hunter2-marked-value' in hunter2-marked-value";
    for secret in JSONNET {
        put(&w, "td.jsonnet", &format!("local s = {secret}; {}", container("command: [s]")));
        for (status, code) in [(400, "ClientException"), (500, "ServerException"), (403, "AccessDeniedException")] {
            w.aws.break_calls("RegisterTaskDefinition", When::Every, Fault::Refused { status, code, message });
            let answer = silent(&w, code, json!({"action": "register", "app": "a"})).await;
            assert!(answer.is_err(), "{answer:?}");
            w.aws.mend();
        }
    }
    searched(&[w]);
}

#[tokio::test]
async fn not_through_a_plan_wherever_the_definition_has_it_nor_what_it_was_before() {
    let mut worlds = vec![];
    for secret in JSONNET {
        let w = world().await;
        let members = "command: ['sh', '-c', 'run --token=' + s], user: s, dockerLabels: { [s]: s, plain: 'shown' },
            logConfiguration: { logDriver: 'splunk', options: { 'splunk-token': s } }";
        put(&w, "td.jsonnet", &format!("local s = {secret}; {}", container(members)));
        let first = silent(&w, "plan", json!({"action": "plan", "app": "a"})).await.unwrap();
        assert!(first.to_string().contains("run --token=***") && first.to_string().contains("shown"), "{first:#}");
        silent(&w, "register", json!({"action": "register", "app": "a"})).await.unwrap();
        // The rotated value is known, what it was before is not.
        w.aws.put_parameter("/secret", "SecureString", "another-value");
        w.aws.put("a/.env", "SECRET=another-value\n");
        let second = silent(&w, "rotated", json!({"action": "plan", "app": "a"})).await.unwrap();
        let text = second.to_string();
        assert!(!text.contains("another-value") && text.contains("splunk-token"), "{second:#}");
        assert_eq!(second["outcomes"][0]["would"], "registered", "{second:#}");
        worlds.push(w);
    }
    searched(&worlds);
}

#[tokio::test]
async fn what_an_author_writes_into_an_error_is_passed_on_without_the_value() {
    let w = world().await;
    for secret in JSONNET {
        for source in [
            "error 'the password: ' + s",
            "assert s == '' : 'the password: ' + s; {}",
            "error 'the password: ' + s[8:14]",
        ] {
            put(&w, "td.jsonnet", &format!("local s = {secret}; {source}"));
            let failure = silent(&w, source, json!({"action": "register", "app": "a"})).await.unwrap_err();
            let said = failure.error_message;
            assert!(said.starts_with("a: a/td.jsonnet:1:") && said.contains("the password: ***"), "{said}");
            assert!(!said.contains("marked"), "{said}");
        }
    }
    searched(&[w]);
}
