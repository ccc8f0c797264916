//! The snapshot: what lies under the prefix, consistent and settled, kept warm by ETag.

use super::{body::contents, settings::Location};
use crate::{
    aws::fault::Fault,
    error::{Error, ErrorKind, Result},
};
use aws_sdk_s3::{Client, types::EncodingType};
use crema_base::files::{File, Files, MAX_OBJECT_BYTES};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::{sync::Semaphore, time::Instant};

/// The longest wait for the prefix to be quiet.
const MAX_SETTLE: Duration = Duration::from_secs(30);
/// How often the prefix is listed again because an object changed between list and get.
const MAX_LISTS: u32 = 6;
/// How often an object is asked for whose contents were cut, or are not as long as the list says.
const MAX_BODIES: u32 = 3;
/// The bytes of all loaded objects together: function and child each hold them once.
const MAX_TOTAL_BYTES: u64 = 40_000_000;

/// The bucket's prefix, and what was last read of it.
pub struct Bucket {
    client: Client,
    location: Location,
    owner: Option<String>,
    kept: Mutex<Arc<Files>>,
}

/// What lay under the prefix at one moment.
pub struct Snapshot {
    /// The same allocation as the last time where nothing has changed since.
    pub files: Arc<Files>,
    pub warnings: Vec<String>,
}

/// How long the prefix must have been quiet, and since when at least.
#[derive(Debug, Clone, Copy)]
pub struct Settle {
    pub quiet: Duration,
    /// The time of a change event: a deletion leaves no `LastModified`.
    pub changed: Option<OffsetDateTime>,
    /// No wait reaches beyond this.
    pub until: Instant,
}

struct Listed {
    key: String,
    etag: String,
    /// AWS's list always says it.
    bytes: Option<u64>,
}

impl Listed {
    fn is_loaded(&self) -> bool {
        self.bytes.is_none_or(|bytes| bytes <= MAX_OBJECT_BYTES)
    }
}

struct Listing {
    objects: Vec<Listed>,
    newest: Option<OffsetDateTime>,
}

enum Got {
    File(String, File),
    /// It is not what was listed any more.
    Changed,
}

impl Bucket {
    /// `owner` is the account that the bucket has to be of.
    pub fn new(client: Client, location: Location, owner: Option<String>) -> Bucket {
        Bucket { client, location, owner, kept: Mutex::default() }
    }

    /// Reads the prefix. `calls` bounds the requests under way.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] where the bucket does not exist, the prefix is empty or holds too much;
    /// [`ErrorKind::AwsError`] where S3 denies, breaks, or the prefix changes again and again.
    pub async fn read(&self, settle: Option<Settle>, calls: &Semaphore) -> Result<Snapshot> {
        let mut warnings = vec![];
        let patience = Instant::now() + MAX_SETTLE;
        for _ in 0..MAX_LISTS {
            let mut listing = self.list().await?;
            while let Some(wait) = settle.and_then(|settle| unrest(&settle, listing.newest)) {
                let end = settle.map_or(patience, |settle| settle.until.min(patience));
                if Instant::now() >= end {
                    warnings.push(format!(
                        "{} was still being written to; it was read as it stood, and the next event reads it again",
                        self.location
                    ));
                    break;
                }
                tokio::time::sleep_until(end.min(Instant::now() + wait)).await;
                listing = self.list().await?;
            }
            if let Some(files) = self.load(listing.objects, calls).await? {
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = files.clone();
                return Ok(Snapshot { files, warnings });
            }
        }
        Err(Error {
            kind: ErrorKind::AwsError,
            message: format!("{} changed while it was read, {MAX_LISTS} times in a row", self.location),
            transient: true,
        })
    }

    async fn list(&self) -> Result<Listing> {
        let mut listing = Listing { objects: vec![], newest: None };
        let mut token = None;
        loop {
            let page = self
                .client
                .list_objects_v2()
                .bucket(&self.location.bucket)
                .prefix(&self.location.prefix)
                .set_expected_bucket_owner(self.owner.clone())
                // Keys may hold characters that XML cannot.
                .encoding_type(EncodingType::Url)
                .set_continuation_token(token)
                .send()
                .await
                .map_err(|e| self.list_error(Fault::of(&e)))?;
            let encoded = page.encoding_type() == Some(&EncodingType::Url);
            for object in page.contents() {
                let Some(key) = object.key() else { continue };
                let key = if encoded { decoded(key) } else { key.to_owned() };
                let Some(relative) = key.strip_prefix(&self.location.prefix) else { continue };
                if let Some(modified) = object.last_modified().and_then(as_time) {
                    listing.newest = listing.newest.max(Some(modified));
                }
                // The console makes an empty `folder/` object for each folder.
                if relative.is_empty() || relative.ends_with('/') {
                    continue;
                }
                listing.objects.push(Listed {
                    key: relative.to_owned(),
                    etag: object.e_tag().unwrap_or_default().to_owned(),
                    bytes: object.size().and_then(|size| u64::try_from(size).ok()),
                });
            }
            token = page.next_continuation_token().map(str::to_owned);
            if token.is_none() {
                return Ok(listing);
            }
        }
    }

