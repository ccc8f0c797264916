//! Image references of whatever registry. Those that are meant to name a private ECR registry are checked with the shape.

use super::{
    rule::{
        Breaches, Rule,
        Verdict::{Refuse, Warn},
    },
    task::{Task, Tasks, text},
};
use crema_base::{
    image::{self, is_digest},
    quote::quoted_to,
};

/// So long a reference is quoted: what is wrong may stand at its end.
const LONGEST: usize = 300;

pub const RULES: &[Rule] = &[
    Rule {
        name: "image-characters",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions[].image",
        condition: "characters other than letters, digits and - _ : . / # @",
        message: "{0} has characters that ECS refuses",
        remedy: "letters, digits and - _ : . / # @ are taken",
        source: "ECS: “Container.image contains invalid characters.”; API_ContainerDefinition, image",
        find: characters,
    },
    Rule {
        name: "image-grammar",
        verdict: Warn,
        tasks: Tasks::Any,
        path: "containerDefinitions[].image",
        condition: "none that a registry could have: capitals in the repository, a tag of more than 128 characters, a digest that \
                    is not sha256: and 64 digits, two colons",
        message: "{0} is no reference that a registry could have",
        remedy: "write registry/repository:tag or registry/repository@sha256:…, the repository in lower case",
        source: "the reference grammar of Docker's registries (distribution/reference)",
        find: grammar,
    },
];

fn is_taken(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_:./#@".contains(c)
}

fn characters(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        if let Some(reference) = text(container.value, "image").filter(|reference| !reference.chars().all(is_taken)) {
            places.at(container.below("image"), &[&quoted_to(reference, LONGEST)]);
        }
    }
}

fn grammar(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        let Some(reference) = text(container.value, "image") else { continue };
        if reference.chars().all(is_taken) && image::parse(reference).is_none() && !is_reference(reference) {
            places.at(container.below("image"), &[&quoted_to(reference, LONGEST)]);
        }
    }
}

fn is_reference(reference: &str) -> bool {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    // A colon before the last slash is the port of a registry.
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    };
    let is_registry = |host: &str| host == "localhost" || host.contains(['.', ':']);
    let path = match name.split_once('/') {
        Some((host, path)) if is_registry(host) => path,
        _ => name,
    };
    path.split('/').all(is_component) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest)
}

fn is_component(part: &str) -> bool {
    let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_inside = |c: char| is_end(c) || "._-".contains(c);
    part.starts_with(is_end) && part.ends_with(is_end) && part.chars().all(is_inside)
}

fn is_tag(tag: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=128).contains(&tag.len()) && tag.chars().all(inside) && !tag.starts_with(['.', '-'])
}
