//! The tables of `cases/`: files, variables and values in; a document, a warning or an error out.

use crate::case::{CONFIG, Case, DEFINITION, Table};
use crema::{
    config::apps::{self, App},
    definition::Definition,
};
use crema_base::{
    files::{File, Files},
    secrecy::{self, Secrets, Source},
};
use crema_render::{child::app, ecspresso::envfile, session::protocol::ChildAnswer};
use crema_testing::{
    rendering::{file_set, text},
    rounds::{self, kind_of},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Case {
    fn check(&self) -> Result<(), String> {
        let concerns_folders = self.apps.is_some() || self.renders.is_some();
        let result = if concerns_folders { self.run_folder() } else { self.run() };
        match (&self.differs, result) {
            (None, result) => result,
            (Some(_), Err(_)) => Ok(()),
            (Some(_), Ok(())) => Err("it no longer differs; take its `differs` away".to_owned()),
        }
    }

    fn run(&self) -> Result<(), String> {
        let mut envfiles = self.envfiles.clone();
        envfiles.extend(self.env_text.as_ref().map(|_| "app/.env".to_owned()));
        let entry = self.entry.as_deref().unwrap_or(CONFIG);
        let files = file_set(&self.files());
        let done = rounds::render(&files, entry, &envfiles, &self.surroundings(), &self.values)?;
        same("lookups", self.asked.as_ref(), &done.asked)?;
        same("rounds", self.rounds.as_ref(), &done.rounds)?;
        match done.answer {
            ChildAnswer::Rendered { config, document, reads, warnings, .. } => {
                same("files read", self.reads.as_ref(), &reads)?;
                same(
                    "configuration",
                    self.app_config.as_ref(),
                    &json!({"region": config.region, "cluster": config.cluster}),
                )?;
                self.rendered(document, warnings.iter().map(|warning| secrecy::plain(warning)).collect())
            }
            ChildAnswer::Failed { kind, message, quoted, given, reads, .. } => {
                same("files read", self.reads.as_ref(), &reads)?;
                let mut secrets = self.secrets(&envfiles);
                secrets.give(Source::of(given).into());
                self.failed(kind_of(kind), &secrets.told(&secrecy::join(&message, &quoted)))
            }
            ChildAnswer::NotAnApp { .. } if self.not_an_app => Ok(()),
            ChildAnswer::NotAnApp { .. } => Err("taken for another tool's file".to_owned()),
            ChildAnswer::Evaluated { .. } | ChildAnswer::Missing { .. } => {
                Err("an answer to another question".to_owned())
            }
        }
    }

    /// The values of parameters and of env files, as the function keeps them.
    fn secrets(&self, envfiles: &[String]) -> Secrets {
        let parameters =
            self.values.iter().filter(|(name, _)| name.starts_with("ssm ")).map(|(_, value)| value.clone());
        let files = self.files();
        let texts = envfiles.iter().filter_map(|key| files.get(key)).map(text);
        let variables = texts.flat_map(|text| envfile::values(&text).map(Value::from).collect::<Vec<_>>());
        let mut secrets = Secrets::default();
        secrets.keep(Source::of(parameters.chain(variables).collect()).into());
        secrets
    }

    fn rendered(&self, document: Value, mut warnings: Vec<String>) -> Result<(), String> {
        let value = document.get("text").or_else(|| document.get("value"));
        same("value", self.gives.as_ref(), value.unwrap_or(&Value::Null))?;
        same("document", self.document.as_ref(), &document)?;
        if self.error.is_none() {
            same("variables", self.sees.as_ref().map(|sees| json!(sees)).as_ref(), &document)?;
        }
        if self.definition.is_some() || self.error.as_ref().is_some_and(|e| e.kind == "InvalidDefinition") {
            match Definition::new(document, self.unknown_keys, DEFINITION) {
                Err(error) => return self.failed(error.kind.name(), &secrecy::plain(&error.to_string())),
                Ok((definition, more)) => {
                    warnings.extend(more.iter().map(|warning| secrecy::plain(warning)));
                    same("definition", self.normal.as_ref(), definition.as_value())?;
                }
            }
        }
        if self.error.is_some() || self.not_an_app {
            return Err("it rendered".to_owned());
        }
        match &self.warnings {
            Some(expected) if expected.is_empty() && !warnings.is_empty() => Err(format!("warnings: {warnings:?}")),
            Some(expected) => match expected.iter().find(|name| !warnings.iter().any(|w| w.contains(*name))) {
                Some(name) => Err(format!("no warning names {name}: {warnings:?}")),
                None => Ok(()),
            },
            None => Ok(()),
        }
    }

    fn failed(&self, kind: &str, message: &str) -> Result<(), String> {
        match &self.error {
            Some(expected) => expected.check(kind, message),
            None => Err(format!("{kind}: {message}")),
        }
    }

    /// The apps of the folder, and what every one of their variants renders to.
    fn run_folder(&self) -> Result<(), String> {
        let contents = if self.folder.is_empty() { self.files() } else { self.folder.clone() };
        match self.folder_apps(&contents) {
            Err((kind, message)) => self.failed(&kind, &message),
            Ok(_) if self.error.is_some() => Err("no error".to_owned()),
            Ok(found) => {
                let told = |app: &App| {
                    json!({"name": app.name, "config": app.config, "envfiles": app.envfiles,
                        "variants": app.variants.len()})
                };
                same("apps", self.apps.as_ref(), &found.iter().map(told).collect())?;
                match &self.renders {
                    Some(expected) => same("renderings", Some(expected), &self.renderings(&contents, &found)?),
                    None => Ok(()),
                }
            }
        }
    }

    fn folder_apps(&self, contents: &BTreeMap<String, Value>) -> Result<Vec<App>, (String, String)> {
        let told = |error: crema::error::Error| (error.kind.name().to_owned(), error.to_string());
        let file = |content: &Value| {
            let content = text(content).into_bytes();
            File { etag: "e".to_owned(), bytes: content.len() as u64, content: Some(content.into()) }
        };
        let files: Files = contents.iter().map(|(key, content)| (key.clone(), file(content))).collect();
        let folder = apps::folders(&files).into_iter().find(|folder| folder.path == "app");
        let folder = folder.ok_or_else(|| ("none".to_owned(), "no app was found".to_owned()))?;
        let own = match folder.jsonnet() {
            None => folder.json(&files).map_err(told)?,
            Some(key) => match app::evaluate(&file_set(contents), key, &self.surroundings()) {
                ChildAnswer::Evaluated { value, .. } => Some(value),
                ChildAnswer::Failed { kind, message, .. } => return Err((kind_of(kind).to_owned(), message)),
                _ => return Err(("none".to_owned(), "an answer to another question".to_owned())),
            },
        };
        folder.apps(own, &files).map_err(told)
    }

    fn renderings(&self, contents: &BTreeMap<String, Value>, found: &[App]) -> Result<Vec<String>, String> {
        let mut texts = vec![];
        for (app, variant) in found.iter().flat_map(|app| app.variants.iter().map(move |variant| (app, variant))) {
            let mut surroundings = self.surroundings();
            let joined = variant.over(&surroundings.ext_str, &surroundings.ext_code);
            (surroundings.ext_str, surroundings.ext_code) = (joined.ext_str, joined.ext_code);
            let files = file_set(contents);
            match rounds::render(&files, &app.config, &app.envfiles, &surroundings, &self.values)?.answer {
                ChildAnswer::Rendered { document, .. } => texts.push(text(&document["text"])),
                ChildAnswer::Failed { message, .. } => return Err(format!("{}: {message}", app.name)),
                _ => return Err(format!("{}: neither rendered nor failed", app.name)),
            }
        }
        Ok(texts)
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: Option<&T>, got: &T) -> Result<(), String> {
    match expected {
        Some(expected) if expected != got => Err(format!("{what}: expected {expected:?}, got {got:?}")),
        _ => Ok(()),
    }
}

fn check(table: &str) {
    let table: Table = serde_json::from_str(table).unwrap();
    crema_testing::all(table.cases.iter().map(|case| Case::read(&table, case)).collect(), Case::check);
}

#[test]
fn templates_give_what_go_gives() {
    check(include_str!("cases/templates.json"));
}

#[test]
fn the_corners_of_the_grammar_are_those_of_go() {
    check(include_str!("cases/syntax.json"));
}

#[test]
fn whole_documents_are_expanded_and_errors_name_their_line() {
    check(include_str!("cases/documents.json"));
}

#[test]
fn functions_and_natives_look_up_and_refuse() {
    check(include_str!("cases/functions.json"));
}

#[test]
fn terraform_states_are_addressed_as_tfstate_lookup_does() {
    check(include_str!("cases/tfstate.json"));
}

#[test]
fn terraform_states_are_found_where_tfstate_lookup_finds_them() {
    check(include_str!("cases/states.json"));
}

#[test]
fn documents_come_out_as_the_api_spells_them() {
    check(include_str!("cases/keys.json"));
}

#[test]
fn env_files_are_read_as_ecspresso_reads_them() {
    check(include_str!("cases/envfile.json"));
}

#[test]
fn configuration_files_are_read_as_ecspresso_reads_them() {
    check(include_str!("cases/config.json"));
}

#[test]
fn values_that_a_text_cannot_bear_are_told_with_the_remedy() {
    check(include_str!("cases/inserted.json"));
}

#[test]
fn errors_name_file_and_place() {
    check(include_str!("cases/errors.json"));
}

#[test]
fn what_stands_nearer_wins() {
    check(include_str!("cases/precedence.json"));
}

#[test]
fn variants_are_rendered_each_for_itself() {
    check(include_str!("cases/variants.json"));
}
