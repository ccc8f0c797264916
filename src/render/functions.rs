//! The functions of an ecspresso folder, once, for templates and for Jsonnet.

use crate::render::{
    protocol::FailureKind,
    session::{Session, Stage},
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// Why rendering stopped.
#[derive(Clone, PartialEq)]
pub enum Stop {
    /// A value is missing; the run is thrown away.
    Missing,
    Failed(Failure),
}

#[derive(Clone, PartialEq)]
pub struct Failure {
    pub kind: FailureKind,
    pub message: String,
}

/// What a function does, whatever prefix its name has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Env,
    MustEnv,
    JsonEscape,
    Ssm,
    SsmList,
    SecretsmanagerArn,
    SecretsmanagerArnf,
    CfnOutput,
    CfnExport,
    /// With the position of its state among those of the plugin entries.
    Tfstate(usize),
    Tfstatef(usize),
}

/// One plugin entry of the configuration file, already read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plugin {
    pub name: String,
    pub func_prefix: String,
    pub path: Option<String>,
    pub url: Option<String>,
}

/// The functions that one file may call. Cheap to clone.
#[derive(Clone)]
pub struct Functions {
    session: Session,
    table: Arc<BTreeMap<String, Kind>>,
}

impl Functions {
    /// `env`, `must_env` and `json_escape` only.
    pub fn basic(session: Session) -> Functions {
        Functions { session, table: Arc::default() }
    }

    /// Also `ssm` and `secretsmanager_arn` without prefix: what a configuration file itself may use.
    pub fn with_defaults(session: Session) -> Functions {
        Functions { session, table: Arc::default() }
    }

    /// Also those of the plugin entries. `config` is the key of the configuration file: a `path:` is relative to it.
    ///
    /// # Errors
    /// `Config`: an unknown plugin, two functions of one name, a `tfstate` without a state that can be read.
    pub fn with_plugins(session: Session, config: &str, plugins: &[Plugin]) -> Result<Functions, Failure> {
        let _ = (config, plugins);
        Ok(Functions { session, table: Arc::default() })
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Full names (prefix included) and kinds of those that templates may call.
    pub fn for_templates(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.table.iter().filter(|(_, kind)| **kind != Kind::SsmList).map(|(name, kind)| (name.as_str(), *kind))
    }

    /// Full names and kinds of those that Jsonnet may call as `std.native`.
    pub fn for_jsonnet(&self) -> impl Iterator<Item = (&str, Kind)> {
        let template_only =
            |kind: &Kind| matches!(kind, Kind::JsonEscape | Kind::SecretsmanagerArnf | Kind::Tfstatef(_));
        self.table.iter().filter(move |(_, kind)| !template_only(kind)).map(|(name, kind)| (name.as_str(), *kind))
    }

    /// Calls one. Number and types of the arguments are checked here.
    ///
    /// # Errors
    /// [`Stop::Missing`] in [`Stage::Jsonnet`] where a value is not there yet (in [`Stage::Template`] the placeholder is
    /// the value); else why it failed, led by the function's name.
    pub fn call(&self, name: &str, kind: Kind, args: &[Value], stage: Stage) -> Result<Value, Stop> {
        let _ = (kind, args, stage);
        Err(Stop::Failed(Failure { kind: FailureKind::Render, message: format!("{name}: not there") }))
    }
}
