//! The fake of AWS itself, asked by AWS's own clients, against what AWS documents.

#[path = "../support/mod.rs"]
mod support;

mod ecs;
mod faults;
mod services;
