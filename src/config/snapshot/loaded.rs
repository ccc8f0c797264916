//! How much is loaded at a time: what was wanted longest ago is forgotten first, and got again where something reads it.

use crema_base::files::{File, Files, MAX_LOADED_BYTES};
use std::collections::BTreeMap;

/// When each loaded object was last wanted.
#[derive(Default)]
pub struct Ages {
    now: u64,
    ages: BTreeMap<String, u64>,
}

impl Ages {
    /// Notes that these objects are wanted, all at once.
    pub fn wanted<'a>(&mut self, keys: impl IntoIterator<Item = &'a String>) {
        self.now += 1;
        self.ages.extend(keys.into_iter().map(|key| (key.clone(), self.now)));
    }

    /// Forgets contents until what is loaded is within the bounds.
    pub fn bound(&mut self, files: &mut Files) {
        let mut bytes: u64 = files.values().map(File::loaded_bytes).sum();
        self.ages.retain(|key, _| files.get(key).is_some_and(|file| file.content.is_some()));
        if bytes <= MAX_LOADED_BYTES {
            return;
        }
        let mut oldest: Vec<(u64, &String)> = self.ages.iter().map(|(key, age)| (*age, key)).collect();
        oldest.sort_unstable();
        for (_, key) in oldest {
            let Some(file) = files.get_mut(key).filter(|_| bytes > MAX_LOADED_BYTES) else { break };
            bytes -= file.loaded_bytes();
            file.content = None;
        }
        self.ages.retain(|key, _| files.get(key).is_some_and(|file| file.content.is_some()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EACH: usize = 4_000_000;

    fn load(files: &mut Files, ages: &mut Ages, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        for name in &names {
            let content = Some(vec![0; EACH].into());
            files.insert(name.clone(), File { etag: "1".to_owned(), bytes: EACH as u64, content });
        }
        ages.wanted(&names);
        ages.bound(files);
    }

    fn loaded(files: &Files) -> Vec<&str> {
        files.iter().filter(|(_, file)| file.content.is_some()).map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn what_was_wanted_longest_ago_is_forgotten_once_there_is_too_much() {
        let (mut files, mut ages) = (Files::new(), Ages::default());
        load(&mut files, &mut ages, &["a", "b", "c", "d", "e"]);
        load(&mut files, &mut ages, &["f", "g", "h", "i", "j"]);
        assert_eq!(loaded(&files).len(), 10);
        ages.wanted(&["a".to_owned()]);
        load(&mut files, &mut ages, &["k", "l"]);
        assert_eq!(loaded(&files), ["a", "d", "e", "f", "g", "h", "i", "j", "k", "l"]);
        assert_eq!((files.len(), ages.ages.len()), (12, 10));
    }
}
