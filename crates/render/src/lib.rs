//! Rendering: a pure function from files, variables and looked-up values to a document, run in a child process.
//!
//! - [`session`]: what one rendering shares, and what parent and child say to each other
//! - [`tfstate`]: values of Terraform states
//! - [`template`]: Go templates and their functions
//! - [`ecspresso`]: the configuration file and what it brings
//! - [`jsonnet`]: the evaluation
//! - [`child`]: how an app is rendered, and the process that does it
//!
//! Imports run one way, each module's from those before it: [`session`], [`tfstate`], [`template`], [`ecspresso`], [`jsonnet`],
//! [`child`].
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod child;
pub mod ecspresso;
pub mod jsonnet;
pub mod session;
pub mod template;
pub mod tfstate;
