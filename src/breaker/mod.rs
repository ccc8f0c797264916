//! The circuit breaker: what a stopped task says of the revision that it ran, and what is done about that. No I/O here.
//!
//! [`texts`] has what ECS writes where a task did not start, [`verdict`] what a stopped task means, [`standing`] what of a
//! revision counts, and [`decide`] the table of decisions.

mod containers;
mod decision;
mod memory;
mod relevance;
mod standing;
#[cfg(test)]
mod tests;
pub mod texts;
mod verdict;

pub use containers::Containers;
pub use decision::{BreakerDecision, Situation, decide, fallback};
pub use memory::ProvenRevisions;
pub use relevance::named_revision;
pub use standing::{OFF, Standing, proven_at};
pub use verdict::{TaskEnd, TaskVerdict, verdict};
