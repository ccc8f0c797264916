//! Rendering: a pure function from files, variables and looked-up values to a document, run in a child process.

pub mod app;
mod builtins;
pub mod child;
mod death;
mod ecspresso;
pub mod envfile;
mod explain;
mod fields;
pub mod functions;
mod gaps;
mod guard;
mod ignore;
mod imports;
mod inserted;
mod jsonnet;
pub mod known;
mod library;
pub mod limits;
mod natives;
pub mod parent;
mod paths;
mod printf;
pub mod protocol;
pub mod session;
pub mod template;
mod tfstate;
mod version;
