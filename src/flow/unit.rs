//! One app and variant of a survey.

use super::concern::Concern;
use crate::{
    config::{
        apps::{App, Folder, Variant},
        settings::Settings,
    },
    error::Error,
    outcome::{Decision, Outcome, draft::Untold},
    render::{
        known::Known,
        protocol::{Answer, AppConfig, Lookup, RenderAsk, Surroundings},
    },
    secrecy::{Secrets, Texts},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// One app and variant, and what came of rendering it.
#[derive(Clone)]
pub struct Unit {
    /// As outcomes and direct calls name it.
    pub app: String,
    pub folder: String,
    /// The external variables that make the variant.
    pub variant: BTreeMap<String, String>,
    /// The app, as far as it is known without rendering; none where crema's own file is broken.
    pub own: Option<App>,
    pub config: AppConfig,
    /// Every key that was asked for, found or not.
    pub reads: BTreeSet<String>,
    pub concern: Concern,
    pub state: State,
    /// What the configuration file itself looks up: in the function's region, before it can name another.
    pub early: BTreeSet<Lookup>,
    /// How to render it, without looked-up values.
    pub ask: Option<RenderAsk>,
    /// What it was given and what is not to be told.
    pub secrets: Secrets,
    /// The words of the snapshot's files.
    pub texts: Option<Arc<Texts>>,
}

/// What came of rendering.
#[derive(Clone)]
pub enum State {
    /// The answer that holds the document.
    Rendered(Arc<Answer>, Known),
    /// Lookups are missing: not fetched yet, or not needed for this trigger.
    Missing(Vec<Lookup>, Known),
    Failed(Error),
    /// The deadline came first.
    NotReached,
}

impl Unit {
    /// One variant of an app, not rendered yet. `reads` are crema's own file and what that read.
    pub fn new(app: &App, variant: &Variant, settings: &Settings, reads: &BTreeSet<String>, placeholder: &str) -> Unit {
        let Variant { ext_str, ext_code } = variant.over(&settings.ext_str, &settings.ext_code);
        let shown = ext_code.iter().chain(&ext_str).map(|(name, value)| (name.clone(), value.clone())).collect();
        let ask = RenderAsk {
            config: app.config.clone(),
            surroundings: Surroundings { ext_str, ext_code, env: settings.visible_env.clone() },
            own_file: app.own_file.clone(),
            envfiles: app.envfiles.clone(),
            values: vec![],
            placeholder: placeholder.to_owned(),
        };
        Unit {
            app: app.name.clone(),
            folder: app.folder.clone(),
            variant: shown,
            own: Some(app.clone()),
            config: AppConfig::default(),
            reads: reads.clone(),
            concern: Concern::Unknown,
            state: State::NotReached,
            early: BTreeSet::new(),
            ask: Some(ask),
            secrets: Secrets::default(),
            texts: None,
        }
    }

    /// A folder of which is not known what apps it holds.
    pub fn broken(folder: &Folder, reads: BTreeSet<String>, Untold { error, secrets }: Untold) -> Unit {
        Unit {
            app: folder.name().to_owned(),
            folder: folder.path.clone(),
            variant: BTreeMap::new(),
            own: None,
            config: AppConfig::default(),
            reads,
            concern: Concern::Unknown,
            state: State::Failed(error),
            early: BTreeSet::new(),
            ask: None,
            secrets,
            texts: None,
        }
    }

    pub fn is_of_another_tool(&self) -> bool {
        matches!(&self.state, State::Rendered(answer, _) if matches!(**answer, Answer::NotAnApp { express: false, .. }))
    }

    /// Whether it is an ECS Express service, which has no task definition of its own.
    pub fn is_express(&self) -> bool {
        matches!(&self.state, State::Rendered(answer, _) if matches!(**answer, Answer::NotAnApp { express: true, .. }))
    }

    /// Turns to the next configuration file of the folder, where there is one.
    pub fn take_next_config(&mut self) -> bool {
        let (Some(app), Some(ask)) = (&mut self.own, &mut self.ask) else { return false };
        if app.others.is_empty() {
            return false;
        }
        app.config = app.others.remove(0);
        ask.config.clone_from(&app.config);
        true
    }

    /// Where crema's own file stands beside the configuration file, that is not another tool's but lacks something.
    pub fn claim(&mut self) {
        let State::Rendered(answer, _) = &self.state else { return };
        let has_own_file = self.own.as_ref().is_some_and(|app| app.own_file.is_some());
        if let (Answer::NotAnApp { express: false, why, .. }, true) = (&**answer, has_own_file) {
            self.state = State::Failed(Error::ConfigError(why.clone()));
        }
    }

    /// The document as the files say it, where it was rendered, and warnings.
    pub fn rendered(&self) -> Option<(&Value, &[String])> {
        match &self.state {
            State::Rendered(answer, _) => match &**answer {
                Answer::Rendered { document, warnings, .. } => Some((document, warnings)),
                _ => None,
            },
            _ => None,
        }
    }

    fn known(&self) -> Option<&Known> {
        match &self.state {
            State::Rendered(_, known) | State::Missing(_, known) => Some(known),
            State::Failed(_) | State::NotReached => None,
        }
    }

    /// The family, where it is known.
    pub fn family(&self) -> Option<&str> {
        self.known()?.family.as_deref()
    }

    /// The image references of all containers, where every one is known.
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

    /// What is not to be told of it. What an author has written into the app's own files is no secret: those are read by
    /// Jsonnet or hold the definition, and are no env files.
    pub fn confidential(&self) -> Secrets {
        let mut secrets = self.secrets.clone();
        if let Some(texts) = self.texts.clone().filter(|_| !secrets.is_empty()) {
            let envfiles = self.own.as_ref().map(|own| own.envfiles.as_slice()).unwrap_or_default();
            let named = [self.own.as_ref().map(|own| &own.config), self.config.definition.as_ref()];
            let is_source = |key: &&String| key.ends_with(".jsonnet") || key.ends_with(".libsonnet");
            let keys = self.reads.iter().filter(is_source).chain(named.into_iter().flatten());
            secrets = secrets.with_files(texts, keys.filter(|key| !envfiles.contains(key)).cloned().collect());
        }
        self.variant.values().fold(secrets, |secrets, value| secrets.naming(Some(value)))
    }

    /// An outcome that says which app, variant and family it is about.
    pub fn outcome(&self, decision: Decision, default_region: &str) -> Outcome {
        let mut outcome = Outcome::new(decision);
        outcome.app = Some(self.app.clone());
        outcome.variant = Some(self.variant.clone());
        outcome.family = self.family().map(str::to_owned);
        outcome.region = Some(self.region(default_region).to_owned());
        outcome.cluster.clone_from(&self.config.cluster);
        outcome.secrets = self.confidential();
        outcome
    }
}
