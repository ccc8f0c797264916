//! No path that an author writes, wherever a path may stand, leaves the prefix or the bucket.

use crema_testing::{
    BUCKET, PREFIX, World, tried,
    world::{decision, failure},
};
use serde_json::{Value, json};

/// In the bucket beside the prefix, in another bucket, on the function's own disk.
const OUTSIDE: &str = "content-from-outside";
const PATHS: [&str; 18] = [
    "../../outside",
    "../../outside.json",
    "a/../../../outside",
    "./../.././outside",
    "..//..//outside",
    "/outside",
    "//outside",
    "/etc/passwd",
    "../../../../../../etc/passwd",
    "%2e%2e/%2e%2e/outside",
    "%2e%2e%2f%2e%2e%2foutside",
    "..%2f..%2foutside",
    "%252e%252e/%252e%252e/outside",
    r"..\..\outside",
    r"\outside",
    "\0../../outside",
    "td.json\0/../../outside",
    "file:///etc/passwd",
];
/// The places of a path, and what is put there: `PATH` stands for it, written as JSON.
const PLACES: [(&str, &str, &str); 9] = [
    ("task_definition", "ecspresso.yml", r#"{"task_definition": PATH}"#),
    ("envfile", "crema.json", r#"{"envfile": PATH}"#),
    ("one of several env files", "crema.json", r#"{"envfile": ["other.env", PATH]}"#),
    ("config", "crema.json", r#"{"config": PATH}"#),
    (
        "a state's path",
        "ecspresso.yml",
        r#"{"task_definition": "state.jsonnet", "plugins": [{"name": "tfstate", "config": {"path": PATH}}]}"#,
    ),
    (
        "a state's url",
        "ecspresso.yml",
        r#"{"task_definition": "state.jsonnet", "plugins": [{"name": "tfstate", "config": {"url": PATH}}]}"#,
    ),
    ("import", "td.jsonnet", "import PATH"),
    ("importstr", "td.jsonnet", "{ family: importstr PATH }"),
    ("importbin", "td.jsonnet", "{ family: std.base64(importbin PATH) }"),
];

async fn world() -> World {
    let w = World::empty(&[]).await;
    let content = json!({"family": "outside", "x": OUTSIDE}).to_string();
    for key in ["outside", "outside.json", "../outside", "etc/passwd"] {
        w.aws.put_object(BUCKET, key, &content);
        w.aws.put_object("other", key, &content);
    }
    w
}

/// An app in the folder `a` of its own, two below the prefix's parent, with a path in one of the places.
fn put(w: &World, file: &str, text: &str) {
    w.aws.put("a/ecspresso.yml", "task_definition: td.jsonnet\n");
    w.aws.put("a/td.jsonnet", "{ family: 'a', containerDefinitions: [] }");
    w.aws.put("a/state.jsonnet", "{ family: std.native('tfstate')('output.x') }");
    w.aws.put("a/other.env", "A=1\n");
    w.aws.put(&format!("a/{file}"), text);
}

/// The keys that were asked for, each with its bucket.
fn asked(w: &World) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let calls = w.aws.calls_of("GetObject");
    calls.iter().map(|call| format!("{}/{}", text(&call.input["bucket"]), text(&call.input["key"]))).collect()
}

#[tokio::test]
async fn no_path_wherever_it_stands_leaves_the_prefix() {
    let w = world().await;
    let mut count = 0;
    for (place, file, text) in PLACES {
        for path in PATHS {
            let about = format!("{place}: {path:?}");
            put(&w, file, &text.replace("PATH", &json!(path).to_string()));
            let failure = failure(w.register("a").await);
            let kinds = ["ConfigError", "RenderError", "LookupError"];
            assert!(kinds.contains(&failure.error_type.as_str()), "{about}: {failure:?}");
            let message = &failure.error_message;
            assert!(message.contains("outside") || message.contains("passwd"), "{about}: {message}");
            assert!(!format!("{failure:?} {}", w.function.log()).contains(OUTSIDE), "{about}: {failure:?}");
            w.function.forget_log();
            w.aws.delete(&format!("a/{file}"));
            count += 1;
        }
    }
    let within = format!("{BUCKET}/{PREFIX}");
    let asked = asked(&w);
    assert!(!asked.is_empty() && asked.iter().all(|key| key.starts_with(&within)), "{asked:?}");
    assert!(asked.iter().all(|key| !key.contains("..")), "{asked:?}");
    assert!(w.aws.changes().is_empty() && w.function.is_alive().await);
    tried(count, "paths, each in a place of its own");
}

#[tokio::test]
async fn a_key_that_looks_like_a_way_out_is_a_file_of_the_prefix_like_any_other() {
    let w = world().await;
    put(&w, "%2e%2e", "'inside'");
    let source = "{ family: 'a', containerDefinitions: [{ name: import '%2e%2e', image: 'busybox', memory: 128 }] }";
    w.aws.put("a/td.jsonnet", source);
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    assert_eq!(w.aws.revision("a", 1).definition["containerDefinitions"][0]["name"], "inside");
}
