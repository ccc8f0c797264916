//! The apps of a snapshot. An app is a folder with an ecspresso configuration file and, optionally, crema's own file.

#[cfg(test)]
mod tests;

use super::{
    bounds,
    own::{OneOrMany, OwnFile},
};
use crate::error::{Error, ErrorKind, Result};
use crema_base::files::{File, Files};
use crema_base::nearest;
use crema_render::child::bounds::{self as child_bounds, CONFIG};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use super::own::{OwnBreaker, UnknownKeys, Variant};

/// Names of the configuration file. The first that exists counts.
const ECSPRESSO: [&str; 4] = ["ecspresso.yml", "ecspresso.yaml", "ecspresso.json", "ecspresso.jsonnet"];
const OWN_JSON: &str = "crema.json";
const OWN_JSONNET: &str = "crema.jsonnet";

/// A folder that may be an app, judged by the names of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Path relative to the prefix, without a trailing slash. Empty for the prefix itself.
    pub path: String,
    /// Key of the configuration file.
    pub config: Option<String>,
    /// Keys of further configuration files, which are tried if that one belongs to another tool.
    pub others: Vec<String>,
    /// Key of crema's own file.
    pub own: Option<String>,
    /// Whether both `crema.json` and `crema.jsonnet` exist, which is an error.
    pub own_twice: bool,
}

/// What is known of an app before it is rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// The name in outcomes and direct calls: `team/batch`, `.`, or `team/batch/prod.yml` if the folder has several apps.
    pub name: String,
    pub folder: String,
    /// Key of the configuration file.
    pub config: String,
    /// Keys of further configuration files, which are tried if that one belongs to another tool.
    pub others: Vec<String>,
    /// Key of crema's own file, if there is one.
    pub own_file: Option<String>,
    /// Keys of the env files. Shared, like the variants, by all apps of the file: there may be hundreds.
    pub envfiles: Arc<[String]>,
    pub variants: Arc<[Variant]>,
    /// `None` means that the setting `PIN_IMAGES` counts.
    pub pin_images: Option<bool>,
    pub unknown_keys: UnknownKeys,
    /// Names of rules that are not looked at.
    pub skip_rules: Arc<[String]>,
    /// `None` means that the setting `CIRCUIT_BREAKER` counts, and the first essential container.
    pub circuit_breaker: Option<OwnBreaker>,
}

/// Whether a file of this name may make its folder an app.
pub fn makes_an_app(name: &str) -> bool {
    ECSPRESSO.contains(&name) || CONFIG.contains(&name) || name == OWN_JSON || name == OWN_JSONNET
}

/// All folders of the snapshot that contain a configuration file or crema's own file.
pub fn folders(files: &Files) -> Vec<Folder> {
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for key in files.keys() {
        let (path, name) = key.rsplit_once('/').unwrap_or(("", key));
        names.entry(path).or_default().insert(name);
    }
    let folder = |(path, names): (&&str, &BTreeSet<&str>)| {
        let key = |name: &&str| join(path, name);
        let shared = CONFIG.iter().filter(|name| names.contains(**name)).map(key);
        let mut found = ECSPRESSO.iter().find(|name| names.contains(**name)).map(key).into_iter().chain(shared);
        let (config, others) = (found.next(), found.collect());
        let own = [OWN_JSON, OWN_JSONNET].iter().find(|name| names.contains(**name)).map(key);
        let own_twice = names.contains(OWN_JSON) && names.contains(OWN_JSONNET);
        (config.is_some() || own.is_some()).then(|| Folder { path: (*path).to_owned(), config, others, own, own_twice })
    };
    names.iter().filter_map(folder).collect()
}

impl Folder {
    /// The name of the folder's app, if it has only one.
    pub fn name(&self) -> &str {
        if self.path.is_empty() { "." } else { &self.path }
    }

    /// The key of `crema.jsonnet`, which has to be evaluated, if the folder has one.
    pub fn jsonnet(&self) -> Option<&str> {
        self.own.as_deref().filter(|key| key.ends_with(OWN_JSONNET))
    }

