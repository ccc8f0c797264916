//! The definition: the JSON document that `RegisterTaskDefinition` takes. No I/O here.
pub mod image;
