//! Rendering the units of a survey: each app in its turn, and each of its variants.

use super::{
    concern::Concerning,
    renderings::{Name, NoAnswer, Rendering, Try},
    survey::Surveyor,
    troubles::LONG_ENOUGH,
    turns::Turns,
    unit::{State, Unit},
};
use crate::error::{Error, ErrorKind};
use crema_render::child::protocol::Ask;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::Instant;

/// So much of an event's time an app may use up for nothing, and as much again with trying what ran out once more.
pub const TO_LOSE: Duration = Duration::from_secs(10);
/// With less there is nothing to be tried.
const LEAST: Duration = Duration::from_millis(20);

/// For whom something is rendered.
#[derive(Clone, Copy)]
pub struct Purpose<'a> {
    pub concerning: &'a Concerning<'a>,
    /// Of all apps.
    pub folders: &'a BTreeSet<String>,
}

impl Purpose<'_> {
    /// Whether what ran out before is tried again: for its own events, the sweep and direct calls for it.
    pub fn tries_again(&self, unit: &Unit) -> bool {
        self.concerning.tries_again(unit, self.folders)
    }
}

impl Surveyor<'_> {
    /// Renders these units; those that wait for lookups with all that was fetched. What runs out is tried once more, alone
    /// and when all others have had their turn; so is what did before. A part of the time that is left stays for the rest of
    /// the invocation.
    pub(super) async fn render_all(&mut self, units: &mut [Unit], which: Vec<usize>, purpose: Purpose<'_>) {
        let (mut later, now): (Vec<usize>, _) = which.into_iter().partition(|i| self.is_suspect(&units[*i]));
        later.extend(self.in_turns(units, now, Try::First, purpose).await);
        // Of an app, those come first that have not even been tried.
        later.sort_by_key(|i| (units[*i].app.clone(), units[*i].waited() != Some(Duration::ZERO)));
        for i in self.in_turns(units, later, Try::Alone, purpose).await {
            // The wait was too short to tell: the event is tried again.
            units[i].state = State::NotReached;
        }
    }

    /// Each app in its turn. Gives those that ran out and are to be tried again; after that, those of which it is not sure.
    async fn in_turns(&mut self, units: &mut [Unit], which: Vec<usize>, how: Try, purpose: Purpose<'_>) -> Vec<usize> {
        let apps: Vec<&[usize]> = which.chunk_by(|i, next| units[*i].app == units[*next].app).collect();
        let left = self.until.saturating_duration_since(Instant::now());
        let mut turns = Turns::new(left / 2, apps.len());
        for app in &apps {
            let (turn, begun) = (turns.next(), Instant::now());
            self.render_app(units, app, turn.most.min(TO_LOSE), how, purpose).await;
            self.within_bounds(units, app, apps.len());
            turns.used(turn, begun.elapsed());
        }
        let is_open = |unit: &Unit| match &unit.state {
            State::RanOut { reads, waited, .. } => match how {
                Try::First => reads.is_none(),
                Try::Alone => waited.is_some_and(|waited| waited < LONG_ENOUGH) && !self.is_remembered(unit),
            },
            _ => false,
        };
        which.iter().copied().filter(|i| is_open(&units[*i])).collect()
    }

    fn is_suspect(&self, unit: &Unit) -> bool {
        !self.renderings.troubles.is_empty() && self.ask(unit).is_some_and(|ask| self.ran_out_before(&ask))
    }

    /// Whether this ran out before on the same files.
    pub(super) fn ran_out_before(&self, ask: &Ask) -> bool {
        self.renderings.troubles.is_suspect(&self.renderings.name_of(ask), self.files)
    }

    fn is_remembered(&self, unit: &Unit) -> bool {
        self.name(unit).is_some_and(|name| self.renderings.troubles.remembered(&name, self.files).is_some())
    }

    pub(super) fn name(&self, unit: &Unit) -> Option<Name> {
        self.ask(unit).map(|ask| self.renderings.name_of(&ask))
    }

    /// Renders variants of one app. `to_lose`: so long they may take without coming to an end.
    async fn render_app(
        &mut self,
        units: &mut [Unit],
        which: &[usize],
        to_lose: Duration,
        how: Try,
        purpose: Purpose<'_>,
    ) {
        let mut turns = Turns::new(to_lose, which.len());
        let mut lost = Lost::default();
        for i in which {
            let (turn, begun) = (turns.next(), Instant::now());
            let unit = &mut units[*i];
            while let Some(ask) = self.ask(unit) {
                if let Some(rendering) = self.evaluate(unit, &ask, turn.most, how, &lost, purpose).await {
                    self.take(unit, rendering);
                }
                if !unit.is_of_another_tool() || !unit.take_next_config() {
                    break;
                }
            }
            if matches!(unit.state, State::RanOut { .. }) {
                turns.used(turn, begun.elapsed());
                lost.time += begun.elapsed();
                lost.reads.extend(unit.reads.keys().into_iter().cloned());
            }
        }
        if how == Try::Alone {
            self.remember(units, which);
        }
    }

    /// Remembers what ran out twice. What its variants were waited for adds up: they share the time of their app.
    fn remember(&mut self, units: &mut [Unit], which: &[usize]) {
        let of_app: Duration = which.iter().filter_map(|i| units[*i].waited()).sum();
        for i in which {
            let unit = &mut units[*i];
            let Some(name) = self.name(unit) else { continue };
            if let State::RanOut { error, reads: Some(reads), waited } = &mut unit.state {
                *waited = waited.map(|_| of_app);
                self.renderings.troubles.failed(name, error.clone(), reads.clone(), *waited);
            }
        }
    }

    /// How a unit is rendered, as it stands.
    fn ask(&self, unit: &Unit) -> Option<Ask> {
        let mut ask = unit.ask(self.settings, &self.placeholder)?;
        if unit.looks_up {
            ask.values = self.values.of(unit, &self.settings.region);
        }
        Some(Ask::Render(Box::new(ask)))
    }

    /// Asks the child, where its answer is not known. None where there is no answer: the unit's state says why.
    pub(super) async fn evaluate(
        &mut self,
        unit: &mut Unit,
        ask: &Ask,
        most: Duration,
        how: Try,
        lost: &Lost,
        purpose: Purpose<'_>,
    ) -> Option<Arc<Rendering>> {
        let name = self.renderings.name_of(ask);
        let has_values = matches!(ask, Ask::Render(ask) if !ask.values.is_empty());
        if let Some(kept) = self.renderings.kept(&name, self.files).filter(|_| !has_values) {
            return Some(kept);
        }
        if self.is_left_alone(unit, &name, purpose) {
            return None;
        }
        let now = Instant::now();
        if now >= self.until || most < LEAST {
            self.give_up(unit, how, lost);
            return None;
        }
        let until = self.until.min(now + most);
        match self.renderings.ask(self.renderer, self.files, ask, until, how).await {
            Ok(rendering) => return Some(rendering),
            Err(_) if Instant::now() >= self.until => self.give_up(unit, how, lost),
            // It died by itself before; that this wait was too short to see it again tells nothing.
            Err(NoAnswer::RanOut { waited: Some(waited), .. }) if waited < LONG_ENOUGH && unit.died() => {}
            Err(NoAnswer::RanOut { error, reads, waited }) => {
                let waited = waited.map(|waited| waited + unit.waited().unwrap_or_default());
                reads.iter().for_each(|reads| unit.reads.add(reads));
                unit.state = State::RanOut { error, reads, waited };
            }
            Err(NoAnswer::Other(error)) => unit.state = State::Failed(error),
        }
        None
    }

    /// Leaves a unit alone that ran out before on these files, where this is the event of another app.
    pub(super) fn leave_alone(&self, unit: &mut Unit, purpose: Purpose<'_>) {
        if let Some(name) = self.name(unit).filter(|_| !self.renderings.troubles.is_empty()) {
            self.is_left_alone(unit, &name, purpose);
        }
    }

    fn is_left_alone(&self, unit: &mut Unit, name: &Name, purpose: Purpose<'_>) -> bool {
        let Some((error, reads)) = self.renderings.troubles.remembered(name, self.files) else { return false };
        unit.reads.add(reads);
        if purpose.tries_again(unit) {
            return false;
        }
        unit.state = State::LeftAlone(error.clone());
        true
    }

    /// There is no time for it. Where the other variants of its app have left it none, that is the app's own trouble.
    fn give_up(&mut self, unit: &mut Unit, how: Try, lost: &Lost) {
        if Instant::now() >= self.until || lost.time < LONG_ENOUGH {
            // Otherwise it stays as it is: how it ended the first time.
            if matches!(unit.state, State::Missing(_)) {
                unit.state = State::NotReached;
            }
            return;
        }
        let message = format!(
            "not tried: other variants of the app ran out of stack, memory or time, and with that used up the app's part \
             of the time ({:.1} s)",
            lost.time.as_secs_f64()
        );
        let error = Error::transient(ErrorKind::RenderError, message);
        let reads = (how == Try::Alone).then(|| self.renderings.reads(lost.reads.iter().cloned(), self.files));
        reads.iter().for_each(|reads| unit.reads.add(reads));
        unit.state = State::RanOut { error, waited: reads.is_none().then_some(Duration::ZERO), reads };
    }
}

/// What the variants of an app have used up so far.
#[derive(Default)]
pub struct Lost {
    time: Duration,
    reads: BTreeSet<String>,
}
