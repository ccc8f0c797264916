//! The definition: the JSON document that `RegisterTaskDefinition` takes. No I/O here.
//!
//! [`Definition::new`] makes one from a rendered document and checks it against the shape of the API. Then its ECR
//! images are pinned, and its [`fingerprint`] is taken. [`diff`] shows what a plan would change, [`rules`] what ECS
//! would refuse of it.

mod basics;
mod check;
pub mod diff;
mod document;
pub mod fingerprint;
mod redacted;
mod report;
pub mod rules;
mod shape;
pub mod tags;

pub use document::{Definition, digests_of, images_of};
pub use fingerprint::Fingerprint;

#[cfg(test)]
mod tests;
