//! What a plan shows of a family.

use crate::{
    definition::diff,
    ecs::api::Described,
    flow::{aside::aside, desired::revision::DesiredRevision},
};
use serde_json::{Value, json};
use tokio::time::Instant;

/// The difference from what is registered to what is desired; none if it took longer than until then. It searches for
/// every secret value.
pub async fn difference(
    latest: Option<&Described>,
    desired_revision: &DesiredRevision,
    until: Instant,
) -> Option<String> {
    let (registered, definition) = (latest.map(with_tags), desired_revision.definition.clone());
    let secrets = desired_revision.family.subject.secrets.clone();
    aside(until, move || diff::unified(registered.as_ref(), definition.as_value(), &secrets)).await
}

/// A registered definition with the user's own tags.
fn with_tags(described: &Described) -> Value {
    let mut definition = described.definition.clone();
    let tags: Vec<Value> = described.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    if let (Some(members), false) = (definition.as_object_mut(), tags.is_empty()) {
        members.insert("tags".to_owned(), Value::from(tags));
    }
    definition
}
