//! Rendering: a pure function from files, variables and looked-up values to a document, run in a child process.
//!
//! [`child`]: the process, what it is asked and answers, and how an app is rendered; [`ecspresso`]: the configuration file and
//! what it brings; [`jsonnet`]: the evaluation; [`template`]: Go templates and their functions; [`tfstate`]: values of
//! Terraform states.

pub mod child;
pub mod ecspresso;
pub mod jsonnet;
pub mod template;
pub mod tfstate;
