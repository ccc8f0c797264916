//! What one evaluation shares with the Jsonnet natives, the imports and the template functions it runs.
//!
//! [`protocol`]: what parent and child say to each other; [`paths`]: keys of files; [`failure`]: why rendering stopped;
//! [`gaps`]: values that it goes on without; [`lines`]: lines and columns.

pub mod failure;
pub mod gaps;
pub mod lines;
pub mod paths;
pub mod protocol;

use crate::session::protocol::{Fetched, Lookup};
use crema_base::nearest;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A file as the child holds it: its contents, or that it is too large to be loaded.
#[derive(Clone)]
pub enum Held {
    Loaded(Arc<[u8]>),
    TooLarge(u64),
}

/// All files of the snapshot by key relative to the prefix.
pub type FileSet = BTreeMap<String, Held>;

/// Where a value that is missing stands for nothing, or for a placeholder text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A missing value is an error ([`LookError::Missing`]): the evaluation never sees an invented one.
    Jsonnet,
    /// A missing value is the placeholder text; the result is thrown away.
    Template,
}

/// Why a lookup gave no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookError {
    /// Not fetched yet: noted, the parent will.
    Missing,
    /// Fetched, and it failed: the parent's sentence.
    Failed(String),
}

/// One evaluation. Cheap to clone; clones share all. Send and Sync because template functions must be.
#[derive(Clone)]
pub struct Session {
    files: Arc<FileSet>,
    env: Arc<BTreeMap<String, String>>,
    values: Arc<BTreeMap<Lookup, Fetched>>,
    placeholder: Arc<str>,
    seen: Arc<Mutex<Seen>>,
    /// Told each key that is asked for the first time.
    tell: fn(&str),
}

#[derive(Default)]
struct Seen {
    reads: BTreeSet<String>,
    missing: BTreeSet<Lookup>,
    speculative: bool,
    failed: Option<Lookup>,
    /// What functions gave, and its bytes.
    given: Vec<Value>,
    given_bytes: usize,
    /// What of that is not to be told, beside parameters and env files: those the parent knows.
    kept: Vec<Value>,
}

/// So many bytes of what functions gave are remembered: the parent has to hold them.
const MAX_GIVEN_BYTES: usize = 1_000_000;

impl Session {
    pub fn new(
        files: Arc<FileSet>,
        env: BTreeMap<String, String>,
        values: Vec<(Lookup, Fetched)>,
        placeholder: String,
    ) -> Session {
        Session {
            files,
            env: Arc::new(env),
            values: Arc::new(values.into_iter().collect()),
            placeholder: placeholder.into(),
            seen: Arc::default(),
            tell: |_| (),
        }
    }

    /// The same evaluation, which tells each key that is asked for.
    #[must_use]
    pub fn telling(self, tell: fn(&str)) -> Session {
        Session { tell, ..self }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of this key (relative to the prefix), which counts as read, found or not.
    pub fn file(&self, key: &str) -> Option<&Held> {
        if self.seen().reads.insert(key.to_owned()) {
            (self.tell)(key);
        }
        self.files.get(key)
    }

    /// The same evaluation, with the variables of an env file from here on.
    #[must_use]
    pub fn with_env(self, file: BTreeMap<String, String>) -> Session {
        let mut env = (*self.env).clone();
        env.extend(file);
        Session { env: Arc::new(env), ..self }
    }

    /// Notes what a function gave.
    pub fn give(&self, value: &Value) {
        let mut seen = self.seen();
        let bytes = value.as_str().map_or_else(|| value.to_string().len(), str::len);
        if seen.given_bytes + bytes <= MAX_GIVEN_BYTES && seen.given.last() != Some(value) {
            seen.given_bytes += bytes;
            seen.given.push(value.clone());
        }
    }

    /// What functions gave so far: an evaluator that fails may quote it.
    pub fn given(&self) -> Vec<Value> {
        self.seen().given.clone()
    }

    /// Notes what is not to be told.
    pub fn keep(&self, values: Vec<Value>) {
        let mut seen = self.seen();
        for value in values {
            if !seen.kept.contains(&value) {
                seen.kept.push(value);
            }
        }
    }

    /// What is not to be told of what functions gave, beside parameters and env files.
    pub fn kept(&self) -> Vec<Value> {
        self.seen().kept.clone()
    }

    /// Forgets what functions gave: what an author writes into an error is meant to be told, as far as it is no secret.
    pub fn forget_given(&self) {
        self.seen().given.clear();
    }

    /// A variable of the env files or of the function's environment.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    /// The value of a lookup. One that is missing is noted, unless its key was made from a placeholder.
    pub fn look(&self, lookup: &Lookup, stage: Stage) -> Result<Value, LookError> {
        match self.values.get(lookup) {
            Some(Fetched::Found(value)) => Ok(value.clone()),
            Some(Fetched::Failed(why)) => {
                self.seen().failed.get_or_insert_with(|| lookup.clone());
                Err(LookError::Failed(why.clone()))
            }
            None => {
                let invented = self.is_invented(lookup);
                let mut seen = self.seen();
                seen.speculative = true;
                if !invented {
                    seen.missing.insert(lookup.clone());
                }
                match stage {
                    Stage::Jsonnet => Err(LookError::Missing),
                    Stage::Template => Ok(Value::String(self.placeholder.to_string())),
                }
            }
        }
    }

    fn is_invented(&self, lookup: &Lookup) -> bool {
        let holds = |text: &str| !self.placeholder.is_empty() && text.contains(&*self.placeholder);
        match lookup {
            Lookup::Ssm { name } | Lookup::Secret { name } | Lookup::CfnExport { name } => holds(name),
            Lookup::CfnOutput { stack, key } => holds(stack) || holds(key),
            Lookup::State { url, .. } => holds(url),
        }
    }

    /// The text that stands for missing values in the template stage.
    pub fn placeholder(&self) -> &str {
        &self.placeholder
    }

    /// Note that something was computed from a missing value although no lookup was noted for it.
    pub fn speculate(&self) {
        self.seen().speculative = true;
    }

    /// Whether anything was missing: then the result, value or error, is to be thrown away.
    pub fn is_speculative(&self) -> bool {
        self.seen().speculative
    }

    /// What is to be fetched.
    pub fn missing(&self) -> Vec<Lookup> {
        self.seen().missing.iter().cloned().collect()
    }

    /// The lookup whose failure was raised first.
    pub fn failed(&self) -> Option<Lookup> {
        self.seen().failed.clone()
    }

    /// The same, which is forgotten: it is passed over.
    pub fn forget_failed(&self) -> Option<Lookup> {
        self.seen().failed.take()
    }

    /// This one's failure is raised after all.
    pub fn failed_by(&self, lookup: Option<Lookup>) {
        self.seen().failed = lookup;
    }

    /// That there is no such file, with the one that was probably meant.
    pub fn no_file(&self, key: &str) -> String {
        nearest::no_file(key, self.files.keys().map(String::as_str))
    }

    /// Every key that was asked for, found or not.
    pub fn reads(&self) -> BTreeSet<String> {
        self.seen().reads.clone()
    }
}
