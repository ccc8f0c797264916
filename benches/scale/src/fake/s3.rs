//! S3: `ListObjectsV2` and `GetObject` of one bucket.

use crema_testing::{
    aws::request::{Answer, Call, Reply, escape, refusal, unknown},
    moment::{rfc3339, to_the_second},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write, ops::Bound};
use time::OffsetDateTime;

/// What `encoding-type=url` leaves as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*');
const PAGE: usize = 1_000;

struct Object {
    bytes: Vec<u8>,
    etag: String,
    modified: String,
}

#[derive(Default)]
pub struct S3 {
    objects: BTreeMap<String, Object>,
}

impl S3 {
    /// Puts an object now, its ETag that of its content.
    pub fn put(&mut self, key: &str, content: &[u8]) {
        self.put_at(key, content, OffsetDateTime::now_utc());
    }

    pub fn put_at(&mut self, key: &str, content: &[u8], at: OffsetDateTime) {
        let etag = hex(&Sha256::digest(content)[..16]);
        let modified = rfc3339(to_the_second(at)).replace('Z', ".000Z");
        self.objects.insert(key.to_owned(), Object { bytes: content.to_vec(), etag, modified });
    }

    pub fn text(&self, key: &str) -> String {
        String::from_utf8_lossy(&self.objects[key].bytes).into_owned()
    }

    pub fn answer(&self, call: &Call) -> Reply {
        match call.operation.as_str() {
            "ListObjectsV2" => self.list(call),
            "GetObject" => self.get(call),
            _ => Err(unknown(call)),
        }
    }

    fn list(&self, call: &Call) -> Reply {
        let prefix = call.text("prefix");
        let after = match (call.text("continuation-token"), call.text("start-after")) {
            ("", start) => start.to_owned(),
            (token, _) => unhex(token)
                .ok_or_else(|| refusal(400, "InvalidArgument", "The continuation token provided is incorrect"))?,
        };
        let most = call.text("max-keys").parse().unwrap_or(PAGE).min(PAGE);
        let url = call.text("encoding-type") == "url";
        let shown = |key: &str| {
            if url { utf8_percent_encode(key, KEPT).to_string().replace("%20", "+") } else { escape(key) }
        };
        let from = if after.as_str() < prefix { Bound::Included(prefix) } else { Bound::Excluded(after.as_str()) };
        let found = self.objects.range::<str, _>((from, Bound::Unbounded));
        let mut found = found.take_while(|(key, _)| key.starts_with(prefix)).peekable();
        let (mut contents, mut count, mut last) = (String::new(), 0, "");
        while count < most {
            let Some((key, Object { bytes, etag, modified })) = found.next() else { break };
            let (shown, size) = (shown(key), bytes.len());
            let _ = write!(
                contents,
                "<Contents><Key>{shown}</Key><LastModified>{modified}</LastModified><ETag>&quot;{etag}&quot;</ETag>\
                 <Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            );
            (count, last) = (count + 1, key);
        }
        let truncated = found.peek().is_some();
        let next = if truncated { hex(last.as_bytes()) } else { String::new() };
        let next =
            if truncated { format!("<NextContinuationToken>{next}</NextContinuationToken>") } else { String::new() };
        let encoding = if url { "<EncodingType>url</EncodingType>" } else { "" };
        let (bucket, prefix) = (call.text("bucket"), shown(prefix));
        Ok(Answer::xml(&format!(
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{bucket}</Name><Prefix>{prefix}</Prefix>\
             <KeyCount>{count}</KeyCount><MaxKeys>{most}</MaxKeys>{encoding}<IsTruncated>{truncated}</IsTruncated>{next}\
             {contents}</ListBucketResult>",
        )))
    }

    fn get(&self, call: &Call) -> Reply {
        let object = self.objects.get(call.text("key"));
        let object = object.ok_or_else(|| refusal(404, "NoSuchKey", "The specified key does not exist."))?;
        let wanted = call.text("if-match").trim_matches('"');
        if !wanted.is_empty() && wanted != "*" && wanted != object.etag {
            let message = "At least one of the pre-conditions you specified did not hold";
            return Err(refusal(412, "PreconditionFailed", message));
        }
        let headers = vec![
            ("content-type", "binary/octet-stream".to_owned()),
            ("etag", format!("\"{}\"", object.etag)),
            ("accept-ranges", "bytes".to_owned()),
        ];
        Ok(Answer { headers, body: object.bytes.clone() })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(token: &str) -> Option<String> {
    let bytes = (0..token.len()).step_by(2).map(|i| u8::from_str_radix(token.get(i..i + 2)?, 16).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}
