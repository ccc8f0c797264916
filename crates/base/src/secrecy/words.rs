//! What an author has written down: the words of all files but env files. Quoting them reveals nothing.

use super::source::Hash;
use crate::files::Files;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Maximum bytes of a file whose words are read. Of a longer one more is masked.
const LONGEST: usize = 1_000_000;
/// What surrounds a word.
const AROUND: [char; 14] = [',', ';', ':', '{', '}', '[', ']', '(', ')', '"', '\'', '`', '=', '+'];

/// The words of a snapshot's files, read when they are needed. Of a file that is not loaded then, more is masked.
pub struct Texts {
    files: Mutex<Arc<Files>>,
    words: Mutex<HashMap<String, Arc<Words>>>,
}

impl Texts {
    pub fn new(files: Arc<Files>) -> Texts {
        Texts { files: Mutex::new(files), words: Mutex::default() }
    }

    /// Takes the same files, of which others are loaded.
    pub fn show(&self, files: Arc<Files>) {
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = files;
    }

    fn files(&self) -> Arc<Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a file has this name.
    pub fn has_file(&self, name: &str) -> bool {
        self.files().contains_key(name)
    }

    /// Whether the text stands in this file, word for word: as a literal, a YAML value or a word.
    pub fn has(&self, key: &str, text: &str) -> bool {
        let mut all = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let words = match all.get(key) {
            Some(words) => words.clone(),
            None => {
                let files = self.files();
                let Some(content) = files.get(key).and_then(|file| file.content.as_deref()) else { return false };
                let words = Arc::new(Words::of(&String::from_utf8_lossy(content)));
                all.insert(key.to_owned(), words.clone());
                words
            }
        };
        drop(all);
        words.0.binary_search(&Words::hash(text)).is_ok()
    }
}

/// Hashes of the words, sorted.
struct Words(Vec<u64>);

impl Words {
    fn of(source: &str) -> Words {
        let mut words = vec![];
        for line in source.lines().take_while(|_| source.len() <= LONGEST) {
            let mut add = |text: &str| words.push(Words::hash(text));
            ['"', '\'', '`'].into_iter().flat_map(|quote| line.split(quote)).for_each(&mut add);
            line.split_whitespace().for_each(|word| {
                add(word);
                add(word.trim_matches(AROUND));
            });
            // `cluster: my cluster` of YAML, and elements of a list.
            let value = line.split_once(": ").map_or(line, |(_, value)| value);
            add(value.trim().trim_start_matches("- "));
        }
        words.sort_unstable();
        words.dedup();
        Words(words)
    }

    fn hash(text: &str) -> u64 {
        Hash::of(text.chars()).end(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::File;

    #[test]
    fn literals_values_of_yaml_and_words_are_known_and_parts_of_them_are_not() {
        let content = "cluster: my cluster\n{ family: 'shop-batch', \"user\": f(\"app\"), x: [plain, $.other] }";
        let file = File { etag: String::new(), bytes: 0, content: Some(content.as_bytes().into()) };
        let texts = Texts::new(Arc::new([("a".to_owned(), file)].into()));
        for known in ["my cluster", "shop-batch", "app", "plain", "user", "$.other", "family"] {
            assert!(texts.has("a", known), "{known}");
        }
        for unknown in ["shop", "batch", "my", "lust", "shop-batch2", "another"] {
            assert_eq!(texts.has("a", unknown), unknown == "my", "{unknown}");
        }
        assert!(texts.has_file("a") && !texts.has_file("b") && !texts.has("b", "app"));
    }
}
