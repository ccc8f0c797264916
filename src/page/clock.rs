//! Times as whoever looks at a page reads them: in their own time zone, in digits that every language reads alike.

use crate::moment;
use time::{OffsetDateTime, UtcOffset};

/// The viewer's clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    pub now: OffsetDateTime,
    pub offset: UtcOffset,
}

impl Clock {
    /// `2026-11-23 10:54`.
    pub fn shown(&self, time: OffsetDateTime) -> String {
        let Some(time) = time.checked_to_offset(self.offset) else { return moment::shown(time) };
        let (date, month) = (time.date(), u8::from(time.month()));
        format!("{}-{month:02}-{:02} {:02}:{:02}", date.year(), date.day(), time.hour(), time.minute())
    }

    /// `10:54:03`.
    pub fn of_day(&self, time: OffsetDateTime) -> String {
        let time = time.checked_to_offset(self.offset).unwrap_or(time);
        format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
    }

    /// The zone as an offset: `UTC+09:00`.
    pub fn zone(&self) -> String {
        let (hours, minutes, _) = self.offset.as_hms();
        if self.offset.is_utc() {
            return "UTC".to_owned();
        }
        let sign = if self.offset.is_negative() { '-' } else { '+' };
        format!("UTC{sign}{:02}:{:02}", hours.unsigned_abs(), minutes.unsigned_abs())
    }

    /// How long ago it was, in its largest unit: `5 d`, `3 h`, `2 min`; `now` for what is less than a minute ago.
    pub fn ago(&self, time: OffsetDateTime) -> String {
        let seconds = (self.now - time).whole_seconds();
        match seconds {
            ..60 => "now".to_owned(),
            60..3_600 => format!("{} min ago", seconds / 60),
            3_600..86_400 => format!("{} h ago", seconds / 3_600),
            _ => format!("{} d ago", seconds / 86_400),
        }
    }
}
