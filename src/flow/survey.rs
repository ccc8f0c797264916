//! The survey: every app and variant of a snapshot, rendered as far as a trigger needs it.

use super::{
    concern::{Concern, Concerning},
    evaluate::Purpose,
    renderings::Renderings,
    unit::{State, Unit},
    values::{self, Values},
};
use crate::{
    aws::{Clients, Limits},
    config::{apps, settings::Settings},
    error::{Error, ErrorKind},
    lookup,
    renderer::Renderer,
};
use crema_base::{files::Files, secrecy::Texts};
use crema_render::child::protocol::Lookup;
use futures_util::future::join_all;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::time::Instant;

/// So many rounds of lookups end a rendering that asks for more and more.
const MAX_ROUNDS: u32 = 100;

/// What a survey works with.
pub struct Surveyor<'a> {
    pub settings: &'a Settings,
    pub clients: &'a Clients,
    pub limits: &'a Limits,
    pub files: &'a Arc<Files>,
    pub renderer: &'a mut Renderer,
    pub renderings: &'a mut Renderings,
    pub values: Values,
    /// No rendering is begun and no lookup waited for beyond this.
    pub until: Instant,
    /// Stands for missing values in templates.
    pub placeholder: String,
    /// What the answers of all units take to be kept.
    pub bytes: usize,
}

/// Every app and variant of a snapshot.
pub struct Surveyed {
    files: Arc<Files>,
    pub units: Vec<Unit>,
    /// Where their apps lie.
    folders: BTreeSet<String>,
    /// ECS Express services, which are no apps: name and configuration file.
    pub express: BTreeMap<String, String>,
    /// Not the last one again.
    is_new: bool,
    /// Units as they were before values were looked up for them, by their place in the list.
    before: BTreeMap<usize, Unit>,
}

impl Surveyed {
    /// Whether families and images may be others than at the last survey.
    pub fn is_news(&self) -> bool {
        self.is_new || !self.before.is_empty()
    }

    /// The survey as the next trigger can use it: without looked-up values. None where a failure in it may be gone at
    /// the next try.
    pub fn kept(mut self) -> Option<Surveyed> {
        for (i, unit) in std::mem::take(&mut self.before) {
            self.units[i] = unit;
        }
        let may_change = |unit: &Unit| match &unit.state {
            State::Failed(e) => e.transient,
            State::RanOut { .. } | State::LeftAlone(_) | State::NotReached => true,
            State::Rendered(..) | State::Missing(..) => false,
        };
        self.is_new = false;
        (!self.units.iter().any(may_change)).then_some(self)
    }
}

