//! ECS: the history of a family, registering, deregistering.

pub mod api;
pub mod sdk;
