//! What happens to a trigger: the order of reading, rendering, deciding and applying, with a module for each kind of
//! trigger.

mod aside;
mod asked;
mod backoff;
mod breaker;
pub mod crema;
mod desired;
mod handle;
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
    decide::Origin,
    flow::crema::Crema,
    outcome::draft::{Draft, Untold},
    trigger::{Ask, Trigger},
};
use tokio::time::Instant;

impl Crema {
    /// Does what a trigger asks for, and reports what was done. Nothing is begun after `until`.
    async fn answer(&self, trigger: &Trigger, until: Instant) -> Result<Draft, Untold> {
        match &trigger.ask {
            Ask::ImagePush(_) => self.register(trigger, Origin::ImagePush, until).await,
            Ask::ConfigChange(_) | Ask::Plan { .. } => self.register(trigger, Origin::ConfigChange, until).await,
            Ask::Sweep => self.register(trigger, Origin::Sweep, until).await,
            Ask::Register { .. } => self.register(trigger, Origin::Direct, until).await,
            Ask::Rollback(rollback) => self.roll_back(trigger, rollback, until).await,
            Ask::TaskStopped(task) => Ok(self.stopped(trigger, task, until).await),
            Ask::Status { .. } => self.status(trigger, until).await,
        }
    }
}