impl Surveyor<'_> {
    /// Renders every app and variant once, and those that concern the trigger (or may) until no lookup is missing.
    /// `before` is the last survey: of the same files it is the same.
    pub async fn survey(mut self, concerning: &Concerning<'_>, before: Option<Surveyed>) -> Surveyed {
        let mut surveyed = match before.filter(|before| Arc::ptr_eq(&before.files, self.files)) {
            Some(before) => before,
            None => self.first(concerning).await,
        };
        self.bytes = surveyed.units.iter().map(|unit| unit.bytes).sum();
        for unit in &mut surveyed.units {
            unit.concern = concerning.of(unit, &surveyed.folders);
        }
        self.look_up(&mut surveyed, concerning).await;
        surveyed
    }

    /// All units, rendered without looked-up values.
    async fn first(&mut self, concerning: &Concerning<'_>) -> Surveyed {
        let found = apps::folders(self.files);
        let folders: BTreeSet<String> = found.iter().map(|folder| folder.path.clone()).collect();
        let purpose = Purpose { concerning, folders: &folders };
        let mut units = self.units(found, purpose).await;
        let texts = Arc::new(Texts::new(self.files.clone()));
        let mut sources = BTreeMap::new();
        for unit in &mut units {
            let Some(own) = &unit.own else { continue };
            unit.texts = Some(texts.clone());
            for key in &*own.envfiles {
                let source = || Arc::new(values::env_file(self.files, key));
                unit.secrets.keep(sources.entry(key.clone()).or_insert_with(source).clone());
            }
        }
        let all = (0..units.len()).filter(|i| units[*i].own.is_some()).collect();
        self.render_all(&mut units, all, purpose).await;
        units.iter_mut().for_each(Unit::claim);
        // Where every `config.*` lacks `task_definition` they are another tool's: their folder is no app.
        let express = units.iter().filter(|unit| unit.is_express());
        let express = express.filter_map(|unit| Some((unit.app.clone(), unit.own.as_ref()?.config.clone()))).collect();
        units.retain(|unit| !unit.is_of_another_tool() && !unit.is_express());
        self.renderings.forget_unused();
        let folders = units.iter().map(|unit| unit.folder.clone()).collect();
        Surveyed { files: self.files.clone(), units, folders, express, is_new: true, before: BTreeMap::new() }
    }

    /// Rounds: all that is missing is fetched at once, and the units that wait for it are rendered again, afresh.
    async fn look_up(&mut self, surveyed: &mut Surveyed, concerning: &Concerning<'_>) {
        let Surveyed { units, folders, before, .. } = surveyed;
        let purpose = Purpose { concerning, folders };
        for round in 0.. {
            let waits = |unit: &Unit| unit.concern != Concern::No && matches!(unit.state, State::Missing(..));
            let mut waiting: Vec<usize> = (0..units.len()).filter(|i| waits(&units[*i])).collect();
            if waiting.is_empty() {
                return;
            }
            for i in &waiting {
                before.entry(*i).or_insert_with(|| units[*i].clone());
                // What runs out with looked-up values is not looked up for another app's event.
                self.leave_alone(&mut units[*i], purpose);
            }
            waiting.retain(|i| matches!(units[*i].state, State::Missing(..)));
            if round == MAX_ROUNDS || !self.fetch(waiting.iter().map(|i| &units[*i])).await {
                for i in waiting {
                    units[i].state = if round == MAX_ROUNDS { endless(&units[i]) } else { State::NotReached };
                }
                return;
            }
            for i in &waiting {
                let unit = &mut units[*i];
                unit.looks_up = true;
                let found = self.values.secrets_of(unit, &self.settings.region, unit.missing());
                self.renderings.sources.one(found).into_iter().for_each(|source| unit.secrets.keep(source));
            }
            self.render_all(units, waiting.clone(), purpose).await;
            for i in waiting {
                units[i].concern = concerning.of(&units[i], folders);
            }
        }
    }

    /// Fetches what these units miss, each value once an invocation. False where the deadline came first.
    async fn fetch(&mut self, waiting: impl Iterator<Item = &Unit>) -> bool {
        let default = self.settings.region.as_str();
        let mut wanted: BTreeMap<&str, BTreeSet<Lookup>> = BTreeMap::new();
        for unit in waiting {
            for lookup in unit.missing() {
                let region = unit.region_of(lookup, default);
                if self.values.is_new(region, lookup) {
                    wanted.entry(region).or_default().insert(lookup.clone());
                }
            }
        }
        let fetches = wanted.into_iter().map(|(region, lookups)| {
            let (clients, limits) = (self.clients, self.limits);
            async move { (region, lookup::fetch(clients, limits, region, lookups.into_iter().collect()).await) }
        });
        let Ok(fetched) = tokio::time::timeout_at(self.until, join_all(fetches)).await else { return false };
        for (region, results) in fetched {
            self.values.keep(region, results);
        }
        true
    }
}

fn endless(unit: &Unit) -> State {
    let message = format!(
        "{}: asks for more and more lookups, {MAX_ROUNDS} rounds of them: does a loop look up a name made from what the last \
         one gave?",
        unit.app
    );
    State::Failed(Error::new(ErrorKind::RenderError, message))
}
