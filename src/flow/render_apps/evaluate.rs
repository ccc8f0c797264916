//! Renders the app variants of a run: one app after the other, and each of its variants.

use crate::{
    error::{Error, ErrorKind},
    flow::render_apps::{
        app_renderer::AppRenderer,
        app_variant::{AppVariant, VariantState},
        relevance::Scope,
        renderings::{Name, NoAnswer, Rendering, Try},
        selected::Selected,
        troubles::LONG_ENOUGH,
        turns::Turns,
    },
};
use crema_render::session::protocol::ChildAsk;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::Instant;

/// The time of an event that an app may use up without a result, and as much again when what ran out is tried once
/// more.
pub const TO_LOSE: Duration = Duration::from_secs(10);
/// Minimum time with which rendering is tried.
const LEAST: Duration = Duration::from_millis(20);

/// What something is rendered for.
#[derive(Clone, Copy)]
pub struct Purpose<'a> {
    pub scope: &'a Scope<'a>,
    /// The folders of all apps.
    pub folders: &'a BTreeSet<String>,
}

impl Purpose<'_> {
    /// Whether what ran out before is tried again: for its own events, the sweep, and direct calls for it.
    pub fn tries_again(&self, app_variant: &AppVariant) -> bool {
        self.scope.tries_again(app_variant, self.folders)
    }
}

