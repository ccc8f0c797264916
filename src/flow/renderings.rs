//! What the rendering child answered, kept warm: rendering is a pure function of the files it read.

use crate::{
    config::files::Files,
    error::Result,
    render::{
        parent::Renderer,
        protocol::{Answer, AppConfig, Ask},
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// One rendering may take this part of the time that is left: those without end leave some for the others.
const SHARE: u32 = 4;
/// But so long in any case.
const LEAST: Duration = Duration::from_millis(500);

/// First answers, by what was asked. An answer counts as long as every file that was asked for is what it was.
#[derive(Default)]
pub struct Renderings {
    kept: HashMap<String, Kept>,
    /// The time spent waiting for the child since it was last taken.
    spent: Duration,
}

struct Kept {
    /// Key and ETag; none where there was no such file.
    reads: Vec<(String, Option<String>)>,
    answer: Arc<Answer>,
}

impl Renderings {
    /// The answer of the child, or the one it gave before where nothing that it read has changed. Only what is asked
    /// without looked-up values is kept: those live for one invocation.
    ///
    /// # Errors
    /// That the child died, or was too late. Such an end is not kept.
    pub async fn ask(
        &mut self,
        renderer: &mut Renderer,
        files: &Files,
        ask: Ask,
        until: Instant,
    ) -> Result<Arc<Answer>> {
        let Some(name) = name_of(&ask) else { return self.evaluate(renderer, files, &ask, until).await };
        let etag = |key: &str| files.get(key).map(|file| file.etag.clone());
        if let Some(kept) = self.kept.get(&name).filter(|kept| kept.reads.iter().all(|(key, was)| etag(key) == *was)) {
            return Ok(kept.answer.clone());
        }
        let answer = self.evaluate(renderer, files, &ask, until).await?;
        let reads = reads_of(&answer).iter().map(|key| (key.clone(), etag(key))).collect();
        self.kept.insert(name, Kept { reads, answer: answer.clone() });
        Ok(answer)
    }

    async fn evaluate(
        &mut self,
        renderer: &mut Renderer,
        files: &Files,
        ask: &Ask,
        until: Instant,
    ) -> Result<Arc<Answer>> {
        let begun = Instant::now();
        let share = (until.saturating_duration_since(begun) / SHARE).max(LEAST);
        let answer = renderer.ask(files, ask, until.min(begun + share)).await;
        self.spent += begun.elapsed();
        Ok(Arc::new(answer?))
    }

    /// How long the child was waited for since this was asked last.
    pub fn take_spent(&mut self) -> Duration {
        std::mem::take(&mut self.spent)
    }

    /// Forgets the answers none of whose files is left.
    pub fn forget_gone(&mut self, files: &Files) {
        self.kept.retain(|_, kept| kept.reads.iter().any(|(key, was)| was.is_some() && files.contains_key(key)));
    }
}

/// What makes two asks the same; `None` for one that holds looked-up values.
fn name_of(ask: &Ask) -> Option<String> {
    let parts = match ask {
        Ask::Files { .. } => return None,
        Ask::Evaluate { key, surroundings } => serde_json::to_string(&(key, surroundings)),
        Ask::Render(ask) if !ask.values.is_empty() => return None,
        // The placeholder is another each time, and shows in no answer.
        Ask::Render(ask) => serde_json::to_string(&(&ask.config, &ask.surroundings, &ask.envfiles)),
    };
    parts.ok()
}

/// Every key that was asked for, found or not.
pub fn reads_of(answer: &Answer) -> &BTreeSet<String> {
    match answer {
        Answer::Evaluated { reads, .. }
        | Answer::Rendered { reads, .. }
        | Answer::Missing { reads, .. }
        | Answer::NotAnApp { reads, .. }
        | Answer::Failed { reads, .. } => reads,
    }
}

/// What crema takes from the configuration file, where that was read.
pub fn config_of(answer: &Answer) -> Option<&AppConfig> {
    match answer {
        Answer::Rendered { config, .. } => Some(config),
        Answer::Missing { config, .. } | Answer::Failed { config, .. } => config.as_ref(),
        Answer::NotAnApp { .. } | Answer::Evaluated { .. } => None,
    }
}