    /// The contents of `crema.json`, if the folder has one.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] with `file:line:column`.
    pub fn json(&self, files: &Files) -> Result<Option<Value>> {
        let Some(key) = self.own.as_deref().filter(|key| key.ends_with(OWN_JSON)) else { return Ok(None) };
        let Some(File { content: Some(content), .. }) = files.get(key) else {
            return Err(Error::new(ErrorKind::ConfigError, format!("{key}: too large to be loaded")));
        };
        child_bounds::check(content).map_err(|what| Error::new(ErrorKind::ConfigError, format!("{key}: {what}")))?;
        serde_json::from_slice(content).map(Some).map_err(|e| {
            Error::new(ErrorKind::ConfigError, format!("{key}:{}:{}: {e}; expected JSON", e.line(), e.column()))
        })
    }

    /// The apps of the folder: one, or one for each element of a list in `config`. `own` is the value of crema's own file.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] naming crema's own file, its field and what was expected.
    pub fn apps(&self, own: Option<Value>, files: &Files) -> Result<Vec<App>> {
        let place = self.own.as_deref().unwrap_or_default();
        let wrong = |what: String| Error::new(ErrorKind::ConfigError, format!("{place}: {what}"));
        if self.own_twice {
            return Err(wrong(format!("{OWN_JSON} and {OWN_JSONNET} stand side by side; one of them has to go")));
        }
        let own = match own {
            None => OwnFile::default(),
            Some(value) => OwnFile::read(value).map_err(wrong)?,
        };
        let key = |field: &str, name: &str| {
            let inside = !name.is_empty() && !name.contains(['\\', '\0', '%']) && !name.starts_with('/');
            if inside && !name.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
                Ok(join(&self.path, name))
            } else {
                Err(wrong(format!("`{field}`: {name:?} is no file of this folder")))
            }
        };
        let envfiles: Arc<[String]> = match &own.envfile {
            None => Arc::default(),
            Some(OneOrMany::One(name)) => [key("envfile", name)?].into(),
            Some(OneOrMany::Many(names)) => names.iter().map(|name| key("envfile", name)).collect::<Result<_>>()?,
        };
        let configs: Vec<(String, String)> = match &own.config {
            Some(OneOrMany::One(name)) => vec![(self.name().to_owned(), key("config", name)?)],
            Some(OneOrMany::Many(names)) => {
                let named = |name: &String| Ok((format!("{}/{name}", self.name()), key("config", name)?));
                names.iter().map(named).collect::<Result<_>>()?
            }
            None => match &self.config {
                Some(config) => vec![(self.name().to_owned(), config.clone())],
                None => {
                    let names = ECSPRESSO.join(", ");
                    return Err(wrong(format!("there is no configuration file beside it; expected one of {names}")));
                }
            },
        };
        if let Some((_, missing)) = configs.iter().find(|(_, key)| !files.contains_key(key)) {
            let why = nearest::no_file(missing, files.keys().map(String::as_str));
            return Err(wrong(format!("`config`: {why}")));
        }
        let variants: Arc<[Variant]> = own.variants.map_or_else(|| [Variant::default()].into(), Arc::from);
        bounds::check_all(configs.len(), &variants).map_err(wrong)?;
        let skip_rules: Arc<[String]> = own.skip_rules.unwrap_or_default().into();
        let app = |(name, config)| App {
            name,
            folder: self.path.clone(),
            config,
            others: if own.config.is_none() { self.others.clone() } else { vec![] },
            own_file: self.own.clone(),
            envfiles: envfiles.clone(),
            variants: variants.clone(),
            pin_images: own.pin_images,
            unknown_keys: own.unknown_keys,
            skip_rules: skip_rules.clone(),
            circuit_breaker: own.circuit_breaker.clone(),
        };
        Ok(configs.into_iter().map(app).collect())
    }
}

/// The folder that a key belongs to: of those above it, the nearest.
pub fn nearest<'a>(folders: &'a BTreeSet<String>, key: &str) -> Option<&'a str> {
    let mut path = key;
    while let Some((above, _)) = path.rsplit_once('/') {
        if let Some(folder) = folders.get(above) {
            return Some(folder);
        }
        path = above;
    }
    folders.get("").map(String::as_str)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}
