//! Decides what to do, from definition, history and trigger alone. No I/O, no clock, and no settings except those
//! passed in.

mod common;
mod register;
mod rollback;
#[cfg(test)]
pub(crate) mod tests;

pub use register::{Desired, Origin, RegisterDecision, register, taken_back_since};
pub use rollback::{AllowLast, ImagesExist, Request, RollbackDecision, RollbackFacts, RollbackPlan, rollback};
