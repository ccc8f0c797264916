//! What one evaluation shares with the Jsonnet natives, imports and template functions that it runs.
//!
//! [`protocol`]: what parent and child say to each other; [`paths`]: keys of files; [`failure`]: why rendering stopped;
//! [`gaps`]: missing values that an evaluation passes over; [`lines`]: lines and columns.

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

/// A file as the child holds it.
#[derive(Clone)]
pub enum Held {
    Loaded(Arc<[u8]>),
    /// Over the limit, with its bytes. Asking for it is an error.
    TooLarge(u64),
    /// Its contents are not here yet. Asking for it is noted, and the parent will send them.
    Later,
}

/// All files of the snapshot by key relative to the prefix.
pub type FileSet = BTreeMap<String, Held>;

/// What a missing value is replaced by.
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
    /// Not fetched yet. It is noted, and the parent will fetch it.
    Missing,
    /// The parent could not fetch it, and says why in this sentence.
    Failed(String),
}

/// One evaluation. Cheap to clone: clones share everything. It is Send and Sync because template functions must be.
#[derive(Clone)]
pub struct Session {
    files: Arc<FileSet>,
    env: Arc<BTreeMap<String, String>>,
    values: Arc<BTreeMap<Lookup, Fetched>>,
    placeholder: Arc<str>,
    seen: Arc<Mutex<Seen>>,
    /// Called with each key when it is asked for the first time.
    tell: fn(&str),
}

#[derive(Default)]
struct Seen {
    reads: BTreeSet<String>,
    missing: BTreeSet<Lookup>,
    /// The files that were asked for and are not loaded.
    lacking: BTreeSet<String>,
    speculative: bool,
    failed: Option<Lookup>,
    /// What functions returned, and its size in bytes.
    given: Vec<Value>,
    given_bytes: usize,
    /// The secrets among it, besides parameters and env files, which the parent knows.
    kept: Vec<Value>,
}

/// Maximum bytes of what functions returned that are remembered: the parent has to hold them.
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

    /// The same evaluation, which calls `tell` with each key that is asked for.
    #[must_use]
    pub fn telling(self, tell: fn(&str)) -> Session {
        Session { tell, ..self }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of this key (relative to the prefix). The key counts as read, whether or not there is such a file. One
    /// whose contents are not here yet is noted as lacking: whatever comes of this run is thrown away.
    pub fn file(&self, key: &str) -> Option<&Held> {
        self.has_file(key);
        let held = self.files.get(key);
        if matches!(held, Some(Held::Later)) {
            let mut seen = self.seen();
            seen.speculative = true;
            seen.lacking.insert(key.to_owned());
        }
        held
    }

    /// Whether there is a file of this key, which counts as read. Its contents need not be here.
    pub fn has_file(&self, key: &str) -> bool {
        if self.seen().reads.insert(key.to_owned()) {
            (self.tell)(key);
        }
        self.files.contains_key(key)
    }

    /// The files that were asked for and whose contents are not here yet.
    pub fn lacking(&self) -> BTreeSet<String> {
        self.seen().lacking.clone()
    }

    /// The same evaluation, with the variables of an env file from here on.
    #[must_use]
    pub fn with_env(self, file: BTreeMap<String, String>) -> Session {
        let mut env = (*self.env).clone();
        env.extend(file);
        Session { env: Arc::new(env), ..self }
    }

    /// Notes what a function returned.
    pub fn give(&self, value: &Value) {
        let mut seen = self.seen();
        let bytes = value.as_str().map_or_else(|| value.to_string().len(), str::len);
        if seen.given_bytes + bytes <= MAX_GIVEN_BYTES && seen.given.last() != Some(value) {
            seen.given_bytes += bytes;
            seen.given.push(value.clone());
        }
    }

    /// What functions returned so far: an evaluator may quote it when it fails.
    pub fn given(&self) -> Vec<Value> {
        self.seen().given.clone()
    }

    /// Notes a secret.
    pub fn keep(&self, values: Vec<Value>) {
        let mut seen = self.seen();
        for value in values {
            if !seen.kept.contains(&value) {
                seen.kept.push(value);
            }
        }
    }

    /// The secrets among what functions returned, besides parameters and env files.
    pub fn kept(&self) -> Vec<Value> {
        self.seen().kept.clone()
    }

    /// Forgets what functions returned: what an author writes into an error is meant to be shown, except for secrets.
    pub fn forget_given(&self) {
        self.seen().given.clear();
    }

    /// A variable of the env files or of the function's environment.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    /// The value of a lookup. A missing one is noted, unless its key was made from a placeholder.
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

    /// Notes that something was computed from a missing value although no lookup was noted for it.
    pub fn speculate(&self) {
        self.seen().speculative = true;
    }

    /// Whether anything was missing. Then the result, value or error, is to be thrown away.
    pub fn is_speculative(&self) -> bool {
        self.seen().speculative
    }

    /// The lookups that are to be fetched.
    pub fn missing(&self) -> Vec<Lookup> {
        self.seen().missing.iter().cloned().collect()
    }

    /// The lookup whose failure was raised first, if any.
    pub fn failed(&self) -> Option<Lookup> {
        self.seen().failed.clone()
    }

    /// Takes the lookup whose failure was raised first, because that failure is passed over.
    pub fn forget_failed(&self) -> Option<Lookup> {
        self.seen().failed.take()
    }

    /// Notes that this lookup's failure is raised after all.
    pub fn failed_by(&self, lookup: Option<Lookup>) {
        self.seen().failed = lookup;
    }

    /// The message that there is no such file, with the one that was probably meant.
    pub fn no_file(&self, key: &str) -> String {
        nearest::no_file(key, self.files.keys().map(String::as_str))
    }

    /// Every key that was asked for, found or not.
    pub fn reads(&self) -> BTreeSet<String> {
        self.seen().reads.clone()
    }
}
