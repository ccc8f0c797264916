//! The files of a snapshot, as everything after S3 sees them.

use std::{collections::BTreeMap, sync::Arc};

/// Maximum bytes of an object that is loaded. Asking for a larger one is an error.
pub const MAX_OBJECT_BYTES: u64 = 5_000_000;

/// One object under the prefix. Two objects of one key with equal ETags are the same.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    pub etag: String,
    pub bytes: u64,
    /// `None` if the object is over [`MAX_OBJECT_BYTES`].
    pub content: Option<Arc<[u8]>>,
}

// Contents may hold secrets (env files).
impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({} bytes, {})", self.bytes, self.etag)
    }
}

/// All objects under the prefix, by key relative to it (`team/batch/ecspresso.yml`).
pub type Files = BTreeMap<String, File>;
