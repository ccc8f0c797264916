//! Notices go to the default event bus, after everything is applied.

use crate::{
    aws::fault::Fault,
    flow::crema::Crema,
    notices::{self, DETAIL_TYPE, Notice, SOURCE},
};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// EventBridge may refuse some entries of a call and take the others: those are put once more, after this.
const AGAIN: Duration = Duration::from_millis(200);

impl Crema {
    /// Puts the notices, ten a call. What cannot be put is told, and no error: what was done is done.
    pub(in crate::flow) async fn publish(&self, request_id: &str, notices: Vec<Notice>, until: Instant) -> Vec<String> {
        let is_new = |notice: &Notice| !self.told.has(request_id, notice);
        let notices: Vec<Notice> = notices.into_iter().filter(is_new).collect();
        let (mut unsent, mut why) = (0, None);
        for batch in notices::batches(&notices) {
            match timeout_at(until, self.put(batch)).await {
                Ok(Ok(())) => self.told.put(request_id, batch),
                Ok(Err((count, reason))) => {
                    unsent += count;
                    why = why.or(Some(reason));
                }
                Err(_) => {
                    unsent += batch.len();
                    why = why.or(Some("the deadline came first".to_owned()));
                }
            }
        }
        let told = why.map(|why| {
            format!("{unsent} of {} notices could not be put on the event bus (PUBLISH_OUTCOMES): {why}", notices.len())
        });
        told.into_iter().inspect(|warning| tracing::warn!(request_id, warning, "warning")).collect()
    }

    /// Puts one batch; how many of it were not taken, and why.
    async fn put(&self, batch: &[Notice]) -> Result<(), (usize, String)> {
        let mut left: Vec<&Notice> = batch.iter().collect();
        let mut refused = String::new();
        for attempt in 0..2 {
            if attempt > 0 {
                sleep(AGAIN).await;
            }
            let _permit = self.limits.schedules.acquire().await;
            let call = self.clients.events(self.clients.region()).put_events();
            let answer = call.set_entries(Some(left.iter().map(|notice| entry(notice)).collect())).send().await;
            let answer = answer.map_err(|e| {
                let bus = format!("arn:aws:events:{}:*:event-bus/default", self.clients.region());
                (left.len(), Fault::of(&e).sentence("events:PutEvents", "the default event bus", &bus))
            })?;
            let failed = |i: usize| answer.entries().get(i).and_then(|entry| entry.error_code());
            (0..left.len()).find_map(failed).unwrap_or_default().clone_into(&mut refused);
            let still = left.iter().enumerate().filter(|(i, _)| failed(*i).is_some()).map(|(_, notice)| *notice);
            left = still.collect();
            if left.is_empty() {
                return Ok(());
            }
        }
        Err((left.len(), format!("EventBridge refused them: {refused}")))
    }
}

fn entry(notice: &Notice) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .source(SOURCE)
        .detail_type(DETAIL_TYPE)
        .detail(&notice.detail)
        .set_resources(notice.resource.clone().map(|arn| vec![arn]))
        .build()
}
