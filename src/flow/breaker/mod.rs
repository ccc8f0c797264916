//! The circuit breaker: the event of a stopped task, from what it says to what is answered.

pub mod circuit;
pub(in crate::flow) mod ended;

use crate::{
    breaker::named_revision,
    ecr,
    flow::{
        breaker::{circuit::Breaker, ended::Looked},
        crema::Crema,
    },
    outcome::{
        Decision, Outcome,
        draft::{Draft, Warning},
        subject::Subject,
    },
    trigger::{StoppedTask, Trigger},
};
use time::Duration;
use tokio::time::{Instant, timeout_at};

/// Clocks differ by less: a task that stopped later than its event was sent has a wrong time.
const AHEAD: Duration = Duration::minutes(5);

impl Crema {
    /// Answers the event of a task that stopped. What fails is the family's outcome.
    pub(in crate::flow) async fn stopped(&self, trigger: &Trigger, task: &StoppedTask, until: Instant) -> Draft {
        let (key, revision, place) =
            match named_revision(task, self.settings.circuit_breaker, &self.settings.family_arns) {
                Ok(named) => named,
                Err(why) => {
                    log(trigger, task, why, &[]);
                    return Draft::default();
                }
            };
        let subject = Subject::of_family(&key.family, &key.region);
        let said = task.stopped_at.filter(|at| *at - trigger.time <= AHEAD);
        let breaker = Breaker {
            api: &self.ecs(&key.region),
            cache: &self.cache,
            proven: &self.proven,
            key: &key,
            revision,
            account: &place.account,
            location: &self.settings.location.to_string(),
            task,
            stopped_at: said.unwrap_or(trigger.time),
            missing: async |images: Vec<_>| ecr::missing(&self.clients, &self.limits, &images).await,
            until,
        };
        let mut warnings = vec![];
        let done = match timeout_at(until, breaker.look(Outcome::new(subject.clone(), Decision::Failed), &mut warnings))
            .await
        {
            Ok(Ok(Looked::Done(outcome))) => Some(*outcome),
            Ok(Ok(Looked::Nothing { why, unknown })) => {
                log(trigger, task, &why, &unknown);
                None
            }
            Ok(Err(error)) => Some(Outcome::of_error(subject, &error)),
            Err(_) => Some(Outcome::not_reached(subject)),
        };
        let warnings = warnings.into_iter().map(Warning::from).collect();
        Draft { outcomes: done.into_iter().collect(), warnings, ..Draft::default() }
    }
}

/// One line: why nothing came of it. Texts that nobody knows stand in it, so that the table can grow.
fn log(trigger: &Trigger, task: &StoppedTask, why: &str, unknown: &[String]) {
    let short = |text: &str| text.chars().take(256).collect::<String>();
    tracing::info!(
        trigger = trigger.ask.kind(),
        trigger_id = trigger.id,
        task = short(&task.task),
        task_definition = short(&task.definition_arn),
        stop_code = short(&task.stop_code),
        unknown_texts = (!unknown.is_empty()).then(|| unknown.join(" | ")),
        reason = why,
        "no outcome"
    );
}
