//! The ecspresso configuration file.

pub mod envfile;
pub mod fields;
pub mod ignore;
pub mod version;

use crate::{
    ecspresso::fields::{FieldShape, FieldValue, Notes, Reading, Unknown},
    session::{
        failure::RenderFailure,
        protocol::{AppConfig, FailureKind},
    },
    template::functions::Plugin,
};
use crema_base::secrecy::foreign;
use serde::de::DeserializeSeed;

/// What crema takes from the file. Texts are kept as they are written: `no`, `0123` and `1_000` are neither booleans nor
/// numbers.
#[derive(Debug, Default, PartialEq)]
pub struct Configuration {
    pub app: AppConfig,
    pub task_definition: Option<String>,
    /// Whether the file names the definition of an ECS Express service. If it names no other definition, there is nothing to
    /// register.
    pub express_definition: bool,
    pub required_version: Option<String>,
    /// Tags with these keys are removed from the definition (`ignore.tags`).
    pub ignored_tags: Vec<String>,
    pub plugins: Vec<Plugin>,
    /// Unknown fields, such as `regoin` or `plugins[0].func_perfix`. They are warnings.
    pub unknown: Vec<Unknown>,
}

impl Configuration {
    /// The texts that must not contain a missing value (see [`gaps`]).
    pub fn needed(&self) -> impl Iterator<Item = &str> {
        fn of_plugin(plugin: &Plugin) -> impl Iterator<Item = &String> {
            [&plugin.name, &plugin.func_prefix].into_iter().chain(&plugin.path).chain(&plugin.url)
        }
        let fields = self.app.region.iter().chain(&self.task_definition);
        let unknown = self.unknown.iter().map(|unknown| &unknown.path);
        let lists = self.ignored_tags.iter().chain(unknown).chain(self.plugins.iter().flat_map(of_plugin));
        fields.chain(lists).map(String::as_str)
    }
}

/// Whether crema needs this field of a configuration file.
pub fn is_needed(field: &str) -> bool {
    ["region", "task_definition", "express_definition", "plugins", "ignore"].contains(&field)
}

/// All fields that ecspresso knows. Those that crema does not use may hold anything.
const FIELDS: [(&str, FieldShape); 13] = [
    ("region", FieldShape::Text),
    ("cluster", FieldShape::Text),
    ("task_definition", FieldShape::Text),
    ("plugins", FieldShape::List(&FieldShape::Map(&PLUGIN))),
    ("service", FieldShape::Anything),
    ("service_definition", FieldShape::Anything),
    ("timeout", FieldShape::Anything),
    ("required_version", FieldShape::Text),
    ("appspec", FieldShape::Anything),
    ("codedeploy", FieldShape::Anything),
    ("filter_command", FieldShape::Anything),
    ("ignore", FieldShape::Map(&IGNORE)),
    ("express_definition", FieldShape::Text),
];
const IGNORE: [(&str, FieldShape); 1] = [("tags", FieldShape::List(&FieldShape::Text))];
const PLUGIN: [(&str, FieldShape); 3] =
    [("name", FieldShape::Text), ("func_prefix", FieldShape::Text), ("config", FieldShape::Map(&PLUGIN_CONFIG))];
const PLUGIN_CONFIG: [(&str, FieldShape); 3] =
    [("path", FieldShape::Text), ("url", FieldShape::Text), ("optional", FieldShape::Flag)];

/// Reads a configuration file in YAML. `key` names it in messages.
///
/// # Errors
/// `Config`, with `file:line:column: ` and the path of the field, if the error is in one: a syntax error, a duplicate key or
/// a value of the wrong type.
pub fn from_yaml(key: &str, text: &str) -> Result<Configuration, RenderFailure> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    let notes = Notes::default();
    let reading = Reading::whole(&FIELDS, &notes);
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| reading.deserialize(yaml));
    match read {
        Ok(read) => Ok(configuration(read, notes)),
        Err(error) => {
            let place = error.location().map(|at| format!(":{}:{}", at.line(), at.column())).unwrap_or_default();
            let said = error.without_snippet().to_string();
            Err(wrong(&format!("{key}{place}"), &notes, &said, "YAML"))
        }
    }
}

/// Reads a configuration file in JSON.
///
/// # Errors
/// The same as [`from_yaml`].
pub fn from_json(key: &str, text: &str) -> Result<Configuration, RenderFailure> {
    let notes = Notes::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Reading::whole(&FIELDS, &notes).deserialize(&mut json);
    match read.and_then(|read| json.end().map(|()| read)) {
        Ok(read) => Ok(configuration(read, notes)),
        Err(error) => {
            let place = format!("{key}:{}:{}", error.line(), error.column());
            Err(wrong(&place, &notes, &error.to_string(), "JSON"))
        }
    }
}

fn configuration(mut read: FieldValue, notes: Notes) -> Configuration {
    let plugin = |mut entry: FieldValue| {
        let mut config = entry.take("config");
        Plugin {
            name: entry.take_text("name").unwrap_or_default(),
            func_prefix: entry.take_text("func_prefix").unwrap_or_default(),
            path: config.take_text("path"),
            url: config.take_text("url"),
            optional: config.take_flag("optional"),
        }
    };
    Configuration {
        app: AppConfig { region: read.take_text("region"), cluster: read.take_text("cluster"), definition: None },
        task_definition: read.take_text("task_definition"),
        express_definition: read.take_text("express_definition").is_some(),
        required_version: read.take_text("required_version"),
        ignored_tags: read.take("ignore").take_list("tags").into_iter().filter_map(FieldValue::into_text).collect(),
        plugins: read.take_list("plugins").into_iter().map(plugin).collect(),
        unknown: notes.unknown(),
    }
}

fn wrong(place: &str, notes: &Notes, said: &str, language: &str) -> RenderFailure {
    let field = match notes.at() {
        at if at.is_empty() => String::new(),
        at => format!("`{}`: ", foreign(at)),
    };
    let what = foreign(without_place(said));
    config_error(format!("{place}: {field}{what}; expected the {language} of ecspresso"))
}

fn config_error(message: String) -> RenderFailure {
    RenderFailure { kind: FailureKind::Config, message }
}

/// The message of a parser without its place, which the caller writes in front, and without its advice to programmers. A
/// text of the wrong type, which serde quotes, is left out as well: it may be a secret from the environment.
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

#[cfg(test)]
mod tests;
