//! The metrics of an invocation: lines in CloudWatch's embedded metric format, which become metrics without an agent
//! and without a call.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! Each metric of each app costs money. So zeros are not written, and a sweep's unchanged families are counted together
//! and not for each app.

use crate::{
    moment,
    outcome::{Decision, answer::Answer},
};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};
use time::OffsetDateTime;

const NAMESPACE: &str = "crema";

/// What an invocation took.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub total: Duration,
    /// The time spent waiting for the rendering child.
    pub render: Duration,
    /// Attempts of calls to AWS.
    pub requests: u32,
    /// Of a sweep that goes on in rounds: which this was.
    pub sweep_round: Option<u32>,
}

type Counts = BTreeMap<&'static str, u32>;

/// The lines of an invocation: one for each app with something to count, and one for the whole. `failed` is the number
/// of triggers that failed as a whole; `now` is the time of the metrics.
pub fn lines(answer: Option<&Answer>, failed: u32, spent: &Spent, now: OffsetDateTime) -> Vec<String> {
    let mut of_apps: BTreeMap<String, Counts> = BTreeMap::new();
    let mut of_none = Counts::new();
    let mut unlisted = answer.and_then(|answer| answer.counts.get(Decision::Unchanged.name())).copied().unwrap_or(0);
    for outcome in answer.map(|answer| answer.outcomes.as_slice()).unwrap_or_default() {
        let Some(name) = counted(outcome.decision) else { continue };
        let counts = match &outcome.subject.app {
            Some(app) => of_apps.entry(dimension(app)).or_default(),
            None => &mut of_none,
        };
        *counts.entry(name).or_default() += 1;
        unlisted = unlisted.saturating_sub(u32::from(outcome.decision == Decision::Unchanged));
    }
    *of_none.entry("failed").or_default() += failed;
    *of_none.entry("unchanged").or_default() += unlisted;
    let count = |(name, n): (&'static str, u32)| (n > 0).then(|| (name, "Count", json!(n)));
    let mut lines: Vec<String> = of_apps
        .into_iter()
        .map(|(app, counts)| line(Some(app), counts.into_iter().filter_map(count).collect(), now))
        .collect();
    let mut whole: Vec<Metric> = of_none.into_iter().filter_map(count).collect();
    whole.push(("render_ms", "Milliseconds", milliseconds(spent.render)));
    whole.push(("total_ms", "Milliseconds", milliseconds(spent.total)));
    whole.push(("requests", "Count", json!(spent.requests)));
    whole.extend(spent.sweep_round.map(|round| ("sweep_round", "None", json!(round))));
    lines.push(line(None, whole, now));
    lines
}

/// Writes lines to standard output, bypassing the log's own format: the metadata have to be at the top of a line's
/// JSON.
pub fn write(lines: &[String]) {
    let mut text = lines.join("\n");
    text.push('\n');
    // What cannot be written cannot be told either.
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// The metric that counts a decision.
fn counted(decision: Decision) -> Option<&'static str> {
    match decision {
        Decision::Registered
        | Decision::Unchanged
        | Decision::Held
        | Decision::Drifted
        | Decision::RolledBack
        | Decision::Refused => Some(decision.name()),
        // Both end the invocation in an error.
        Decision::Failed | Decision::NotReached => Some(Decision::Failed.name()),
        Decision::WouldRollBack
        | Decision::AlreadyRolledBack
        | Decision::Superseded
        | Decision::Planned
        | Decision::Proven
        | Decision::Kept
        | Decision::Expired
        | Decision::WouldExpire
        | Decision::HandedOn => None,
    }
}

/// Name, unit and value.
type Metric = (&'static str, &'static str, Value);

/// One line. With an app, each metric counts for the app and, in the set without dimensions, for all.
fn line(app: Option<String>, metrics: Vec<Metric>, now: OffsetDateTime) -> String {
    let dimensions = if app.is_some() { json!([["app"], []]) } else { json!([[]]) };
    let named: Vec<Value> = metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let directive = json!({"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": named});
    let mut members = Map::new();
    members.insert("timestamp".into(), moment::rfc3339(now).into());
    members.insert("level".into(), "INFO".into());
    let timestamp = moment::milliseconds(now);
    members.insert("_aws".into(), json!({"Timestamp": timestamp, "CloudWatchMetrics": [directive]}));
    members.extend(app.map(|app| ("app".to_owned(), Value::from(app))));
    members.extend(metrics.into_iter().map(|(name, _, value)| (name.to_owned(), value)));
    Value::Object(members).to_string()
}

/// The app as the value of a dimension, which is printable ASCII.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html>
fn dimension(app: &str) -> String {
    app.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '_' }).collect()
}

