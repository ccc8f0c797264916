//! Values of Terraform states, by the addresses that tfstate-lookup knows.

mod address;
mod state;
#[cfg(test)]
mod tests;

pub use state::State;
