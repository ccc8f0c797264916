//! Rendering: a pure function from files, variables and looked-up values to a document, run in a child process.

pub mod app;
mod ecspresso;
pub mod envfile;
mod explain;
pub mod functions;
mod imports;
pub mod jsonnet;
mod known;
mod natives;
mod paths;
pub mod protocol;
pub mod session;
pub mod template;
