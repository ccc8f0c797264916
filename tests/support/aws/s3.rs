//! S3: path-style `ListObjectsV2` and `GetObject`.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use super::{
    Aws,
    request::{Answer, Call, Reply, escape, refusal, unknown},
};
use crate::{
    BUCKET, PREFIX,
    moment::{rfc3339, to_the_second},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

/// What `encoding-type=url` leaves as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*');

#[derive(Debug, Clone)]
pub struct Object {
    pub bytes: Vec<u8>,
    /// Without its quotes.
    pub etag: String,
    /// In whole seconds.
    pub modified: OffsetDateTime,
}

#[derive(Default)]
pub struct S3 {
    buckets: BTreeMap<String, BTreeMap<String, Object>>,
    /// Regions of the buckets that have one; the others are in every region.
    regions: BTreeMap<String, String>,
    /// Keys a page at most, below the 1,000 of S3; for tests of paging.
    page: Option<usize>,
}

impl Aws {
    pub fn create_bucket(&self, bucket: &str) {
        self.lock().s3.buckets.entry(bucket.to_owned()).or_default();
    }

    /// From here on this bucket lies in one region.
    pub fn move_bucket(&self, bucket: &str, region: &str) {
        self.lock().s3.regions.insert(bucket.to_owned(), region.to_owned());
    }

    /// An object of the configuration bucket, its key relative to the prefix.
    pub fn put(&self, key: &str, content: impl AsRef<[u8]>) {
        let now = self.now();
        self.lock().s3.put(BUCKET, &format!("{PREFIX}{key}"), content.as_ref(), now);
    }

    /// An object of any bucket.
    pub fn put_object(&self, bucket: &str, key: &str, content: impl AsRef<[u8]>) {
        let now = self.now();
        self.lock().s3.put(bucket, key, content.as_ref(), now);
    }

    /// Deletes an object of the configuration bucket, its key relative to the prefix.
    pub fn delete(&self, key: &str) {
        self.lock().s3.delete(BUCKET, &format!("{PREFIX}{key}"));
    }

    /// Changes ETag or time of an object of the configuration bucket.
    pub fn edit_object(&self, key: &str, change: impl FnOnce(&mut Object)) {
        let mut state = self.lock();
        let bucket = state.s3.buckets.get_mut(BUCKET).unwrap();
        change(bucket.get_mut(&format!("{PREFIX}{key}")).unwrap());
    }

    /// At most so many keys a page.
    pub fn page_objects(&self, keys: usize) {
        self.lock().s3.page = Some(keys);
    }
}

impl S3 {
    /// Puts an object, its ETag that of its content; creates the bucket.
    pub fn put(&mut self, bucket: &str, key: &str, content: &[u8], at: OffsetDateTime) {
        let etag = Sha256::digest(content)[..16].iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let object = Object { bytes: content.to_vec(), etag, modified: to_the_second(at) };
        self.buckets.entry(bucket.to_owned()).or_default().insert(key.to_owned(), object);
    }

    pub fn delete(&mut self, bucket: &str, key: &str) {
        if let Some(objects) = self.buckets.get_mut(bucket) {
            objects.remove(key);
        }
    }

    pub fn answer(&self, call: &Call) -> Reply {
        let objects = self
            .buckets
            .get(call.text("bucket"))
            .ok_or_else(|| refusal(404, "NoSuchBucket", "The specified bucket does not exist"))?;
        if let Some(region) = self.regions.get(call.text("bucket")).filter(|region| **region != call.region) {
            return Err(refusal(301, "PermanentRedirect", region));
        }
        match call.operation.as_str() {
            "ListObjectsV2" => self.list(objects, call),
            "GetObject" => get(objects, call),
            _ => Err(unknown(call)),
        }
    }

    fn list(&self, objects: &BTreeMap<String, Object>, call: &Call) -> Reply {
        let prefix = call.text("prefix");
        let after = unhex(call.text("continuation-token"))
            .ok_or_else(|| refusal(400, "InvalidArgument", "The continuation token provided is incorrect"))?;
        // Counts only without a token.
        let after = if after.is_empty() { call.text("start-after").to_owned() } else { after };
        let most = call.text("max-keys").parse().unwrap_or(1000).min(1000).min(self.page.unwrap_or(1000));
        let url = call.text("encoding-type") == "url";
        let shown = |key: &str| {
            if url { utf8_percent_encode(key, KEPT).to_string().replace("%20", "+") } else { escape(key) }
        };
        let mut found = objects.iter().filter(|(key, _)| key.starts_with(prefix) && **key > after).peekable();
        let (mut contents, mut count, mut last) = (String::new(), 0, "");
        while count < most {
            let Some((key, object)) = found.next() else { break };
            let _ = write!(
                contents,
                "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>&quot;{}&quot;</ETag><Size>{}</Size>\
                 <StorageClass>STANDARD</StorageClass></Contents>",
                shown(key),
                rfc3339(object.modified).replace('Z', ".000Z"),
                object.etag,
                object.bytes.len(),
            );
            (count, last) = (count + 1, key);
        }
        let truncated = found.peek().is_some();
        let next = if truncated {
            format!("<NextContinuationToken>{}</NextContinuationToken>", hex(last))
        } else {
            String::new()
        };
        let encoding = if url { "<EncodingType>url</EncodingType>" } else { "" };
        Ok(Answer::xml(&format!(
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{}</Name><Prefix>{}</Prefix>\
             <KeyCount>{count}</KeyCount><MaxKeys>{most}</MaxKeys>{encoding}<IsTruncated>{truncated}</IsTruncated>{next}\
             {contents}</ListBucketResult>",
            call.text("bucket"),
            shown(prefix),
        )))
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
fn get(objects: &BTreeMap<String, Object>, call: &Call) -> Reply {
    let object =
        objects.get(call.text("key")).ok_or_else(|| refusal(404, "NoSuchKey", "The specified key does not exist."))?;
    let wanted = call.text("if-match").trim_matches('"');
    if !wanted.is_empty() && wanted != "*" && wanted != object.etag {
        let message = "At least one of the pre-conditions you specified did not hold";
        return Err(refusal(412, "PreconditionFailed", message));
    }
    let modified = object.modified.format(&Rfc2822).unwrap().replace("+0000", "GMT");
    let headers = vec![
        ("content-type", "binary/octet-stream".to_owned()),
        ("etag", format!("\"{}\"", object.etag)),
        ("last-modified", modified),
        ("accept-ranges", "bytes".to_owned()),
    ];
    Ok(Answer { headers, body: object.bytes.clone() })
}

/// A token must not look like a key: callers have to hand it back as it is.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(token: &str) -> Option<String> {
    let bytes = (0..token.len()).step_by(2).map(|i| u8::from_str_radix(token.get(i..i + 2)?, 16).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}
