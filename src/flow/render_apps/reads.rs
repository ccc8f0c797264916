//! Which files an evaluation read, and their versions.

use crema_base::files::Files;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

/// Every key that was asked for and its ETag; none if there was no such file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reads(BTreeMap<String, Option<String>>);

impl Reads {
    /// These keys, with the current versions of the files.
    pub fn new(keys: impl IntoIterator<Item = String>, files: &Files) -> Reads {
        let read = |key: String| {
            let etag = files.get(&key).map(|file| file.etag.clone());
            (key, etag)
        };
        Reads(keys.into_iter().map(read).collect())
    }

    /// Whether all of these files are still the same.
    pub fn stand(&self, files: &Files) -> bool {
        self.0.iter().all(|(key, was)| files.get(key).map(|file| &file.etag) == was.as_ref())
    }

    pub fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

/// What several evaluations read, one after the other. Variants of an app mostly read the same files, and share them.
#[derive(Clone, Default)]
pub struct AllReads(Vec<Arc<Reads>>);

impl AllReads {
    pub fn add(&mut self, reads: &Arc<Reads>) {
        if !self.0.iter().any(|known| Arc::ptr_eq(known, reads)) {
            self.0.push(reads.clone());
        }
    }

    pub fn contains(&self, key: &str) -> bool {
        self.0.iter().any(|reads| reads.contains(key))
    }

    /// Each key once.
    pub fn keys(&self) -> BTreeSet<&String> {
        self.0.iter().flat_map(|reads| reads.keys()).collect()
    }
}

/// All distinct reads, each held once.
#[derive(Default)]
pub struct SharedReads(HashSet<Arc<Reads>>);

impl SharedReads {
    pub fn one(&mut self, reads: Reads) -> Arc<Reads> {
        if let Some(known) = self.0.get(&reads) {
            return known.clone();
        }
        let reads = Arc::new(reads);
        self.0.insert(reads.clone());
        reads
    }

    /// Forgets what nobody else holds.
    pub fn forget_unused(&mut self) {
        self.0.retain(|reads| Arc::strong_count(reads) > 1);
    }
}
