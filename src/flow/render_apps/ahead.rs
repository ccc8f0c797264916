//! Rendering by several children side by side, for whom nobody counts the memory.

use crate::flow::render_apps::{app_renderer::AppRenderer, selected::Selected};
use crema_render::session::protocol::ChildAsk;
use futures_util::future::join_all;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// What takes longer is left to its turn, where it gets all the time that it may have.
const SHORT: Duration = Duration::from_secs(2);

impl AppRenderer<'_> {
    /// Lets the helpers answer what will be asked, as long as all have something to do; the answers are kept. What they
    /// cannot answer is asked again in its turn, by the child that serves everything.
    pub(super) async fn render_ahead(&mut self, app_variants: &[Selected]) {
        if self.helpers.is_empty() {
            return;
        }
        let is_loaded = |selected: &&Selected| selected.own.as_ref().is_some_and(|own| !self.is_lacking(&own.config));
        let loaded = app_variants.iter().filter(is_loaded);
        let asks: Vec<ChildAsk> = loaded.filter_map(|app_variant| self.ask(app_variant)).collect();
        let (files, until) = (&self.files, self.until);
        let (next, kept) = (&Mutex::new(asks.iter()), &Mutex::new(&mut *self.renderings));
        // A function of its own, so that the lock ends with it.
        let take = move || next.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = self.helpers.iter_mut().map(|helper| async move {
            while let Some(ask) = take() {
                let end = until.min(Instant::now() + SHORT);
                if let Ok(answer) = helper.ask(files, ask, end).await {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).answered(ask, answer, files);
                }
            }
        });
        join_all(work).await;
    }
}
