//! The objects under the prefix, page by page. Pages that were seen before are listed concurrently, by their known
//! borders.

use crate::{
    aws::fault::Fault,
    config::snapshot::place::{Listed, Place},
    error::Result,
    moment,
};
use aws_sdk_s3::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef},
    error::BoxError,
    operation::list_objects_v2::ListObjectsV2Output,
    types::EncodingType,
};
use aws_smithy_types::date_time::Format;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::{Arc, Mutex, PoisonError};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

#[derive(Default)]
pub struct Listing {
    pub objects: Vec<Listed>,
    /// The newest `LastModified`.
    pub newest: Option<OffsetDateTime>,
    /// The earliest `Date` of the answers: everything that was there before is listed.
    pub moment: Option<OffsetDateTime>,
    /// What was left out of it.
    pub warnings: Vec<String>,
}

/// A range of keys: those after the first, up to the second.
#[derive(Default)]
struct Range {
    after: Option<String>,
    up_to: Option<String>,
}

/// The objects that are listed in a range.
#[derive(Default)]
struct Part {
    listing: Listing,
    /// Every key, including those of folders.
    keys: Vec<String>,
    /// Maximum keys of a page.
    most: usize,
}

/// The last key of each page but the last one of the last listing, relative to the prefix.
#[derive(Default)]
pub struct Borders(Mutex<Arc<[String]>>);

impl Borders {
    fn known(&self) -> Arc<[String]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers the borders of pages with this many keys.
    fn keep(&self, keys: &[&String], most: usize) {
        // What is added behind the last page is a part of it.
        let pages = keys.len().div_ceil(most.max(1)).saturating_sub(1);
        let ends = keys.iter().skip(most.max(1) - 1).step_by(most.max(1)).take(pages);
        let ends = if keys.is_sorted() { ends.map(|key| (*key).clone()).collect() } else { Arc::default() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ends;
    }
}

impl Place {
    /// Lists all pages. `calls` bounds the requests under way.
    ///
    /// # Errors
    /// Why the prefix cannot be listed.
    pub async fn list(&self, borders: &Borders, calls: &Semaphore) -> Result<Listing> {
        let known = borders.known();
        let after = std::iter::once(None).chain(known.iter().cloned().map(Some));
        let up_to = known.iter().cloned().map(Some).chain([None]);
        let ranges: Vec<Range> = after.zip(up_to).map(|(after, up_to)| Range { after, up_to }).collect();
        let at_once = ranges.len();
        let parts: Vec<Part> =
            stream::iter(ranges).map(|range| self.list_range(range, calls)).buffered(at_once).try_collect().await?;
        let most = parts.iter().map(|part| part.most).max().unwrap_or_default();
        borders.keep(&parts.iter().flat_map(|part| &part.keys).collect::<Vec<_>>(), most);
        let mut all = Listing::default();
        for Part { listing, .. } in parts {
            all.objects.extend(listing.objects);
            all.newest = all.newest.max(listing.newest);
            all.moment = [all.moment, listing.moment].into_iter().flatten().min();
        }
        Ok(all)
    }

    /// Lists page after page, as long as there may be more in the range.
    async fn list_range(&self, range: Range, calls: &Semaphore) -> Result<Part> {
        let mut part = Part::default();
        let mut token = None;
        loop {
            let (page, date) = self.page(&range, token, calls).await?;
            token = page.next_continuation_token().map(str::to_owned);
            part.listing.moment = [part.listing.moment, date].into_iter().flatten().min();
            part.most = part.most.max(page.contents().len());
            let is_end = self.take_page(&page, &range, &mut part);
            if is_end || token.is_none() {
                return Ok(part);
            }
        }
    }

    async fn page(
        &self,
        range: &Range,
        token: Option<String>,
        calls: &Semaphore,
    ) -> Result<(ListObjectsV2Output, Option<OffsetDateTime>)> {
        let _permit = calls.acquire().await;
        let date = Date::default();
        let after = range.after.as_ref().filter(|_| token.is_none());
        let page = self
            .client
            .list_objects_v2()
            .bucket(&self.location.bucket)
            .prefix(&self.location.prefix)
            .set_expected_bucket_owner(self.owner.clone())
            // Keys may hold characters that XML cannot.
            .encoding_type(EncodingType::Url)
            .set_start_after(after.map(|key| format!("{}{key}", self.location.prefix)))
            .set_continuation_token(token)
            .customize()
            .interceptor(date.clone())
            .send()
            .await
            .map_err(|e| self.list_error(Fault::of(&e)))?;
        let date = date.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok((page, date))
    }

    /// Takes the objects in the range; returns whether its end was seen.
    fn take_page(&self, page: &ListObjectsV2Output, range: &Range, part: &mut Part) -> bool {
        let encoded = page.encoding_type() == Some(&EncodingType::Url);
        for object in page.contents() {
            let Some(key) = object.key() else { continue };
            let key = if encoded { decoded(key) } else { key.to_owned() };
            let Some(relative) = key.strip_prefix(&self.location.prefix) else { continue };
            if range.up_to.as_deref().is_some_and(|up_to| relative > up_to) {
                return true;
            }
            part.keys.push(relative.to_owned());
            if let Some(modified) = object.last_modified().and_then(as_time) {
                part.listing.newest = part.listing.newest.max(Some(modified));
            }
            // The console makes an empty `folder/` object for each folder.
            if relative.is_empty() || relative.ends_with('/') {
                continue;
            }
            part.listing.objects.push(Listed {
                key: relative.to_owned(),
                etag: object.e_tag().unwrap_or_default().to_owned(),
                bytes: object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            });
        }
        part.keys.last().is_some_and(|last| range.up_to.as_ref() == Some(last))
    }
}

/// Keeps the answer's `Date`.
#[derive(Debug, Clone, Default)]
struct Date(Arc<Mutex<Option<OffsetDateTime>>>);

impl Intercept for Date {
    fn name(&self) -> &'static str {
        "crema-date"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let text = context.response().headers().get("date");
        let date = text.and_then(|text| aws_smithy_types::DateTime::from_str(text, Format::HttpDate).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date.as_ref().and_then(as_time);
        Ok(())
    }
}

/// S3's `encoding-type=url` writes a space as `+`.
fn decoded(key: &str) -> String {
    let spaced = key.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn as_time(time: &aws_smithy_types::DateTime) -> Option<OffsetDateTime> {
    moment::of_seconds(time.secs(), time.subsec_nanos())
}
