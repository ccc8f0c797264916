//! ECS: the history of a family, registering, deregistering.

pub mod api;
pub mod cache;
pub mod history;
pub mod revision;
pub mod sdk;
