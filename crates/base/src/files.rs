//! The files of a snapshot, as everything after S3 sees them.

use std::{collections::BTreeMap, sync::Arc};

/// Maximum bytes of an object that is loaded. Asking for a larger one is an error.
pub const MAX_OBJECT_BYTES: u64 = 5_000_000;
/// Maximum bytes of all loaded objects together, and of those that one app reads: function and child each hold them once.
pub const MAX_LOADED_BYTES: u64 = 40_000_000;

/// One object under the prefix. Two objects with equal ETags and lengths hold the same.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    pub etag: String,
    pub bytes: u64,
    /// `None` while it is not loaded. An object over [`MAX_OBJECT_BYTES`] never is.
    pub content: Option<Arc<[u8]>>,
}

impl File {
    /// Whether it can be loaded, and is not.
    pub fn is_lacking(&self) -> bool {
        self.content.is_none() && self.bytes <= MAX_OBJECT_BYTES
    }

    /// The bytes of its contents, as far as they are loaded.
    pub fn loaded_bytes(&self) -> u64 {
        self.content.as_ref().map_or(0, |content| content.len() as u64)
    }
}

// Contents may hold secrets (env files).
impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({} bytes, {})", self.bytes, self.etag)
    }
}

/// All objects under the prefix, by key relative to it (`team/batch/ecspresso.yml`).
pub type Files = BTreeMap<String, File>;
