//! Equal objects: an app is often a copy of another, and of its files some stay as they were. Of objects with one ETag and
//! one length, one is got. An ETag "is a hash of the object".
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>

use crema_base::files::{File, Files};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// So many more of equal objects are got each time that none of them could be had.
const MORE: usize = 8;

/// Gives what is wanted and lacking the contents of equal files, and returns what is to be got before the others: of
/// equal objects a few. `is_lost` are those that cannot be had.
pub fn share(
    files: &mut Files,
    wanted: &BTreeSet<String>,
    is_lost: impl Fn(&String) -> bool,
    times: u32,
) -> BTreeSet<String> {
    let lacking = wanted.iter().filter_map(|key| files.get_key_value(key));
    let lacking: Vec<(&String, &File)> = lacking.filter(|(key, file)| file.is_lacking() && !is_lost(key)).collect();
    if lacking.is_empty() {
        return BTreeSet::new();
    }
    let loaded = files.values().filter_map(|file| Some(((file.etag.as_str(), file.bytes), file.content.as_ref()?)));
    let loaded: HashMap<(&str, u64), &Arc<[u8]>> = loaded.collect();
    let most = MORE.saturating_pow(times);
    let mut taken: HashMap<(&str, u64), usize> = HashMap::new();
    let (mut equal, mut first) = (vec![], BTreeSet::new());
    for (key, file) in lacking {
        let name = (file.etag.as_str(), file.bytes);
        match loaded.get(&name).filter(|_| !file.etag.is_empty()) {
            Some(content) => equal.push((key.clone(), Arc::clone(content))),
            None => {
                let count = taken.entry(name).or_default();
                *count += 1;
                if *count <= most || file.etag.is_empty() {
                    first.insert(key.clone());
                }
            }
        }
    }
    for (key, content) in equal {
        if let Some(file) = files.get_mut(&key) {
            file.content = Some(content);
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str, u64)]) -> Files {
        let file = |(key, etag, bytes): &(&str, &str, u64)| {
            ((*key).to_owned(), File { etag: (*etag).to_owned(), bytes: *bytes, content: None })
        };
        all.iter().map(file).collect()
    }

    #[test]
    fn of_equal_objects_one_is_got_and_the_others_have_its_contents() {
        let mut all = files(&[("a", "1", 3), ("b", "1", 3), ("c", "1", 4), ("d", "2", 3), ("e", "", 3), ("f", "", 3)]);
        let wanted: BTreeSet<String> = all.keys().cloned().collect();
        let first = share(&mut all, &wanted, |_| false, 0);
        assert_eq!(first.iter().collect::<Vec<_>>(), ["a", "c", "d", "e", "f"]);
        all.get_mut("a").unwrap().content = Some(b"abc"[..].into());
        let first = share(&mut all, &wanted, |key| key != "b", 1);
        assert!(first.is_empty());
        assert_eq!(all["b"].content.as_deref(), Some(&b"abc"[..]));
        assert!(["c", "d", "e", "f"].iter().all(|key| all[*key].content.is_none()));
    }

    #[test]
    fn where_one_cannot_be_had_others_are_tried() {
        let many: Vec<String> = (0..100).map(|n| format!("{n:03}")).collect();
        let all: Vec<(&str, &str, u64)> = many.iter().map(|key| (key.as_str(), "1", 3)).collect();
        let (mut all, wanted) = (files(&all), many.iter().cloned().collect());
        let mut lost = BTreeSet::new();
        let tries: Vec<usize> = (0..4)
            .map(|times| {
                let first = share(&mut all, &wanted, |key| lost.contains(key), times);
                lost.extend(first.iter().cloned());
                first.len()
            })
            .collect();
        assert_eq!(tries, [1, 8, 64, 27]);
    }
}
