//! What both tables use.

use crate::moment::to_the_second;
use time::OffsetDateTime;

/// Whether a revision was registered after a request. EventBridge's times are in whole seconds and ECS's are finer, so
/// a revision of the same second as the request is the one that was meant. A missing time is never later.
pub fn registered_after(registered: Option<OffsetDateTime>, asked: OffsetDateTime) -> bool {
    registered.is_some_and(|at| to_the_second(at) > asked)
}

/// These revisions in a sentence: `batch:42 and batch:41`.
pub fn listed<'a>(family: &str, numbers: impl IntoIterator<Item = &'a u32>) -> String {
    let names: Vec<String> = numbers.into_iter().map(|number| format!("{family}:{number}")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
