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

    /// A sentence of crema's own with its times (`2026-11-23T01:54:34Z`) as the viewer's.
    pub fn localised(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(end) = rest.find('Z') {
            let (before, after) = rest.split_at(end + 1);
            let begin = before
                .rfind(|c: char| !(c.is_ascii_digit() || "-:.TZ".contains(c)))
                .map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
            match moment::parse(&before[begin..]) {
                Some(time) => shown.push_str(&format!("{}{} ({})", &before[..begin], self.shown(time), self.zone())),
                None => shown.push_str(before),
            }
            rest = after;
        }
        shown + rest
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

    /// How long ago it was, in its largest unit: `5 d`, `3 h`, `2 min`; `just now` for what is less than a minute ago.
    pub fn ago(&self, time: OffsetDateTime) -> String {
        let seconds = (self.now - time).whole_seconds();
        match seconds {
            ..60 => "just now".to_owned(),
            60..3_600 => format!("{} min ago", seconds / 60),
            3_600..86_400 => format!("{} h ago", seconds / 3_600),
            _ => format!("{} d ago", seconds / 86_400),
        }
    }
}
