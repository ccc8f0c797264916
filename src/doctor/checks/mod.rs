//! The checks, in the order of the answer. A new one is a file here and a line in the table.

mod alarms;
mod apps;
mod clock;
mod concurrency;
mod dead_letters;
mod destinations;
mod families;
mod images;
mod lifecycle;
mod memory;
mod notifications;
mod prefix;
mod rules;
mod schedules;
mod version;

use super::check::Check;

pub const ALL: &[Check] = &[
    prefix::CHECK,
    apps::CHECK,
    images::CHECK,
    families::CHECK,
    memory::CHECK,
    clock::CHECK,
    version::CHECK,
    notifications::CHECK,
    rules::CHECK,
    concurrency::CHECK,
    destinations::CHECK,
    dead_letters::CHECK,
    alarms::CHECK,
    lifecycle::CHECK,
    schedules::CHECK,
];
