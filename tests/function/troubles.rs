//! One app's trouble is not another app's: what runs out of stack, memory or time fails its own events.

use super::isolation::hostile;
use crema_testing::{
    World, drawn, number_of, tried,
    world::{assert_failure, change_event, definition, failure, image},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ENDLESS: &str = "local f(n) = if n < 2 then n else f(n - 1) + f(n - 2); f(60)";
const RECURSION: &str = "local mk(n) = {x: mk(n).x}; mk(1).x";

/// The app `good` of the image `batch:release`, registered.
async fn with_good() -> World {
    let w = World::empty(&[]).await;
    w.aws.push_image("batch", "release", "v0");
    w.app("good", &definition("good", &image("batch:release")));
    w.sweep().await.unwrap();
    w
}

/// Pushes the image of `good`, which has to be registered; gives the answer.
async fn push_of_good(w: &World, within: Duration) -> Value {
    let before = w.aws.active("good").len();
    w.aws.push_image("batch", "release", &format!("v{before}"));
    let answer = w.function.invoke_within(w.push_event("batch", "release"), within).await;
    let answer = answer.unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(w.aws.active("good").len(), before + 1, "{answer:#}");
    answer
}

/// How long the child was waited for in this event, in milliseconds. The log is read while it is written.
async fn rendering(w: &World, event: impl Future<Output = ()>) -> f64 {
    w.function.forget_log();
    event.await;
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(spent) = w.function.records().iter().rev().find_map(|line| line["render_ms"].as_f64()) {
            return spent;
        }
        assert!(Instant::now() < end, "no line of metrics: {}", w.function.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Asserts that nothing is rendered meanwhile.
async fn untried(w: &World, event: impl Future<Output = ()>) {
    assert!(rendering(w, event).await == 0.0, "{}", w.function.log());
}

/// Asserts that something is.
async fn tried_again(w: &World, event: impl Future<Output = ()>) {
    assert!(rendering(w, event).await > 0.0, "{}", w.function.log());
}

#[tokio::test]
async fn a_push_of_another_app_gets_a_warning_and_its_own_events_and_the_sweep_an_error() {
    // That one is a plain error.
    let cases = drawn(hostile().into_iter().filter(|(name, _)| *name != "long literal").collect(), 3);
    for (name, source) in &cases {
        let w = with_good().await;
        w.jsonnet_app("bad", source);
        let own = change_event("Object Created", "bad/ecs-task-def.jsonnet", w.aws.now());
        let within = Duration::from_secs(20);
        let says = ["bad", "ran out of", "bad/ecs-task-def.jsonnet"];
        let answer = push_of_good(&w, within).await;
        let warnings = answer["warnings"].to_string();
        assert!(says.iter().all(|text| warnings.contains(text)), "{name}: {answer:#}");
        assert_failure(w.function.invoke_within(own, within).await, "RenderError", &says);
        assert_failure(w.function.invoke_within(json!({"action": "sweep"}), within).await, "RenderError", &says);
        let direct = json!({"action": "register", "app": "bad"});
        assert_failure(w.function.invoke_within(direct, within).await, "RenderError", &says);
    }
    tried(cases.len(), "hostile apps beside a push of another");
}

#[tokio::test]
async fn what_failed_twice_is_tried_again_by_its_own_events_and_the_sweep_alone() {
    let w = with_good().await;
    w.jsonnet_app("bad", RECURSION);
    let soon = Duration::from_secs(30);
    push_of_good(&w, soon).await;
    untried(&w, async { drop(push_of_good(&w, soon).await) }).await;
    untried(&w, async {
        w.change("README.md", "words").await.unwrap();
    })
    .await;
    untried(&w, async {
        w.rollback("good", json!({"again": true})).await.unwrap();
    })
    .await;
    untried(&w, async { drop(w.register("good").await.unwrap()) }).await;
    let ran_out = ["bad/ecs-task-def.jsonnet", "ran out of"];
    tried_again(&w, async { assert_failure(w.sweep().await, "RenderError", &ran_out) }).await;
    tried_again(&w, async { assert_failure(w.register("bad").await, "RenderError", &ran_out) }).await;
    tried_again(&w, async {
        let again = change_event("Object Created", "bad/ecs-task-def.jsonnet", w.aws.now());
        assert_failure(w.invoke(again).await, "RenderError", &ran_out);
    })
    .await;
    untried(&w, async { drop(push_of_good(&w, soon).await) }).await;
}

#[tokio::test]
async fn what_is_remembered_is_forgotten_when_a_file_that_it_read_changes() {
    let w = with_good().await;
    w.aws.put("lib/mk.libsonnet", format!("{{ image: {RECURSION} }}"));
    let source = definition("bad", "IMAGE").to_string().replace("\"IMAGE\"", "(import '../lib/mk.libsonnet').image");
    w.jsonnet_app("bad", &source);
    let soon = Duration::from_secs(30);
    push_of_good(&w, soon).await;
    // Told by nobody yet: a push finds the new file by its ETag.
    w.aws.put("lib/mk.libsonnet", format!("{{ image: '{}' }}", image("batch:release")));
    let answer = push_of_good(&w, soon).await;
    assert_eq!(answer["counts"], json!({"registered": 2}), "{answer:#}");
    // And a change of what it imports is its own change.
    w.aws.put("lib/mk.libsonnet", format!("{{ image: {RECURSION} }} // again"));
    let event = change_event("Object Created", "lib/mk.libsonnet", w.aws.now());
    assert_failure(w.invoke(event).await, "RenderError", &["bad", "ran out of"]);
    let answer = w.change("lib/mk.libsonnet", "{ image: 'busybox' }").await.unwrap();
    assert_eq!(answer["counts"], json!({"registered": 1}), "{answer:#}");
}

#[tokio::test]
async fn thirty_variants_without_end_leave_a_push_of_another_app_its_time_and_are_remembered() {
    for first in drawn(vec![true, false], 1) {
        let w = with_good().await;
        let bad = if first { "a" } else { "z" };
        w.jsonnet_app(bad, ENDLESS);
        let variants: Vec<Value> = (0..30).map(|n| json!({"ext_str": {"n": format!("{n}")}})).collect();
        w.aws.put(&format!("{bad}/crema.json"), json!({"variants": variants}).to_string());
        let answer = push_of_good(&w, Duration::from_secs(12)).await;
        assert_eq!(answer["warnings"].as_array().map(Vec::len), Some(1), "one for all its variants: {answer:#}");
        assert!(answer["warnings"].to_string().contains("29 more of its variants"), "{answer:#}");
        untried(&w, async { drop(push_of_good(&w, Duration::from_secs(12)).await) }).await;
        let failure = failure(w.function.invoke_within(json!({"action": "sweep"}), Duration::from_secs(12)).await);
        assert_eq!(failure.error_type, "RenderError");
    }
    tried(30, "variants without end, before another app and behind it");
}

#[tokio::test]
async fn one_variant_that_runs_out_does_not_keep_the_others_of_its_app_from_being_done() {
    for (n, hostile) in drawn(vec![("first", 0), ("among", 3), ("last", 6)], 1) {
        let w = World::empty(&[]).await;
        w.aws.push_image("batch", "release", "v0");
        let document = definition("F", &image("batch:release")).to_string().replace("\"F\"", "'f' + std.extVar('n')");
        w.jsonnet_app("a", &format!("if std.extVar('n') == '{hostile}' then ({ENDLESS}) else {document}"));
        let variants: Vec<Value> = (0..7).map(|n| json!({"ext_str": {"n": format!("{n}")}})).collect();
        w.aws.put("a/crema.json", json!({"variants": variants}).to_string());
        w.aws.push_image("batch", "release", "v1");
        let answer = w.function.invoke_within(w.push_event("batch", "release"), Duration::from_secs(15)).await.unwrap();
        assert_eq!(answer["counts"], json!({"registered": 6}), "{n}: {answer:#}");
        assert!(answer["warnings"].to_string().contains(&format!("n={hostile}")), "{answer:#}");
    }
}

#[tokio::test]
async fn a_hundred_hostile_apps_leave_another_its_push_wherever_it_stands() {
    let w = with_good().await;
    let count = number_of(100, 10);
    for n in 0..count {
        let name = if n % 2 == 0 { format!("a{n}") } else { format!("z{n}") };
        w.jsonnet_app(&name, RECURSION);
    }
    let answer = push_of_good(&w, Duration::from_secs(110)).await;
    assert_eq!(answer["warnings"].as_array().map(Vec::len), Some(count), "{answer:#}");
    untried(&w, async { drop(push_of_good(&w, Duration::from_secs(110)).await) }).await;
    tried(count, "hostile apps around another");
}

#[tokio::test]
async fn five_hundred_hostile_variants_and_such_that_want_200_mb_leave_another_app_its_push() {
    let sources = drawn(vec![RECURSION, ENDLESS, "std.length(std.makeArray(7000000, function(i) {a: i}))"], 1);
    for source in &sources {
        let w = with_good().await;
        w.jsonnet_app("a", source);
        let variants: Vec<Value> = (0..500).map(|n| json!({"ext_str": {"n": format!("{n}")}})).collect();
        w.aws.put("a/crema.json", json!({"variants": variants}).to_string());
        push_of_good(&w, Duration::from_secs(30)).await;
        push_of_good(&w, Duration::from_secs(30)).await;
        untried(&w, async { drop(push_of_good(&w, Duration::from_secs(30)).await) }).await;
    }
    tried(500 * sources.len(), "hostile variants before another app");
}

#[tokio::test]
async fn what_runs_out_in_cremas_own_file_or_with_looked_up_values_is_treated_alike() {
    let w = with_good().await;
    w.app("own", &definition("own", "busybox"));
    w.aws.put("own/crema.jsonnet", RECURSION);
    w.aws.put_parameter("/p", "String", "60");
    w.jsonnet_app("looks", "local n = std.parseInt(std.native('ssm')('/p')); local f(x) = {y: f(x).y}; f(n).y");
    let soon = Duration::from_secs(30);
    let answer = push_of_good(&w, soon).await;
    let warnings = answer["warnings"].to_string();
    assert!(["own", "looks"].iter().all(|app| warnings.contains(&format!("{app}: "))), "{answer:#}");
    w.aws.forget_calls();
    untried(&w, async { drop(push_of_good(&w, soon).await) }).await;
    assert!(w.aws.calls_of("GetParameters").is_empty(), "{}", w.aws.tally());
    tried_again(&w, async { assert_failure(w.register("own").await, "RenderError", &["own/crema.jsonnet"]) }).await;
    tried_again(&w, async { assert_failure(w.register("looks").await, "RenderError", &["looks/"]) }).await;
    assert_eq!(w.change("own/crema.jsonnet", "{}").await.unwrap()["counts"], json!({"registered": 1}));
}

#[tokio::test]
async fn two_apps_in_one_folder_have_each_their_own_time_and_their_own_trouble() {
    let w = World::empty(&[]).await;
    w.aws.push_image("batch", "release", "v0");
    let family = definition("F", &image("batch:release")).to_string().replace("\"F\"", "'good-' + std.extVar('n')");
    let variants: Vec<Value> = (0..15).map(|n| json!({"ext_str": {"n": format!("{n}")}})).collect();
    for (name, source) in [("a-bad", ENDLESS), ("m-good", family.as_str()), ("z-bad", RECURSION)] {
        w.aws.put(&format!("jobs/{name}.yml"), format!("task_definition: {name}.jsonnet\n"));
        w.aws.put(&format!("jobs/{name}.jsonnet"), source);
    }
    let own = json!({"config": ["a-bad.yml", "m-good.yml", "z-bad.yml"], "variants": variants});
    w.aws.put("jobs/crema.json", own.to_string());
    let push = || w.function.invoke_within(w.push_event("batch", "release"), Duration::from_secs(30));
    let answer = push().await.unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(answer["counts"], json!({"registered": 15}), "{answer:#}");
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("jobs/a-bad") && warnings.contains("jobs/z-bad"), "{answer:#}");
    untried(&w, async {
        w.aws.push_image("batch", "release", "v1");
        assert_eq!(push().await.unwrap()["counts"], json!({"registered": 15}));
    })
    .await;
}

#[tokio::test]
async fn a_shared_library_that_never_ends_is_the_trouble_of_those_that_import_it_until_it_is_mended() {
    let w = with_good().await;
    w.aws.put("lib/base.libsonnet", format!("{{ name: {RECURSION} }}"));
    for app in ["b1", "b2"] {
        let source = definition("F", "busybox").to_string();
        w.jsonnet_app(app, &source.replace("\"F\"", &format!("'{app}' + (import '../lib/base.libsonnet').name")));
    }
    let soon = Duration::from_secs(30);
    let answer = push_of_good(&w, soon).await;
    assert_eq!(answer["warnings"].as_array().map(Vec::len), Some(2), "{answer:#}");
    untried(&w, async { drop(push_of_good(&w, soon).await) }).await;
    let own = change_event("Object Created", "lib/base.libsonnet", w.aws.now());
    assert_failure(w.invoke(own).await, "RenderError", &["ran out of"]);
    let answer = w.change("lib/base.libsonnet", "{ name: '' }").await.unwrap();
    assert_eq!(answer["counts"], json!({"registered": 2}), "{answer:#}");
    assert!(push_of_good(&w, soon).await["warnings"].as_array().is_none_or(Vec::is_empty));
}
