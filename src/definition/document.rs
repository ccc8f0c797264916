//! The definition itself.

use super::{check, fingerprint::Fingerprint, rules::Findings};
use crate::{
    config::apps::UnknownKeys,
    error::{Error, ErrorKind, Result},
};
use crema_base::{
    image::{self, EcrImage},
    secrecy::foreign,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Maximum bytes of a task definition that ECS accepts.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html>
const LARGEST: usize = 65_536;

/// A document that `RegisterTaskDefinition` takes, as far as its shape tells: members spelled as the API spells them,
/// nothing absent written out, whole numbers as integers.
#[derive(Clone, PartialEq)]
pub struct Definition(Value);

// A definition holds environment values: they never reach a log line.
impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Definition({})", self.family())
    }
}

impl Definition {
    /// Makes the definition of a rendered document, with warnings about what was dropped. `place` is the file, as
    /// messages name it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidDefinition`] with all that is wrong, each with its path in the document; of more than fifty
    /// problems, how many more there are.
    pub fn new(document: Value, unknown: UnknownKeys, place: &str) -> Result<(Definition, Vec<String>)> {
        let (document, report) = check::document(document, unknown, place.ends_with(".jsonnet"));
        match report.told() {
            None => {
                let warnings = report.warnings.lines().map(|warning| format!("{place}: {warning}")).collect();
                Ok((Definition(document), warnings))
            }
            Some(problems) => Err(Error::new(ErrorKind::InvalidDefinition, format!("{place}: {problems}"))),
        }
    }

    pub fn family(&self) -> &str {
        self.0.get("family").and_then(Value::as_str).unwrap_or_default()
    }

    /// Container name and image reference of each container, in the document's order.
    pub fn images(&self) -> Vec<(&str, &str)> {
        images_of(&self.0)
    }

    /// The images that ECR is to be asked about, by tag and by digest, with the names of the containers that use them.
    pub fn wanted(&self) -> BTreeMap<EcrImage, Vec<&str>> {
        let mut wanted: BTreeMap<EcrImage, Vec<&str>> = BTreeMap::new();
        for (container, reference) in self.images() {
            if let Some(image) = image::parse(reference) {
                wanted.entry(image).or_default().push(container);
            }
        }
        wanted
    }

    /// Replaces every ECR tag by its digest. A tag that the map lacks stays as written, and so does a digest.
    pub fn pin(&mut self, digests: &BTreeMap<EcrImage, String>) {
        let containers = self.0.get_mut("containerDefinitions").and_then(Value::as_array_mut);
        for reference in containers.into_iter().flatten().filter_map(|container| container.get_mut("image")) {
            let tag = reference.as_str().and_then(image::parse).filter(|image| image.digest().is_none());
            if let (Some(digest), Some(written)) = (tag.and_then(|tag| digests.get(&tag)), reference.as_str()) {
                *reference = Value::from(image::pinned(written, digest));
            }
        }
    }

    /// Checks that ECS accepts a definition of this size. To be called after pinning. crema's own tags are not counted.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidDefinition`] with size, limit and the largest container.
    pub fn check_size(&self, place: &str) -> Result<()> {
        let size = self.0.to_string().len();
        if size <= LARGEST {
            return Ok(());
        }
        let sizes = containers(&self.0).map(|container| (container.to_string().len(), container));
        let largest = sizes.max_by_key(|(size, _)| *size).map(|(size, container)| {
            let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
            format!("; the container {} alone has {size}", foreign(name))
        });
        Err(Error::new(
            ErrorKind::InvalidDefinition,
            format!(
                "{place}: the definition has {size} bytes as JSON, and ECS takes {LARGEST} (64 KiB){}; move values to environmentFiles \
             or secrets",
                largest.unwrap_or_default()
            ),
        ))
    }

    /// The rules that it breaks, but for those of these names. `place` is the file, as messages name it.
    pub fn findings(&self, place: &str, skipped: &[String]) -> Findings {
        Findings::of(&self.0, place, skipped)
    }

    /// Whether it has a container of this name.
    pub fn has_container(&self, name: &str) -> bool {
        containers(&self.0).any(|container| container.get("name").and_then(Value::as_str) == Some(name))
    }

    /// Gives it a tag, which is part of its fingerprint.
    pub fn tag(&mut self, key: &str, value: &str) {
        let Some(members) = self.0.as_object_mut() else { return };
        let tags = members.entry("tags").or_insert_with(|| json!([]));
        if let Some(tags) = tags.as_array_mut() {
            tags.push(json!({"key": key, "value": value}));
        }
    }

    /// How many tags it has without those that each registration gives it.
    pub fn tag_count(&self) -> usize {
        self.0.get("tags").and_then(Value::as_array).map_or(0, Vec::len)
    }

    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }

    /// The body for `RegisterTaskDefinition`, with these tags after the user's own.
    pub fn body_with_tags(&self, tags: &[(String, String)]) -> Value {
        let mut body = self.0.clone();
        let own = tags.iter().map(|(key, value)| json!({"key": key, "value": value}));
        let users = body.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
        let all: Vec<Value> = users.into_iter().chain(own).collect();
        if let (Some(members), false) = (body.as_object_mut(), all.is_empty()) {
            members.insert("tags".to_owned(), Value::from(all));
        }
        body
    }

    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

/// Container name and image reference of each container of a definition, rendered or registered, in its order.
pub fn images_of(document: &Value) -> Vec<(&str, &str)> {
    let image = |container| {
        let text = |name| Value::get(container, name).and_then(Value::as_str);
        Some((text("name")?, text("image")?))
    };
    containers(document).filter_map(image).collect()
}

/// The ECR digests of a registered definition, the `taskDefinition` that came over the wire.
pub fn digests_of(task_definition: &Value) -> BTreeSet<String> {
    let images = containers(task_definition).filter_map(|container| container.get("image")?.as_str());
    images.filter_map(|reference| Some(image::parse(reference)?.digest()?.to_owned())).collect()
}

fn containers(document: &Value) -> impl Iterator<Item = &Value> {
    document.get("containerDefinitions").and_then(Value::as_array).into_iter().flatten()
}
