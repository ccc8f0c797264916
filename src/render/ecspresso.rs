//! The ecspresso configuration file.

use crate::render::{
    functions::{Failure, Plugin},
    protocol::{AppConfig, FailureKind},
};
use serde::{
    Deserialize,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
};
use std::collections::BTreeSet;

/// What crema takes from the file. Texts are as written: `no`, `0123` and `1_000` are no booleans and numbers.
#[derive(Debug, Default, PartialEq)]
pub struct Configuration {
    pub app: AppConfig,
    pub task_definition: Option<String>,
    pub plugins: Vec<Plugin>,
    /// Names of fields that nobody knows.
    pub unknown: Vec<String>,
}

/// Fields of ecspresso that crema has no use for.
const UNUSED: [&str; 8] = [
    "service",
    "service_definition",
    "timeout",
    "required_version",
    "appspec",
    "codedeploy",
    "filter_command",
    "ignore",
];

/// Reads YAML.
///
/// # Errors
/// `Config`, `file:line:col: what`: a syntax error, a key twice, a value that is no text.
pub fn from_yaml(key: &str, text: &str) -> Result<Configuration, Failure> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place = error.location().map(|at| format!(":{}:{}", at.line(), at.column())).unwrap_or_default();
        let said = error.without_snippet().to_string();
        config_error(format!("{key}{place}: {}; expected the YAML of ecspresso", without_place(&said)))
    })
}

/// Reads JSON.
///
/// # Errors
/// As [`from_yaml`].
pub fn from_json(key: &str, text: &str) -> Result<Configuration, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let what = without_place(&said);
        config_error(format!("{key}:{}:{}: {what}; expected the JSON of ecspresso", error.line(), error.column()))
    })
}

fn config_error(message: String) -> Failure {
    Failure { kind: FailureKind::Config, message }
}

/// What a parser said, without what follows the matter itself: the place, which is told in front already, and advice to
/// programmers. Nor does it quote a text of a wrong type, as serde does: that may be a secret of the environment.
pub fn without_place(said: &str) -> String {
    const ASIDES: [&str; 3] = [" at line ", ", set DuplicateKeyPolicy", "; use from_str"];
    let said = said.lines().next().unwrap_or_default();
    let end = ASIDES.iter().filter_map(|aside| said.find(aside)).min().unwrap_or(said.len());
    let what = &said[..end];
    for start in ["invalid type: string ", "invalid value: string "] {
        if let (true, Some(expected)) = (what.starts_with(start), what.rfind(", expected ")) {
            return format!("{}{}", start.trim_end(), &what[expected..]);
        }
    }
    what.to_owned()
}

impl<'de> Deserialize<'de> for Configuration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

// By hand: what is unknown is to be named, and a flattened map would read `0123` as a number first.
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Configuration;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mapping with `task_definition`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Configuration, A::Error> {
        let mut read = Configuration::default();
        let mut seen = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            match name.as_str() {
                "region" => read.app.region = given(map.next_value()?),
                "cluster" => read.app.cluster = given(map.next_value()?),
                "task_definition" => read.task_definition = given(map.next_value()?),
                "plugins" => {
                    let entries: Option<Vec<Entry>> = map.next_value()?;
                    read.plugins = entries.unwrap_or_default().into_iter().map(Entry::plugin).collect();
                }
                known => {
                    map.next_value::<IgnoredAny>()?;
                    if !UNUSED.contains(&known) {
                        read.unknown.push(name);
                    }
                }
            }
        }
        Ok(read)
    }
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    func_prefix: Option<String>,
    config: Option<Source>,
}

#[derive(Default, Deserialize)]
struct Source {
    path: Option<String>,
    url: Option<String>,
}

impl Entry {
    fn plugin(self) -> Plugin {
        let Source { path, url } = self.config.unwrap_or_default();
        Plugin {
            name: self.name,
            func_prefix: self.func_prefix.unwrap_or_default(),
            path: given(path),
            url: given(url),
        }
    }
}

#[cfg(test)]
mod tests;
