//! What the parent and the rendering child say to each other.
//!
//! A message is one line of JSON. `ChildAsk::Files` is followed by the raw contents of its files, in the order and with
//! the lengths that it lists. Every other ask is answered by lines of [`Said`], of which the last is a [`ChildAnswer`].

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// A value that rendering needs from outside. The parent knows the region: the app's own, or the function's while the
/// configuration file is not read yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Lookup {
    /// An SSM parameter: text, or an array of texts for a `StringList`.
    Ssm { name: String },
    /// The full ARN of a secret: text.
    Secret { name: String },
    /// An output of a CloudFormation stack: text.
    CfnOutput { stack: String, key: String },
    /// A CloudFormation export: text.
    CfnExport { name: String },
    /// The whole text of a Terraform state under an `s3://bucket/key` URL. It is asked for in `region`, if that is
    /// known.
    State { url: String, region: Option<String> },
}

/// What the parent found for a lookup. A failure is raised only if the evaluation really asks for the value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetched {
    Found(Value),
    /// Why there is no value: a sentence that names the thing, the region and the remedy.
    Failed(String),
}

// Looked-up values are secrets: they never reach a log line.
impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fetched::Found(_) => f.write_str("Found(***)"),
            Fetched::Failed(why) => f.debug_tuple("Failed").field(why).finish(),
        }
    }
}

/// One file that is told to the child: its key relative to the prefix, its length in bytes, and whether its contents
/// follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHead {
    pub key: String,
    pub bytes: u64,
    /// False if its contents do not follow: over the limit of 5 MB asking for it is an error, and otherwise they are sent
    /// once something has asked for it.
    pub loaded: bool,
}

/// External variables and environment: the same for every evaluation of one variant.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    pub ext_str: BTreeMap<String, String>,
    pub ext_code: BTreeMap<String, String>,
    /// The function's environment as definitions may see it: without credentials and without Lambda's own variables.
    pub env: BTreeMap<String, String>,
}

// Environment values never reach a log line.
impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings")
            .field("ext_str", &self.ext_str)
            .field("ext_code", &self.ext_code)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum ChildAsk {
    /// The files of the snapshot: `changed` replace what the child holds, `gone` are forgotten. There is no answer. A file
    /// may be told again, with its contents or without.
    Files { changed: Vec<FileHead>, gone: Vec<String> },
    /// Evaluate one Jsonnet file (crema's own `crema.jsonnet`) to JSON, with `env` and `must_env` and no lookups.
    Evaluate { key: String, surroundings: Surroundings },
    /// Render one variant of one app.
    Render(Box<RenderAsk>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RenderAsk {
    /// Key of the configuration file, relative to the prefix: `team/batch/ecspresso.yml`.
    pub config: String,
    pub surroundings: Surroundings,
    /// Key of crema's own file, if there is one: it named the env files.
    pub own_file: Option<String>,
    /// Keys of env files, in order. A later one overrides an earlier one, and all of them override `surroundings.env`.
    pub envfiles: Vec<String>,
    /// What was fetched so far.
    pub values: Vec<(Lookup, Fetched)>,
    /// A random text that no real value contains. It stands for missing values in the template stage.
    pub placeholder: String,
}

/// What crema takes from the ecspresso configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppConfig {
    pub region: Option<String>,
    pub cluster: Option<String>,
    /// Key of the definition, relative to the prefix.
    pub definition: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    Config,
    Render,
    Lookup,
}

/// What the child says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// This file is about to be evaluated: the error names it if the child dies.
    Started {
        key: String,
    },
    /// This key was asked for, whether or not there is such a file. Said only by a child that was started to tell what
    /// it reads, for the case that it dies.
    Read {
        key: String,
    },
    /// What to answer if the child dies from here on, or, if `late`, also if its time is over: an error is known, and
    /// the child may lack the memory or the time for what it tries next.
    Otherwise {
        answer: Box<ChildAnswer>,
        late: bool,
    },
    ChildAnswer(Box<ChildAnswer>),
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum ChildAnswer {
    /// The answer to `Evaluate`.
    Evaluated { value: Value, reads: BTreeSet<String> },
    /// The answer to `Render`: the document as the files say it. Wrapping, case of keys and unknown keys are as they
    /// were written.
    Rendered {
        config: AppConfig,
        document: Value,
        reads: BTreeSet<String>,
        warnings: Vec<String>,
        /// The secrets among what functions returned, besides parameters and env files.
        kept: Vec<Value>,
    },
    /// The answer to `Render` if these values are missing, with everything that is known without them; to either, if
    /// contents of files are.
    Missing {
        lookups: Vec<Lookup>,
        /// Files that it read and whose contents are not sent yet. With any, nothing else of this answer counts.
        files: BTreeSet<String>,
        /// `None` while the configuration file itself waits for a value.
        config: Option<AppConfig>,
        /// The image references of all containers, if every one is known already.
        images: Option<Vec<String>>,
        family: Option<String>,
        reads: BTreeSet<String>,
    },
    /// The answer to `Render` for a `config.*` file without a top-level `task_definition`. It is another tool's; with
    /// an `express_definition` instead, it is ecspresso's, and there is nothing to register.
    NotAnApp {
        express: bool,
        /// What is wrong with it, if it is crema's after all.
        why: String,
        reads: BTreeSet<String>,
    },
    /// The answer to either, if it failed.
    Failed {
        kind: FailureKind,
        /// `file:line:col: what`; without a place if none is known.
        message: String,
        /// Ranges of bytes of the message that crema quotes and has not written itself.
        quoted: Vec<Range<usize>>,
        /// What functions returned, as far as the message may quote it.
        given: Vec<Value>,
        /// As in `Rendered`.
        kept: Vec<Value>,
        /// The lookup that failed, for `FailureKind::Lookup`.
        lookup: Option<Lookup>,
        config: Option<AppConfig>,
        reads: BTreeSet<String>,
    },
}

// A document holds environment values: they never reach a log line.
impl std::fmt::Debug for ChildAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ChildAnswer::Evaluated { .. } => "Evaluated(***)",
            ChildAnswer::Rendered { .. } => "Rendered(***)",
            ChildAnswer::Missing { .. } => "Missing",
            ChildAnswer::NotAnApp { .. } => "NotAnApp",
            ChildAnswer::Failed { .. } => "Failed(***)",
        })
    }
}
