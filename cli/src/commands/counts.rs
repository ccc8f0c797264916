//! `3 families: 2 unchanged, 1 registered`.

use crate::output::style::{of_word, paint, word};
use std::collections::BTreeMap;

/// So many of each word, the largest number first.
pub fn counted(of: &str, counts: &BTreeMap<String, u64>) -> String {
    let mut each: Vec<(&String, &u64)> = counts.iter().filter(|(_, count)| **count > 0).collect();
    each.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let total: u64 = each.iter().map(|(_, count)| **count).sum();
    let each: Vec<String> =
        each.iter().map(|(name, count)| format!("{count} {}", paint(&word(name), of_word(name)))).collect();
    let (one, many) = if of == "family" { ("family", "families".to_owned()) } else { (of, format!("{of}s")) };
    let of = if total == 1 { one } else { &many };
    if each.is_empty() { format!("no {many}\n") } else { format!("{total} {of}: {}\n", each.join(", ")) }
}
