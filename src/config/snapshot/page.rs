//! One page of the bucket's list, as S3 writes it. The SDK's own reader takes ten times as long, and a warm push among many
//! apps does little else.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use crate::{config::snapshot::place::Listed, moment};
use quick_xml::{
    Reader,
    escape::resolve_xml_entity,
    events::{BytesRef, Event},
};
use std::{borrow::Cow, mem::take};
use time::OffsetDateTime;

/// The keys of a page, those of folders included, and how the list goes on.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub objects: Vec<Listed>,
    /// The newest `LastModified`.
    pub newest: Option<OffsetDateTime>,
    /// Of the next page, if there is one.
    pub token: Option<String>,
}

/// What one `Contents` element says.
#[derive(Default)]
struct Entry {
    key: Option<String>,
    etag: String,
    size: String,
    modified: String,
}

/// What the elements of a page say.
#[derive(Default)]
struct Elements {
    entry: Entry,
    entries: Vec<Entry>,
    token: Option<String>,
    /// Whether keys are URL-encoded.
    is_encoded: bool,
    /// Whether the list was closed.
    is_whole: bool,
}

impl Elements {
    /// Takes the text of an element that ended.
    fn end(&mut self, name: &str, text: &mut String) {
        match name {
            "Key" => self.entry.key = Some(take(text)),
            "ETag" => self.entry.etag = take(text),
            "Size" => self.entry.size = take(text),
            "LastModified" => self.entry.modified = take(text),
            "Contents" => self.entries.push(take(&mut self.entry)),
            "NextContinuationToken" => self.token = Some(take(text)).filter(|token| !token.is_empty()),
            "EncodingType" => self.is_encoded = text == "url",
            "ListBucketResult" => self.is_whole = true,
            _ => {}
        }
        text.clear();
    }
}

/// Reads a page; keys are relative to the prefix, and what lies outside is left out.
///
/// # Errors
/// Why it is no page of a list: it is cut, or something of it cannot be read.
pub fn read(xml: &str, prefix: &str) -> Result<Page, String> {
    let Elements { entries, token, is_encoded, is_whole, .. } = elements(xml)?;
    if !is_whole {
        return Err("the list is cut".to_owned());
    }
    // All times are written alike, so the newest comes last in their order as texts.
    let newest = entries.iter().map(|entry| entry.modified.as_str()).max().and_then(moment::parse);
    let mut objects = Vec::with_capacity(entries.len());
    for Entry { key, etag, size, .. } in entries {
        let key = key.ok_or("the list has an object without a key")?;
        let key = if is_encoded { decoded(&key) } else { Cow::Borrowed(key.as_str()) };
        let Some(relative) = key.strip_prefix(prefix) else { continue };
        let bytes = size.parse().map_err(|_| format!("the list says no size of {key}"))?;
        objects.push(Listed { key: relative.to_owned(), etag, bytes });
    }
    Ok(Page { objects, newest, token })
}

fn elements(xml: &str) -> Result<Elements, String> {
    let (mut reader, mut text, mut elements) = (Reader::from_str(xml), String::new(), Elements::default());
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(_) => text.clear(),
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(entity) => text.push_str(&resolved(&entity)?),
            Event::End(element) => elements.end(element.name().as_ref(), &mut text),
            Event::Eof => return Ok(elements),
            _ => {}
        }
    }
}

/// What an entity stands for.
fn resolved(entity: &BytesRef<'_>) -> Result<String, String> {
    if let Some(c) = entity.resolve_char_ref().map_err(|e| e.to_string())? {
        return Ok(c.to_string());
    }
    let named = resolve_xml_entity(entity).map(str::to_owned);
    named.ok_or_else(|| format!("the list has an entity that is not known: {}", &**entity))
}

/// S3's `encoding-type=url` writes a space as `+`.
fn decoded(key: &str) -> Cow<'_, str> {
    if !key.contains(['+', '%']) {
        return Cow::Borrowed(key);
    }
    let spaced = key.replace('+', " ");
    Cow::Owned(percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(key: &str, etag: &str, bytes: u64) -> Listed {
        Listed { key: key.to_owned(), etag: etag.to_owned(), bytes }
    }

    /// As S3 writes it.
    const PAGE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult \
        xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix>crema/</Prefix><NextContinuationToken>1ueG\
        cxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken><KeyCount>3</KeyCount><MaxKeys>3</MaxKeys>\
        <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><Contents><Key>crema/</Key><LastModified>\
        2026-11-23T01:54:34.000Z</LastModified><ETag>&quot;d41d&quot;</ETag><Size>0</Size><StorageClass>STANDARD\
        </StorageClass></Contents>\n  <Contents>\n<Key>crema/a+b%2Bc/%C3%A4%22%3C.json</Key>\n<LastModified>\
        2026-11-23T02:00:00.000Z</LastModified><ETag>\"ab-2\"</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><Size>\
        12</Size><Owner><DisplayName>Key</DisplayName><ID>1</ID></Owner></Contents><Contents><Size>5000000000000</Size>\
        <ETag>x</ETag><LastModified>2025-01-01T00:00:00.000Z</LastModified><Key>crema/z</Key></Contents>\
        <CommonPrefixes><Prefix>x</Prefix></CommonPrefixes></ListBucketResult>";

    #[test]
    fn a_page_is_read_as_s3_writes_it() {
        let page = read(PAGE, "crema/").unwrap();
        let objects =
            [listed("", "\"d41d\"", 0), listed("a b+c/ä\"<.json", "\"ab-2\"", 12), listed("z", "x", 5_000_000_000_000)];
        assert_eq!(page.objects, objects);
        assert_eq!(page.newest, moment::parse("2026-11-23T02:00:00Z"));
        assert_eq!(page.token.as_deref(), Some("1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM="));
        let last = PAGE.replace("NextContinuationToken", "Other").replace("<EncodingType>url", "<EncodingType>");
        let page = read(&last, "").unwrap();
        assert_eq!((page.token, page.objects[1].key.as_str()), (None, "crema/a+b%2Bc/%C3%A4%22%3C.json"));
        assert_eq!(read("<ListBucketResult></ListBucketResult>", ""), Ok(Page::default()));
    }

    #[test]
    fn entities_are_what_they_stand_for_and_nothing_else_changes() {
        let etag = |text: &str| {
            let page = format!(
                "<ListBucketResult><Contents><Key>k</Key><ETag>{text}</ETag><Size>1</Size></Contents></ListBucketResult>"
            );
            read(&page, "").map(|page| page.objects[0].etag.clone())
        };
        let cases = [
            ("a&amp;b&lt;c&gt;&quot;&apos;", "a&b<c>\"'"),
            ("&#38;&#x26;lt;", "&&lt;"),
            ("&amp;lt;", "&lt;"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(etag(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["a&unknown;b", "&#xD800;", "&#;", "&"] {
            assert!(etag(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_cut_anywhere_is_no_page() {
        for (end, _) in PAGE.char_indices() {
            assert!(read(&PAGE[..end], "crema/").is_err(), "{}", &PAGE[..end]);
        }
        assert!(read(&PAGE.replace("<Size>12</Size>", "<Size>-1</Size>"), "crema/").is_err());
        assert!(read(&PAGE.replace("Key>", "Kay>"), "crema/").is_err());
        for other in ["", "<html>no</html>", "<Error><Code>InternalError</Code></Error>"] {
            assert!(read(other, "").is_err(), "{other}");
        }
    }
}
