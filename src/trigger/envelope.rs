//! What AWS wraps around a request: EventBridge, S3 notifications, SQS, records of failed invocations.

use super::{Arrival, Ask, KINDS, Object, PushedImage, Rollback, Trigger, YEARS, direct, parse_time, rollback};
use crate::error::{Error, Result};
use aws_lambda_events::{
    event::{eventbridge::EventBridgeEvent, sqs::SqsEvent},
    s3::S3Entity,
};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

/// Reads one payload, envelope by envelope, and appends its triggers.
pub fn unwrap(payload: &Value, arrival: &Arrival, left: u8, triggers: &mut Vec<Result<Trigger>>) -> Result<()> {
    if left == 0 {
        return Err(Error::InvalidEvent("the payload lies in too many envelopes".into()));
    }
    if let Some(inner) = payload.get("requestPayload") {
        return unwrap(inner, &failed_invocation(payload, arrival)?, left - 1, triggers);
    }
    if let Some(records) = payload.get("Records").and_then(Value::as_array).filter(|records| !records.is_empty()) {
        if records.iter().all(|record| record.get("s3").is_some()) {
            triggers.push(s3_notification(records, arrival));
            return Ok(());
        }
        if records.iter().all(|record| record.get("body").is_some()) {
            return sqs(payload, arrival, left, triggers);
        }
    }
    if payload.get("detail-type").is_some() {
        triggers.push(event_bridge(payload, arrival));
        return Ok(());
    }
    if payload.get("action").is_some() {
        triggers.push(direct::parse(payload, arrival));
        return Ok(());
    }
    Err(Error::InvalidEvent(format!("the payload is none that crema knows; {KINDS}")))
}

/// The record that Lambda sends to a failure destination. What its payload lacks, it may have.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
fn failed_invocation(record: &Value, arrival: &Arrival) -> Result<Arrival> {
    let mut arrival = arrival.clone();
    if let Some(id) = record.pointer("/requestContext/requestId").and_then(Value::as_str) {
        id.clone_into(&mut arrival.request_id);
    }
    if let Some(time) = record.get("timestamp").and_then(Value::as_str) {
        arrival.time = parse_time("timestamp", time)?;
    }
    Ok(arrival)
}

fn sqs(payload: &Value, arrival: &Arrival, left: u8, triggers: &mut Vec<Result<Trigger>>) -> Result<()> {
    let event: SqsEvent = serde_json::from_value(payload.clone())
        .map_err(|e| Error::InvalidEvent(format!("`Records` is no SQS event: {e}")))?;
    for (i, message) in event.records.into_iter().enumerate() {
        let place = format!("Records[{i}].body");
        let mut arrival = arrival.clone();
        if let Some(id) = message.message_id {
            arrival.request_id = id;
        }
        let sent = message.attributes.get("SentTimestamp").and_then(|ms| ms.parse::<i64>().ok());
        if let Some(sent) = sent.and_then(|ms| OffsetDateTime::UNIX_EPOCH.checked_add(Duration::milliseconds(ms))) {
            arrival.time = sent;
        }
        let read = serde_json::from_str::<Value>(message.body.as_deref().unwrap_or_default())
            .map_err(|e| Error::InvalidEvent(format!("`{place}` is not JSON: {e}")))
            .and_then(|body| unwrap(&body, &arrival, left - 1, triggers).map_err(|e| e.in_context(&place)));
        if let Err(e) = read {
            triggers.push(Err(e));
        }
    }
    Ok(())
}

