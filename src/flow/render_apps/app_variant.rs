//! One app and variant of a run.

use crate::{
    config::{
        apps::{App, Folder, Variant},
        settings::Settings,
    },
    error::{Error, ErrorKind},
    flow::render_apps::{
        reads::{AllReads, Reads},
        renderings::Rendering,
    },
    outcome::subject::Subject,
};
use crema_base::secrecy::{Secrets, Texts};
use crema_render::{
    child::known::Known,
    session::protocol::{AppConfig, ChildAnswer, Lookup, RenderAsk, Surroundings},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// One app and variant, and what came of rendering it.
#[derive(Clone)]
pub struct AppVariant {
    /// As outcomes and direct calls name it.
    pub app: String,
    pub folder: String,
    /// The external variables that make the variant.
    pub variant: BTreeMap<String, String>,
    /// The app, as far as it is known without rendering, shared by its variants; none if crema's own file is broken.
    pub own: Option<Arc<App>>,
    pub config: AppConfig,
    /// Every key that was asked for, whether or not there is such a file.
    pub reads: AllReads,
    pub state: VariantState,
    /// The lookups of the configuration file itself. They are made in the function's region, because the file has not
    /// named another yet.
    pub early: BTreeSet<Lookup>,
    /// Its index among the app's variants.
    place: usize,
    /// Whether it is rendered with looked-up values.
    pub looks_up: bool,
    /// Bytes that are needed to keep its answer.
    pub bytes: usize,
    /// What it reads, where contents of that were lacking when it was rendered last: they have to be loaded at once.
    pub lacks: BTreeSet<String>,
    /// The secrets that it was given.
    pub secrets: Secrets,
    /// The words of the snapshot's files.
    pub texts: Option<Arc<Texts>>,
}

/// What came of rendering.
#[derive(Clone)]
pub enum VariantState {
    /// The answer that holds the document.
    Rendered(Arc<Rendering>),
    /// Lookups are missing: they are not fetched yet, or not needed for this trigger.
    Missing(Arc<Rendering>),
    Failed(Error),
    /// It used up stack, memory or time, alone or with the app's other variants.
    RanOut {
        error: Error,
        /// All keys that it read until then, if that is known: after the second attempt.
        reads: Option<Arc<Reads>>,
        /// How long an answer was waited for, unless it died by itself.
        waited: Option<Duration>,
    },
    /// It ran out in the same way before, with the same files, and was not tried again.
    LeftAlone(Error),
    /// The deadline came first.
    NotReached,
}

impl AppVariant {
    /// A variant of an app, by its index, not rendered yet. `reads` are crema's own file and the files that it read.
    pub fn new(app: &Arc<App>, place: usize, settings: &Settings, reads: &AllReads) -> AppVariant {
        let Variant { ext_str, ext_code } = variables(app, place, settings);
        AppVariant {
            app: app.name.clone(),
            variant: ext_code.into_iter().chain(ext_str).collect(),
            own: Some(app.clone()),
            place,
            ..AppVariant::of(app.folder.clone(), reads.clone())
        }
    }

    /// A folder whose apps are unknown, because crema's own file is broken.
    pub fn broken(folder: &Folder, reads: &Arc<Reads>) -> AppVariant {
        let mut all = AllReads::default();
        all.add(reads);
        AppVariant { app: folder.name().to_owned(), ..AppVariant::of(folder.path.clone(), all) }
    }

    fn of(folder: String, reads: AllReads) -> AppVariant {
        AppVariant {
            app: String::new(),
            folder,
            variant: BTreeMap::new(),
            own: None,
            config: AppConfig::default(),
            reads,
            state: VariantState::NotReached,
            early: BTreeSet::new(),
            place: 0,
            looks_up: false,
            bytes: 0,
            lacks: BTreeSet::new(),
            secrets: Secrets::default(),
            texts: None,
        }
    }

    /// The request to render it, without looked-up values. It is made when it is needed, because there may be hundreds.
    pub fn ask(&self, settings: &Settings, placeholder: &str) -> Option<RenderAsk> {
        let app = self.own.as_ref()?;
        let Variant { ext_str, ext_code } = variables(app, self.place, settings);
        Some(RenderAsk {
            config: app.config.clone(),
            surroundings: Surroundings { ext_str, ext_code, env: settings.visible_env.clone() },
            own_file: app.own_file.clone(),
            envfiles: app.envfiles.to_vec(),
            values: vec![],
            placeholder: placeholder.to_owned(),
        })
    }

    pub fn is_of_another_tool(&self) -> bool {
        self.is_no_app(false)
    }

    /// Whether it is an ECS Express service, which has no task definition of its own.
    pub fn is_express(&self) -> bool {
        self.is_no_app(true)
    }

    fn is_no_app(&self, wanted: bool) -> bool {
        let VariantState::Rendered(rendering) = &self.state else { return false };
        matches!(&rendering.answer, ChildAnswer::NotAnApp { express, .. } if *express == wanted)
    }

    /// Turns to the next configuration file of the folder, if there is one.
    pub fn take_next_config(&mut self) -> bool {
        let Some(app) = self.own.as_mut().filter(|app| !app.others.is_empty()).map(Arc::make_mut) else { return false };
        app.config = app.others.remove(0);
        true
    }

    /// Fails it if its configuration file lacks something and crema's own file beside it shows that it is not another
    /// tool's.
    pub fn claim(&mut self) {
        let VariantState::Rendered(rendering) = &self.state else { return };
        let has_own_file = self.own.as_ref().is_some_and(|app| app.own_file.is_some());
        if let (ChildAnswer::NotAnApp { express: false, why, .. }, true) = (&rendering.answer, has_own_file) {
            self.state = VariantState::Failed(Error::new(ErrorKind::ConfigError, why.clone()));
        }
    }

    fn known(&self) -> Option<&Known> {
        match &self.state {
            VariantState::Rendered(rendering) | VariantState::Missing(rendering) => Some(&rendering.known),
            VariantState::Failed(_)
            | VariantState::RanOut { .. }
            | VariantState::LeftAlone(_)
            | VariantState::NotReached => None,
        }
    }

    /// The lookups that it waits for.
    pub fn missing(&self) -> &[Lookup] {
        match &self.state {
            VariantState::Missing(rendering) => match &rendering.answer {
                ChildAnswer::Missing { lookups, .. } => lookups,
                _ => &[],
            },
            _ => &[],
        }
    }

    /// Whether it ran out of something other than time.
    pub fn died(&self) -> bool {
        matches!(self.state, VariantState::RanOut { waited: None, .. })
    }

    /// How long an answer was waited for, if it ran out of time.
    pub fn waited(&self) -> Option<Duration> {
        match self.state {
            VariantState::RanOut { waited, .. } => waited,
            _ => None,
        }
    }

    /// The family, if it is known.
    pub fn family(&self) -> Option<&str> {
        self.known()?.family.as_deref()
    }

    /// The image references of all containers, if every one is known.
    pub fn images(&self) -> Option<&[String]> {
        self.known()?.images.as_deref()
    }

    /// The region of its ECS and lookup calls.
    pub fn region<'a>(&'a self, default: &'a str) -> &'a str {
        self.config.region.as_deref().unwrap_or(default)
    }

    /// The region of one lookup.
    pub fn region_of<'a>(&'a self, lookup: &Lookup, default: &'a str) -> &'a str {
        if self.early.contains(lookup) { default } else { self.region(default) }
    }

    /// `batch (type=batch)`: the app and its variant in a sentence.
    pub fn name(&self) -> String {
        let variables: Vec<String> = self.variant.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if variables.is_empty() { self.app.clone() } else { format!("{} ({})", self.app, variables.join(", ")) }
    }

    /// The secrets that texts about it may contain. What an author has written into the app's own files is no secret:
    /// those that Jsonnet reads or that hold the definition, and that are no env files.
    pub fn confidential(&self) -> Secrets {
        let mut secrets = self.secrets.clone();
        if let Some(texts) = self.texts.clone().filter(|_| !secrets.is_empty()) {
            let envfiles = self.own.as_ref().map(|own| &*own.envfiles).unwrap_or_default();
            let named = [self.own.as_ref().map(|own| &own.config), self.config.definition.as_ref()];
            let is_source = |key: &&String| key.ends_with(".jsonnet") || key.ends_with(".libsonnet");
            let keys = self.reads.keys().into_iter().filter(is_source).chain(named.into_iter().flatten());
            secrets = secrets.with_files(texts, keys.filter(|key| !envfiles.contains(key)).cloned().collect());
        }
        self.variant.values().fold(secrets, |secrets, value| secrets.naming(Some(value)))
    }

    /// The subject of its outcomes. The family is in it if it is known.
    pub fn subject(&self, default_region: &str) -> Subject {
        Subject {
            app: Some(self.app.clone()),
            variant: Some(self.variant.clone()),
            family: self.family().map(str::to_owned),
            region: Some(self.region(default_region).to_owned()),
            cluster: self.config.cluster.clone(),
            secrets: self.confidential(),
        }
    }
}

/// The external variables of one variant.
fn variables(app: &App, place: usize, settings: &Settings) -> Variant {
    app.variants.get(place).cloned().unwrap_or_default().over(&settings.ext_str, &settings.ext_code)
}
