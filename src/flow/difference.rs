//! What a plan shows of a family.

use super::prepare::Wished;
use crate::{definition::diff, ecs::api::Described};
use serde_json::{Value, json};
use std::panic::resume_unwind;
use tokio::task::spawn_blocking;

/// The difference from what is registered to the wish, worked out beside all else that goes on: it looks for every value.
pub async fn difference(latest: Option<&Described>, wished: &Wished) -> String {
    let (registered, definition) = (latest.map(with_tags), wished.definition.clone());
    let secrets = wished.outcome.secrets.clone();
    let difference = move || diff::unified(registered.as_ref(), definition.as_value(), &secrets);
    spawn_blocking(difference).await.unwrap_or_else(|e| resume_unwind(e.into_panic()))
}

/// A registered definition with the tags that are its user's.
fn with_tags(described: &Described) -> Value {
    let mut definition = described.definition.clone();
    let tags: Vec<Value> = described.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    if let (Some(members), false) = (definition.as_object_mut(), tags.is_empty()) {
        members.insert("tags".to_owned(), Value::from(tags));
    }
    definition
}
