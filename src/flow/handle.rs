//! A payload from its arrival to the end of its invocation: every trigger in it, one after the other, and the answer to
//! all of them.

use crate::{
    error::{Error, ErrorKind},
    flow::{
        crema::Crema,
        page::PageReply,
        tell::{answered, tell, told},
    },
    metrics::{self, Spent},
    notices::{self, Notice},
    outcome::{
        answer::{Answer, Failure, Reply},
        draft::{Draft, Untold},
        fit,
    },
    trigger::{self, Arrival, Ask, Trigger, WorkLeft},
};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::Instant;

/// Time that is kept free before the deadline, to answer with what was done.
const TO_ANSWER: Duration = Duration::from_millis(1500);
/// The part of it that is kept free to write the answer, after it has been searched for secrets.
const TO_WRITE: Duration = Duration::from_millis(500);

/// What is kept free of that once notices were put.
const TO_SAY: Duration = Duration::from_millis(200);

/// The results of the triggers of a payload.
#[derive(Default)]
struct Handled {
    answer: Option<Answer>,
    /// The first of all failures.
    failure: Option<Failure>,
    /// How many triggers failed as a whole.
    failed: u32,
    /// Whether there is an event among them, whose answer has to be short.
    has_event: bool,
    /// Of a dashboard's widget: what it shows.
    page: Option<String>,
    /// To be put once everything is applied.
    notices: Vec<Notice>,
    /// Of a sweep that goes on in rounds.
    sweep_round: Option<u32>,
}

impl Handled {
    fn and(mut self, answer: Answer) -> Handled {
        self.failure = self.failure.or_else(|| answer.failure());
        self.answer = Some(match self.answer {
            Some(before) => before.and(answer),
            None => answer,
        });
        self
    }

    /// A page is shown whatever failed on it: whoever looks at it reads it there.
    fn and_page(mut self, page: std::result::Result<PageReply, Failure>, crema: &Crema) -> Handled {
        match page {
            Ok(PageReply { html, answer, has_failed }) => {
                if let Some(answer) = answer {
                    if crema.settings.publish_outcomes {
                        self.notices.extend(notices::of_answer(&answer, &crema.settings.operator));
                    }
                    self.answer = Some(answer);
                }
                self.failed += u32::from(has_failed);
                self.page = Some(html);
                self
            }
            Err(failure) => self.and_failed(failure),
        }
    }

    fn and_failed(mut self, failure: Failure) -> Handled {
        self.failure = self.failure.or(Some(failure));
        self.failed += 1;
        self
    }
}

impl Crema {
    /// Does what a payload asks for. `deadline` is when the invocation is killed.
    ///
    /// # Errors
    /// How the invocation ends if anything failed or was not reached. Everything else is done nevertheless.
    pub async fn handle(
        &self,
        payload: &[u8],
        arrival: &Arrival,
        deadline: Instant,
    ) -> std::result::Result<Reply, Failure> {
        let begun = Instant::now();
        // What warming up has sent so far is no part of this invocation; what it still sends counts with the first.
        self.clients.requests_sent();
        let handled = self.handle_all(payload, arrival, deadline).await;
        let Handled { mut answer, failure, failed, has_event, page, notices, sweep_round } = handled;
        let late = deadline.checked_sub(TO_SAY).unwrap_or(deadline);
        let unsent = self.publish(&arrival.request_id, notices, late).await;
        answer.iter_mut().for_each(|answer| answer.warnings.extend_from_slice(&unsent));
        let render = self.rendering.lock().await.renderings.take_spent();
        let spent = Spent { total: begun.elapsed(), render, requests: self.clients.requests_sent(), sweep_round };
        metrics::write(&metrics::lines(answer.as_ref(), failed, &spent, OffsetDateTime::now_utc()));
        match (failure, page, answer) {
            (Some(failure), ..) => Err(failure),
            (None, Some(page), _) => Ok(Reply::Page(page)),
            (None, None, Some(answer)) => Ok(Reply::Answer(Box::new(answer.within(room(has_event, payload.len()))))),
            (None, None, None) => Err(told(None, &Error::new(ErrorKind::InvalidEvent, "the payload holds no record"))),
        }
    }

    async fn handle_all(&self, payload: &[u8], arrival: &Arrival, deadline: Instant) -> Handled {
        let left = deadline.saturating_duration_since(Instant::now());
        let until = deadline.checked_sub(TO_ANSWER.min(left / 5)).unwrap_or(deadline);
        let mut handled = Handled::default();
        for trigger in trigger::read(payload, arrival) {
            let trigger = match trigger {
                Ok(trigger) => trigger,
                Err(e) => {
                    handled = handled.and_failed(told(None, &e));
                    continue;
                }
            };
            handled.has_event |= !trigger.ask.is_call();
            if let Ask::WorkLeft(WorkLeft { ask, round, .. }) = &trigger.ask
                && **ask == Ask::Sweep
            {
                handled.sweep_round = Some(*round);
            }
            let late = deadline.checked_sub(TO_WRITE.min(left / 15)).unwrap_or(deadline);
            if let Ask::Page(page) = &trigger.ask {
                handled = handled.and_page(Box::pin(self.page(&trigger, page, until, late)).await, self);
                continue;
            }
            handled = match self.told(&trigger, until, late).await {
                Ok(answer) => {
                    if self.settings.publish_outcomes {
                        handled.notices.extend(notices::of_answer(&answer, &self.settings.operator));
                    }
                    handled.and(answer)
                }
                Err(failure) => handled.and_failed(failure),
            };
        }
        handled
    }

    /// Does what a trigger asks for until then, and says what was done, looked through for secrets until `late`.
    ///
    /// # Errors
    /// What failed as a whole. What failed of one app is an outcome.
    pub(super) async fn told(
        &self,
        trigger: &Trigger,
        until: Instant,
        late: Instant,
    ) -> std::result::Result<Answer, Failure> {
        // Boxed: the compiler gives up on futures that nest so deep.
        match Box::pin(self.answer(trigger, until)).await {
            Ok(draft) => Ok(answered(trigger, tell(draft, Draft::told, Draft::bare, late).await)),
            Err(e) => Err(told(Some(trigger), &tell(e, Untold::told, Untold::bare, late).await)),
        }
    }
}

/// The maximum size of the answer, in bytes.
fn room(has_event: bool, payload: usize) -> usize {
    if has_event { fit::EVENT.saturating_sub(payload).max(fit::EVENT / 4) } else { fit::CALL }
}
