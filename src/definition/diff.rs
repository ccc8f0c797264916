//! What a plan shows: the difference between what is registered and what is desired.

use super::{check::DESCRIBE_ONLY, fingerprint::canonical, redacted::Redaction, tags};
use crema_base::secrecy::Secrets;
use serde_json::{Map, Value};
use similar::TextDiff;
use std::time::Duration;

/// A longer difference is cut.
const LONGEST: usize = 20_000;
/// A difference that takes longer to find is shown more coarsely.
const PATIENCE: Duration = Duration::from_millis(500);
/// Their order means nothing to ECS, and it may give them back in another.
const UNORDERED: [&str; 4] = ["environment", "secrets", "portMappings", "mountPoints"];
/// Begins and ends the number of what is shown otherwise while texts are compared, as JSON writes it.
const BEGIN: &str = "\"\\u0000";
const END: &str = "\\u0000";

/// The unified diff of canonical JSON from the newest ACTIVE revision (`taskDefinition` as it came over the wire, with
/// the user's tags as its `tags`) to what is desired; empty where they do not differ.
///
/// Left out on both sides: what is empty, and what ECS sets by itself. Values of `environment`, `secrets`, and what
/// stands in the registered definition where what is desired has a secret, are shown as `***`.
pub fn unified(registered: Option<&Value>, wished: &Value, secrets: &Secrets) -> String {
    let mut redacted = Redaction::new(compared(wished), secrets);
    let mut text = |document: Value| format!("{:#}\n", redacted.hide(document, ""));
    let (old, name) = match registered {
        Some(document) => (text(compared(document)), "registered"),
        None => (String::new(), "nothing registered"),
    };
    let new = text(compared(wished));
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&old, &new);
    let diff = diff.unified_diff().header(name, "wished").to_string();
    cut(&diff.lines().map(unnumbered).collect::<Vec<_>>())
}

/// The line without the numbers of the masked values.
fn unnumbered(line: &str) -> String {
    let mut line = line.to_owned();
    while let Some((before, after)) = line.split_once(BEGIN) {
        let Some((_, shown)) = after.split_once(END) else { break };
        line = format!("{before}\"{shown}");
    }
    line
}

