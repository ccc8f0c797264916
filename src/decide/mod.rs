//! What to do, decided from definition, history and trigger alone. No I/O here, no clock, no settings but those handed in.

mod common;
mod register;
mod rollback;
#[cfg(test)]
pub(crate) mod tests;

pub use register::{Desired, Origin, RegisterDecision, register};
pub use rollback::{AllowLast, ImagesExist, Request, RollbackDecision, RollbackFacts, RollbackPlan, rollback};
