//! What happens to a trigger: the order of reading, rendering, deciding and applying, with a module for each kind of
//! trigger.

mod aside;
mod asked;
mod backoff;
mod breaker;
pub mod crema;
mod desired;
pub mod desk;
mod doctor;
mod expire;
mod handle;
mod page;
mod prefetch;
mod publish;
mod register;
mod render_apps;
mod rollback;
mod status;
mod tell;
#[cfg(test)]
mod tests;

use crate::{
    config::lane::Lane,
    decide::Origin,
    error::{Error, ErrorKind, Result},
    flow::crema::Crema,
    outcome::draft::{Draft, Untold},
    trigger::{Ask, Trigger, WorkLeft, work_left},
};
use tokio::time::Instant;

impl Crema {
    /// Does what a trigger asks for, and reports what was done. Nothing is begun after `until`.
    async fn answer(&self, trigger: &Trigger, until: Instant) -> std::result::Result<Draft, Untold> {
        self.may_do(trigger)?;
        match &trigger.ask {
            Ask::WorkLeft(work) if self.settings.lane != Lane::Reconciler => self.put_again(trigger, work).await,
            Ask::WorkLeft(work) => self.register(trigger, origin(&work.ask), until).await,
            ask @ (Ask::ImagePush(_) | Ask::ConfigChange(_) | Ask::Plan { .. } | Ask::Sweep | Ask::Register { .. }) => {
                self.register(trigger, origin(ask), until).await
            }
            Ask::Rollback(rollback) => self.roll_back(trigger, rollback, until).await,
            Ask::Expire { app, dry_run } => self.expire(trigger, app.as_deref(), *dry_run, until).await,
            Ask::Doctor => Ok(Box::pin(self.doctor(trigger, until)).await),
            Ask::TaskStopped(task) => Ok(self.stopped(trigger, task, until).await),
            Ask::Status { .. } => self.status(trigger, until).await,
            // Answered as a page.
            Ask::Page(_) => Ok(Draft::default()),
        }
    }

    /// # Errors
    /// [`ErrorKind::InvalidEvent`] if it could change something, and this function only looks.
    fn may_do(&self, trigger: &Trigger) -> Result<()> {
        if self.settings.lane != Lane::Viewer || !trigger.ask.changes() {
            return Ok(());
        }
        let who = self.settings.operator_arn.as_deref().unwrap_or("the operator");
        let kind = trigger.ask.kind();
        let message =
            format!("this function only looks (LANE=viewer) and changes nothing, whatever asks: `{kind}` is for {who}");
        Err(Error::new(ErrorKind::InvalidEvent, message))
    }

    /// A dead letter of work left: the reconciler is asked once more, from the first round on.
    async fn put_again(&self, trigger: &Trigger, work: &WorkLeft) -> std::result::Result<Draft, Untold> {
        let work = WorkLeft { round: 1, ..work.clone() };
        self.put_work_left(&work_left::detail(trigger, &work)).await?;
        let told = "the work that is left was put on the event bus again, for the reconciler".to_owned();
        Ok(Draft { warnings: vec![told.into()], ..Draft::default() })
    }
}

/// Who asks. A plan says what a changed configuration would do.
fn origin(ask: &Ask) -> Origin {
    match ask {
        Ask::ImagePush(_) => Origin::ImagePush,
        Ask::Sweep => Origin::Sweep,
        Ask::Register { .. } => Origin::Direct,
        _ => Origin::ConfigChange,
    }
}
