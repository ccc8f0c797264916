//! What ECS makes of the body of `RegisterTaskDefinition`.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html>

use super::{
    ecs::client,
    request::{Refusal, refusal},
};
use crate::ACCOUNT;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Members that ECS knows; others it ignores.
const MEMBERS: [&str; 18] = [
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
    "tags",
];
const MAX_BYTES: usize = 65_536;

type Accepted = (String, Map<String, Value>, BTreeMap<String, String>);

/// Checks the basics as roughly as needed, and adds what ECS adds.
pub fn accept(body: &Value) -> Result<Accepted, Refusal> {
    let serialization = || refusal(400, "SerializationException", "");
    let mut definition = body.as_object().ok_or_else(serialization)?.clone();
    definition.retain(|name, _| MEMBERS.contains(&name.as_str()));
    let tags = tags(definition.remove("tags"))?;
    let family = definition.get("family").and_then(Value::as_str).unwrap_or_default().to_owned();
    if family.is_empty() {
        return Err(client("Family should not be null or empty."));
    }
    if !is_name(&family) {
        return Err(client("Family contains invalid characters."));
    }
    let bytes = Value::Object(definition.clone()).to_string().len();
    if bytes > MAX_BYTES {
        return Err(client(format!("Actual length: '{bytes}'. Max allowed length is '{MAX_BYTES}' bytes.")));
    }
    let memory = definition.get("memory").is_some_and(Value::is_string);
    let awsvpc = definition.get("networkMode") == Some(&json!("awsvpc"));
    let containers =
        definition.get_mut("containerDefinitions").and_then(Value::as_array_mut).ok_or_else(serialization)?;
    if containers.is_empty() {
        return Err(client("Container list cannot be empty."));
    }
    for container in containers {
        complete(container.as_object_mut().ok_or_else(serialization)?, memory, awsvpc)?;
    }
    let fargate = definition.get("requiresCompatibilities").is_some_and(|all| all.to_string().contains("FARGATE"));
    let compatibilities = if fargate { json!(["EC2", "FARGATE"]) } else { json!(["EC2"]) };
    for (name, value) in [
        ("volumes", json!([])),
        ("placementConstraints", json!([])),
        ("requiresAttributes", json!([{"name": "com.amazonaws.ecs.capability.docker-remote-api.1.18"}])),
        ("compatibilities", compatibilities),
        ("registeredBy", json!(format!("arn:aws:sts::{ACCOUNT}:assumed-role/crema/crema"))),
    ] {
        definition.entry(name).or_insert(value);
    }
    Ok((family, definition, tags))
}

fn complete(container: &mut Map<String, Value>, task_memory: bool, awsvpc: bool) -> Result<(), Refusal> {
    let name = container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !is_name(&name) {
        return Err(client("Container.name contains invalid characters."));
    }
    if container.get("image").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(client("Container.image should not be null or empty."));
    }
    if !task_memory && !container.contains_key("memory") && !container.contains_key("memoryReservation") {
        return Err(client(format!(
            "Invalid setting for container '{name}'. At least one of 'memory' or 'memoryReservation' must be specified."
        )));
    }
    for (name, value) in [("cpu", json!(0)), ("essential", json!(true))] {
        container.entry(name).or_insert(value);
    }
    for name in ["environment", "mountPoints", "volumesFrom", "portMappings", "systemControls"] {
        container.entry(name).or_insert(json!([]));
    }
    for mapping in container["portMappings"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        mapping.entry("protocol").or_insert(json!("tcp"));
        let port = if awsvpc { mapping.get("containerPort").cloned().unwrap_or_default() } else { json!(0) };
        mapping.entry("hostPort").or_insert(port);
    }
    Ok(())
}

/// Letters, digits, `-` and `_`, at most 255.
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=255).contains(&name.len()) && name.chars().all(allowed)
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html>
pub fn tags(tags: Option<Value>) -> Result<BTreeMap<String, String>, Refusal> {
    let invalid = |message: &str| refusal(400, "InvalidParameterException", message);
    let tags = tags.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if tags.len() > 50 {
        return Err(invalid("The number of tags exceeds the limit of 50."));
    }
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "+-=._:/@".contains(c);
    let mut kept = BTreeMap::new();
    for tag in tags {
        let text = |name: &str| tag.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (key, value) = (text("key"), text("value"));
        let lengths = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        if !lengths || !key.chars().chain(value.chars()).all(allowed) || key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid(&format!("The tag {key} is invalid.")));
        }
        if kept.insert(key, value).is_some() {
            return Err(invalid("Duplicate tag keys."));
        }
    }
    Ok(kept)
}
