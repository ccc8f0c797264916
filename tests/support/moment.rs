//! Times, as AWS and tests write them: apart from the function's own, which they hold to account.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// `2026-11-23T01:54:34.25Z`.
///
/// # Panics
/// Beyond the year 9999.
pub fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap()
}

/// The time of an RFC 3339 text; none where it is no such text.
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// In whole seconds, as EventBridge's events and the objects of S3 have theirs.
///
/// # Panics
/// Never: every second has a beginning.
pub fn to_the_second(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap()
}

/// Seconds since 1970 with milliseconds, as the JSON protocol has times.
#[allow(clippy::cast_precision_loss, reason = "exact for the next 280,000 years")]
pub fn epoch(time: OffsetDateTime) -> f64 {
    (time.unix_timestamp_nanos() / 1_000_000) as f64 / 1e3
}
