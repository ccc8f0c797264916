//! Which failures were told already.

use super::notice::Notice;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// So many are kept in mind. Lambda tries an event twice more within minutes.
const MOST: usize = 1_000;

/// The failures that a warm function has told, each with its request id: Lambda tries an event again under the same.
#[derive(Default)]
pub struct Told(Mutex<VecDeque<(String, String)>>);

impl Told {
    fn kept(&self) -> MutexGuard<'_, VecDeque<(String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is a failure that was told for this request.
    pub fn has(&self, request_id: &str, notice: &Notice) -> bool {
        let is_it = |(id, subject): &(String, String)| id == request_id && Some(subject) == notice.failure.as_ref();
        self.kept().iter().any(is_it)
    }

    /// Keeps in mind what was put for this request.
    pub fn put(&self, request_id: &str, notices: &[Notice]) {
        let mut kept = self.kept();
        for subject in notices.iter().filter_map(|notice| notice.failure.clone()) {
            if kept.len() == MOST {
                kept.pop_front();
            }
            kept.push_back((request_id.to_owned(), subject));
        }
    }
}
