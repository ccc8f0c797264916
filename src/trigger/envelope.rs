//! What AWS wraps around a request: EventBridge, S3 notifications, SQS, records of failed invocations.

use super::{
    ask::{Arrival, Ask, Object, Rollback, Trigger},
    direct,
    fields::{KINDS, MAX_ENVELOPES, YEARS, parse_time},
    json, page, rollback,
    task::StoppedTask,
    work_left,
};
use crate::{
    error::{Error, ErrorKind, Result},
    moment,
};
use aws_lambda_events::{
    event::{eventbridge::EventBridgeEvent, sqs::SqsMessage},
    s3::S3Entity,
};
use crema_base::{
    image::{EcrImage, Repository},
    quote::{cut, quoted},
};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

/// Reads one payload, envelope by envelope, and appends its triggers.
pub fn unwrap(payload: &Value, arrival: &Arrival, left: u8, triggers: &mut Vec<Result<Trigger>>) -> Result<()> {
    if left == 0 {
        return Err(Error::new(ErrorKind::InvalidEvent, "the payload lies in too many envelopes"));
    }
    // Whatever else stands beside it. In an envelope nobody waits for it.
    if page::is_page(payload) {
        if left < MAX_ENVELOPES {
            let message = "a widget of a dashboard is answered to whoever waits for it, and not from a queue";
            return Err(Error::new(ErrorKind::InvalidEvent, message));
        }
        triggers.push(page::parse(payload, arrival));
        return Ok(());
    }
    if let Some(inner) = payload.get("requestPayload") {
        return unwrap(inner, &failed_invocation(payload, arrival)?, left - 1, triggers);
    }
    let list = payload.get("Records").and_then(Value::as_array);
    if let Some(list) = list.filter(|list| list.iter().any(is_known)) {
        records(list.iter().cloned().map(Ok).collect(), arrival, left, triggers);
        return Ok(());
    }
    if payload.get("detail-type").is_some() {
        triggers.push(event_bridge(payload, arrival));
        return Ok(());
    }
    if payload.get("action").is_some() {
        triggers.push(direct::parse(payload, arrival));
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidEvent, format!("the payload is none that crema knows; {KINDS}")))
}

/// Reads the record that Lambda sends to a failure destination. An id or time that its payload lacks is taken from the
/// record.
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

/// Whether a record is one of an S3 notification or a message of SQS.
fn is_known(record: &Value) -> bool {
    record.get("s3").is_some() || record.get("body").is_some()
}

/// Reads the records of one event. Each that is wrong fails alone.
pub fn records(records: Vec<Result<Value>>, arrival: &Arrival, left: u8, triggers: &mut Vec<Result<Trigger>>) {
    let (mut changes, mut unknown) = (Changes::default(), vec![]);
    for (i, record) in records.into_iter().enumerate() {
        match record {
            Ok(record) if record.get("s3").is_some() => triggers.extend(changes.add(i, &record).err().map(Err)),
            Ok(record) if record.get("body").is_some() => message(i, record, arrival, left, triggers),
            Ok(_) => unknown.push(i),
            Err(e) => triggers.push(Err(e)),
        }
    }
    if let Some(first) = unknown.first() {
        let others = unknown.len() - 1;
        let more = if others > 0 { format!(" (nor do {others} more)") } else { String::new() };
        triggers.push(Err(Error::new(
            ErrorKind::InvalidEvent,
            format!("`Records[{first}]` has neither `s3` nor `body`{more}; {KINDS}"),
        )));
    }
    triggers.extend(changes.into_trigger(arrival).map(Ok));
}

/// Reads a message of SQS, whose body is an envelope of its own.
fn message(i: usize, record: Value, arrival: &Arrival, left: u8, triggers: &mut Vec<Result<Trigger>>) {
    let place = format!("Records[{i}].body");
    let before = triggers.len();
    let read = SqsMessage::deserialize(record)
        .map_err(|e| {
            Error::new(
                ErrorKind::InvalidEvent,
                format!("`Records[{i}]` is no message of SQS: {}", cut(&e.to_string(), 300)),
            )
        })
        .and_then(|message| {
            let body = json::read(message.body.as_deref().unwrap_or_default().as_bytes(), &format!("`{place}`"))?;
            unwrap(&body, &sent(&message, arrival), left - 1, triggers).map_err(|e| e.in_context(&place))
        });
    // What lies in it says nothing of where it lay.
    for trigger in &mut triggers[before..] {
        if let Err(e) = trigger {
            *e = e.clone().in_context(&place);
        }
    }
    triggers.extend(read.err().map(Err));
}

/// The id and time that a payload in a message gets if it has none of its own.
fn sent(message: &SqsMessage, arrival: &Arrival) -> Arrival {
    let milliseconds = message.attributes.get("SentTimestamp").and_then(|ms| ms.parse().ok());
    let time = milliseconds.and_then(moment::of_milliseconds);
    Arrival {
        request_id: message.message_id.clone().unwrap_or_else(|| arrival.request_id.clone()),
        time: time.filter(|time| YEARS.contains(&time.year())).unwrap_or(arrival.time),
        function: arrival.function.clone(),
    }
}

/// What the records of an S3 notification report, together.
#[derive(Default)]
struct Changes {
    objects: Vec<Object>,
    newest: Option<OffsetDateTime>,
}

