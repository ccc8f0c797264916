//! Documents that become definitions, and those that do not.

use super::*;
use crate::config::apps::UnknownKeys;
use crema_base::{
    image::{EcrImage, Repository},
    secrecy::{Secrets, plain},
};
use serde_json::{Value, json};

mod forms;
mod properties;
mod whole;
mod wrong;

const PLACE: &str = "batch/ecs-task-def.jsonnet";
const REGISTRY: &str = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com";
const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn made(document: Value) -> (Value, Vec<String>) {
    let (definition, warnings) = Definition::new(document, UnknownKeys::Error, PLACE).unwrap();
    (definition.as_value().clone(), warnings)
}

/// The problems of a document, without place and bullets.
fn problems(document: Value) -> Vec<String> {
    let error = Definition::new(document, UnknownKeys::Error, PLACE).unwrap_err();
    assert_eq!(error.kind.name(), "InvalidDefinition");
    let text = plain(&error.to_string());
    let text = text.strip_prefix(PLACE).and_then(|text| text.strip_prefix(": ")).unwrap();
    match text.split_once(" problems:\n- ") {
        Some((_, list)) => list.split("\n- ").map(str::to_owned).collect(),
        None => vec![text.to_owned()],
    }
}

fn minimal() -> Value {
    json!({"family": "batch", "containerDefinitions": [{"name": "app", "image": "nginx"}]})
}

/// The smallest definition with this beside its members.
fn with(members: Value) -> Value {
    merged(minimal(), members)
}

/// The smallest definition with this in its container.
fn with_container(members: Value) -> Value {
    let mut document = minimal();
    document["containerDefinitions"][0] = merged(document["containerDefinitions"][0].take(), members);
    document
}

fn merged(mut into: Value, members: Value) -> Value {
    for (key, value) in members.as_object().unwrap() {
        into[key] = value.clone();
    }
    into
}

fn release() -> EcrImage {
    EcrImage::Tag { repository: repository(), tag: "release".to_owned() }
}

fn repository() -> Repository {
    let [account, region, name] = ["123456789012", "ap-northeast-1", "batch"].map(str::to_owned);
    Repository { account, region, name }
}

fn fingerprint(document: Value) -> String {
    Definition::new(document, UnknownKeys::Error, PLACE).unwrap().0.fingerprint().to_string()
}
