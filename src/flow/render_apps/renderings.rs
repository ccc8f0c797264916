//! The answers of the rendering child, kept warm: rendering is a pure function of the files that it read.

use crate::{
    error::Error,
    flow::render_apps::{
        reads::{Reads, SharedReads},
        sources::Sources,
        troubles::Troubles,
    },
    renderer::{
        Renderer,
        trouble::{RanOut, Trouble},
    },
};
use crema_base::{files::Files, secrecy::Source};
use crema_render::{
    child::known::{self, Known},
    session::protocol::{AppConfig, ChildAnswer, ChildAsk},
};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// Maximum bytes of the value of a `crema.jsonnet` that is kept.
const MOST_OF_OWN: usize = 100_000;

/// The identity of an ask, as hashes: what is asked may be long, and there may be many.
pub type Name = (u64, u64);

/// An answer in the form in which it is kept.
pub struct Rendering {
    /// The answer without its reads, its document and its secrets.
    pub answer: ChildAnswer,
    /// The document as text, which takes a tenth of the memory of a value.
    document: Option<Box<str>>,
    pub reads: Arc<Reads>,
    pub known: Known,
    /// The secrets of it, besides parameters and env files.
    pub kept: Option<Arc<Source>>,
    /// What functions returned, for a failure.
    pub given: Option<Arc<Source>>,
}

impl Rendering {
    /// The document as the files say it.
    pub fn document(&self) -> Option<Value> {
        self.document.as_ref().and_then(|text| serde_json::from_str(text).ok())
    }

    /// Whether it is worth keeping. The value of crema's own file is read once a run, and seldom has more than a few
    /// kilobytes.
    fn is_small(&self) -> bool {
        !matches!(self.answer, ChildAnswer::Evaluated { .. }) || self.bytes() <= MOST_OF_OWN
    }

    /// The files that it read and whose contents the child did not have. With any, it is no answer yet.
    pub fn lacking(&self) -> Option<&BTreeSet<String>> {
        match &self.answer {
            ChildAnswer::Missing { files, .. } if !files.is_empty() => Some(files),
            _ => None,
        }
    }

    /// The approximate bytes that are needed to keep it.
    pub fn bytes(&self) -> usize {
        let texts = |texts: &[String]| texts.iter().map(String::len).sum::<usize>();
        let known = texts(self.known.images.as_deref().unwrap_or_default());
        let more = match &self.answer {
            ChildAnswer::Rendered { warnings, .. } => texts(warnings),
            ChildAnswer::Missing { lookups, .. } => lookups.iter().map(|lookup| format!("{lookup:?}").len()).sum(),
            _ => 0,
        };
        self.document.as_ref().map_or(0, |text| text.len()) + known + more
    }
}

/// How an ask is tried.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// By the child that serves everything.
    First,
    /// By a fresh child that serves nothing else, so that nothing that others left behind influences its end.
    Alone,
}

/// Why there is no answer.
pub enum NoAnswer {
    /// It ran out of stack, memory or time.
    RanOut {
        error: Error,
        /// All reads until its end, if it was tried alone.
        reads: Option<Arc<Reads>>,
        /// How long an answer was waited for, unless it died by itself.
        waited: Option<Duration>,
    },
    Other(Error),
}

/// Answers to first asks, by what was asked. An answer is valid as long as every file that was asked for is the same.
#[derive(Default)]
pub struct Renderings {
    kept: HashMap<Name, Arc<Rendering>>,
    /// Those of them that were asked for since the apps were rendered last.
    used: HashSet<Name>,
    pub troubles: Troubles<Name>,
    reads: SharedReads,
    pub sources: Sources,
    hashers: (RandomState, RandomState),
    /// The time spent waiting for the child since it was last taken.
    spent: Duration,
    /// Answers of the child that were new and are kept.
    pub new: usize,
}

impl Renderings {
    /// The identity of an ask. Looked-up values are not part of it: what runs out with them counts for the app without
    /// them too.
    pub fn name_of(&self, ask: &ChildAsk) -> Name {
        let parts = match ask {
            ChildAsk::Files { .. } => None,
            ChildAsk::Evaluate { key, surroundings } => serde_json::to_string(&(key, surroundings)).ok(),
            // The placeholder is another each time, and shows in no answer.
            ChildAsk::Render(ask) => serde_json::to_string(&(&ask.config, &ask.surroundings, &ask.envfiles)).ok(),
        };
        (self.hashers.0.hash_one(&parts), self.hashers.1.hash_one(&parts))
    }

    /// The answer that the child gave before, if nothing that it read has changed.
    pub fn kept(&mut self, name: &Name, files: &Files) -> Option<Arc<Rendering>> {
        self.used.insert(*name);
        self.kept.get(name).filter(|kept| kept.reads.stand(files)).cloned()
    }

