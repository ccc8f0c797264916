//! Rendering: a pure function from files, variables and looked-up values to a document, run in a child process.

mod builtins;
pub mod envfile;
pub mod functions;
mod guard;
mod printf;
pub mod protocol;
pub mod session;
pub mod template;
mod tfstate;
