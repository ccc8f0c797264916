//! What one round leaves to the next: put on the event bus last, after all else.

use crate::{
    aws::fault::Fault,
    config::lane::Lane,
    error::{Error, ErrorKind, Result},
    flow::{
        crema::Crema,
        register::{
            pass::Pass,
            round::{Round, key_of},
        },
    },
    outcome::{Decision, Outcome},
    reference::FamilyKey,
    trigger::work_left::{DETAIL_TYPE, SOURCE},
};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::Value;
use std::collections::BTreeSet;

/// One event is not taken round and round for ever.
const MAX_ROUNDS: u32 = 1000;
/// Of more apps that were not rendered in a round none goes by name: the next one begins where this one did.
const MOST_UNKNOWN: usize = 100;

impl Crema {
    /// Hands on what was not done, where this lane does that; what came of the families, then. What failed travels along
    /// by the name of its app, and only the last round ends in its error.
    pub(super) async fn hand_on(&self, round: &Round, pass: Pass) -> Vec<Outcome> {
        let is_cold = pass.has_rendered && !pass.has_begun;
        let Pass { outcomes, order, again, .. } = pass;
        let is_left = |o: &Outcome| matches!(o.decision, Decision::HandedOn | Decision::NotReached);
        if !round.hands_on || !outcomes.iter().any(is_left) {
            return outcomes;
        }
        let left: BTreeSet<FamilyKey> = outcomes.iter().filter(|o| is_left(o)).filter_map(key_of).collect();
        let has_failed = |o: &&Outcome| o.decision == Decision::Failed;
        let before = round.work.as_ref().map(|work| work.failed.clone()).unwrap_or_default();
        let mut failed: BTreeSet<String> = before.into_iter().collect();
        let known = failed.len();
        failed.extend(outcomes.iter().filter(has_failed).filter_map(|o| o.subject.app.clone()));
        // What was not rendered has a place that nobody knows: a few travel by name too, so that they keep no round from
        // coming further.
        let is_unknown = |o: &&Outcome| is_left(o) && key_of(o).is_none();
        let unknown: BTreeSet<String> =
            outcomes.iter().filter(is_unknown).filter_map(|o| o.subject.app.clone()).collect();
        let has_unknown = unknown.len() > MOST_UNKNOWN;
        let is_done = |o: &Outcome| !is_left(o) && o.decision != Decision::Failed;
        // A cold start may take a round to render: what was rendered stays, so the next one comes further.
        let is_idle =
            round.lane == Lane::Reconciler && failed.len() == known && !outcomes.iter().any(is_done) && !is_cold;
        let put = if is_idle {
            let message = "a round came to its end before anything was done: is ECS throttled by others, or are the apps slow \
                           to render?";
            Err(Error::transient(ErrorKind::DeadlineExceeded, message))
        } else if round.next() > MAX_ROUNDS {
            let message = format!("it is not done after {MAX_ROUNDS} rounds");
            Err(Error::new(ErrorKind::DeadlineExceeded, message))
        } else {
            // Those that failed before come last, wherever they stand.
            let order: Vec<&FamilyKey> = order.iter().filter(|key| !again.contains(key)).collect();
            let after = done_up_to(round, &left, has_unknown, &order);
            let named = if has_unknown { failed } else { &failed | &unknown };
            self.put_work_left(&round.detail(&named, after)).await
        };
        let told = |outcome: Outcome| match (&put, outcome.decision) {
            (Err(e), _) if is_left(&outcome) => Outcome::of_error(outcome.subject.clone(), e),
            (Ok(()), Decision::NotReached) => Outcome::handed_on(outcome.subject),
            (Ok(()), Decision::Failed) => {
                let why = outcome.reason.clone().unwrap_or_default();
                let why = format!("it failed, and the last round looks at it again: {why}");
                Outcome { decision: Decision::HandedOn, ..outcome }.because(why)
            }
            _ => outcome,
        };
        outcomes.into_iter().map(told).collect()
    }

    /// # Errors
    /// Where the bus does not take it: then the event is tried again, and nothing is lost.
    pub(in crate::flow) async fn put_work_left(&self, detail: &Value) -> Result<()> {
        let region = &self.settings.region;
        let entry =
            PutEventsRequestEntry::builder().source(SOURCE).detail_type(DETAIL_TYPE).detail(detail.to_string()).build();
        let on = format!("the default event bus of {region} (`{DETAIL_TYPE}`)");
        let resource = format!("arn:aws:events:{region}:*:event-bus/default");
        let answer = self.clients.events(region).put_events().entries(entry).send().await;
        // This permission hangs on no parameter: the template gives it always.
        let error = |fault: Fault| fault.into_error_by("events:PutEvents", &on, &resource, &[]);
        let answer = answer.map_err(|e| error(Fault::of(&e)))?;
        if answer.failed_entry_count() == 0 {
            return Ok(());
        }
        let entry = answer.entries().first();
        let said = entry.and_then(|entry| entry.error_message()).unwrap_or("the bus did not take it");
        Err(error(Fault::Open(said.to_owned())))
    }
}

/// The last family up to which all are done, in the order of their keys.
fn done_up_to(round: &Round, left: &BTreeSet<FamilyKey>, has_unknown: bool, order: &[&FamilyKey]) -> Option<FamilyKey> {
    let before = round.work.as_ref().and_then(|work| work.after.clone());
    if has_unknown {
        return before;
    }
    let first_left = order.iter().copied().filter(|key| left.contains(*key)).min();
    let is_done = |key: &&FamilyKey| first_left.is_none_or(|first| *key < first);
    let done = order.iter().copied().filter(is_done).max().cloned();
    done.max(before)
}