impl Changes {
    /// Keys are URL-encoded here, with `+` for a space; through EventBridge they are not.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
    fn add(&mut self, i: usize, record: &Value) -> Result<()> {
        let wrong = |what: String| Error::new(ErrorKind::InvalidEvent, format!("`Records[{i}].s3{what}"));
        let entity = S3Entity::deserialize(&record["s3"])
            .map_err(|e| wrong(format!("` is no S3 notification: {}", cut(&e.to_string(), 300))))?;
        let (Some(bucket), Some(key)) = (entity.bucket.name, entity.object.key) else {
            return Err(wrong("` lacks `bucket.name` or `object.key`".into()));
        };
        let spaced = key.replace('+', " ");
        let key = percent_encoding::percent_decode_str(&spaced)
            .decode_utf8()
            .map_err(|_| wrong(".object.key` is no URL-encoded UTF-8".into()))?
            .into_owned();
        if let Some(time) = record.get("eventTime").and_then(Value::as_str) {
            self.newest = self.newest.max(Some(parse_time(&format!("Records[{i}].eventTime"), time)?));
        }
        self.objects.push(Object { bucket, key });
        Ok(())
    }

    fn into_trigger(self, arrival: &Arrival) -> Option<Trigger> {
        (!self.objects.is_empty()).then(|| Trigger {
            id: arrival.request_id.clone(),
            time: self.newest.unwrap_or(arrival.time),
            ask: Ask::ConfigChange(self.objects),
        })
    }
}

fn event_bridge(payload: &Value, arrival: &Arrival) -> Result<Trigger> {
    let event: EventBridgeEvent<Value> = EventBridgeEvent::deserialize(payload).map_err(|e| {
        Error::new(
            ErrorKind::InvalidEvent,
            format!("the payload is no EventBridge event: {}", cut(&e.to_string(), 300)),
        )
    })?;
    let time = match event.time {
        Some(t) => moment::of_seconds(t.timestamp(), t.timestamp_subsec_nanos())
            .filter(|time| YEARS.contains(&time.year()))
            .ok_or_else(|| Error::new(ErrorKind::InvalidEvent, "`time` is out of range"))?,
        None => arrival.time,
    };
    if (event.source.as_str(), event.detail_type.as_str()) == (work_left::SOURCE, work_left::DETAIL_TYPE) {
        return work_left::parse(&event.detail).map_err(|e| e.in_context("detail"));
    }
    let ask = match (event.source.as_str(), event.detail_type.as_str()) {
        (_, "Task Definition Rollback") => {
            let rollback = rollback::parse(&event.detail, &[]).map_err(|e| e.in_context("detail"))?;
            Ask::Rollback(Rollback { by_event: true, ..rollback })
        }
        // `aws.scheduler` is what EventBridge Scheduler calls itself in the same event.
        ("aws.events" | "aws.scheduler", "Scheduled Event") => Ask::Sweep,
        ("aws.ecs", "ECS Task State Change") => Ask::TaskStopped(Box::new(StoppedTask::read(&event.detail))),
        ("aws.ecr", _) => Ask::ImagePush(pushed_image(&event)?),
        ("aws.s3", kind) => {
            let concerns = matches!(kind, "Object Created" | "Object Deleted");
            Ask::ConfigChange(if concerns { vec![object(&event.detail)?] } else { vec![] })
        }
        (source, kind) => {
            return Err(Error::new(
                ErrorKind::InvalidEvent,
                format!("the event {} of {} is none that crema knows; {KINDS}", quoted(kind), quoted(source)),
            ));
        }
    };
    Ok(Trigger { id: event.id.unwrap_or_else(|| arrival.request_id.clone()), time, ask })
}

/// The tag that was added to a repository by a push, by replication or by a pull-through cache. A replication event is
/// sent at the destination: its account and region say where the image is now, and those of the source are in its
/// `detail`.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html>
fn pushed_image(event: &EventBridgeEvent<Value>) -> Result<Option<EcrImage>> {
    let text = |name: &str| event.detail.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let succeeded = |action: &str| text("action-type") == Some(action) && text("result") == Some("SUCCESS");
    let is_there = match event.detail_type.as_str() {
        "ECR Image Action" => succeeded("PUSH"),
        "ECR Replication Action" => succeeded("REPLICATE"),
        "ECR Pull Through Cache Action" => text("sync-status") == Some("SUCCESS"),
        _ => false,
    };
    if !is_there {
        return Ok(None);
    }
    // An image that is pushed by digest alone has no tag.
    let Some(tag) = text("image-tag") else { return Ok(None) };
    let missing = |name: &str| Error::new(ErrorKind::InvalidEvent, format!("an image push without `{name}`"));
    let repository = Repository {
        account: event.account.clone().ok_or_else(|| missing("account"))?,
        region: event.region.clone().ok_or_else(|| missing("region"))?,
        name: text("repository-name").ok_or_else(|| missing("detail.repository-name"))?.to_owned(),
    };
    Ok(Some(EcrImage::Tag { repository, tag: tag.to_owned() }))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
fn object(detail: &Value) -> Result<Object> {
    let text = |pointer: &str| detail.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    match (text("/bucket/name"), text("/object/key")) {
        (Some(bucket), Some(key)) => Ok(Object { bucket, key }),
        _ => {
            Err(Error::new(ErrorKind::InvalidEvent, "an S3 event without `detail.bucket.name` or `detail.object.key`"))
        }
    }
}
