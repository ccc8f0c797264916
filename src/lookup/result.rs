//! The result of a lookup.

use crate::aws::fault::Fault;
use crema_render::session::protocol::{Fetched, Lookup};
use serde_json::Value;

/// A lookup, its result, and for a failure whether it may be gone at the next try.
#[derive(Debug, Clone)]
pub struct LookupResult {
    pub lookup: Lookup,
    pub fetched: Fetched,
    pub transient: bool,
}

impl LookupResult {
    pub fn found(lookup: Lookup, value: impl Into<Value>) -> LookupResult {
        LookupResult { lookup, fetched: Fetched::Found(value.into()), transient: false }
    }

    pub fn failed(lookup: Lookup, why: String) -> LookupResult {
        LookupResult { lookup, fetched: Fetched::Failed(why), transient: false }
    }

    pub fn fault(lookup: Lookup, fault: &Fault, why: String) -> LookupResult {
        LookupResult { lookup, fetched: Fetched::Failed(why), transient: fault.is_transient() }
    }
}
