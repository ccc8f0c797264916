//! Secret values, held once for all app variants that have the same: the variants of an app mostly do.

use crema_base::secrecy::Source;
use serde_json::Value;
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Weak},
};

/// The sources, by two hashes of their values: only the source holds the values themselves.
#[derive(Default)]
pub struct Sources {
    known: HashMap<(u64, u64), Weak<Source>>,
    hashers: (RandomState, RandomState),
}

impl Sources {
    /// The source of these values; none if there are no values.
    pub fn one(&mut self, values: Vec<Value>) -> Option<Arc<Source>> {
        if values.is_empty() {
            return None;
        }
        let name = (self.hashers.0.hash_one(&values), self.hashers.1.hash_one(&values));
        if let Some(known) = self.known.get(&name).and_then(Weak::upgrade) {
            return Some(known);
        }
        let source = Arc::new(Source::of(values));
        self.known.insert(name, Arc::downgrade(&source));
        Some(source)
    }

    /// Forgets sources that nobody holds any more.
    pub fn forget_unused(&mut self) {
        self.known.retain(|_, source| source.strong_count() > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_values_are_held_once_and_as_long_as_somebody_holds_them() {
        let mut sources = Sources::default();
        let one = sources.one(vec![json!("secret"), json!(["a"])]).unwrap();
        assert!(Arc::ptr_eq(&one, &sources.one(vec![json!("secret"), json!(["a"])]).unwrap()));
        assert!(!Arc::ptr_eq(&one, &sources.one(vec![json!("secret"), json!(["b"])]).unwrap()));
        assert!(sources.one(vec![]).is_none());
        sources.forget_unused();
        assert_eq!(sources.known.len(), 1);
    }
}