    /// Whether the answer that the child gave before stands.
    pub fn is_kept(&self, name: &Name, files: &Files) -> bool {
        self.kept.get(name).is_some_and(|kept| kept.reads.stand(files))
    }

    /// Asks the child, at most until then. Only answers without looked-up values are kept, because those values live
    /// for one invocation.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn ask(
        &mut self,
        renderer: &mut Renderer,
        files: &Arc<Files>,
        ask: &ChildAsk,
        until: Instant,
        how: Try,
    ) -> Result<Arc<Rendering>, NoAnswer> {
        let begun = Instant::now();
        let answer = match how {
            Try::First => renderer.ask(files, ask, until).await,
            Try::Alone => renderer.ask_alone(files, ask, until).await,
        };
        let waited = begun.elapsed();
        self.spent += waited;
        match answer {
            Ok(answer) => Ok(self.answered(ask, answer, files)),
            Err(Trouble::RanOut(RanOut { error, is_late, reads })) => {
                let reads = reads.map(|reads| self.reads.one(Reads::new(reads, files)));
                Err(NoAnswer::RanOut { error, reads, waited: is_late.then_some(waited) })
            }
            Err(Trouble::NotAsked(error)) => Err(NoAnswer::Other(error)),
        }
    }

    /// Keeps the answer of a child, if it may be kept.
    pub fn answered(&mut self, ask: &ChildAsk, answer: ChildAnswer, files: &Files) -> Arc<Rendering> {
        let name = self.name_of(ask);
        self.troubles.ended(&name);
        let rendering = self.rendering(answer, files);
        let has_values = matches!(ask, ChildAsk::Render(ask) if !ask.values.is_empty());
        if !has_values && rendering.is_small() && rendering.lacking().is_none() {
            self.kept.insert(name, rendering.clone());
            self.new += 1;
        }
        rendering
    }

    fn rendering(&mut self, mut answer: ChildAnswer, files: &Files) -> Arc<Rendering> {
        let keys = std::mem::take(reads_of(&mut answer));
        let reads = self.reads.one(Reads::new(keys, files));
        let (mut document, mut known, mut kept, mut given) = (None, Known::default(), None, None);
        if let ChildAnswer::Rendered { kept: values, .. } | ChildAnswer::Failed { kept: values, .. } = &mut answer {
            kept = self.sources.one(std::mem::take(values));
        }
        match &mut answer {
            ChildAnswer::Rendered { document: value, .. } => {
                known = known::of(value);
                document = Some(std::mem::take(value).to_string().into());
            }
            ChildAnswer::Evaluated { value, .. } => document = Some(std::mem::take(value).to_string().into()),
            ChildAnswer::Missing { images, family, .. } => {
                known = Known { images: images.take(), family: family.take() }
            }
            ChildAnswer::Failed { given: values, .. } => given = self.sources.one(std::mem::take(values)),
            ChildAnswer::NotAnApp { .. } => {}
        }
        Arc::new(Rendering { answer, document, reads, known, kept, given })
    }

    /// Forgets an answer that is too large to be kept.
    pub fn forget(&mut self, name: &Name) {
        self.kept.remove(name);
    }

    /// Returns how long the child was waited for since the last call.
    pub fn take_spent(&mut self) -> Duration {
        std::mem::take(&mut self.spent)
    }

    /// Forgets what was not asked for since the last call: it is no app and no variant any more.
    pub fn forget_unused(&mut self) {
        let used = std::mem::take(&mut self.used);
        self.kept.retain(|name, _| used.contains(name));
        self.reads.forget_unused();
        self.sources.forget_unused();
    }

    /// These reads, shared with everything that read the same.
    pub fn reads(&mut self, keys: impl IntoIterator<Item = String>, files: &Files) -> Arc<Reads> {
        self.reads.one(Reads::new(keys, files))
    }
}

/// Every key that was asked for, whether or not there is such a file.
fn reads_of(answer: &mut ChildAnswer) -> &mut BTreeSet<String> {
    match answer {
        ChildAnswer::Evaluated { reads, .. }
        | ChildAnswer::Rendered { reads, .. }
        | ChildAnswer::Missing { reads, .. }
        | ChildAnswer::NotAnApp { reads, .. }
        | ChildAnswer::Failed { reads, .. } => reads,
    }
}

/// What crema takes from the configuration file, if that was read.
pub fn config_of(answer: &ChildAnswer) -> Option<&AppConfig> {
    match answer {
        ChildAnswer::Rendered { config, .. } => Some(config),
        ChildAnswer::Missing { config, .. } | ChildAnswer::Failed { config, .. } => config.as_ref(),
        ChildAnswer::NotAnApp { .. } | ChildAnswer::Evaluated { .. } => None,
    }
}
