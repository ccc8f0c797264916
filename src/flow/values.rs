//! What lookups gave: for one invocation, and each value fetched once.

use crate::{
    lookup,
    render::{
        protocol::{Fetched, Lookup},
        secrets::Secrets,
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Values by region and lookup.
#[derive(Default)]
pub struct Values(HashMap<String, BTreeMap<Lookup, lookup::Result>>);

impl Values {
    /// Which of these are not fetched yet.
    pub fn new_of(&self, region: &str, lookups: &[Lookup]) -> BTreeSet<Lookup> {
        let known = self.0.get(region);
        let is_new = |lookup: &&Lookup| !known.is_some_and(|known| known.contains_key(*lookup));
        lookups.iter().filter(is_new).cloned().collect()
    }

    pub fn keep(&mut self, region: &str, results: Vec<lookup::Result>) {
        let known = self.0.entry(region.to_owned()).or_default();
        known.extend(results.into_iter().map(|result| (result.lookup.clone(), result)));
    }

    /// All of a region, as the child takes them.
    pub fn of(&self, region: &str) -> Vec<(Lookup, Fetched)> {
        let known = self.0.get(region).into_iter().flatten();
        known.map(|(lookup, result)| (lookup.clone(), result.fetched.clone())).collect()
    }

    /// What of these lookups is not to be told. ARNs, outputs and addresses in a state are no secrets.
    pub fn secrets_of(&self, region: &str, lookups: &[Lookup]) -> Secrets {
        let mut secrets = Secrets::default();
        for lookup in lookups.iter().filter(|lookup| matches!(lookup, Lookup::Ssm { .. })) {
            if let Some(Fetched::Found(value)) = self.0.get(region).and_then(|r| Some(&r.get(lookup)?.fetched)) {
                secrets.add(value);
            }
        }
        secrets
    }

    /// Whether the failure of this lookup may be gone at the next try.
    pub fn is_passing(&self, region: &str, lookup: &Lookup) -> bool {
        self.0.get(region).and_then(|known| known.get(lookup)).is_some_and(|result| result.passing)
    }
}
