//! What asked: any accepted payload becomes a [`Trigger`].

mod direct;
mod envelope;
mod json;
mod rollback;
#[cfg(test)]
mod tests;

use crate::error::{Error, ErrorKind, Result};
use crema_base::{
    image::EcrImage,
    quote::{cut_to, quoted},
};
use serde_json::Value;
use std::{collections::BTreeMap, ops::RangeInclusive};
use time::{Duration, OffsetDateTime, UtcOffset};

/// The kinds of payload, for messages.
const KINDS: &str = "accepted are: the EventBridge events `ECR Image Action`, `ECR Replication Action` and \
     `ECR Pull Through Cache Action`, S3 `Object Created` and `Object Deleted`, `Task Definition Rollback` and \
     `Scheduled Event`; an S3 notification (`Records[].s3`); a direct call \
     `{\"action\": \"register\" | \"rollback\" | \"plan\" | \"status\" | \"sweep\"}`; the record of a failed invocation \
     (`requestPayload`), alone or in SQS `Records[].body`";

/// How deep an envelope may lie in another: a record of a failed invocation, in SQS, of an SQS event.
const MAX_ENVELOPES: u8 = 4;

/// Clocks differ by less. What claims to be of a later time would count as newer than all that is there.
const AHEAD: Duration = Duration::minutes(5);

/// Of an id, as much as the tag of a revision takes.
const LONGEST_ID: usize = 256;

/// Of times that anything can be added to.
const YEARS: RangeInclusive<i32> = 1970..=9000;

/// What stands around a payload and serves where it lacks an id or a time of its own.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The request id of the invocation.
    pub request_id: String,
    /// When it arrived.
    pub time: OffsetDateTime,
}

/// Reads a payload as it came. One trigger, but for an event of several records: of SQS one for each, and one that cannot
/// be read keeps the others from nothing.
///
/// # Errors
/// [`ErrorKind::InvalidEvent`] where the payload (or that record) is not JSON or fits none of the kinds, naming the field
/// that is wrong.
pub fn read(payload: &[u8], arrival: &Arrival) -> Vec<Result<Trigger>> {
    let error = match json::read(payload, "the payload") {
        Ok(payload) => return parse(&payload, arrival),
        Err(e) => e,
    };
    let Some(records) = json::records(payload) else { return vec![Err(error)] };
    let record = |(i, text): (usize, &[u8])| json::read(text, &format!("`Records[{i}]`"));
    let records = records.into_iter().enumerate().map(record).collect();
    let mut triggers = vec![];
    envelope::records(records, arrival, MAX_ENVELOPES, &mut triggers);
    checked(triggers, arrival)
}

/// The same of a payload that was JSON.
///
/// # Errors
/// As [`read`].
pub fn parse(payload: &Value, arrival: &Arrival) -> Vec<Result<Trigger>> {
    let mut triggers = vec![];
    if let Err(e) = envelope::unwrap(payload, arrival, MAX_ENVELOPES, &mut triggers) {
        triggers.push(Err(e));
    }
    checked(triggers, arrival)
}

/// What holds of every trigger, whatever it came in: it is not of the future, and its id can be shown.
fn checked(mut triggers: Vec<Result<Trigger>>, arrival: &Arrival) -> Vec<Result<Trigger>> {
    for trigger in triggers.iter_mut().flatten() {
        if trigger.time - arrival.time > AHEAD {
            trigger.time = arrival.time;
        }
        cut_to(&mut trigger.id, LONGEST_ID);
    }
    triggers
}

/// A time as payloads give it: RFC 3339. In UTC.
fn parse_time(field: &str, text: &str) -> Result<OffsetDateTime> {
    OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        .ok()
        .and_then(|time| time.checked_to_offset(UtcOffset::UTC))
        .filter(|time| YEARS.contains(&time.year()))
        .ok_or_else(|| {
            let text = quoted(text);
            Error::new(
                ErrorKind::InvalidEvent,
                format!("`{field}` is no RFC 3339 time such as 2026-11-23T01:54:34Z: {text}"),
            )
        })
}

/// What asked, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    pub id: String,
    /// When it was asked: the event's own time, in whole seconds where it came through EventBridge; of an event that is
    /// ahead of the clock, now.
    pub time: OffsetDateTime,
    pub ask: Ask,
}

impl Trigger {
    /// Whether crema acts by itself here, with nobody waiting for the answer.
    pub fn is_unattended(&self) -> bool {
        matches!(self.ask, Ask::ImagePush(_) | Ask::ConfigChange(_) | Ask::Sweep)
    }
}

/// What was asked, and whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A tag that was pushed, replicated or pulled through a cache. `None`: an ECR event that concerns no app (another
    /// action, a failed push, no tag).
    ImagePush(Option<EcrImage>),
    /// Objects created or deleted; none where the event concerns none.
    ConfigChange(Vec<Object>),
    Sweep,
    Register {
        app: String,
    },
    Plan {
        app: Option<String>,
    },
    Status {
        app: Option<String>,
    },
    Rollback(Rollback),
}

impl Ask {
    /// Whether it can only be a call: somebody waits for the answer, and no bus has to take it.
    pub fn is_call(&self) -> bool {
        matches!(self, Ask::Register { .. } | Ask::Plan { .. } | Ask::Status { .. })
    }

    /// The `kind` of the answer's trigger.
    pub fn kind(&self) -> &'static str {
        match self {
            Ask::ImagePush(_) => "image_push",
            Ask::ConfigChange(_) => "config_change",
            Ask::Sweep => "sweep",
            Ask::Register { .. } => "register",
            Ask::Plan { .. } => "plan",
            Ask::Status { .. } => "status",
            Ask::Rollback(_) => "rollback",
        }
    }
}

/// An object of a bucket, its key not URL-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub bucket: String,
    pub key: String,
}

/// A request to take a revision back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    pub target: Target,
    pub goal: Goal,
    /// Go further back although another rollback has just happened.
    pub again: bool,
    pub allow_last: bool,
    pub allow_missing_image: bool,
    /// Through EventBridge, and not by a direct call.
    pub by_event: bool,
    /// `None`: the function's own, or with `app` the app's.
    pub region: Option<String>,
    /// Of the ARN, where one was given.
    pub account: Option<String>,
    /// The caller's own words; `request_reason` of the answer.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Family(String),
    App { app: String, variant: Option<BTreeMap<String, String>> },
}

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The newest ACTIVE revision goes.
    Latest,
    /// Exactly this one goes.
    Revision(u32),
    /// Everything above this one goes.
    To(u32),
}