/// As many whole lines as may be shown.
fn cut(lines: &[String]) -> String {
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        if out.len() + line.len() >= LONGEST {
            out.push_str(&format!("(cut here: {} more lines)\n", lines.len() - i));
            break;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The document as it is compared.
fn compared(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(members) = document.as_object_mut() {
        members.retain(|key, _| !DESCRIBE_ONLY.contains(&key.as_str()));
        without_defaults(members);
    }
    if let Some(tags) = document.get_mut("tags").and_then(Value::as_array_mut) {
        // What the app's own file says is the author's.
        let is_own = |tag: &Value| {
            let key = tag.get("key").and_then(Value::as_str).unwrap_or_default();
            key.starts_with(tags::PREFIX) && key != tags::CIRCUIT_BREAKER
        };
        tags.retain(|tag| !is_own(tag));
    }
    // Before sorting: what is empty must not decide about the order.
    let mut document = without_empties(document);
    for container in each(&mut document, "containerDefinitions") {
        for name in UNORDERED {
            if let Some(elements) = container.get_mut(name).and_then(Value::as_array_mut) {
                elements.sort_by_cached_key(canonical);
            }
        }
    }
    document
}

/// Removes what ECS adds to a definition that leaves it open.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html>
fn without_defaults(members: &mut Map<String, Value>) {
    let mode = members.get("networkMode").and_then(Value::as_str).unwrap_or_default().to_owned();
    drop_where(members, "networkMode", |value| value == "bridge");
    drop_where(members, "enableFaultInjection", |value| value == false);
    for container in elements(members, "containerDefinitions") {
        drop_where(container, "cpu", |value| value == 0);
        drop_where(container, "essential", |value| value == true);
        for mapping in elements(container, "portMappings") {
            let port = mapping.get("containerPort").cloned();
            let is_same = |value: &Value| matches!(mode.as_str(), "awsvpc" | "host") && Some(value) == port.as_ref();
            drop_where(mapping, "hostPort", |value| value == 0 || is_same(value));
            drop_where(mapping, "protocol", |value| value == "tcp");
        }
        for name in ["mountPoints", "volumesFrom"] {
            elements(container, name).for_each(|point| drop_where(point, "readOnly", |value| value == false));
        }
        if let Some(health) = container.get_mut("healthCheck").and_then(Value::as_object_mut) {
            for (name, default) in [("interval", 30), ("timeout", 5), ("retries", 3)] {
                drop_where(health, name, |value| value == default);
            }
        }
    }
    for volume in elements(members, "volumes") {
        if let Some(efs) = volume.get_mut("efsVolumeConfiguration").and_then(Value::as_object_mut) {
            drop_where(efs, "rootDirectory", |value| value == "/");
            drop_where(efs, "transitEncryption", |value| value == "DISABLED");
        }
    }
}

fn drop_where(members: &mut Map<String, Value>, name: &str, is_default: impl Fn(&Value) -> bool) {
    if members.get(name).is_some_and(is_default) {
        members.remove(name);
    }
}

fn elements<'a>(members: &'a mut Map<String, Value>, name: &str) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let elements = members.get_mut(name).and_then(Value::as_array_mut);
    elements.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn each<'a>(value: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Removes members that are null or an empty text, array or object, or become so. Elements of arrays stay.
fn without_empties(value: Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(key, value)| (key, without_empties(value)));
            Value::Object(members.filter(|(_, value)| !is_empty(value)).collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(without_empties).collect()),
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn unified(registered: Option<&Value>, wished: &Value) -> String {
        super::unified(registered, wished, &Secrets::default())
    }

    fn wished() -> Value {
        json!({
            "family": "batch", "networkMode": "awsvpc", "tags": [{"key": "team", "value": "a"}],
            "containerDefinitions": [{
                "name": "app", "image": "nginx", "portMappings": [{"containerPort": 80}],
                "environment": [{"name": "B", "value": "hunter2"}, {"name": "A", "value": "hunter1"}],
                "healthCheck": {"command": ["CMD", ""]},
                "mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}],
            }],
            "volumes": [{"name": "v"}],
        })
    }

    /// The same as a describe gives it back.
    fn registered() -> Value {
        json!({
            "taskDefinitionArn": "arn", "revision": 3, "status": "ACTIVE", "compatibilities": ["EC2"],
            "requiresAttributes": [{"name": "x"}], "registeredAt": 1.5, "registeredBy": "arn",
            "placementConstraints": [], "taskRoleArn": "", "enableFaultInjection": false,
            "family": "batch", "networkMode": "awsvpc",
            "tags": [{"key": "crema:source", "value": "x"}, {"key": "team", "value": "a"}],
            "containerDefinitions": [{
                "name": "app", "image": "nginx", "cpu": 0, "essential": true, "links": [], "volumesFrom": [],
                "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
                "environment": [{"name": "A", "value": "hunter1"}, {"name": "B", "value": "hunter2"}],
                "healthCheck": {"command": ["CMD", ""], "interval": 30, "timeout": 5, "retries": 3},
                "mountPoints": [{"sourceVolume": "v", "containerPath": "/v", "readOnly": false}],
            }],
            "volumes": [{"name": "v", "host": {}}],
        })
    }

    #[test]
    fn what_ecs_adds_by_itself_is_no_difference() {
        assert_eq!(unified(Some(&registered()), &wished()), "");
    }

    #[test]
    fn a_changed_value_of_environment_is_seen_and_not_shown() {
        let mut wish = wished();
        wish["containerDefinitions"][0]["environment"][0]["value"] = json!("hunter3");
        let diff = unified(Some(&registered()), &wish);
        let changed: Vec<&str> = diff.lines().filter(|line| line.starts_with(['-', '+'])).collect();
        let value = "          \"value\": \"***\"";
        assert_eq!(changed, ["--- registered", "+++ wished", &format!("-{value}"), &format!("+{value}")]);
        assert!(diff.contains("\"name\": \"B\"") && !diff.contains("hunter") && !diff.contains("u0000"), "{diff}");
    }

    #[test]
    fn a_changed_image_is_shown() {
        let mut wish = wished();
        wish["containerDefinitions"][0]["image"] = json!("nginx:2");
        let diff = unified(Some(&registered()), &wish);
        assert!(diff.contains("\n-      \"image\": \"nginx\",\n+      \"image\": \"nginx:2\",\n"), "{diff}");
    }

    #[test]
    fn a_first_revision_is_shown_whole() {
        let diff = unified(None, &wished());
        assert!(diff.starts_with("--- nothing registered\n+++ wished\n@@ -0,0 +1,"), "{diff}");
        assert!(diff.contains("+  \"family\": \"batch\",\n") && !diff.contains("hunter"), "{diff}");
    }

    #[test]
    fn a_long_difference_is_cut_with_a_line_that_says_so() {
        let wish = json!({"containerDefinitions": [{"command": vec!["夜".repeat(40); 300]}]});
        let diff = unified(None, &wish);
        let last = diff.lines().last().unwrap_or_default();
        assert!(diff.len() < 20_100 && last.starts_with("(cut here: ") && last.ends_with(" more lines)"), "{last}");
    }
}
