//! The one form of all checks.

use super::{diagnosis::Diagnosis, patient::Patient};
use std::{future::Future, pin::Pin};

/// What is under way.
type Looking<'a> = Pin<Box<dyn Future<Output = Diagnosis> + Send + 'a>>;

/// One check.
pub struct Check {
    pub name: &'static str,
    /// Whether it takes the permissions of `DoctorReads`.
    pub reads: bool,
    pub look: for<'a> fn(&'a Patient<'a>) -> Looking<'a>,
}
