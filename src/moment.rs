//! Times, as crema reads and writes them. A time is UTC; texts are RFC 3339 (`2026-11-23T01:54:34Z`).

use time::{Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// A time as tags and answers hold it, with the fraction that it has.
pub fn rfc3339(time: OffsetDateTime) -> String {
    // Fails for a year of more than four digits only, which no AWS API gives and no payload may name.
    time.checked_to_offset(UtcOffset::UTC).and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

/// A time as sentences show it: in whole seconds.
pub fn shown(time: OffsetDateTime) -> String {
    rfc3339(to_the_second(time))
}

/// The time that an RFC 3339 text of any offset says; none where it is no such text.
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()?.checked_to_offset(UtcOffset::UTC)
}

/// The time without its fraction of a second.
pub fn to_the_second(time: OffsetDateTime) -> OffsetDateTime {
    // 0 is within the range, so this does not fail.
    time.replace_nanosecond(0).unwrap_or(time)
}

/// So many milliseconds after the beginning of 1970; none beyond the year 9999.
pub fn of_milliseconds(milliseconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::UNIX_EPOCH.checked_add(Duration::milliseconds(milliseconds))
}

/// So many seconds and nanoseconds after the beginning of 1970; none beyond the year 9999.
pub fn of_seconds(seconds: i64, nanoseconds: u32) -> Option<OffsetDateTime> {
    let since = Duration::seconds(seconds).saturating_add(Duration::nanoseconds(nanoseconds.into()));
    OffsetDateTime::UNIX_EPOCH.checked_add(since)
}

/// The milliseconds since the beginning of 1970.
pub fn milliseconds(time: OffsetDateTime) -> i64 {
    // A time of five digits of a year fits into 64 bits.
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_from_any_offset_and_written_in_utc() {
        let time = parse("2026-11-23T10:54:34.25+09:00").unwrap();
        assert_eq!(rfc3339(time), "2026-11-23T01:54:34.25Z");
        assert_eq!(shown(time), "2026-11-23T01:54:34Z");
        assert_eq!(shown(time.to_offset(UtcOffset::from_hms(-5, 0, 0).unwrap())), "2026-11-23T01:54:34Z");
        for wrong in ["", "2026-11-23", "2026-11-23T01:54:34", "2026-11-23T25:00:00Z", "-9999-01-01T00:00:00Z"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        // In UTC it would be the year 10000.
        assert_eq!(parse("9999-12-31T23:59:59-01:00"), None);
    }

    #[test]
    fn numbers_since_1970_are_times_as_far_as_there_are_years() {
        let time = parse("2026-11-23T01:54:34.25Z").unwrap();
        assert_eq!(of_milliseconds(milliseconds(time)), Some(time));
        assert_eq!(of_seconds(time.unix_timestamp(), 250_000_000), Some(time));
        assert_eq!((of_milliseconds(i64::MAX), of_milliseconds(i64::MIN)), (None, None));
        assert_eq!((of_seconds(i64::MAX / 2, 0), of_seconds(300_000_000_000, 0)), (None, None));
    }
}
