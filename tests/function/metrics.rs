//! The lines that CloudWatch makes metrics of.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use crema_testing::{
    Fault, When, World,
    world::{assert_failure, definition},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Of CloudWatch; those that crema uses.
const UNITS: [&str; 2] = ["Count", "Milliseconds"];

/// The lines since the log was forgotten, each held against the format; the whole invocation's is the last. The log is
/// read while it is written, and may lag behind the answer.
async fn lines(w: &World) -> Vec<Value> {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let found: Vec<Value> = w.function.records().into_iter().filter(|line| line.get("_aws").is_some()).collect();
        if found.last().is_some_and(|line| line.get("total_ms").is_some()) {
            found.iter().for_each(check);
            return found;
        }
        assert!(Instant::now() < end, "no line of metrics: {}", w.function.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn check(line: &Value) {
    let metadata = line["_aws"].as_object().unwrap();
    assert_eq!(metadata.keys().collect::<Vec<_>>(), ["CloudWatchMetrics", "Timestamp"], "{line}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let timestamp = u128::from(metadata["Timestamp"].as_u64().unwrap());
    assert!(timestamp <= now && now - timestamp < 60_000, "{line}");
    let directives = metadata["CloudWatchMetrics"].as_array().unwrap();
    assert_eq!(directives.len(), 1, "{line}");
    let directive = directives[0].as_object().unwrap();
    assert_eq!(directive.keys().collect::<Vec<_>>(), ["Dimensions", "Metrics", "Namespace"], "{line}");
    assert_eq!(directive["Namespace"], json!("crema"));
    for set in directive["Dimensions"].as_array().unwrap() {
        for name in texts(set) {
            let value = line[name].as_str().unwrap();
            assert!((1..=1024).contains(&value.len()) && value.is_ascii(), "{line}");
        }
    }
    let metrics = directive["Metrics"].as_array().unwrap();
    assert!((1..=100).contains(&metrics.len()), "{line}");
    for metric in metrics {
        assert!(UNITS.contains(&metric["Unit"].as_str().unwrap()), "{line}");
        assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{line}");
    }
}

#[tokio::test]
async fn an_invocation_counts_what_was_done_for_each_app_and_what_it_took() {
    let w = World::start().await;
    w.function.ready().await;
    let begun = Instant::now();
    w.push("batch", "release", "v1").await.unwrap();
    let took = begun.elapsed().as_secs_f64() * 1e3;
    let lines = lines(&w).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!((&lines[0]["app"], &lines[0]["registered"]), (&json!("batch"), &json!(1)));
    assert_eq!(lines[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["app"], []]));
    let whole = &lines[1];
    let (render, total) = (whole["render_ms"].as_f64().unwrap(), whole["total_ms"].as_f64().unwrap());
    assert!(0.0 < render && render < total && total < took + 1.0, "{whole} {took}");
    assert_eq!(whole["requests"], json!(w.aws.calls().len()), "{}", w.aws.tally());
}

#[tokio::test]
async fn every_attempt_is_a_request() {
    let w = World::released(1).await;
    w.function.forget_log();
    w.aws.break_calls("BatchGetImage", When::First(2), Fault::Unavailable);
    w.register("batch").await.unwrap();
    assert_eq!(w.aws.calls_of("BatchGetImage").len(), 3);
    assert_eq!(lines(&w).await.last().unwrap()["requests"], json!(w.aws.calls().len()), "{}", w.aws.tally());
}

#[tokio::test]
async fn a_sweep_counts_what_is_unchanged_together() {
    let w = World::released(1).await;
    for app in ["one", "two"] {
        w.app(app, &definition(app, "busybox"));
        w.register(app).await.unwrap();
    }
    w.app("new", &definition("new", "busybox"));
    w.function.forget_log();
    w.sweep().await.unwrap();
    let lines = lines(&w).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!((&lines[0]["app"], &lines[0]["registered"]), (&json!("new"), &json!(1)));
    assert_eq!((&lines[1]["unchanged"], lines[1].get("registered")), (&json!(3), None));
}

#[tokio::test]
async fn a_rollback_by_family_and_a_failure_are_counted() {
    let w = World::released(2).await;
    w.function.forget_log();
    w.rollback("batch", json!({})).await.unwrap();
    assert_eq!(lines(&w).await.last().unwrap()["rolled_back"], json!(1));
    w.function.forget_log();
    w.jsonnet_app("broken", "error 'no'");
    assert_failure(w.register("broken").await, "RenderError", &["no"]);
    assert_eq!(lines(&w).await[0]["failed"], json!(1));
    w.function.forget_log();
    assert_failure(w.invoke(json!({"what": 1})).await, "InvalidEvent", &[]);
    assert_eq!(lines(&w).await[0]["failed"], json!(1));
}
