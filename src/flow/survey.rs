//! The survey: every app and variant of a snapshot, rendered as far as a trigger needs it.

use super::{
    concern::{Concern, Concerning},
    renderings::{Renderings, config_of, reads_of},
    unit::{State, Unit},
    values::{self, Values},
};
use crate::{
    aws::{Clients, Limits},
    config::{
        apps::{self, Folder},
        files::Files,
        settings::Settings,
    },
    error::Error,
    lookup,
    outcome::draft::Untold,
    render::{
        known::{self, Known},
        parent::Renderer,
        protocol::{Answer, Ask, FailureKind, Lookup, RenderAsk, Surroundings},
    },
    secrecy::{self, Texts},
};
use futures_util::future::join_all;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::time::Instant;

/// So many rounds of lookups end a rendering that asks for more and more.
const MAX_ROUNDS: u32 = 100;

/// What crema's own file says, or why it says nothing.
type Own = std::result::Result<Option<Value>, Untold>;

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
            State::Failed(e) => e.is_passing(),
            State::NotReached => true,
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
            None => self.first().await,
        };
        for unit in &mut surveyed.units {
            unit.concern = concerning.of(unit, &surveyed.folders);
        }
        self.look_up(&mut surveyed, concerning).await;
        surveyed
    }

    /// All units, rendered without looked-up values.
    async fn first(&mut self) -> Surveyed {
        let mut units = self.units().await;
        let texts = Arc::new(Texts::new(self.files.clone()));
        let mut sources = BTreeMap::new();
        for unit in &mut units {
            unit.texts = Some(texts.clone());
            for key in unit.ask.iter().flat_map(|ask| &ask.envfiles) {
                let source = || Arc::new(values::env_file(self.files, key));
                unit.secrets.keep(sources.entry(key.clone()).or_insert_with(source).clone());
            }
            while let Some(ask) = unit.ask.clone() {
                self.render(unit, ask).await;
                if !unit.is_of_another_tool() || !unit.take_next_config() {
                    break;
                }
            }
            unit.claim();
        }
        let express = units.iter().filter(|unit| unit.is_express());
        let express = express.filter_map(|unit| Some((unit.app.clone(), unit.own.as_ref()?.config.clone()))).collect();
        // Where every `config.*` lacks `task_definition` they are another tool's: their folder is no app.
        units.retain(|unit| !unit.is_of_another_tool() && !unit.is_express());
        self.renderings.forget_gone(self.files);
        let folders = units.iter().map(|unit| unit.folder.clone()).collect();
        Surveyed { files: self.files.clone(), units, folders, express, is_new: true, before: BTreeMap::new() }
    }

    /// The apps and variants that the folders name; a folder whose own file is broken is one unit that failed.
    async fn units(&mut self) -> Vec<Unit> {
        let mut units = vec![];
        for folder in apps::folders(self.files) {
            let mut reads: BTreeSet<String> = folder.own.iter().cloned().collect();
            let apps = match self.own_file(&folder, &mut reads).await {
                Ok(own) => folder.apps(own, self.files).map_err(Untold::from),
                Err(untold) => Err(untold),
            };
            match apps {
                Ok(apps) => {
                    for app in apps {
                        let unit = |variant| Unit::new(&app, variant, self.settings, &reads, &self.placeholder);
                        units.extend(app.variants.iter().map(unit));
                    }
                }
                Err(untold) => units.push(Unit::broken(&folder, reads, untold)),
            }
        }
        units
    }

    /// What crema's own file says, where there is one.
    async fn own_file(&mut self, folder: &Folder, reads: &mut BTreeSet<String>) -> Own {
        let Some(key) = folder.jsonnet() else { return Ok(folder.json(self.files)?) };
        let surroundings = Surroundings {
            ext_str: self.settings.ext_str.clone(),
            ext_code: self.settings.ext_code.clone(),
            env: self.settings.visible_env.clone(),
        };
        let ask = Ask::Evaluate { key: key.to_owned(), surroundings };
        let answer = self.renderings.ask(self.renderer, self.files, ask, self.until).await?;
        reads.extend(reads_of(&answer).iter().cloned());
        match &*answer {
            Answer::Evaluated { value, .. } => Ok(Some(value.clone())),
            Answer::Failed { kind, message, quoted, given, .. } => {
                let mut untold = Untold::from(failure(*kind, secrecy::join(message, quoted), false));
                untold.secrets.give(given.clone());
                Err(untold)
            }
            _ => Err(unexpected(key).into()),
        }
    }

    /// Asks the child, and takes its answer into the unit.
    async fn render(&mut self, unit: &mut Unit, ask: RenderAsk) {
        if Instant::now() >= self.until {
            unit.state = State::NotReached;
            return;
        }
        let (config, ask) = (ask.config.clone(), Ask::Render(Box::new(ask)));
        let answer = match self.renderings.ask(self.renderer, self.files, ask, self.until).await {
            Ok(answer) => answer,
            Err(e) => {
                unit.state = if Instant::now() >= self.until { State::NotReached } else { State::Failed(e) };
                return;
            }
        };
        unit.reads.extend(reads_of(&answer).iter().cloned());
        if let Some(config) = config_of(&answer) {
            unit.config = config.clone();
        }
        if let Answer::Rendered { kept, .. } | Answer::Failed { kept, .. } = &*answer {
            unit.secrets.keep_values(kept.clone());
        }
        unit.state = match &*answer {
            Answer::Rendered { document, .. } => State::Rendered(answer.clone(), known::of(document)),
            Answer::NotAnApp { .. } => State::Rendered(answer.clone(), Known::default()),
            // Nothing to fetch: asked again it would answer the same.
            Answer::Missing { lookups, .. } if lookups.is_empty() => State::Failed(unexpected(&config)),
            Answer::Missing { lookups, config, images, family, .. } => {
                if config.is_none() {
                    unit.early.extend(lookups.iter().cloned());
                }
                State::Missing(lookups.clone(), Known { images: images.clone(), family: family.clone() })
            }
            Answer::Failed { kind, message, quoted, given, lookup, .. } => {
                unit.secrets.give(given.clone());
                let region = |lookup| unit.region_of(lookup, &self.settings.region);
                let passing = lookup.as_ref().is_some_and(|lookup| self.values.is_passing(region(lookup), lookup));
                State::Failed(failure(*kind, secrecy::join(message, quoted), passing))
            }
            Answer::Evaluated { .. } => State::Failed(unexpected(&config)),
        };
    }

    /// Rounds: all that is missing is fetched at once, and the units that wait for it are rendered again, afresh.
    async fn look_up(&mut self, surveyed: &mut Surveyed, concerning: &Concerning<'_>) {
        let Surveyed { units, folders, before, .. } = surveyed;
        for round in 0.. {
            let waits = |unit: &Unit| unit.concern != Concern::No && matches!(unit.state, State::Missing(..));
            let waiting: Vec<usize> = (0..units.len()).filter(|i| waits(&units[*i])).collect();
            if waiting.is_empty() {
                return;
            }
            for i in &waiting {
                before.entry(*i).or_insert_with(|| units[*i].clone());
            }
            if round == MAX_ROUNDS || !self.fetch(waiting.iter().map(|i| &units[*i])).await {
                for i in waiting {
                    units[i].state = if round == MAX_ROUNDS { endless(&units[i]) } else { State::NotReached };
                }
                return;
            }
            for i in waiting {
                let unit = &mut units[i];
                let Some(mut ask) = unit.ask.clone() else { continue };
                ask.values = self.values.of(unit, &self.settings.region);
                if let State::Missing(lookups, _) = &unit.state {
                    unit.secrets.keep_values(self.values.secrets_of(unit, &self.settings.region, lookups));
                }
                ask.placeholder.clone_from(&self.placeholder);
                self.render(unit, ask).await;
                unit.concern = concerning.of(unit, folders);
            }
        }
    }

    /// Fetches what these units miss, each value once an invocation. False where the deadline came first.
    async fn fetch(&mut self, waiting: impl Iterator<Item = &Unit>) -> bool {
        let default = self.settings.region.as_str();
        let mut wanted: BTreeMap<&str, BTreeSet<Lookup>> = BTreeMap::new();
        for unit in waiting {
            let State::Missing(lookups, _) = &unit.state else { continue };
            for lookup in lookups {
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

fn failure(kind: FailureKind, message: String, passing: bool) -> Error {
    match kind {
        FailureKind::Config => Error::ConfigError(message),
        FailureKind::Render => Error::RenderError { message, passing },
        FailureKind::Lookup => Error::LookupError { message, passing },
    }
}

fn endless(unit: &Unit) -> State {
    State::Failed(Error::RenderError {
        message: format!(
            "{}: asks for more and more lookups, {MAX_ROUNDS} rounds of them: does a loop look up a name made from what \
             the last one gave?",
            unit.app
        ),
        passing: false,
    })
}

fn unexpected(key: &str) -> Error {
    let message = format!("{key}: the rendering child gave an answer that fits no question");
    Error::RenderError { message, passing: true }
}
