//! Times and shapes as a page shows them.

use super::{
    clock::Clock,
    timeline::{Dot, Fate, drawn},
    words::{principal, short, trigger, visible},
};
use crate::moment;
use time::{OffsetDateTime, UtcOffset};

fn at(text: &str) -> OffsetDateTime {
    moment::parse(text).unwrap()
}

fn clock() -> Clock {
    Clock { now: at("2026-11-28T12:00:00Z"), offset: UtcOffset::from_hms(9, 30, 0).unwrap() }
}

/// A revision that was registered at this hour of the day, and deregistered at that.
fn dot(number: u32, from: u8, until: Option<u8>) -> Dot {
    let hour = |hour: u8| at(&format!("2026-11-28T{hour:02}:00:00Z"));
    Dot {
        number,
        is_active: until.is_none(),
        is_own: true,
        registered_at: Some(hour(from)),
        deregistered_at: until.map(hour),
        proven_at: None,
    }
}

#[test]
fn times_are_the_viewers_and_how_long_ago_is_said_in_the_largest_unit() {
    let clock = clock();
    assert_eq!(clock.shown(at("2026-12-31T20:00:00Z")), "2027-01-01 05:30");
    assert_eq!((clock.zone().as_str(), clock.of_day(at("2026-11-28T00:00:07Z")).as_str()), ("UTC+09:30", "09:30:07"));
    let west = Clock { offset: UtcOffset::from_hms(-3, -30, 0).unwrap(), ..clock };
    assert_eq!(
        (west.zone().as_str(), west.shown(at("2026-01-01T00:00:00Z")).as_str()),
        ("UTC-03:30", "2025-12-31 20:30")
    );
    for (then, said) in [
        ("2026-11-28T12:00:30Z", "just now"),
        ("2026-11-28T11:59:01Z", "just now"),
        ("2026-11-28T11:57:00Z", "3 min ago"),
        ("2026-11-28T09:00:01Z", "2 h ago"),
        ("2026-11-20T12:00:00Z", "8 d ago"),
    ] {
        assert_eq!(clock.ago(at(then)), said);
    }
    // Beyond the years that an offset leads into, it is as it stands in UTC.
    assert_eq!(clock.shown(at("9999-12-31T23:00:00Z")), "9999-12-31T23:00:00Z");
}

#[test]
fn a_sentence_has_its_times_in_the_viewers_zone_and_nothing_else_changes() {
    let local = |text: &str| clock().localised(text);
    assert_eq!(local("taken back at 2026-11-28T01:00:00Z, and"), "taken back at 2026-11-28 10:30 (UTC+09:30), and");
    assert_eq!(
        local("2026-11-28T01:00:00.25Z 2026-11-28T02:00:00Z"),
        "2026-11-28 10:30 (UTC+09:30) 2026-11-28 11:30 (UTC+09:30)"
    );
    for same in ["", "Z", "ZZ", "é2026Z", "AZ-1", "2026-13-28T01:00:00Z", "日本Z語", "x:2026-11-28TZ"] {
        assert_eq!(local(same), same);
    }
}

#[test]
fn what_was_the_latest_when_it_went_was_taken_back_and_what_lay_below_has_expired() {
    // 1 expired when 4 had come; 3 was taken back while 2 stood below it; 5 was taken back just now.
    let all = [dot(5, 9, Some(10)), dot(4, 6, None), dot(3, 4, Some(5)), dot(2, 2, None), dot(1, 1, Some(8))];
    let fates: Vec<Fate> = all.iter().map(|dot| dot.fate(&all)).collect();
    assert_eq!(fates, [Fate::TakenBack, Fate::Active, Fate::TakenBack, Fate::Active, Fate::Expired]);
    // Without times, what lies above the latest one was taken back.
    let timeless = all.clone().map(|dot| Dot { registered_at: None, deregistered_at: None, ..dot });
    let fates: Vec<Fate> = timeless.iter().map(|dot| dot.fate(&timeless)).collect();
    assert_eq!(fates, [Fate::TakenBack, Fate::Active, Fate::Expired, Fate::Active, Fate::Expired]);
}

#[test]
fn a_line_of_time_keeps_its_revisions_apart_and_within_the_picture() {
    for count in [0, 1, 2, 9, 30] {
        for known in [true, false] {
            let dots: Vec<Dot> = (0..count)
                .rev()
                .map(|n| Dot { registered_at: known.then(|| at("2026-11-28T11:59:00Z")), ..dot(n + 1, 11, None) })
                .collect();
            let picture = drawn(&dots, 176, &clock()).into_string();
            let places: Vec<f64> = picture
                .split("translate(")
                .skip(1)
                .map(|rest| rest.split(' ').next().unwrap().parse().unwrap())
                .collect();
            assert_eq!(places.len(), count.min(10) as usize);
            assert!(places.windows(2).all(|pair| pair[1] - pair[0] > 16.9), "{places:?}");
            assert!(places.iter().all(|place| (9.9..=166.1).contains(place)), "{places:?}");
        }
    }
}

#[test]
fn names_are_cut_and_what_is_not_seen_is_written_out() {
    assert_eq!(visible("a\u{202e}b\u{0}c", 9), "a\\u{202e}b\\u{0}c");
    assert_eq!(visible(&"語".repeat(9), 3), "語語語…");
    assert_eq!(trigger("image_push 13cde686"), "image push");
    assert_eq!(principal("arn:aws:sts::123456789012:assumed-role/deploy/alice"), "alice");
    assert_eq!(principal("arn:aws:iam::123456789012:root"), "root");
    assert_eq!((short("sha256:0123456789abcdef"), short("é")), ("0123456789ab", "é"));
}
