//! What all kinds of payload share: how their fields are read, and what messages say about them.

use crate::{
    error::{Error, ErrorKind, Result},
    moment,
};
use crema_base::quote::quoted;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;
use time::OffsetDateTime;

/// The accepted kinds of payload, for messages.
pub const KINDS: &str = "accepted are: the EventBridge events `ECR Image Action`, `ECR Replication Action` and \
     `ECR Pull Through Cache Action`, S3 `Object Created` and `Object Deleted`, `ECS Task State Change`, \
     `Task Definition Rollback`, `Task Definition Work Left` and `Scheduled Event`; an S3 notification \
     (`Records[].s3`); a direct call \
     `{\"action\": \"register\" | \"rollback\" | \"plan\" | \"status\" | \"sweep\" | \
     \"expire\" | \"doctor\"}`; the record of a failed invocation \
     (`requestPayload`), alone or in SQS `Records[].body`; the call of a CloudWatch custom widget (`widgetContext`)";

/// Maximum nesting of envelopes: a record of a failed invocation, in SQS, of an SQS event.
pub const MAX_ENVELOPES: u8 = 4;

/// Maximum bytes of the name of an unknown field that are quoted.
pub const LONGEST_NAME: usize = 100;

/// The years of times that can be calculated with.
pub const YEARS: RangeInclusive<i32> = 1970..=9000;

/// Reads a time of a payload, in RFC 3339. The result is in UTC.
pub fn parse_time(field: &str, text: &str) -> Result<OffsetDateTime> {
    moment::parse(text).filter(|time| YEARS.contains(&time.year())).ok_or_else(|| {
        let text = quoted(text);
        Error::new(
            ErrorKind::InvalidEvent,
            format!("`{field}` is no RFC 3339 time such as 2026-11-23T01:54:34Z: {text}"),
        )
    })
}

/// A field that is true or false; `null` counts as absent, and absent as false.
pub fn flag(fields: &Map<String, Value>, name: &str) -> Result<bool> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Error::new(ErrorKind::InvalidEvent, format!("`{name}` is neither true nor false"))),
    }
}

/// A field that is a non-empty text; `null` counts as absent.
pub fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(Value::String(_)) => Err(Error::new(ErrorKind::InvalidEvent, format!("`{name}` is empty"))),
        Some(_) => Err(Error::new(ErrorKind::InvalidEvent, format!("`{name}` is not a text"))),
    }
}
