//! The objects under the prefix, page by page. Pages that were seen before are listed concurrently, by their known
//! borders.

use crate::{
    aws::fault::Fault,
    config::snapshot::{
        page::{self, Page},
        place::{Listed, Place},
    },
    error::Result,
    moment,
};
use aws_sdk_s3::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeDeserializationInterceptorContextMut},
    error::BoxError,
    primitives::{ByteStream, SdkBody},
    types::EncodingType,
};
use aws_smithy_types::date_time::Format;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::time::timeout;

/// Pages of a list under way at a time. A page has 1,000 objects, and mostly comes in 30 ms.
const PAGES_AT_ONCE: usize = 32;
/// Maximum attempts to read a page that is cut.
const MAX_BODIES: u32 = 3;
/// Maximum time of reading a page that has begun to come.
const TO_READ: Duration = Duration::from_secs(5);
/// Maximum bytes of a page: a thousand keys of 1,024 bytes, each written as three.
const MAX_PAGE_BYTES: usize = 8_000_000;

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

/// What is listed in a range, folders included.
#[derive(Default)]
struct Part {
    listing: Listing,
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
    fn keep(&self, all: &[Listed], most: usize) {
        // What is added behind the last page is a part of it.
        let pages = all.len().div_ceil(most.max(1)).saturating_sub(1);
        let ends = all.iter().skip(most.max(1) - 1).step_by(most.max(1)).take(pages);
        let ends = match all.is_sorted_by(|a, b| a.key <= b.key) {
            true => ends.map(|object| object.key.clone()).collect(),
            false => Arc::default(),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ends;
    }
}

impl Place {
    /// Lists all pages.
    ///
    /// # Errors
    /// Why the prefix cannot be listed.
    pub async fn list(&self, borders: &Borders) -> Result<Listing> {
        let known = borders.known();
        let after = std::iter::once(None).chain(known.iter().cloned().map(Some));
        let up_to = known.iter().cloned().map(Some).chain([None]);
        let ranges = after.zip(up_to).map(|(after, up_to)| self.list_range(Range { after, up_to }));
        let parts: Vec<Part> = stream::iter(ranges).buffered(PAGES_AT_ONCE).try_collect().await?;
        let most = parts.iter().map(|part| part.most).max().unwrap_or_default();
        let mut all = Listing::default();
        for Part { listing, .. } in parts {
            all.objects.extend(listing.objects);
            all.newest = all.newest.max(listing.newest);
            all.moment = [all.moment, listing.moment].into_iter().flatten().min();
        }
        borders.keep(&all.objects, most);
        // The console makes an empty `folder/` object for each folder.
        all.objects.retain(|object| !object.key.is_empty() && !object.key.ends_with('/'));
        Ok(all)
    }

    /// Lists page after page, as long as there may be more in the range.
    async fn list_range(&self, range: Range) -> Result<Part> {
        let mut part = Part::default();
        let mut token = None;
        loop {
            let (page, date) = self.page(&range, token).await?;
            token = page.token;
            part.listing.moment = [part.listing.moment, date].into_iter().flatten().min();
            part.listing.newest = part.listing.newest.max(page.newest);
            part.most = part.most.max(page.objects.len());
            part.listing.objects.extend(page.objects);
            let last = part.listing.objects.last().map(|object| object.key.as_str());
            let is_end = range.up_to.as_deref().is_some_and(|up_to| last.is_some_and(|last| last >= up_to));
            if is_end || token.is_none() {
                if let Some(up_to) = &range.up_to {
                    part.listing.objects.retain(|object| object.key <= *up_to);
                }
                return Ok(part);
            }
        }
    }

    async fn page(&self, range: &Range, token: Option<String>) -> Result<(Page, Option<OffsetDateTime>)> {
        let after = range.after.as_ref().filter(|_| token.is_none());
        let mut tries = 0;
        loop {
            let body = Body::default();
            self.client
                .list_objects_v2()
                .bucket(&self.location.bucket)
                .prefix(&self.location.prefix)
                .set_expected_bucket_owner(self.owner.clone())
                // Keys may hold characters that XML cannot.
                .encoding_type(EncodingType::Url)
                .set_start_after(after.map(|key| format!("{}{key}", self.location.prefix)))
                .set_continuation_token(token.clone())
                .customize()
                .interceptor(body.clone())
                .send()
                .await
                .map_err(|e| self.list_error(Fault::of(&e)))?;
            let (body, date) = body.take();
            let text = timeout(TO_READ, text_of(body)).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
            tries += 1;
            match text.and_then(|text| page::read(&text, &self.location.prefix)) {
                Ok(page) => return Ok((page, date)),
                // The SDK tries again up to the first byte of the contents, and not beyond.
                Err(_) if tries < MAX_BODIES => {}
                Err(why) => {
                    return Err(self.list_error(Fault::Open(format!("the answer was cut or unreadable ({why})"))));
                }
            }
        }
    }
}

async fn text_of(body: Option<SdkBody>) -> std::result::Result<String, String> {
    let (mut body, mut text) = (ByteStream::new(body.unwrap_or_else(SdkBody::empty)), vec![]);
    while let Some(part) = body.next().await {
        text.extend_from_slice(&part.map_err(|e| e.to_string())?);
        if text.len() > MAX_PAGE_BYTES {
            return Err(format!("it has more than {MAX_PAGE_BYTES} bytes"));
        }
    }
    String::from_utf8(text).map_err(|e| e.to_string())
}

/// Keeps the answer and its `Date`, and leaves the SDK an empty one.
#[derive(Debug, Clone, Default)]
struct Body(Arc<Mutex<(Option<SdkBody>, Option<OffsetDateTime>)>>);

impl Body {
    fn take(&self) -> (Option<SdkBody>, Option<OffsetDateTime>) {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Intercept for Body {
    fn name(&self) -> &'static str {
        "crema-list"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let response = context.response_mut();
        if !response.status().is_success() {
            return Ok(());
        }
        let date = response.headers().get("date");
        let date = date.and_then(|text| aws_smithy_types::DateTime::from_str(text, Format::HttpDate).ok());
        let date = date.and_then(|date| moment::of_seconds(date.secs(), date.subsec_nanos()));
        let body = std::mem::replace(response.body_mut(), SdkBody::from("<ListBucketResult/>"));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Some(body), date);
        Ok(())
    }
}