impl AppRenderer<'_> {
    /// Renders these app variants, once what they read is loaded; those that wait for lookups with everything that was
    /// fetched.
    pub(in crate::flow) async fn render_all(
        &mut self,
        app_variants: &mut [Selected],
        which: Vec<usize>,
        purpose: Purpose<'_>,
    ) {
        let mut waiting = which;
        while !waiting.is_empty() {
            let now = self.load_for(app_variants, &mut waiting).await;
            self.render_loaded(app_variants, now.clone(), purpose).await;
            waiting.extend(now.into_iter().filter(|i| !app_variants[*i].lacks.is_empty()));
            waiting.sort_unstable();
        }
    }

    /// Renders them with what is loaded. What runs out is tried once more, alone, after all others had their turn; so is
    /// what ran out before. A part of the remaining time is kept for the rest of the invocation.
    async fn render_loaded(&mut self, app_variants: &mut [Selected], which: Vec<usize>, purpose: Purpose<'_>) {
        let (mut later, now): (Vec<usize>, _) = which.into_iter().partition(|i| self.is_suspect(&app_variants[*i]));
        later.extend(self.in_turns(app_variants, now, Try::First, purpose).await);
        // Of an app, those come first that have not even been tried.
        later.sort_by_key(|i| (app_variants[*i].app.clone(), app_variants[*i].waited() != Some(Duration::ZERO)));
        for i in self.in_turns(app_variants, later, Try::Alone, purpose).await {
            // The wait was too short to tell: the event is tried again.
            app_variants[i].state = VariantState::NotReached;
        }
    }

    /// Renders each app in its turn. Returns those that ran out and are to be tried again; on the second attempt, those
    /// whose time was too short to tell.
    async fn in_turns(
        &mut self,
        app_variants: &mut [Selected],
        which: Vec<usize>,
        how: Try,
        purpose: Purpose<'_>,
    ) -> Vec<usize> {
        let apps: Vec<&[usize]> = which.chunk_by(|i, next| app_variants[*i].app == app_variants[*next].app).collect();
        let left = self.until.saturating_duration_since(Instant::now());
        let mut turns = Turns::new(left / 2, apps.len());
        for app in &apps {
            let (turn, begun) = (turns.next(), Instant::now());
            self.render_app(app_variants, app, turn.most.min(TO_LOSE), how, purpose).await;
            self.within_bounds(app_variants, app, apps.len());
            app.iter().for_each(|i| (self.rendered)(&app_variants[*i]));
            turns.used(turn, begun.elapsed());
        }
        let is_open = |app_variant: &AppVariant| match &app_variant.state {
            VariantState::RanOut { reads, waited, .. } => match how {
                Try::First => reads.is_none(),
                Try::Alone => waited.is_some_and(|waited| waited < LONG_ENOUGH) && !self.is_remembered(app_variant),
            },
            _ => false,
        };
        which.iter().copied().filter(|i| is_open(&app_variants[*i])).collect()
    }

    fn is_suspect(&self, app_variant: &AppVariant) -> bool {
        !self.renderings.troubles.is_empty() && self.ask(app_variant).is_some_and(|ask| self.ran_out_before(&ask))
    }

    /// Whether this ran out before, with the same files.
    pub(in crate::flow) fn ran_out_before(&self, ask: &ChildAsk) -> bool {
        self.renderings.troubles.is_suspect(&self.renderings.name_of(ask), &self.files)
    }

    fn is_remembered(&self, app_variant: &AppVariant) -> bool {
        self.name(app_variant).is_some_and(|name| self.renderings.troubles.remembered(&name, &self.files).is_some())
    }

    pub(in crate::flow) fn name(&self, app_variant: &AppVariant) -> Option<Name> {
        self.ask(app_variant).map(|ask| self.renderings.name_of(&ask))
    }

    /// Renders variants of one app. `to_lose` is the time that they may use up without a result.
    async fn render_app(
        &mut self,
        app_variants: &mut [Selected],
        which: &[usize],
        to_lose: Duration,
        how: Try,
        purpose: Purpose<'_>,
    ) {
        let mut turns = Turns::new(to_lose, which.len());
        let mut lost = Lost::default();
        for i in which {
            let (turn, begun) = (turns.next(), Instant::now());
            let app_variant = &mut app_variants[*i];
            while let Some(ask) = self.ask(app_variant) {
                if let Some(rendering) = self.evaluate(app_variant, &ask, turn.most, how, &lost, purpose).await {
                    self.take(app_variant, rendering);
                }
                if !app_variant.is_of_another_tool() || !app_variant.take_next_config() {
                    break;
                }
            }
            if matches!(app_variant.state, VariantState::RanOut { .. }) {
                turns.used(turn, begun.elapsed());
                lost.time += begun.elapsed();
                lost.reads.extend(app_variant.reads.keys().into_iter().cloned());
            }
        }
        if how == Try::Alone {
            self.remember(app_variants, which);
        }
    }

    /// Remembers what ran out twice. The times that its variants were waited for add up, because they share the time of
    /// their app.
    fn remember(&mut self, app_variants: &mut [Selected], which: &[usize]) {
        let of_app: Duration = which.iter().filter_map(|i| app_variants[*i].waited()).sum();
        for i in which {
            let app_variant = &mut app_variants[*i];
            let Some(name) = self.name(app_variant) else { continue };
            if let VariantState::RanOut { error, reads: Some(reads), waited } = &mut app_variant.state {
                *waited = waited.map(|_| of_app);
                self.renderings.troubles.failed(name, error.clone(), reads.clone(), *waited);
            }
        }
    }

    /// The request to render an app variant in its current state.
    pub(super) fn ask(&self, app_variant: &AppVariant) -> Option<ChildAsk> {
        let mut ask = app_variant.ask(self.settings, &self.placeholder)?;
        if app_variant.looks_up {
            ask.values = self.values.of(app_variant, &self.settings.region);
        }
        Some(ChildAsk::Render(Box::new(ask)))
    }

    /// Asks the child, unless its answer is known. None if there is no answer; the app variant's state says why.
    pub(in crate::flow) async fn evaluate(
        &mut self,
        app_variant: &mut AppVariant,
        ask: &ChildAsk,
        most: Duration,
        how: Try,
        lost: &Lost,
        purpose: Purpose<'_>,
    ) -> Option<Arc<Rendering>> {
        let name = self.renderings.name_of(ask);
        let has_values = matches!(ask, ChildAsk::Render(ask) if !ask.values.is_empty());
        if let Some(kept) = self.renderings.kept(&name, &self.files).filter(|_| !has_values) {
            return Some(kept);
        }
        if self.is_left_alone(app_variant, &name, purpose) {
            return None;
        }
        let now = Instant::now();
        if now >= self.until || most < LEAST {
            self.give_up(app_variant, how, lost);
            return None;
        }
        let until = self.until.min(now + most);
        match self.renderings.ask(self.renderer, &self.files, ask, until, how).await {
            Ok(rendering) => return Some(rendering),
            Err(_) if Instant::now() >= self.until => self.give_up(app_variant, how, lost),
            // It died by itself before; that this wait was too short to see it again tells nothing.
            Err(NoAnswer::RanOut { waited: Some(waited), .. }) if waited < LONG_ENOUGH && app_variant.died() => {}
            Err(NoAnswer::RanOut { error, reads, waited }) => {
                let waited = waited.map(|waited| waited + app_variant.waited().unwrap_or_default());
                reads.iter().for_each(|reads| app_variant.reads.add(reads));
                app_variant.state = VariantState::RanOut { error, reads, waited };
            }
            Err(NoAnswer::Other(error)) => app_variant.state = VariantState::Failed(error),
        }
        None
    }

    /// Leaves an app variant alone that ran out before with these files, if this is the event of another app.
    pub(in crate::flow) fn leave_alone(&self, app_variant: &mut AppVariant, purpose: Purpose<'_>) {
        if let Some(name) = self.name(app_variant).filter(|_| !self.renderings.troubles.is_empty()) {
            self.is_left_alone(app_variant, &name, purpose);
        }
    }

    fn is_left_alone(&self, app_variant: &mut AppVariant, name: &Name, purpose: Purpose<'_>) -> bool {
        let Some((error, reads)) = self.renderings.troubles.remembered(name, &self.files) else { return false };
        app_variant.reads.add(reads);
        if purpose.tries_again(app_variant) {
            return false;
        }
        app_variant.state = VariantState::LeftAlone(error.clone());
        true
    }

    /// Notes that there is no time for it. If the other variants of its app have used that up, it counts as the app's
    /// own trouble.
    fn give_up(&mut self, app_variant: &mut AppVariant, how: Try, lost: &Lost) {
        if Instant::now() >= self.until || lost.time < LONG_ENOUGH {
            // Otherwise it stays as it is: how it ended the first time.
            if matches!(app_variant.state, VariantState::Missing(_)) {
                app_variant.state = VariantState::NotReached;
            }
            return;
        }
        let message = format!(
            "not tried: other variants of the app ran out of stack, memory or time, and with that used up the app's part \
             of the time ({:.1} s)",
            lost.time.as_secs_f64()
        );
        let error = Error::transient(ErrorKind::RenderError, message);
        let reads = (how == Try::Alone).then(|| self.renderings.reads(lost.reads.iter().cloned(), &self.files));
        reads.iter().for_each(|reads| app_variant.reads.add(reads));
        app_variant.state = VariantState::RanOut { error, waited: reads.is_none().then_some(Duration::ZERO), reads };
    }
}

/// What the variants of an app have used up so far.
#[derive(Default)]
pub struct Lost {
    time: Duration,
    reads: BTreeSet<String>,
}
