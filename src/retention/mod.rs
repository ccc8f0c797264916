//! Retention: which revisions of a family are kept, and which are old enough to go. No I/O here.
//!
//! [`floor`] says below which revision something may go, [`decide`] the table of decisions, [`beginning`] with which family a
//! day begins.

mod beginning;
mod decision;
mod floor;
#[cfg(test)]
mod tests;

pub use beginning::beginning;
pub use decision::{RetentionDecision, RetentionFacts, Under, decide};
pub use floor::floor;

/// So many revisions of a family go in one run.
pub const OF_A_FAMILY: usize = 10;
/// So many go in one run, of all families together.
pub const OF_A_RUN: usize = 50;
