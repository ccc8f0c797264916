//! Which objects are got before anything asks for them: what apps read mostly looks like it. All else is got when it is
//! read.

use crate::config::apps;
use crema_base::files::Files;
use std::collections::{BTreeSet, HashMap};

/// Maximum bytes of an object that is got ahead.
pub const MAX_AHEAD_OBJECT: u64 = 256_000;
/// Maximum bytes that are got ahead at a time.
const MAX_AHEAD: u64 = 32_000_000;
/// A folder with more objects holds data.
pub const MAX_IN_FOLDER: usize = 1_000;
/// How the names of configuration end.
const ENDINGS: [&str; 7] = [".jsonnet", ".libsonnet", ".json", ".yml", ".yaml", ".env", ".tfstate"];

/// What is known of a folder by the names in it.
#[derive(Default)]
struct Contained {
    objects: usize,
    /// Whether it may be an app's.
    is_app: bool,
}

/// Of these new objects those that apps probably read. Libraries come first: many apps wait for them.
pub fn ahead(files: &Files, new: &BTreeSet<String>) -> BTreeSet<String> {
    let mut folders: HashMap<&str, Contained> = HashMap::new();
    for key in files.keys() {
        let (folder, name) = apart(key);
        let contained = folders.entry(folder).or_default();
        contained.objects += 1;
        contained.is_app |= apps::makes_an_app(name);
    }
    let probable = |key: &&String| {
        let (folder, name) = apart(key);
        let contained = &folders[folder];
        let is_named = contained.is_app || ENDINGS.iter().any(|ending| name.ends_with(ending));
        let is_few = contained.objects <= MAX_IN_FOLDER || apps::makes_an_app(name);
        is_named && is_few && files[*key].bytes <= MAX_AHEAD_OBJECT
    };
    let (own, libraries): (Vec<&String>, Vec<&String>) =
        new.iter().filter(probable).partition(|key| folders[apart(key).0].is_app);
    let mut bytes = 0;
    let mut fits = |key: &&String| {
        let sum = bytes + files[*key].bytes;
        if sum <= MAX_AHEAD {
            bytes = sum;
        }
        sum <= MAX_AHEAD
    };
    libraries.into_iter().chain(own).filter(|key| fits(key)).cloned().collect()
}

/// Folder and name.
fn apart(key: &str) -> (&str, &str) {
    key.rsplit_once('/').unwrap_or(("", key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crema_base::files::File;

    fn ahead_of(objects: &[(&str, u64)]) -> Vec<String> {
        let file = |bytes: u64| File { etag: "1".to_owned(), bytes, content: None };
        let files: Files = objects.iter().map(|(key, bytes)| ((*key).to_owned(), file(*bytes))).collect();
        ahead(&files, &files.keys().cloned().collect()).into_iter().collect()
    }

    #[test]
    fn what_apps_probably_read_is_got_ahead_and_data_is_not() {
        let objects = [
            ("batch/data/2026.csv", 10),
            ("batch/ecspresso.yml", 10),
            ("batch/environment", 10),
            ("batch/run.sh", 10),
            ("batch/large.json", MAX_AHEAD_OBJECT + 1),
            ("lib/a.libsonnet", 10),
            ("lib/run.sh", 10),
            ("state/terraform.tfstate", MAX_AHEAD_OBJECT),
        ];
        let ahead =
            ["batch/ecspresso.yml", "batch/environment", "batch/run.sh", "lib/a.libsonnet", "state/terraform.tfstate"];
        assert_eq!(ahead_of(&objects), ahead);
    }

    #[test]
    fn of_a_folder_with_many_objects_only_the_configuration_file_is_got_ahead() {
        let many: Vec<String> = (0..=MAX_IN_FOLDER).map(|n| format!("batch/{n}.json")).collect();
        let mut objects: Vec<(&str, u64)> = many.iter().map(|key| (key.as_str(), 10)).collect();
        objects.push(("batch/ecspresso.yml", 10));
        assert_eq!(ahead_of(&objects), ["batch/ecspresso.yml"]);
    }

    #[test]
    fn of_much_the_libraries_come_first_and_the_bytes_have_an_end() {
        let apps: Vec<String> = (0..200).map(|n| format!("app-{n:03}/ecspresso.yml")).collect();
        let mut objects: Vec<(&str, u64)> = apps.iter().map(|key| (key.as_str(), MAX_AHEAD_OBJECT)).collect();
        objects.push(("lib/a.libsonnet", MAX_AHEAD_OBJECT));
        let ahead = ahead_of(&objects);
        assert_eq!(ahead.len(), 125);
        assert!(ahead.contains(&"lib/a.libsonnet".to_owned()) && !ahead.contains(&"app-199/ecspresso.yml".to_owned()));
    }
}
