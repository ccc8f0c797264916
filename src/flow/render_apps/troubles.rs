//! What ran out of stack, memory or time with these very files. It is remembered for a while, so that no other app's
//! event waits for it again.

use crate::{error::Error, flow::render_apps::reads::Reads};
use crema_base::files::Files;
use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};
use tokio::time::Instant;

/// How long it is remembered: the machine may have been busy, and the sweep tries again anyway.
const REMEMBERED_FOR: Duration = Duration::from_mins(10);
/// Maximum entries of a few hundred bytes each; reads are shared by entries that read the same.
const MOST: usize = 4_000;
const MOST_READS: usize = 100_000;
/// Minimum wait from which something counts as endless, by itself or with its app.
pub const LONG_ENOUGH: Duration = Duration::from_millis(200);

/// The entries, by what was asked.
pub struct Troubles<N>(HashMap<N, Trouble>);

struct Trouble {
    error: Error,
    reads: Arc<Reads>,
    /// How long it was waited for in vain, unless it died by itself.
    waited: Option<Duration>,
    at: Instant,
}

impl<N> Default for Troubles<N> {
    fn default() -> Troubles<N> {
        Troubles(HashMap::new())
    }
}

impl<N: Eq + Hash + Copy> Troubles<N> {
    /// Notes a failure of the second attempt, which is made alone in a fresh child. `waited` is how long an answer was
    /// waited for; none if the child died by itself.
    pub fn failed(&mut self, name: N, error: Error, reads: Arc<Reads>, waited: Option<Duration>) {
        let now = Instant::now();
        let before = self.0.remove(&name).filter(|before| before.reads == reads).and_then(|before| before.waited);
        let waited = waited.map(|waited| waited + before.unwrap_or_default());
        self.0.retain(|_, trouble| now.duration_since(trouble.at) < REMEMBERED_FOR);
        while self.0.len() >= MOST || self.reads() > MOST_READS {
            let Some(oldest) = self.0.iter().min_by_key(|(_, trouble)| trouble.at).map(|(name, _)| *name) else {
                break;
            };
            self.0.remove(&oldest);
        }
        self.0.insert(name, Trouble { error, reads, waited, at: now });
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of keys that are held.
    fn reads(&self) -> usize {
        let held: HashMap<_, _> = self.0.values().map(|t| (Arc::as_ptr(&t.reads), t.reads.keys().count())).collect();
        held.values().sum()
    }

    /// Notes that it has an answer after all.
    pub fn ended(&mut self, name: &N) {
        self.0.remove(name);
    }

    /// Whether it failed before with these very files.
    pub fn is_suspect(&self, name: &N, files: &Files) -> bool {
        self.0.get(name).is_some_and(|trouble| trouble.reads.stand(files))
    }

    /// How it failed, if it is not to be tried again for the event of another app.
    pub fn remembered(&self, name: &N, files: &Files) -> Option<(&Error, &Arc<Reads>)> {
        let trouble = self.0.get(name)?;
        let is_told = trouble.waited.is_none_or(|waited| waited >= LONG_ENOUGH);
        let stands = is_told && trouble.at.elapsed() < REMEMBERED_FOR && trouble.reads.stand(files);
        stands.then_some((&trouble.error, &trouble.reads))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crema_base::files::File;

    fn files(etag: &str) -> Files {
        let file = |etag: &str| File { etag: etag.to_owned(), bytes: 1, content: None };
        [("a/td.jsonnet".to_owned(), file(etag)), ("b/td.jsonnet".to_owned(), file("b"))].into()
    }

    fn reads(etag: &str) -> Arc<Reads> {
        Arc::new(Reads::new(["a/td.jsonnet".to_owned(), "a/gone".to_owned()], &files(etag)))
    }

    fn error() -> Error {
        Error::transient(ErrorKind::RenderError, "ran out")
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_remembered_for_ten_minutes_while_the_files_that_it_read_are_the_same() {
        let mut troubles = Troubles::default();
        troubles.failed(1, error(), reads("1"), None);
        assert_eq!(troubles.remembered(&1, &files("1")), Some((&error(), &reads("1"))));
        assert!(troubles.remembered(&2, &files("1")).is_none());
        assert!(troubles.remembered(&1, &files("2")).is_none() && !troubles.is_suspect(&1, &files("2")));
        let mut beside = files("1");
        beside.remove("b/td.jsonnet");
        assert!(troubles.remembered(&1, &beside).is_some(), "another app's file is no matter");
        beside.insert("a/gone".to_owned(), beside["a/td.jsonnet"].clone());
        assert!(troubles.remembered(&1, &beside).is_none(), "what was missing is there now");
        tokio::time::advance(REMEMBERED_FOR - Duration::from_secs(1)).await;
        assert!(troubles.remembered(&1, &files("1")).is_some());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(troubles.remembered(&1, &files("1")).is_none() && troubles.is_suspect(&1, &files("1")));
        troubles.ended(&1);
        assert!(!troubles.is_suspect(&1, &files("1")));
    }

    #[test]
    fn what_was_hardly_waited_for_is_not_held_to_be_endless_but_waits_add_up() {
        let mut troubles = Troubles::default();
        let wait = |troubles: &mut Troubles<u8>, etag, milliseconds| {
            troubles.failed(1, error(), reads(etag), Some(Duration::from_millis(milliseconds)));
            troubles.remembered(&1, &files(etag)).is_some()
        };
        assert!(!wait(&mut troubles, "1", 120));
        assert!(troubles.is_suspect(&1, &files("1")));
        assert!(!wait(&mut troubles, "2", 120), "other files");
        assert!(wait(&mut troubles, "2", 120));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_has_an_end() {
        let mut troubles = Troubles::default();
        let same = reads("1");
        for n in 0..MOST + 10 {
            troubles.failed(n, error(), same.clone(), None);
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(troubles.0.len(), MOST);
        assert!(troubles.remembered(&9, &files("1")).is_none() && troubles.remembered(&10, &files("1")).is_some());
        for n in 0..12 {
            let many = (0..MOST_READS / 10).map(|i| format!("{n}/{i}"));
            troubles.failed(n, error(), Arc::new(Reads::new(many, &files("1"))), None);
        }
        assert!(troubles.reads() <= MOST_READS * 11 / 10, "{}", troubles.reads());
        tokio::time::advance(REMEMBERED_FOR).await;
        troubles.failed(0, error(), reads("1"), None);
        assert_eq!(troubles.0.len(), 1);
    }
}
