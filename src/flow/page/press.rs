//! Buttons: what is done, or would be.

use super::{Deadlines, PageReply};
use crate::{
    decide::Origin,
    flow::{
        crema::Crema,
        prefetch::Prefetcher,
        tell::{answered, tell},
    },
    outcome::draft::{Draft, Untold},
    page::{frame::Frame, popup},
    trigger::{About, Ask, Pressed, Trigger},
};

impl Crema {
    /// Does what a button says, as a direct call of the time at which the page was made.
    pub(super) async fn pressed(
        &self,
        trigger: &Trigger,
        frame: &Frame<'_>,
        pressed: &Pressed,
        Deadlines { until, late }: Deadlines,
    ) -> Result<PageReply, Untold> {
        let as_called = |ask: Ask| Trigger { ask, id: trigger.id.clone(), time: trigger.time };
        let (called, draft) = match pressed {
            Pressed::Register { app } => {
                let called = as_called(Ask::Register { app: app.clone() });
                let draft = self.register(&called, Origin::Page, until).await?;
                (called, draft)
            }
            Pressed::Rollback(rollback) => {
                let called = as_called(Ask::Rollback(rollback.clone()));
                let draft = self.roll_back(&called, rollback, until).await?;
                (called, draft)
            }
        };
        let answer = answered(&called, tell(draft, Draft::told, Draft::bare, late).await);
        Ok(PageReply::of(popup::pressed(frame, pressed, &answer), answer))
    }

    /// Shows what registering would change.
    pub(super) async fn planned(
        &self,
        trigger: &Trigger,
        frame: &Frame<'_>,
        about: &About,
        Deadlines { until, late }: Deadlines,
    ) -> Result<PageReply, Untold> {
        let known = self.known(trigger, until).await?;
        let chosen = self.chosen(&known, about);
        let app = chosen.first().map(|(app, _)| app.clone());
        let called = Trigger { ask: Ask::Plan { app }, id: trigger.id.clone(), time: trigger.time };
        let mut prefetcher =
            Prefetcher::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), Origin::ConfigChange);
        let (prepared, _) = self.prepare(trigger, &known, &chosen, &mut prefetcher, until).await?;
        let draft = self.plan_of(&called, prepared, &mut prefetcher, until).await;
        let answer = answered(&called, tell(draft, Draft::told, Draft::bare, late).await);
        Ok(PageReply::of(popup::plan(frame, &answer), answer))
    }
}