    /// The listed objects with their contents, or `None` where one changed meanwhile.
    async fn load(&self, listed: Vec<Listed>, calls: &Semaphore) -> Result<Option<Arc<Files>>> {
        if listed.is_empty() {
            return Err(Error::new(
                ErrorKind::ConfigError,
                format!(
                    "there is nothing under {}: upload the ecspresso folders there (`aws s3 sync deploy/ {}app/`)",
                    self.location, self.location
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
            .map(|object| self.get(object, calls))
            .buffer_unordered(calls.available_permits().max(1))
            .try_collect()
            .await?;
        let file = |object: Listed| kept.get(&object.key).map(|file| (object.key, file.clone()));
        let mut files: Files = known.into_iter().filter_map(file).collect();
        for got in got {
            match got {
                Got::File(key, file) => files.insert(key, file),
                Got::Changed => return Ok(None),
            };
        }
        Ok(Some(Arc::new(files)))
    }

    fn within_limits(&self, listed: &[Listed]) -> Result<()> {
        let loaded = || listed.iter().filter(|object| object.is_loaded());
        let total: u64 = loaded().filter_map(|object| object.bytes).sum();
        match loaded().max_by_key(|object| object.bytes) {
            Some(largest) if total > MAX_TOTAL_BYTES => Err(Error::new(
                ErrorKind::ConfigError,
                format!(
                    "{} holds {total} bytes of configuration, more than {MAX_TOTAL_BYTES}; the largest object is {} ({} \
                 bytes): keep what is no configuration outside the prefix",
                    self.location,
                    largest.key,
                    largest.bytes.unwrap_or_default()
                ),
            )),
            _ => Ok(()),
        }
    }

    async fn get(&self, object: Listed, calls: &Semaphore) -> Result<Got> {
        if !object.is_loaded() {
            let bytes = object.bytes.unwrap_or_default();
            return Ok(Got::File(object.key, File { etag: object.etag, bytes, content: None }));
        }
        let _permit = calls.acquire().await;
        let key = format!("{}{}", self.location.prefix, object.key);
        let mut tries = 0;
        loop {
            let request = self.client.get_object().bucket(&self.location.bucket).key(&key).if_match(&object.etag);
            let answer = match request.set_expected_bucket_owner(self.owner.clone()).send().await {
                Ok(answer) => answer,
                Err(e) => {
                    // Changed (412), or deleted, since it was listed.
                    if e.raw_response().is_some_and(|raw| matches!(raw.status().as_u16(), 404 | 412)) {
                        return Ok(Got::Changed);
                    }
                    let fault = Fault::of(&e);
                    // S3 says so of what is gone to those who may not list the whole bucket.
                    // <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
                    if matches!(fault, Fault::Denied(_)) && self.is_gone(&object).await {
                        return Ok(Got::Changed);
                    }
                    return Err(self.get_error(fault, &key));
                }
            };
            tries += 1;
            match contents(answer.body, object.bytes).await {
                Ok(content) => {
                    let bytes = content.len() as u64;
                    return Ok(Got::File(object.key, File { etag: object.etag, bytes, content: Some(content) }));
                }
                // The SDK tries again up to the first byte of the contents, and not beyond.
                Err(_) if tries < MAX_BODIES => {}
                Err(why) => return Err(self.get_error(Fault::Open(why), &key)),
            }
        }
    }

    /// Asked by the prefix itself: the role may list nothing narrower.
    async fn is_gone(&self, object: &Listed) -> bool {
        self.list().await.is_ok_and(|now| now.objects.iter().all(|listed| listed.key != object.key))
    }

    fn list_error(&self, fault: Fault) -> Error {
        let bucket = &self.location.bucket;
        match fault {
            Fault::Refused { code, .. } if code == "NoSuchBucket" => Error::new(
                ErrorKind::ConfigError,
                format!(
                    "CONFIG_URI names the bucket {bucket:?}, which does not exist; expected an existing bucket of this \
                 account and region"
                ),
            ),
            // The second where the Region is a part of the signature only.
            Fault::Refused { code, .. } if code == "PermanentRedirect" || code == "AuthorizationHeaderMalformed" => {
                Error::new(
                    ErrorKind::ConfigError,
                    format!("CONFIG_URI names the bucket {bucket:?}, which lies in another region than the function"),
                )
            }
            fault => {
                let on = self.location.to_string();
                self.owned(fault).into_error("s3:ListBucket", &on, &format!("arn:aws:s3:::{bucket}"))
            }
        }
    }

    fn get_error(&self, fault: Fault, key: &str) -> Error {
        let bucket = &self.location.bucket;
        let on = format!("s3://{bucket}/{key}");
        let resource = format!("arn:aws:s3:::{bucket}/{}*", self.location.prefix);
        self.owned(fault).into_error_by("s3:GetObject", &on, &resource, &["ConfigBucket", "ConfigPrefix"])
    }

    /// S3 denies what is in a bucket of another owner, with the words that it has for a missing permission.
    fn owned(&self, fault: Fault) -> Fault {
        match (fault, &self.owner) {
            (Fault::Denied(said), Some(owner)) => Fault::Denied(format!(
                "{said}; or the bucket is not of the account {owner}, which CONFIG_BUCKET_OWNER expects"
            )),
            (fault, _) => fault,
        }
    }
}

/// How long is still to be waited, if at all.
fn unrest(settle: &Settle, newest: Option<OffsetDateTime>) -> Option<Duration> {
    let last = newest.max(settle.changed)?;
    let quiet_since = OffsetDateTime::now_utc() - last;
    // A time ahead of ours counts as just now.
    let quiet_since = Duration::try_from(quiet_since).unwrap_or_default();
    settle.quiet.checked_sub(quiet_since).filter(|left| !left.is_zero())
}

/// S3's `encoding-type=url` writes a space as `+`.
fn decoded(key: &str) -> String {
    let spaced = key.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn as_time(time: &aws_smithy_types::DateTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(time.as_nanos()).ok()
}
