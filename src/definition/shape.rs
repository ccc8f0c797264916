//! The shape of `RegisterTaskDefinition`, from AWS's published service model (`scripts/shape.py` writes `shape.json`).

use crema_base::nearest::nearest;
use serde::Deserialize;
use std::{collections::BTreeMap, sync::LazyLock};

/// Reading it cannot fail: a test reads the same file.
pub static SHAPES: LazyLock<Shapes> =
    LazyLock::new(|| serde_json::from_str(include_str!("shape.json")).unwrap_or_default());

#[derive(Debug, Default, Deserialize)]
pub struct Shapes {
    /// The name of the request's shape.
    pub root: String,
    pub shapes: BTreeMap<String, Shape>,
}

/// One shape; members, elements and values refer to others by name.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Shape {
    Structure(Structure),
    List {
        member: String,
    },
    Map {
        value: String,
    },
    String {
        #[serde(default, rename = "enum")]
        values: Vec<String>,
        min: Option<usize>,
        max: Option<usize>,
    },
    Integer {
        min: Option<i64>,
        max: Option<i64>,
    },
    Boolean,
}

#[derive(Debug, Deserialize)]
pub struct Structure {
    /// Name of the member → name of its shape.
    pub members: BTreeMap<String, String>,
    #[serde(default)]
    pub required: Vec<String>,
    /// Whether exactly one member must be set.
    #[serde(default)]
    pub union: bool,
}

impl Shapes {
    /// The members of the request itself, or of a structure in it.
    pub fn structure(&self, name: &str) -> Option<&Structure> {
        match self.shapes.get(name)? {
            Shape::Structure(structure) => Some(structure),
            _ => None,
        }
    }
}

impl Structure {
    /// The member that `key` names: as written, or with its first letter in lower case.
    pub fn spelled(&self, key: &str) -> Option<&str> {
        let find = |key: &str| self.members.get_key_value(key).map(|(member, _)| member.as_str());
        find(key).or_else(|| find(&decapitalised(key)))
    }

    /// The member that was probably meant by an unknown key.
    pub fn nearest(&self, key: &str) -> Option<&str> {
        nearest(key, self.members.keys().map(String::as_str))
    }
}

/// `Family` → `family`.
pub fn decapitalised(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn the_shape_of_the_api_is_read_whole() {
        let shapes: Shapes = serde_json::from_str(include_str!("shape.json")).unwrap();
        assert!(shapes.structure(&shapes.root).is_some());
        for (name, shape) in &shapes.shapes {
            let referred: Vec<&String> = match shape {
                Shape::Structure(structure) => {
                    assert!(structure.required.iter().all(|member| structure.members.contains_key(member)), "{name}");
                    structure.members.values().collect()
                }
                Shape::List { member } => vec![member],
                Shape::Map { value } => vec![value],
                _ => vec![],
            };
            assert!(referred.iter().all(|other| shapes.shapes.contains_key(*other)), "{name}");
        }
    }

    #[test]
    fn what_the_check_of_tags_takes_care_of_is_found_in_tags_alone() {
        let file: Value = serde_json::from_str(include_str!("shape.json")).unwrap();
        for (name, shape) in file["shapes"].as_object().unwrap() {
            let is_tags = ["Tags", "TagKey", "TagValue"].contains(&name.as_str());
            assert!(is_tags || shape.get("pattern").is_none(), "{name} has a pattern");
            assert!(is_tags || shape["type"] != "list" || shape.get("max").is_none(), "{name} has a limit");
        }
        let pattern = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)";
        assert_eq!(file["shapes"]["TagKey"]["pattern"], pattern);
        assert_eq!(file["shapes"]["TagValue"]["pattern"], pattern);
        assert_eq!(file["shapes"]["Tags"]["max"], 50);
    }

    #[test]
    fn the_five_maps_are_the_only_ones() {
        let owners = SHAPES.shapes.values().filter_map(|shape| match shape {
            Shape::Structure(structure) => Some(&structure.members),
            _ => None,
        });
        let is_map = |name: &String| matches!(SHAPES.shapes.get(name), Some(Shape::Map { .. }));
        let mut maps: Vec<&str> =
            owners.flatten().filter(|(_, shape)| is_map(shape)).map(|(key, _)| key.as_str()).collect();
        maps.sort_unstable();
        assert_eq!(maps, ["dockerLabels", "driverOpts", "labels", "options", "options"]);
    }
}
