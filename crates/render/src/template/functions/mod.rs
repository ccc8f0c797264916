//! The functions of an ecspresso folder, for templates and for Jsonnet alike.

mod call;
mod plugin;
mod states;
#[cfg(test)]
mod tests;

use crate::session::{Session, failure::RenderFailure};
use crema_base::secrecy::foreign;
pub use plugin::Plugin;
use states::StateSource;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

/// What a function does, without the prefix of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    Env,
    MustEnv,
    JsonEscape,
    Ssm,
    SsmList,
    SecretsmanagerArn,
    SecretsmanagerArnf,
    CfnOutput,
    CfnExport,
    /// With the index of its state among the plugin entries.
    Tfstate(usize),
    Tfstatef(usize),
}

const BASIC: [(&str, FunctionKind); 3] =
    [("env", FunctionKind::Env), ("must_env", FunctionKind::MustEnv), ("json_escape", FunctionKind::JsonEscape)];
const SSM: [(&str, FunctionKind); 2] = [("ssm", FunctionKind::Ssm), ("ssm_list", FunctionKind::SsmList)];
const SECRETSMANAGER: [(&str, FunctionKind); 2] = [
    ("secretsmanager_arn", FunctionKind::SecretsmanagerArn),
    ("secretsmanager_arnf", FunctionKind::SecretsmanagerArnf),
];
const CLOUDFORMATION: [(&str, FunctionKind); 2] =
    [("cfn_output", FunctionKind::CfnOutput), ("cfn_export", FunctionKind::CfnExport)];
const PLUGINS: [&str; 4] = ["cloudformation", "secretsmanager", "ssm", "tfstate"];

/// The functions that one file may call. Cheap to clone.
#[derive(Clone)]
pub struct Functions {
    session: Session,
    table: Arc<BTreeMap<String, FunctionKind>>,
    sources: Arc<Vec<StateSource>>,
}

impl Functions {
    /// Only `env`, `must_env` and `json_escape`.
    pub fn basic(session: Session) -> Functions {
        Functions::of(session, names(&BASIC), vec![])
    }

    /// Also `ssm` and `secretsmanager_arn` without a prefix: what a configuration file itself may use.
    pub fn with_defaults(session: Session) -> Functions {
        Functions::of(session, defaults(), vec![])
    }

    /// Also those of the plugin entries. `config` is the key of the configuration file, to whose folder a `path:` is
    /// relative.
    ///
    /// # Errors
    /// `Config`: an unknown plugin, two functions with the same name, a `tfstate` without a state that can be read.
    pub fn with_plugins(session: Session, config: &str, plugins: &[Plugin]) -> Result<Functions, RenderFailure> {
        let mut table = defaults();
        let mut sources = vec![];
        for plugin in plugins {
            add(&mut table, &mut sources, config, plugin)
                .map_err(|why| RenderFailure::config(format!("{config}: plugins: {why}")))?;
        }
        Ok(Functions::of(session, table, sources))
    }

    fn of(session: Session, table: BTreeMap<String, FunctionKind>, sources: Vec<StateSource>) -> Functions {
        Functions { session, table: Arc::new(table), sources: Arc::new(sources) }
    }

    /// The messages about optional states that are known to be missing.
    pub fn warnings(&self) -> Vec<String> {
        self.sources.iter().filter_map(|source| source.warning(&self.session)).collect()
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Full names (prefix included) and kinds of those that templates may call.
    pub fn for_templates(&self) -> impl Iterator<Item = (&str, FunctionKind)> {
        self.table.iter().filter(|(_, kind)| **kind != FunctionKind::SsmList).map(|(name, kind)| (name.as_str(), *kind))
    }

    /// Full names and kinds of those that Jsonnet may call as `std.native`.
    pub fn for_jsonnet(&self) -> impl Iterator<Item = (&str, FunctionKind)> {
        let templates_only = |kind: FunctionKind| matches!(kind, FunctionKind::JsonEscape | FunctionKind::Tfstatef(_));
        self.table.iter().filter(move |(_, kind)| !templates_only(**kind)).map(|(name, kind)| (name.as_str(), *kind))
    }
}

fn names(functions: &[(&str, FunctionKind)]) -> BTreeMap<String, FunctionKind> {
    functions.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect()
}

fn defaults() -> BTreeMap<String, FunctionKind> {
    names(&[&BASIC[..], &SSM, &SECRETSMANAGER].concat())
}

fn add(
    table: &mut BTreeMap<String, FunctionKind>,
    sources: &mut Vec<StateSource>,
    config: &str,
    plugin: &Plugin,
) -> Result<(), String> {
    // ecspresso compares names without case.
    let plugin_name = plugin.name.to_lowercase();
    let functions = match plugin_name.as_str() {
        "ssm" => SSM,
        "secretsmanager" => SECRETSMANAGER,
        "cloudformation" => CLOUDFORMATION,
        "tfstate" => {
            sources.push(StateSource::of(config, plugin)?);
            let which = sources.len() - 1;
            [("tfstate", FunctionKind::Tfstate(which)), ("tfstatef", FunctionKind::Tfstatef(which))]
        }
        "external" => return Err("`external` cannot be used: crema runs no foreign command".to_owned()),
        _ => return Err(unknown(&plugin.name)),
    };
    for (function, kind) in functions {
        let name = format!("{}{function}", plugin.func_prefix);
        if !is_identifier(&name) {
            return Err(format!(
                "the func_prefix {:?} of {plugin_name} makes {name:?}, which is no name of a function",
                plugin.func_prefix
            ));
        }
        match table.entry(name) {
            Entry::Vacant(free) => drop(free.insert(kind)),
            // Named once more than they are there by themselves: ecspresso lets that pass.
            Entry::Occupied(_) if matches!(plugin_name.as_str(), "ssm" | "secretsmanager") => {}
            Entry::Occupied(taken) => {
                return Err(format!(
                    "the function {} already exists; set another func_prefix to {plugin_name}",
                    foreign(taken.key())
                ));
            }
        }
    }
    Ok(())
}

/// What to do if a function does not exist; empty if nothing can be suggested.
pub fn remedy(name: &str) -> &'static str {
    match name {
        "cfn_output" | "cfn_export" => "; it comes with the plugin cloudformation",
        "tfstate" | "tfstatef" => "; it comes with the plugin tfstate (in Jsonnet only as tfstate)",
        "ssm_list" => "; in a template it is ssm with an index",
        "json_escape" => "; it is a function of templates",
        _ => "",
    }
}

fn unknown(name: &str) -> String {
    let near = PLUGINS.iter().find(|known| strsim::damerau_levenshtein(known, &name.to_lowercase()) <= 3);
    let near = near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
    format!("there is no plugin {name:?}{near}; there are {}", PLUGINS.join(", "))
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