/// Keys are URL-encoded here, with `+` for a space; through EventBridge they are not.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
fn s3_notification(records: &[Value], arrival: &Arrival) -> Result<Trigger> {
    let mut objects = vec![];
    let mut newest = None;
    for (i, record) in records.iter().enumerate() {
        let entity: S3Entity = serde_json::from_value(record["s3"].clone())
            .map_err(|e| Error::InvalidEvent(format!("`Records[{i}].s3` is no S3 notification: {e}")))?;
        let (Some(bucket), Some(key)) = (entity.bucket.name, entity.object.key) else {
            return Err(Error::InvalidEvent(format!("`Records[{i}].s3` lacks `bucket.name` or `object.key`")));
        };
        let spaced = key.replace('+', " ");
        let key = percent_encoding::percent_decode_str(&spaced)
            .decode_utf8()
            .map_err(|_| Error::InvalidEvent(format!("`Records[{i}].s3.object.key` is no URL-encoded UTF-8")))?
            .into_owned();
        objects.push(Object { bucket, key });
        if let Some(time) = record.get("eventTime").and_then(Value::as_str) {
            newest = newest.max(Some(parse_time(&format!("Records[{i}].eventTime"), time)?));
        }
    }
    Ok(Trigger {
        id: arrival.request_id.clone(),
        time: newest.unwrap_or(arrival.time),
        ask: Ask::ConfigChange(objects),
    })
}

fn event_bridge(payload: &Value, arrival: &Arrival) -> Result<Trigger> {
    let event: EventBridgeEvent<Value> = serde_json::from_value(payload.clone())
        .map_err(|e| Error::InvalidEvent(format!("the payload is no EventBridge event: {e}")))?;
    let time = match event.time {
        Some(t) => OffsetDateTime::from_unix_timestamp(t.timestamp())
            .map(|whole| whole + Duration::nanoseconds(t.timestamp_subsec_nanos().into()))
            .ok()
            .filter(|time| YEARS.contains(&time.year()))
            .ok_or_else(|| Error::InvalidEvent("`time` is out of range".into()))?,
        None => arrival.time,
    };
    let ask = match (event.source.as_str(), event.detail_type.as_str()) {
        (_, "Task Definition Rollback") => {
            let rollback = rollback::parse(&event.detail, &[]).map_err(|e| e.in_context("detail"))?;
            Ask::Rollback(Rollback { by_event: true, ..rollback })
        }
        // `aws.scheduler` is what EventBridge Scheduler calls itself in the same event.
        ("aws.events" | "aws.scheduler", "Scheduled Event") => Ask::Sweep,
        ("aws.ecr", kind) => Ask::ImagePush(if kind == "ECR Image Action" { pushed_image(&event)? } else { None }),
        ("aws.s3", kind) => {
            let concerns = matches!(kind, "Object Created" | "Object Deleted");
            Ask::ConfigChange(if concerns { vec![object(&event.detail)?] } else { vec![] })
        }
        (source, kind) => {
            return Err(Error::InvalidEvent(format!(
                "the event {kind:?} of {source:?} is none that crema knows; {KINDS}"
            )));
        }
    };
    Ok(Trigger { id: event.id.unwrap_or_else(|| arrival.request_id.clone()), time, ask })
}

/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html>
fn pushed_image(event: &EventBridgeEvent<Value>) -> Result<Option<PushedImage>> {
    let text = |name: &str| event.detail.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if text("action-type") != Some("PUSH") || text("result") != Some("SUCCESS") {
        return Ok(None);
    }
    // An image that is pushed by digest alone has no tag.
    let Some(tag) = text("image-tag") else { return Ok(None) };
    let missing = |name: &str| Error::InvalidEvent(format!("an image push without `{name}`"));
    Ok(Some(PushedImage {
        account: event.account.clone().ok_or_else(|| missing("account"))?,
        region: event.region.clone().ok_or_else(|| missing("region"))?,
        repository: text("repository-name").ok_or_else(|| missing("detail.repository-name"))?.to_owned(),
        tag: tag.to_owned(),
    }))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
fn object(detail: &Value) -> Result<Object> {
    let text = |pointer: &str| detail.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    match (text("/bucket/name"), text("/object/key")) {
        (Some(bucket), Some(key)) => Ok(Object { bucket, key }),
        _ => Err(Error::InvalidEvent("an S3 event without `detail.bucket.name` or `detail.object.key`".into())),
    }
}
