//! What a warm function remembers of proven revisions, so that their good runs cost no call.

use super::containers::Containers;
use crate::reference::FamilyKey;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// So many are kept. A family has one or two that run.
const MOST: usize = 10_000;

/// Revisions that are known to be proven, with their containers. Definitions never change, and nobody takes a proof back.
#[derive(Default)]
pub struct ProvenRevisions(Mutex<HashMap<(FamilyKey, u32), Arc<Containers>>>);

impl ProvenRevisions {
    /// The containers of a revision that is proven.
    pub fn get(&self, family: &FamilyKey, revision: u32) -> Option<Arc<Containers>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(family.clone(), revision)).cloned()
    }

    /// Keeps one in mind. Where there are too many, all others are forgotten: each costs one call again.
    pub fn put(&self, family: &FamilyKey, revision: u32, containers: Containers) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert((family.clone(), revision), Arc::new(containers));
    }
}
