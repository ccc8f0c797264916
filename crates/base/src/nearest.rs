//! The known name that was probably meant by an unknown one.

/// Maximum letters and digits of a name that is compared. A longer one is no typing error.
const LONGEST: usize = 200;

/// The most similar of these names, or else the shortest that begins with it; none if no name is similar. Case and
/// anything but letters and digits are ignored: `taskDefinition` is `task_definition`.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let meant = plain(name);
    let length = meant.chars().count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let (mut near, mut longer) = (None, None);
    for known in known {
        let told = plain(known);
        let distance = strsim::damerau_levenshtein(&meant, &told);
        if distance <= (length / 3).max(1) {
            near = near.min(Some((distance, known))).or(Some((distance, known)));
        } else if length > 2 && told.starts_with(&meant) {
            longer = longer.min(Some((told.len(), known))).or(Some((told.len(), known)));
        }
    }
    near.or(longer).map(|(_, known)| known)
}

/// The file that was probably meant by a missing key: one in the same folder with a similar name, or with another
/// extension; else one with the same name in the folder with the most similar path.
pub fn nearest_file<'a>(missing: &str, keys: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let (folder, name) = split(missing);
    let beside = keys.clone().filter(|key| split(key).0 == folder);
    let same_stem = beside.clone().find(|key| !stem(name).is_empty() && stem(split(key).1) == stem(name));
    let by_name = || {
        let name = nearest(name, beside.map(|key| split(key).1))?;
        keys.clone().find(|key| split(key) == (folder, name))
    };
    let shared = |key: &&str| key.bytes().zip(missing.bytes()).take_while(|(a, b)| a == b).count();
    let elsewhere = || keys.clone().filter(|key| split(key).1 == name).max_by_key(shared);
    same_stem.or_else(by_name).or_else(elsewhere)
}

/// The message that there is no such file under the prefix, with the one that was probably meant.
pub fn no_file<'a>(key: &str, keys: impl Iterator<Item = &'a str> + Clone) -> String {
    let near = nearest_file(key, keys).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
    format!("there is no file {key:?} under the prefix{near}")
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn split(key: &str) -> (&str, &str) {
    key.rsplit_once('/').unwrap_or(("", key))
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let known = ["task_definition", "region", "service", "service_definition", "timeout"];
        for (name, meant) in [
            ("task_defintion", Some("task_definition")),
            ("taskDefinition", Some("task_definition")),
            ("task-definition", Some("task_definition")),
            ("TASK_DEFINITION", Some("task_definition")),
            ("regoin", Some("region")),
            ("servise_definition", Some("service_definition")),
            ("time", Some("timeout")),
            ("base", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), known), None);
    }

    #[test]
    fn a_file_is_near_by_its_name_its_ending_or_in_another_folder() {
        let keys =
            ["a/ecs-task-def.jsonnet", "a/ecspresso.yml", "a/release.env", "b/lib/x.libsonnet", "lib/x.libsonnet"];
        for (missing, meant) in [
            ("a/ecs-task-def.json", Some("a/ecs-task-def.jsonnet")),
            ("a/ecs-taskdef.jsonnet", Some("a/ecs-task-def.jsonnet")),
            ("a/relase.env", Some("a/release.env")),
            ("a/lib/x.libsonnet", Some("lib/x.libsonnet")),
            ("b/x.libsonnet", Some("b/lib/x.libsonnet")),
            ("x.libsonnet", Some("lib/x.libsonnet")),
            ("c/ecs-service-def.json", None),
        ] {
            assert_eq!(nearest_file(missing, keys.into_iter()), meant, "{missing}");
        }
        assert_eq!(nearest_file("x", [].into_iter()), None);
    }
}
