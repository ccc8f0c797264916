//! What ECS requires of a definition beyond its shape, as far as it can be known beforehand.

use super::{
    report::{Report, quoted},
    tags,
};
use crate::reference::is_family;
use crema_base::{
    image::{self, Reference},
    quote::quoted_to,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Maximum characters of a quoted image reference.
const LONGEST_REFERENCE: usize = 300;

/// Reports what is wrong with family, containers and tags. Wrong types and missing members of the shape are reported
/// already.
pub fn check(document: &Value, report: &mut Report) {
    if let Some(name) = document.get("family").and_then(Value::as_str)
        && !is_family(name)
    {
        let what = format!("{}: expected 1 to 255 letters, digits, - or _", quoted(name));
        report.problem("family", what);
    }
    let containers = document.get("containerDefinitions").and_then(Value::as_array);
    for (i, container) in containers.into_iter().flatten().enumerate().filter(|(_, container)| container.is_object()) {
        // Not required by the model, but by ECS.
        for member in ["name", "image"] {
            match container.get(member) {
                None => report.problem(&format!("containerDefinitions[{i}].{member}"), "missing, and required"),
                Some(Value::String(text)) if text.is_empty() => {
                    report.problem(&format!("containerDefinitions[{i}].{member}"), "empty, and required");
                }
                Some(_) => {}
            }
        }
        check_image(container, &format!("containerDefinitions[{i}].image"), report);
    }
    let users: Vec<&Value> = document.get("tags").and_then(Value::as_array).into_iter().flatten().collect();
    check_tags(&users, report);
}

/// Refuses a malformed reference that is meant to name a private registry's image: it would be registered as it is
/// written, unpinned, and no task could start. Images of other registries are left alone.
fn check_image(container: &Value, path: &str, report: &mut Report) {
    let text = |member: &str| container.get(member).and_then(Value::as_str).unwrap_or_default();
    // The whole reference is told: what is wrong may stand at its end.
    let told = |text: &str| quoted_to(text, LONGEST_REFERENCE);
    let (name, reference) = (text("name"), text("image"));
    match image::read(reference) {
        Reference::Wrong(what) => {
            report
                .problem(path, format_args!("the container {} has the image {}: {what}", told(name), told(reference)));
        }
        Reference::Ecr(image) => {
            if let Some(what) = image::other_domain(reference, &image.repository().region) {
                report.warning(path, format_args!("the container {}: {what}", told(name)));
            }
        }
        Reference::Elsewhere => {}
    }
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html>
fn check_tags(users: &[&Value], report: &mut Report) {
    if users.len() > tags::MOST {
        let what =
            format!("expected at most {} tags (ECS takes 50, five are crema's), got {}", tags::MOST, users.len());
        report.problem("tags", what);
    }
    let mut seen = BTreeSet::new();
    for (i, tag) in users.iter().enumerate().filter(|(_, tag)| tag.is_object()) {
        let mut problem = |member: &str, what: &str| report.problem(&format!("tags[{i}].{member}"), what);
        let text = |member: &str| tag.get(member).and_then(Value::as_str);
        let key = text("key").unwrap_or_default();
        if tag.get("key").is_none() {
            problem("key", "missing, and required");
        } else if key.to_ascii_lowercase().starts_with("aws:") {
            problem("key", "begins with aws:, which is for AWS alone");
        } else if key.starts_with(tags::PREFIX) {
            problem("key", "begins with crema:, which is for crema's own tags");
        } else if !key.is_empty() && !seen.insert(key) {
            problem("key", "stands twice");
        }
        for member in ["key", "value"] {
            if !text(member).unwrap_or_default().chars().all(tags::is_allowed) {
                problem(member, "expected letters, digits, spaces and _ . : / = + - @");
            }
        }
    }
}
