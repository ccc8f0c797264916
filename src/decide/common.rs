//! What both tables use.

use crate::moment::to_the_second;
use time::OffsetDateTime;

/// EventBridge's times are in whole seconds and ECS's are finer: a revision of the same second as the request is the one
/// that was meant. A time that is missing is never later.
pub fn registered_after(registered: Option<OffsetDateTime>, asked: OffsetDateTime) -> bool {
    registered.is_some_and(|at| to_the_second(at) > asked)
}

/// `batch:42` and `batch:41`; the numbers of these revisions in a sentence.
pub fn listed<'a>(family: &str, numbers: impl IntoIterator<Item = &'a u32>) -> String {
    let names: Vec<String> = numbers.into_iter().map(|number| format!("{family}:{number}")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
