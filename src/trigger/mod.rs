//! What asks for something: any accepted payload becomes a [`Trigger`].

mod ask;
mod direct;
mod envelope;
mod fields;
mod json;
mod page;
mod rollback;
mod task;
#[cfg(test)]
mod tests;
pub mod work_left;

use crate::error::Result;
pub use ask::{About, Arrival, Ask, Goal, Object, PageAsk, Pressed, Rollback, Target, Trigger, View, Widget, WorkLeft};
use crema_base::quote::cut_to;
use fields::MAX_ENVELOPES;
use serde_json::Value;
pub use task::{StoppedContainer, StoppedTask};
use time::Duration;

/// How far ahead the time of an event may be; clocks differ by less. An event of a later time would count as newer than
/// everything there is.
const AHEAD: Duration = Duration::minutes(5);

/// Maximum bytes of an id: as many as the tag of a revision takes characters.
const LONGEST_ID: usize = 256;

/// Reads a payload as it arrived. It gives one trigger, or for an event with several records one each: a record that
/// cannot be read does not affect the others.
///
/// # Errors
/// [`InvalidEvent`](crate::error::ErrorKind::InvalidEvent) if the payload (or that record) is not JSON or is none of
/// the accepted kinds; the message names the wrong field.
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

/// Does the same with a payload that was JSON.
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

/// What holds for every trigger, whatever it came in: its time is not in the future, and its id can be shown.
fn checked(mut triggers: Vec<Result<Trigger>>, arrival: &Arrival) -> Vec<Result<Trigger>> {
    for trigger in triggers.iter_mut().flatten() {
        if trigger.time - arrival.time > AHEAD {
            trigger.time = arrival.time;
        }
        cut_to(&mut trigger.id, LONGEST_ID);
    }
    triggers
}
