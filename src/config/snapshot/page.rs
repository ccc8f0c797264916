//! One page of the bucket's list, as S3 writes it. It is read by hand: the SDK takes ten times as long, and a warm push
//! among many apps does little else.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use crate::{config::snapshot::place::Listed, moment};
use std::borrow::Cow;
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

/// The texts of one `Contents` element.
#[derive(Default)]
struct Entry<'x> {
    key: Option<&'x str>,
    etag: &'x str,
    size: &'x str,
    modified: &'x str,
}

/// Reads a page; keys are relative to the prefix, and what lies outside is left out.
///
/// # Errors
/// Why it is no page of a list: it is cut, or something of it cannot be read.
pub fn read(xml: &str, prefix: &str) -> Result<Page, String> {
    let (mut entries, mut entry, mut token, mut encoded, mut whole) = (vec![], Entry::default(), None, false, false);
    let mut rest = xml;
    while let Some((text, after)) = rest.split_once('<') {
        let Some((tag, after)) = after.split_once('>') else { break };
        rest = after;
        match tag {
            "Contents" => entry = Entry::default(),
            "/Key" => entry.key = Some(text),
            "/ETag" => entry.etag = text,
            "/Size" => entry.size = text,
            "/LastModified" => entry.modified = text,
            "/Contents" => entries.push(std::mem::take(&mut entry)),
            "/NextContinuationToken" => token = Some(plain(text).into_owned()),
            "/EncodingType" => encoded = text == "url",
            "/ListBucketResult" => whole = true,
            _ => {}
        }
    }
    if !whole {
        return Err("the list is cut".to_owned());
    }
    // All times are written alike, so the newest comes last in their order as texts.
    let newest = entries.iter().map(|entry| entry.modified).max().and_then(moment::parse);
    let mut objects = Vec::with_capacity(entries.len());
    for Entry { key, etag, size, .. } in entries {
        let key = plain(key.ok_or("the list has an object without a key")?);
        let key = if encoded { decoded(&key) } else { key };
        let Some(relative) = key.strip_prefix(prefix) else { continue };
        let bytes = size.parse().map_err(|_| format!("the list says no size of {key}"))?;
        objects.push(Listed { key: relative.to_owned(), etag: plain(etag).into_owned(), bytes });
    }
    Ok(Page { objects, newest, token: token.filter(|token| !token.is_empty()) })
}

/// S3's `encoding-type=url` writes a space as `+`.
fn decoded(key: &str) -> Cow<'_, str> {
    if !key.contains(['+', '%']) {
        return Cow::Borrowed(key);
    }
    let spaced = key.replace('+', " ");
    Cow::Owned(percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

/// A text without XML's entities.
fn plain(text: &str) -> Cow<'_, str> {
    let Some((before, mut rest)) = text.split_once('&') else { return Cow::Borrowed(text) };
    let mut plain = before.to_owned();
    loop {
        let (name, after) = rest.split_once(';').unwrap_or((rest, ""));
        let number = name.strip_prefix('#').map(|number| match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        });
        match (name, number) {
            (_, Some(number)) => plain.extend(number.ok().and_then(char::from_u32)),
            ("lt", _) => plain.push('<'),
            ("gt", _) => plain.push('>'),
            ("quot", _) => plain.push('"'),
            ("apos", _) => plain.push('\''),
            ("amp", _) => plain.push('&'),
            _ => plain.extend(["&", name, ";"]),
        }
        let Some((before, next)) = after.split_once('&') else {
            plain.push_str(after);
            return Cow::Owned(plain);
        };
        plain.push_str(before);
        rest = next;
    }
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
        let cases = [
            ("a&amp;b&lt;c&gt;&quot;&apos;", "a&b<c>\"'"),
            ("&#38;&#x26;lt;", "&&lt;"),
            ("&amp;lt;", "&lt;"),
            ("a&unknown;b", "a&unknown;b"),
            ("&#xD800;&#;&", "&;"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), expected, "{text}");
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
