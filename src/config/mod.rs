//! What crema is configured with: its settings, the bucket, the snapshot, the apps in it.

pub mod apps;
mod body;
pub mod bounds;
pub mod lane;
mod own;
pub mod reach;
pub mod settings;
pub mod snapshot;
pub mod variables;
