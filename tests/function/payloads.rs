//! Payloads that nobody should have sent: each is answered with a word of crema's own, and the next one is served.

use crema_testing::{
    World, moment, tried,
    world::{assert_failure, decision, push_event, rollback_event},
};
use serde_json::{Value, json};
use std::fs;
use time::{Duration, OffsetDateTime};

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// The most that the function's own process has held resident, in kB.
fn peak(w: &World) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", w.function.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// The log's lines of an event that could not be read.
fn told(w: &World) -> Vec<Value> {
    let is_it = |line: &Value| line["level"] == "ERROR" && line["error_type"] == "InvalidEvent";
    w.function.records().into_iter().filter(is_it).collect()
}

#[tokio::test]
async fn an_unreadable_payload_is_an_invalid_event_with_a_log_line_whatever_the_log_level() {
    for level in ["info", "trace"] {
        let w = World::with(&[("RUST_LOG", level)]).await;
        let payloads: Vec<Vec<u8>> = vec![
            vec![],
            b" \n".to_vec(),
            b"{".to_vec(),
            b"plan".to_vec(),
            b"{\"action\": \"sweep\"}{\"action\": \"sweep\"}".to_vec(),
            b"{\"action\": \"sweep\", \"action\": \"plan\"}".to_vec(),
            b"{\"action\": \"plan\", \"app\": \"\xff\xfe\"}".to_vec(),
            br#"{"action": "plan", "app": "\ud800"}"#.to_vec(),
            br#"{"action": "plan", "app": "\udc00\ud800"}"#.to_vec(),
            br#"{"action": "plan", "n": 1e999}"#.to_vec(),
            format!(r#"{{"action": "plan", "n": {}}}"#, nested(200)).into(),
            nested(200).into(),
            nested(3_000_000).into(),
            "[".repeat(6_000_000).into(),
            format!(r#"{{"requestPayload": {}}}"#, nested(200)).into(),
        ];
        let count = payloads.len();
        for payload in payloads {
            let shown = String::from_utf8_lossy(&payload[..payload.len().min(80)]).into_owned();
            w.function.forget_log();
            assert_failure(w.function.invoke_raw(payload).await, "InvalidEvent", &["the payload"]);
            assert_eq!(told(&w).len(), 1, "{shown}: {}", w.function.log());
        }
        assert!(w.aws.calls().is_empty(), "{}", w.aws.tally());
        assert_eq!(decision(&w.register("batch").await.unwrap()), "registered");
        assert!(w.function.is_alive().await);
        tried(count, "payloads that cannot be read");
    }
}

#[tokio::test]
async fn six_megabytes_of_a_payload_leave_the_function_its_memory() {
    let w = World::start().await;
    let fill = |unit: &str| unit.repeat(6_000_000 / unit.len());
    let payloads = [
        format!("[{}[]]", fill("[1],")),
        format!("[{}{{}}]", fill(r#"{"a":1},"#)),
        format!("[{}0]", fill("0,")),
        format!(r#"{{"Records": [{}{{}}]}}"#, fill("{},")),
        format!(r#"{{"Records": [{}{{}}]}}"#, fill(r#"{"body":"{}"},"#)),
        format!(r#"{{"action": "register", "app": "{}"}}"#, fill("あ")),
        format!(r#"{{"action": "{}"}}"#, fill("\\u0001")),
        format!(r#"{{"action": "plan", "{}": 1}}"#, fill("\u{1F600}")),
        fill("\u{1}"),
        fill("\u{e9}"),
    ];
    let count = payloads.len();
    for payload in payloads {
        let shown: String = payload.chars().take(60).collect();
        let failure = w.function.invoke_raw(payload).await.unwrap_err();
        assert_eq!(failure.error_type, "InvalidEvent", "{shown}: {}", failure.error_message);
        assert!(failure.error_message.len() < 2_000, "{shown}: {} bytes", failure.error_message.len());
    }
    // The child has the rest of the function's 256 MB.
    assert!(peak(&w) < 96 << 10, "{} kB", peak(&w));
    assert!(w.function.log().lines().all(|line| line.len() < 10_000));
    tried(count, "payloads of six megabytes");
}

#[tokio::test]
async fn one_bad_message_of_a_batch_fails_alone() {
    let w = World::start().await;
    let message = |n: usize, body: &Value| json!({"messageId": format!("m{n}"), "body": body.to_string()}).to_string();
    let nested = nested(200);
    let wrong = [
        json!({"body": "{"}).to_string(),
        json!({"body": ""}).to_string(),
        json!({"body": nested}).to_string(),
        json!({"body": r#"{"action": "plan", "app": "\ud800"}"#}).to_string(),
        json!({"body": r#"{"action": "plan", "n": 1e999}"#}).to_string(),
        json!({"body": 7}).to_string(),
        json!({"body": "{}", "attributes": "none"}).to_string(),
        json!({"messageId": "m"}).to_string(),
        r#"{"body": "\ud800"}"#.to_owned(),
        r#"{"body": "{}", "n": 1e999}"#.to_owned(),
        format!(r#"{{"body": {nested}}}"#),
    ];
    let count = wrong.len();
    for (n, bad) in wrong.into_iter().enumerate() {
        w.function.forget_log();
        w.aws.push_image("batch", "release", &format!("v{}", n + 2));
        let push = w.push_event("batch", "release");
        let plan = json!({"action": "plan", "app": "nobody"});
        let batch = format!(r#"{{"Records": [{}, {bad}, {}]}}"#, message(1, &plan), message(2, &push));
        assert_failure(w.function.invoke_raw(batch).await, "InvalidEvent", &[]);
        assert_eq!(w.aws.revisions("batch").len(), n + 1, "{bad}: {}", w.function.log());
        // The one that is wrong, and the app that does not exist.
        assert_eq!(told(&w).len(), 2, "{bad}: {}", w.function.log());
        assert!(told(&w).iter().any(|line| line["reason"].as_str().unwrap().contains("Records[1]")), "{bad}");
    }
    tried(count, "messages that are wrong, each between two others");
}

#[tokio::test]
async fn an_event_of_the_future_counts_as_now() {
    let w = World::start().await;
    let tomorrow = w.aws.now() + Duration::DAY;
    w.aws.push_image("batch", "release", "v2");
    let pushed = w.invoke(push_event("batch", "release", tomorrow)).await.unwrap();
    assert_eq!(decision(&pushed), "registered");
    let is_now = |text: &str| {
        let time = moment::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert!(time <= OffsetDateTime::now_utc() && time > OffsetDateTime::now_utc() - Duration::HOUR, "{text}");
    };
    is_now(pushed["trigger"]["time"].as_str().unwrap());
    is_now(&w.aws.revisions("batch")[0].tags["crema:requested-at"]);
    w.push("batch", "release", "v3").await.unwrap();
    let asked = w.invoke(rollback_event(json!({"family": "batch"}), tomorrow)).await.unwrap();
    assert_eq!(decision(&asked), "rolled_back");
    is_now(asked["trigger"]["time"].as_str().unwrap());
    // A few seconds are the difference of two clocks.
    let soon = w.aws.now() + Duration::minutes(2);
    let pushed = w.invoke(push_event("batch", "release", soon)).await.unwrap();
    assert_eq!(pushed["trigger"]["time"], moment::rfc3339(moment::to_the_second(soon)));
}
