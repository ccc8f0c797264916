//! The snapshot: all objects under the prefix, consistent and settled, kept warm by ETag. Contents are loaded as far as
//! something reads them.

mod ahead;
mod directory;
mod equal;
mod listing;
mod loaded;
mod page;
mod place;
mod source;

pub use ahead::{MAX_AHEAD_OBJECT, MAX_IN_FOLDER};
pub use directory::Directory;

use super::settings::Location;
use crate::{
    config::snapshot::{
        ahead::ahead,
        equal::share,
        listing::Borders,
        loaded::Ages,
        place::{Got, Listed, Place},
        source::FileSource,
    },
    error::{Error, ErrorKind, Result},
};
use aws_sdk_s3::Client;
use crema_base::files::{File, Files};
use futures_util::{Stream, StreamExt, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::{sync::Semaphore, time::Instant};

/// The longest wait for the prefix to be quiet.
const MAX_SETTLE: Duration = Duration::from_secs(30);
/// Maximum listings because an object changed between list and get.
pub const MAX_LISTS: u32 = 6;

/// Where the files are, and what was last read of them.
pub struct Bucket {
    source: FileSource,
    borders: Borders,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    files: Arc<Files>,
    id: SnapshotId,
    ages: Ages,
    /// What was got and is no part of a snapshot yet: the deadline may have come first, and the next try goes on.
    got: Files,
}

/// The objects that were under the prefix at one moment.
pub struct Snapshot {
    /// The files, with the contents that are loaded.
    pub files: Arc<Files>,
    /// It is that of the last time if nothing has changed since.
    pub id: SnapshotId,
    pub warnings: Vec<String>,
    /// The snapshot contains everything that was there at this moment: S3's own time of the first page.
    pub moment: Option<OffsetDateTime>,
}

/// What lay under the prefix at one moment, whatever of it is loaded.
#[derive(Clone, Default)]
pub struct SnapshotId(Arc<()>);

impl PartialEq for SnapshotId {
    fn eq(&self, other: &SnapshotId) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Files of a snapshot after some of them were loaded.
pub struct Load {
    pub files: Arc<Files>,
    /// Why the contents of some cannot be had.
    pub failed: BTreeMap<String, Error>,
}

/// How long the prefix must have been quiet, and since when at least.
#[derive(Debug, Clone, Copy)]
pub struct Settle {
    pub quiet: Duration,
    /// The time of a change event: a deletion leaves no `LastModified`.
    pub changed: Option<OffsetDateTime>,
    /// No wait continues after this.
    pub until: Instant,
}

impl Bucket {
    /// `owner` is the account that must own the bucket.
    pub fn new(client: Client, location: Location, owner: Option<String>) -> Bucket {
        Bucket::of(FileSource::Bucket(Place { client, location, owner }))
    }

    /// A directory in place of the bucket.
    pub fn in_place_of(directory: Directory) -> Bucket {
        Bucket::of(FileSource::Directory(directory))
    }

    fn of(source: FileSource) -> Bucket {
        Bucket { source, borders: Borders::default(), kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files as they were last read, if that was this snapshot.
    pub fn latest(&self, id: &SnapshotId) -> Option<Arc<Files>> {
        let kept = self.kept();
        (kept.id == *id).then(|| kept.files.clone())
    }

    /// Reads the prefix. `calls` bounds the objects that are got at a time.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if the bucket does not exist or the prefix is empty; [`ErrorKind::AwsError`] if S3
    /// denies a call or fails, or the prefix changes again and again.
    pub async fn read(&self, settle: Option<Settle>, calls: &Semaphore) -> Result<Snapshot> {
        let mut warnings = vec![];
        let patience = Instant::now() + MAX_SETTLE;
        for _ in 0..MAX_LISTS {
            let mut listing = self.source.list(&self.borders).await?;
            while let Some(wait) = settle.and_then(|settle| unrest(&settle, listing.newest)) {
                let end = settle.map_or(patience, |settle| settle.until.min(patience));
                if Instant::now() >= end {
                    warnings.push(format!(
                        "{} was still being written to; it was read as it stood, and the next event reads it again",
                        self.source
                    ));
                    break;
                }
                tokio::time::sleep_until(end.min(Instant::now() + wait)).await;
                listing = self.source.list(&self.borders).await?;
            }
            let moment = listing.moment;
            warnings.append(&mut listing.warnings);
            if let Some((files, id)) = self.found(listing.objects, calls).await? {
                return Ok(Snapshot { files, id, warnings, moment });
            }
        }
        Err(self.unsteady())
    }

    /// The error that it changes faster than it can be read.
    pub fn unsteady(&self) -> Error {
        let message = format!("{} changed while it was read, {MAX_LISTS} times in a row", self.source);
        Error::transient(ErrorKind::AwsError, message)
    }

    /// The listed objects, with the contents of what apps probably read; `None` if one changed meanwhile.
    async fn found(&self, listed: Vec<Listed>, calls: &Semaphore) -> Result<Option<(Arc<Files>, SnapshotId)>> {
        if listed.is_empty() {
            return Err(self.source.nothing());
        }
        let (kept, id) = {
            let kept = self.kept();
            (kept.files.clone(), kept.id.clone())
        };
        let is_same = |object: &Listed, file: &File| is_same(&object.etag, file);
        let mut pairs = listed.iter().zip(kept.iter());
        if listed.len() == kept.len() && pairs.all(|(object, (key, file))| object.key == *key && is_same(object, file))
        {
            return Ok(Some((kept, id)));
        }
        let mut new = BTreeSet::new();
        let file = |object: Listed| match kept.get(&object.key).filter(|file| is_same(&object, file)) {
            Some(file) => (object.key, file.clone()),
            None => {
                new.insert(object.key.clone());
                (object.key, File { etag: object.etag, bytes: object.bytes, content: None })
            }
        };
        let mut files: Files = listed.into_iter().map(file).collect();
        let ahead = ahead(&files, &new);
        let Some(failed) = self.load_into(&mut files, &ahead, true, calls).await else { return Ok(None) };
        if let Some(error) = failed.into_values().next() {
            return Err(error);
        }
        let mut kept = self.kept();
        kept.files = Arc::new(files);
        kept.id = SnapshotId::default();
        Ok(Some((kept.files.clone(), kept.id.clone())))
    }

    /// Loads these files of a snapshot; all of them have to fit in what may be loaded. `None` if one of them changed
    /// since it was listed: then there is no such snapshot any more.
    pub async fn load(
        &self,
        files: &Files,
        id: &SnapshotId,
        wanted: &BTreeSet<String>,
        calls: &Semaphore,
    ) -> Option<Load> {
        let mut files = files.clone();
        let failed = self.load_into(&mut files, wanted, false, calls).await?;
        let files = Arc::new(files);
        let mut kept = self.kept();
        if kept.id == *id {
            kept.files = files.clone();
        }
        Some(Load { files, failed })
    }

    /// Loads these files; why some cannot be had, and where `all` are needed, the first that cannot. `None` if one of them
    /// changed.
    async fn load_into(
        &self,
        files: &mut Files,
        wanted: &BTreeSet<String>,
        all: bool,
        calls: &Semaphore,
    ) -> Option<BTreeMap<String, Error>> {
        let mut failed = BTreeMap::new();
        for times in 0.. {
            let next = share(files, wanted, |key| failed.contains_key(key), times);
            if next.is_empty() || all && !failed.is_empty() {
                break;
            }
            let mut loaded = vec![];
            {
                let mut gets = pin!(self.get_all(files, &next, calls));
                while let Some((key, got)) = gets.next().await {
                    match got {
                        Ok(Got::File(file)) => loaded.push((key, file)),
                        Ok(Got::Changed) => return None,
                        Ok(Got::Denied(_)) if self.is_gone(&key).await => return None,
                        Ok(Got::Denied(error)) | Err(error) => drop(failed.insert(key, error)),
                    }
                    if all && !failed.is_empty() {
                        break;
                    }
                }
            }
            files.extend(loaded);
        }
        let mut kept = self.kept();
        kept.ages.wanted(wanted);
        kept.ages.bound(files);
        kept.got.clear();
        Some(failed)
    }

    /// Gets those of these objects that can be loaded and are not.
    fn get_all<'a>(
        &'a self,
        files: &'a Files,
        wanted: &'a BTreeSet<String>,
        calls: &'a Semaphore,
    ) -> impl Stream<Item = (String, Result<Got>)> + 'a {
        let lacking = wanted.iter().filter_map(|key| files.get_key_value(key)).filter(|(_, file)| file.is_lacking());
        stream::iter(lacking)
            .map(move |(key, file)| async move { (key.clone(), self.get(key, file, calls).await) })
            .buffer_unordered(calls.available_permits().max(1))
    }

    async fn get(&self, key: &str, file: &File, calls: &Semaphore) -> Result<Got> {
        let before = self.kept().got.get(key).filter(|got| is_same(&file.etag, got)).cloned();
        if let Some(got) = before {
            return Ok(Got::File(got));
        }
        let got = self.source.get(key, file, calls).await?;
        if let Got::File(file) = &got {
            self.kept().got.insert(key.to_owned(), file.clone());
        }
        Ok(got)
    }

    /// Whether an object that may not be read is no more: S3 says that in the same words.
    async fn is_gone(&self, key: &str) -> bool {
        let now = self.source.list(&self.borders).await;
        now.is_ok_and(|now| now.objects.iter().all(|listed| listed.key != key))
    }
}

/// Whether a file has this ETag. One without an ETag is never the same.
fn is_same(etag: &str, file: &File) -> bool {
    file.etag == etag && !etag.is_empty()
}

/// How long to wait still, if at all.
fn unrest(settle: &Settle, newest: Option<OffsetDateTime>) -> Option<Duration> {
    let last = newest.max(settle.changed)?;
    let quiet_since = OffsetDateTime::now_utc() - last;
    // A time ahead of ours counts as just now.
    let quiet_since = Duration::try_from(quiet_since).unwrap_or_default();
    settle.quiet.checked_sub(quiet_since).filter(|left| !left.is_zero())
}
