//! The snapshot: all objects under the prefix, consistent and settled, kept warm by ETag.

mod listing;
mod place;

use super::settings::Location;
use crate::{
    config::snapshot::{
        listing::Borders,
        place::{Got, Listed, Place},
    },
    error::{Error, ErrorKind, Result},
};
use aws_sdk_s3::Client;
use crema_base::files::Files;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::{sync::Semaphore, time::Instant};

/// The longest wait for the prefix to be quiet.
const MAX_SETTLE: Duration = Duration::from_secs(30);
/// Maximum listings because an object changed between list and get.
const MAX_LISTS: u32 = 6;
/// Maximum bytes of all loaded objects together: function and child each hold them once.
const MAX_TOTAL_BYTES: u64 = 40_000_000;

/// The prefix of the bucket, and what was last read of it.
pub struct Bucket {
    place: Place,
    borders: Borders,
    kept: Mutex<Arc<Files>>,
}

/// The objects that were under the prefix at one moment.
pub struct Snapshot {
    /// The files. It is the same allocation as the last time if nothing has changed since.
    pub files: Arc<Files>,
    pub warnings: Vec<String>,
    /// The snapshot contains everything that was there at this moment: S3's own time of the first page.
    pub moment: Option<OffsetDateTime>,
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
        Bucket { place: Place { client, location, owner }, borders: Borders::default(), kept: Mutex::default() }
    }

    /// Reads the prefix. `calls` bounds the requests under way.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if the bucket does not exist, the prefix is empty or holds too much;
    /// [`ErrorKind::AwsError`] if S3 denies a call or fails, or the prefix changes again and again.
    pub async fn read(&self, settle: Option<Settle>, calls: &Semaphore) -> Result<Snapshot> {
        let mut warnings = vec![];
        let patience = Instant::now() + MAX_SETTLE;
        for _ in 0..MAX_LISTS {
            let mut listing = self.place.list(&self.borders, calls).await?;
            while let Some(wait) = settle.and_then(|settle| unrest(&settle, listing.newest)) {
                let end = settle.map_or(patience, |settle| settle.until.min(patience));
                if Instant::now() >= end {
                    warnings.push(format!(
                        "{} was still being written to; it was read as it stood, and the next event reads it again",
                        self.place.location
                    ));
                    break;
                }
                tokio::time::sleep_until(end.min(Instant::now() + wait)).await;
                listing = self.place.list(&self.borders, calls).await?;
            }
            let moment = listing.moment;
            if let Some(files) = self.load(listing.objects, calls).await? {
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = files.clone();
                return Ok(Snapshot { files, warnings, moment });
            }
        }
        let message = format!("{} changed while it was read, {MAX_LISTS} times in a row", self.place.location);
        Err(Error::transient(ErrorKind::AwsError, message))
    }

    /// The listed objects with their contents; `None` if one changed meanwhile.
    async fn load(&self, listed: Vec<Listed>, calls: &Semaphore) -> Result<Option<Arc<Files>>> {
        if listed.is_empty() {
            return Err(Error::new(
                ErrorKind::ConfigError,
                format!(
                    "there is nothing under {}: upload the ecspresso folders there (`aws s3 sync deploy/ {}app/`)",
                    self.place.location, self.place.location
                ),
            ));
        }
        self.within_limits(&listed)?;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_known = |object: &Listed| {
            kept.get(&object.key).is_some_and(|file| file.etag == object.etag && !file.etag.is_empty())
        };
        let (known, new): (Vec<Listed>, Vec<Listed>) = listed.into_iter().partition(is_known);
        if new.is_empty() && known.len() == kept.len() {
            return Ok(Some(kept));
        }
        let got: Vec<Got> = stream::iter(new)
            .map(|object| self.place.get(object, calls))
            .buffer_unordered(calls.available_permits().max(1))
            .try_collect()
            .await?;
        let file = |object: Listed| kept.get(&object.key).map(|file| (object.key, file.clone()));
        let mut files: Files = known.into_iter().filter_map(file).collect();
        for got in got {
            match got {
                Got::File(key, file) => files.insert(key, file),
                Got::Changed => return Ok(None),
                Got::Denied(key, error) => {
                    let now = self.place.list(&self.borders, calls).await;
                    if now.is_ok_and(|now| now.objects.iter().all(|listed| listed.key != key)) {
                        return Ok(None);
                    }
                    return Err(error);
                }
            };
        }
        Ok(Some(Arc::new(files)))
    }

    fn within_limits(&self, listed: &[Listed]) -> Result<()> {
        let loaded = || listed.iter().filter(|object| object.is_small());
        let total: u64 = loaded().filter_map(|object| object.bytes).sum();
        match loaded().max_by_key(|object| object.bytes) {
            Some(largest) if total > MAX_TOTAL_BYTES => Err(Error::new(
                ErrorKind::ConfigError,
                format!(
                    "{} holds {total} bytes of configuration, more than {MAX_TOTAL_BYTES}; the largest object is {} ({} \
                 bytes): keep what is no configuration outside the prefix",
                    self.place.location,
                    largest.key,
                    largest.bytes.unwrap_or_default()
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// How long to wait still, if at all.
fn unrest(settle: &Settle, newest: Option<OffsetDateTime>) -> Option<Duration> {
    let last = newest.max(settle.changed)?;
    let quiet_since = OffsetDateTime::now_utc() - last;
    // A time ahead of ours counts as just now.
    let quiet_since = Duration::try_from(quiet_since).unwrap_or_default();
    settle.quiet.checked_sub(quiet_since).filter(|left| !left.is_zero())
}