/// Milliseconds with one digit after the point.
fn milliseconds(duration: Duration) -> Value {
    json!((duration.as_secs_f64() * 1e4).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        outcome::{Outcome, subject::Subject},
        trigger::{Ask, Trigger},
    };

    const SPENT: Spent = Spent {
        total: Duration::from_micros(81_240),
        render: Duration::from_millis(3),
        requests: 7,
        sweep_round: None,
    };

    fn answer(ask: Ask, decisions: &[(Option<&str>, Decision)]) -> Answer {
        let trigger = Trigger { id: "1".into(), time: OffsetDateTime::UNIX_EPOCH, ask };
        let outcome = |(app, decision): &(Option<&str>, Decision)| {
            let subject = Subject { app: app.map(str::to_owned), ..Subject::default() };
            Outcome::new(subject, *decision)
        };
        Answer::new(&trigger, decisions.iter().map(outcome).collect(), vec![])
    }

    fn read(answer: Option<&Answer>, failed: u32) -> Vec<Value> {
        let lines = lines(answer, failed, &SPENT, OffsetDateTime::UNIX_EPOCH + Duration::from_millis(1_500));
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The names of a line's metrics with their values.
    fn metrics(line: &Value) -> Vec<(&str, &Value)> {
        let named = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        named.iter().map(|metric| metric["Name"].as_str().unwrap()).map(|name| (name, &line[name])).collect()
    }

    #[test]
    fn each_app_has_a_line_with_what_is_not_zero_and_the_whole_has_one() {
        let decisions = [
            (Some("a"), Decision::Registered),
            (Some("a"), Decision::Registered),
            (Some("a"), Decision::Failed),
            (Some("夜/b"), Decision::NotReached),
            (Some("c"), Decision::Planned),
            (None, Decision::RolledBack),
        ];
        let lines = read(Some(&answer(Ask::Sweep, &decisions)), 0);
        assert_eq!(lines.len(), 3);
        assert_eq!((&lines[0]["app"], metrics(&lines[0])), (&json!("_/b"), vec![("failed", &json!(1))]));
        assert_eq!(
            (&lines[1]["app"], metrics(&lines[1])),
            (&json!("a"), vec![("failed", &json!(1)), ("registered", &json!(2))])
        );
        let whole =
            [("rolled_back", json!(1)), ("render_ms", json!(3.0)), ("total_ms", json!(81.2)), ("requests", json!(7))];
        assert_eq!(metrics(&lines[2]), whole.iter().map(|(name, value)| (*name, value)).collect::<Vec<_>>());
        assert_eq!(lines[2]["_aws"]["Timestamp"], json!(1500));
    }

    #[test]
    fn the_round_of_a_sweep_is_told_with_the_whole() {
        let spent = Spent { sweep_round: Some(12), ..SPENT };
        let lines = lines(None, 0, &spent, OffsetDateTime::UNIX_EPOCH);
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(metrics(&line).last(), Some(&("sweep_round", &json!(12))));
    }

    #[test]
    fn what_a_sweep_leaves_unchanged_is_counted_together() {
        let decisions =
            [(Some("a"), Decision::Unchanged), (Some("b"), Decision::Unchanged), (Some("c"), Decision::Held)];
        let swept = read(Some(&answer(Ask::Sweep, &decisions)), 0);
        assert_eq!((swept.len(), &swept[0]["app"], &swept[1]["unchanged"]), (2, &json!("c"), &json!(2)));
        let pushed = read(Some(&answer(Ask::ImagePush(None), &decisions)), 0);
        assert_eq!((pushed.len(), &pushed[0]["unchanged"], &pushed[3]["unchanged"]), (4, &json!(1), &Value::Null));
    }

    #[test]
    fn a_trigger_that_fails_as_a_whole_is_counted() {
        let lines = read(None, 1);
        assert_eq!((lines.len(), &lines[0]["failed"]), (1, &json!(1)));
        assert_eq!(lines[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[]]));
    }
}
