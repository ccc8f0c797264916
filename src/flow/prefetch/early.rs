//! Reads of a sweep before it is known which families there are: of each as soon as its app is rendered, one after the
//! other, at the rate that ECS allows. So the time of reading begins with the round, and not when all is rendered.

use crate::{
    aws::{CallLimits, Clients},
    ecs::{api::Described, cache::Cache, history::Family, revision::TagSource, sdk::Ecs},
    flow::prefetch::first_read::{AHEAD, FirstRead, FirstResult},
    reference::FamilyKey,
};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
    task::AbortHandle,
    time::Instant,
};

/// Maximum reads of a round: what is read at fifteen a second in forty seconds. Nothing but tags is kept of them.
const MOST: usize = 600;
/// Reads under way at a time.
const AT_ONCE: usize = 8;

/// What is to be read, and whom the result is told.
struct Asked {
    key: FamilyKey,
    /// Whether the definition is kept: it may have 64 KB, and there may be hundreds.
    whole: bool,
    tell: oneshot::Sender<(FirstResult, Instant)>,
}

/// How far the reads have come. They are begun in the order in which they were asked for.
#[derive(Default)]
struct Progress {
    begun: usize,
    is_over: bool,
}

impl Progress {
    fn of(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
        progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the next one is begun.
    fn begin(&mut self) -> bool {
        self.begun += usize::from(!self.is_over);
        !self.is_over
    }
}

/// Reads that are made one after the other, in the order in which they are asked for.
pub struct Early {
    ask: UnboundedSender<Asked>,
    order: Vec<FamilyKey>,
    told: HashMap<FamilyKey, oneshot::Receiver<(FirstResult, Instant)>>,
    progress: Arc<Mutex<Progress>>,
    reading: AbortHandle,
}

impl Drop for Early {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl Early {
    pub fn new(clients: Arc<Clients>, limits: Arc<CallLimits>, cache: Arc<Cache>) -> Early {
        Early::reading(move |key, whole| {
            let (clients, limits, cache) = (clients.clone(), limits.clone(), cache.clone());
            async move {
                let api = Ecs::new(clients.ecs(&key.region), key.region.clone(), &limits.ecs);
                let family = Family { api: &api, cache: &cache, key: &key, source: TagSource::Any };
                let latest = family.latest().await?;
                Ok(match whole {
                    true => FirstRead::Latest(latest),
                    false => FirstRead::Glance(latest.map(|latest| Described { definition: Value::Null, ..latest })),
                })
            }
        })
    }

    fn reading<F: Future<Output = FirstResult> + Send + 'static>(
        read: impl Fn(FamilyKey, bool) -> F + Send + Sync + 'static,
    ) -> Early {
        let (ask, asked) = unbounded_channel();
        let progress = Arc::new(Mutex::new(Progress::default()));
        let reading = tokio::spawn(read_all(asked, progress.clone(), read)).abort_handle();
        Early { ask, order: vec![], told: HashMap::new(), progress, reading }
    }

    /// Whether this family was asked for, and not taken yet.
    pub fn has(&self, key: &FamilyKey) -> bool {
        self.told.contains_key(key)
    }

    /// Reads the latest revision of a family when its turn comes, unless there are many already.
    pub fn read(&mut self, key: FamilyKey) {
        if self.order.len() >= MOST || self.told.contains_key(&key) {
            return;
        }
        let (tell, told) = oneshot::channel();
        let whole = self.order.len() < AHEAD;
        if self.ask.send(Asked { key: key.clone(), whole, tell }).is_ok() {
            self.order.push(key.clone());
            self.told.insert(key, told);
        }
    }

    /// Begins no more: the families are known now, and each is read in its turn.
    pub fn settle(&mut self) {
        let begun = {
            let mut progress = Progress::of(&self.progress);
            progress.is_over = true;
            progress.begun
        };
        for key in self.order.drain(begun.min(self.order.len())..) {
            self.told.remove(&key);
        }
    }

    /// The read of a family, once.
    pub fn take(&mut self, key: &FamilyKey) -> Option<oneshot::Receiver<(FirstResult, Instant)>> {
        self.told.remove(key)
    }
}

async fn read_all<F: Future<Output = FirstResult>>(
    mut asked: UnboundedReceiver<Asked>,
    progress: Arc<Mutex<Progress>>,
    read: impl Fn(FamilyKey, bool) -> F,
) {
    let asked = stream::poll_fn(move |context| asked.poll_recv(context));
    let reads = asked.map(|Asked { key, whole, tell }| {
        let read = Progress::of(&progress).begin().then(|| read(key, whole));
        async move {
            if let Some(read) = read {
                // Its round may be over.
                let _ = tell.send((read.await, Instant::now()));
            }
        }
    });
    reads.buffer_unordered(AT_ONCE).for_each(|()| std::future::ready(())).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::sleep;

    fn key(n: usize) -> FamilyKey {
        FamilyKey::new("eu-west-1", format!("family-{n:04}"))
    }

    /// A second a read, eight at a time.
    fn slow(seen: &Arc<Mutex<Vec<FamilyKey>>>) -> Early {
        let seen = seen.clone();
        Early::reading(move |key, _| {
            seen.lock().unwrap().push(key);
            async {
                sleep(Duration::from_secs(1)).await;
                Ok(FirstRead::Glance(None))
            }
        })
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_begun_is_told_once_and_what_was_not_is_left_to_its_turn() {
        let seen = Arc::default();
        let mut early = slow(&seen);
        (0..30).chain(0..30).for_each(|n| early.read(key(n)));
        sleep(Duration::from_millis(1500)).await;
        early.settle();
        assert_eq!(*seen.lock().unwrap(), (0..16).map(key).collect::<Vec<_>>(), "in order, each once");
        assert!((0..16).all(|n| early.has(&key(n))) && (16..30).all(|n| early.take(&key(n)).is_none()));
        for n in 0..16 {
            let (result, _) = early.take(&key(n)).unwrap().await.unwrap();
            assert!(matches!(result, Ok(FirstRead::Glance(None))) && early.take(&key(n)).is_none());
        }
        sleep(Duration::from_secs(60)).await;
        assert_eq!(seen.lock().unwrap().len(), 16, "nothing is begun any more");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_read_than_a_round_can_use_and_none_once_nobody_waits() {
        let seen = Arc::default();
        let mut early = slow(&seen);
        (0..2 * MOST).for_each(|n| early.read(key(n)));
        sleep(Duration::from_secs(20)).await;
        let so_far = seen.lock().unwrap().len();
        assert!(so_far > 100 && so_far < 200, "{so_far}");
        drop(early);
        sleep(Duration::from_secs(600)).await;
        assert_eq!(seen.lock().unwrap().len(), so_far);
        let mut early = slow(&seen);
        (0..2 * MOST).for_each(|n| early.read(key(n)));
        sleep(Duration::from_secs(600)).await;
        assert_eq!(seen.lock().unwrap().len(), so_far + MOST);
    }
}
