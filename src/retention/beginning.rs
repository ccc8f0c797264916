//! With which family a run begins: with another each day, so that none waits for ever where a run ends before its last.

use time::OffsetDateTime;

/// The place of the first of so many families, on the day of this time.
///
/// From one day to the next it goes on by some six tenths of all, as evenly as it gets, by a step that has no divisor in common
/// with their number: so each is the first once in as many days as there are.
pub fn beginning(families: usize, time: OffsetDateTime) -> usize {
    let number = i64::try_from(families).unwrap_or(i64::MAX).max(1);
    let golden = number / 1000 * 618 + number % 1000 * 618 / 1000;
    let step = (golden..=number).find(|step| divisor(*step, number) == 1).unwrap_or(1);
    let day = i64::from(time.date().to_julian_day()).rem_euclid(number);
    usize::try_from(i128::from(day) * i128::from(step) % i128::from(number)).unwrap_or_default()
}

/// The greatest that both have in common.
fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { divisor(b, a % b) }
}
