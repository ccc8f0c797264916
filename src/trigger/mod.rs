//! What asked: any accepted payload becomes a [`Trigger`].

mod ask;
mod direct;
mod envelope;
mod fields;
mod json;
mod rollback;
#[cfg(test)]
mod tests;

use crate::error::Result;
pub use ask::{Arrival, Ask, Goal, Object, Rollback, Target, Trigger};
use crema_base::quote::cut_to;
use serde_json::Value;
use time::Duration;

/// How deep an envelope may lie in another: a record of a failed invocation, in SQS, of an SQS event.
const MAX_ENVELOPES: u8 = 4;

/// Clocks differ by less. What claims to be of a later time would count as newer than all that is there.
const AHEAD: Duration = Duration::minutes(5);

/// Of an id, as much as the tag of a revision takes.
const LONGEST_ID: usize = 256;

/// Reads a payload as it came. One trigger, but for an event of several records: of SQS one for each, and one that cannot
/// be read keeps the others from nothing.
///
/// # Errors
/// [`InvalidEvent`](crate::error::ErrorKind::InvalidEvent) where the payload (or that record) is not JSON or fits none of the kinds, naming the field
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
