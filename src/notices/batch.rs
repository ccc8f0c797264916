//! How many notices go in one call.

use super::notice::Notice;

/// A call of `PutEvents` takes ten entries.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const MOST: usize = 10;
/// Bytes of one call. EventBridge took 256 KB once and takes 1 MB since January 2026, not in every Region at once.
const LARGEST_CALL: usize = 250_000;

/// The notices in their order, in as few calls as they fit in.
pub fn batches(notices: &[Notice]) -> Vec<&[Notice]> {
    let (mut batches, mut begin, mut bytes) = (vec![], 0, 0);
    for (i, notice) in notices.iter().enumerate() {
        let size = notice.detail.len();
        if i > begin && (i - begin == MOST || bytes + size > LARGEST_CALL) {
            batches.push(&notices[begin..i]);
            (begin, bytes) = (i, 0);
        }
        bytes += size;
    }
    if begin < notices.len() {
        batches.push(&notices[begin..]);
    }
    batches
}
