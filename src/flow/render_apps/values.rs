//! The values of lookups, for one invocation; each value is fetched once.

use crate::{flow::render_apps::app_variant::AppVariant, lookup};
use crema_base::{files::Files, secrecy::Source};
use crema_render::{
    ecspresso::envfile,
    session::protocol::{Fetched, Lookup},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Values by region and lookup.
#[derive(Default)]
pub struct Values(HashMap<String, BTreeMap<Lookup, lookup::LookupResult>>);

impl Values {
    /// Whether this lookup is not fetched yet.
    pub fn is_new(&self, region: &str, lookup: &Lookup) -> bool {
        !self.0.get(region).is_some_and(|known| known.contains_key(lookup))
    }

    pub fn keep(&mut self, region: &str, results: Vec<lookup::LookupResult>) {
        let known = self.0.entry(region.to_owned()).or_default();
        known.extend(results.into_iter().map(|result| (result.lookup.clone(), result)));
    }

    /// All values that an app variant may see, as the child takes them. `default` is the function's region.
    pub fn of(&self, app_variant: &AppVariant, default: &str) -> Vec<(Lookup, Fetched)> {
        let own = app_variant.region(default);
        let regions = if own == default { vec![own] } else { vec![own, default] };
        let seen = |region: &&str, lookup: &Lookup| app_variant.region_of(lookup, default) == *region;
        let of = |region| {
            let known = self.0.get(region).into_iter().flatten();
            known.filter(move |(lookup, _)| seen(&region, lookup))
        };
        regions.into_iter().flat_map(of).map(|(lookup, result)| (lookup.clone(), result.fetched.clone())).collect()
    }

    /// The secrets among these lookups of an app variant. ARNs, outputs and addresses in a state are no secrets.
    pub fn secrets_of(&self, app_variant: &AppVariant, default: &str, lookups: &[Lookup]) -> Vec<Value> {
        let parameters = lookups.iter().filter(|lookup| matches!(lookup, Lookup::Ssm { .. }));
        let found = |lookup| match &self.0.get(app_variant.region_of(lookup, default))?.get(lookup)?.fetched {
            Fetched::Found(value) => Some(value.clone()),
            Fetched::Failed(_) => None,
        };
        parameters.filter_map(found).collect()
    }

    /// Whether the failure of this lookup may be gone at the next try.
    pub fn is_transient(&self, region: &str, lookup: &Lookup) -> bool {
        self.0.get(region).and_then(|known| known.get(lookup)).is_some_and(|result| result.transient)
    }
}

/// The values of an env file, as far as they can be read; the child reports what is wrong with the file.
pub fn env_file(files: &Files, key: &str) -> Source {
    let content = files.get(key).and_then(|file| file.content.clone()).unwrap_or_else(|| Arc::from([]));
    Source::new(move |tell| {
        let text = String::from_utf8_lossy(&content);
        envfile::values(&text).for_each(|value| tell(&Value::from(value)));
    })
}
