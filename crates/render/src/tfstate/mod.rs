//! Values of Terraform states, by the addresses that tfstate-lookup knows.

mod address;
mod backend;
mod near;
mod sensitive;
mod state;
#[cfg(test)]
mod tests;

pub use backend::{DEFAULT_WORKSPACE, Remote};
pub use state::{Content, TerraformState};
