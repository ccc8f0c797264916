//! Places in files, as messages name them: `batch/ecs-task-def.jsonnet:12:5: what is wrong`.

use std::{
    collections::HashSet,
    env,
    path::{Component, Path, PathBuf},
};

/// A file, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: String,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// Finds places of a directory's files in texts.
pub struct Places {
    /// The directory, relative to what a pull request shows.
    folder: PathBuf,
    keys: HashSet<String>,
}

impl Places {
    /// The files of a directory, by their keys.
    pub fn new(directory: &Path, keys: Vec<String>) -> Places {
        let workspace = env::var_os("GITHUB_WORKSPACE").map(PathBuf::from);
        let here = env::current_dir().unwrap_or_default();
        Places { folder: relative(directory, &here, workspace.as_deref()), keys: keys.into_iter().collect() }
    }

    /// The first place that a text names.
    pub fn find(&self, text: &str) -> Option<Place> {
        text.lines()
            .flat_map(|line| line.split(": "))
            .find_map(|part| self.place(part.trim_start().trim_start_matches("- ")))
    }

    fn place(&self, part: &str) -> Option<Place> {
        let mut numbers = vec![];
        let mut key = part.trim_end_matches(':');
        while let Some((before, number)) = key.rsplit_once(':')
            && let Ok(number) = number.parse::<u32>()
            && numbers.len() < 2
        {
            numbers.insert(0, number);
            key = before;
        }
        // Lines of the JSON that a Jsonnet file gives are none of the file's.
        if let Some(source) = key.strip_suffix(" (its JSON)") {
            (key, numbers) = (source, vec![]);
        }
        let path = || self.folder.join(key).to_string_lossy().into_owned();
        let place = || Place { path: path(), line: numbers.first().copied(), column: numbers.get(1).copied() };
        self.keys.contains(key).then(place)
    }
}

/// The directory as seen from the workspace, where it lies in it; else as it was named, without `.` and `..` where they
/// change nothing.
fn relative(directory: &Path, here: &Path, workspace: Option<&Path>) -> PathBuf {
    let whole = tidy(&here.join(directory));
    let from = |base: &Path| whole.strip_prefix(tidy(base)).ok().map(Path::to_owned);
    workspace.and_then(from).or_else(|| from(here)).unwrap_or(whole)
}

fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Option<(String, Option<u32>, Option<u32>)> {
        let keys = ["batch/def.jsonnet", "a b/def.json", "lib/x.libsonnet"].map(str::to_owned).to_vec();
        let places = Places { folder: "deploy".into(), keys: keys.into_iter().collect() };
        places.find(text).map(|place| (place.path, place.line, place.column))
    }

    #[test]
    fn the_place_of_a_message_is_found_wherever_it_stands() {
        let at = |path: &str, line, column| Some((path.to_owned(), line, column));
        assert_eq!(
            find("batch (x=1): batch/def.jsonnet:3:9: broken"),
            at("deploy/batch/def.jsonnet", Some(3), Some(9))
        );
        assert_eq!(find("a b: a b/def.json:7: no `=`"), at("deploy/a b/def.json", Some(7), None));
        assert_eq!(
            find("batch: batch/def.jsonnet: 2 problems:\n- cpu: no"),
            at("deploy/batch/def.jsonnet", None, None)
        );
        assert_eq!(find("batch: batch/def.jsonnet (its JSON):4:2: no"), at("deploy/batch/def.jsonnet", None, None));
        assert_eq!(find("it broke\n  lib/x.libsonnet:1:2: here"), at("deploy/lib/x.libsonnet", Some(1), Some(2)));
        assert_eq!(find("batch: other/def.jsonnet:3:9: broken"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn a_pull_request_shows_paths_from_the_root_of_its_workspace() {
        let relative = |directory: &str, here: &str, workspace: Option<&str>| {
            relative(directory.as_ref(), here.as_ref(), workspace.map(Path::new)).display().to_string()
        };
        assert_eq!(relative("./deploy/", "/w/repo", Some("/w/repo")), "deploy");
        assert_eq!(relative("../deploy", "/w/repo/tools", Some("/w/repo")), "deploy");
        assert_eq!(relative("/w/repo/deploy", "/tmp", Some("/w/repo")), "deploy");
        assert_eq!(relative("deploy", "/w/repo", None), "deploy");
        assert_eq!(relative("/elsewhere", "/w/repo", Some("/w/repo")), "/elsewhere");
        assert_eq!(relative(".", "/w/repo", Some("/w/repo")), "");
    }
}
