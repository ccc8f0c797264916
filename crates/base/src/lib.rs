//! What both sides of crema share, the function and its rendering child. No I/O.
//!
//! - [`files`]: the files of a snapshot
//! - [`nearest`]: names that may have been meant
//! - [`quote`]: texts that somebody else wrote, cut and quoted
//! - [`region`]: what a region's name looks like; [`registry`]: what a private ECR registry's host looks like
//! - [`secrecy`]: which parts of a message are masked
//! - [`image`]: image references, and which of them name a private ECR registry
//!
//! Imports run one way, each module's from those before it: [`files`], [`nearest`], [`quote`], [`region`], [`registry`],
//! [`secrecy`], [`image`].
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod files;
pub mod image;
pub mod nearest;
pub mod quote;
pub mod region;
pub mod registry;
pub mod secrecy;

use serde_json::Value;

/// The type of a value, for a message that may not show the value.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
