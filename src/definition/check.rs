//! Checks a rendered document against the shape of the API, and brings it into its form: unwrapped, keys as the API
//! spells them, nothing absent written out, whole numbers as integers.
//!
//! Messages name paths and types. They name values only of members that take one of a list.

use super::{
    basics,
    report::{LONGEST_QUOTE, Report, at, quoted},
    shape::{SHAPES, Shape, Structure, decapitalised},
};
use crate::config::apps::UnknownKeys;
use crema_base::{kind_of, secrecy::foreign};
use serde_json::{Map, Number, Value};

/// The members that a describe adds to what was registered.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html>
pub const DESCRIBE_ONLY: [&str; 9] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

/// Lists of arguments, whose order counts: a null among them cannot be left out.
const POSITIONAL: [&str; 2] = ["command", "entryPoint"];

/// The document in its form, and what is wrong with it. If there are problems, the document must not be used.
/// `is_jsonnet` says what it was written in, for remedies.
pub fn document(document: Value, unknown: UnknownKeys, is_jsonnet: bool) -> (Value, Report) {
    let mut check = Check { unknown, is_jsonnet, report: Report::default() };
    let document = check.unwrapped(document);
    let document = check.without_describe_only(document);
    if is_absent(&document) {
        check.report.problem("", nothing(&document));
    }
    let document = check.value(document, &SHAPES.root, "").unwrap_or_default();
    let mut report = check.report;
    if document.is_object() {
        basics::check(&document, &mut report);
    }
    (document, report)
}

struct Check {
    unknown: UnknownKeys,
    is_jsonnet: bool,
    report: Report,
}

impl Check {
    /// The document under `taskDefinition`, as `aws ecs describe-task-definition` prints it.
    fn unwrapped(&mut self, document: Value) -> Value {
        let Value::Object(mut members) = document else { return document };
        let wrapped: Vec<Value> =
            ["taskDefinition", "TaskDefinition"].into_iter().filter_map(|key| members.remove(key)).collect();
        let is_all = members.values().all(is_absent);
        let (absent, present): (Vec<_>, Vec<_>) = wrapped.into_iter().partition(is_absent);
        let Some(inner) = present.into_iter().next() else {
            if let (Some(absent), true) = (absent.first(), is_all) {
                self.report.problem("taskDefinition", nothing(absent));
            }
            return Value::Object(members);
        };
        for (key, _) in members.into_iter().filter(|(_, value)| !is_absent(value)) {
            if key == "tags" || key == "Tags" {
                self.report.warning(&key, "dropped, as it stands beside taskDefinition and not in it");
            } else {
                self.unknown_key("", &key, || "stands beside taskDefinition and not in it".to_owned());
            }
        }
        if inner.is_object() {
            return inner;
        }
        self.report.problem("taskDefinition", format_args!("expected an object, got {}", kind_of(&inner)));
        Value::Object(Map::new())
    }

    fn without_describe_only(&mut self, document: Value) -> Value {
        let Value::Object(members) = document else { return document };
        let (dropped, kept): (Map<_, _>, Map<_, _>) =
            members.into_iter().partition(|(key, _)| DESCRIBE_ONLY.contains(&decapitalised(key).as_str()));
        let names: Vec<String> =
            dropped.into_iter().filter(|(_, value)| !is_absent(value)).map(|(key, _)| key).collect();
        if !names.is_empty() {
            self.report.warning(&names.join(", "), "dropped, as only ECS sets it");
        }
        Value::Object(kept)
    }

    /// The value in its form; `None` if it counts as absent.
    fn value(&mut self, value: Value, shape: &str, path: &str) -> Option<Value> {
        if is_absent(&value) {
            return None;
        }
        let shape = SHAPES.shapes.get(shape)?;
        match (shape, value) {
            (Shape::Structure(structure), Value::Object(members)) => Some(self.structure(members, structure, path)),
            (Shape::List { member }, Value::Array(elements)) => {
                let elements = self.elements(elements, member, path);
                (!elements.is_empty()).then_some(Value::Array(elements))
            }
            (Shape::Map { value: shape }, Value::Object(entries)) => {
                let entry = |(key, value): (String, Value)| {
                    let value = self.value(value, shape, &step(path, &key))?;
                    Some((key, value))
                };
                Some(Value::Object(entries.into_iter().filter_map(entry).collect()))
            }
            (Shape::String { values, min, max }, Value::String(text)) => {
                self.string(&text, values, (*min, *max), path);
                Some(Value::String(text))
            }
            (Shape::Integer { min, max }, Value::Number(number)) => Some(self.integer(&number, (*min, *max), path)),
            (Shape::Boolean, Value::Bool(value)) => Some(Value::Bool(value)),
            (shape, value) => {
                self.report.problem(path, mismatch(shape, &value, path, self.is_jsonnet));
                Some(value)
            }
        }
    }

    /// The elements of a list without those that count as absent.
    fn elements(&mut self, elements: Vec<Value>, shape: &str, path: &str) -> Vec<Value> {
        let is_positional = path.rsplit('.').next().is_some_and(|member| POSITIONAL.contains(&member));
        let element = |(i, element): (usize, Value)| {
            if is_positional && is_absent(&element) {
                let what = kind_of(&element);
                let remedy =
                    "expected a string: each element has its place, so none is left out; write \"\" for an empty one";
                self.report.problem(&format!("{path}[{i}]"), format_args!("{what}, {remedy}"));
            }
            self.value(element, shape, &format!("{path}[{i}]"))
        };
        elements.into_iter().enumerate().filter_map(element).collect()
    }

    fn structure(&mut self, members: Map<String, Value>, shape: &Structure, path: &str) -> Value {
        let mut out = Map::new();
        for (written, value) in members.into_iter().filter(|(_, value)| !is_absent(value)) {
            let Some((member, member_shape)) = shape.spelled(&written).and_then(|key| shape.members.get_key_value(key))
            else {
                self.unknown_key(path, &written, || hint(&written, shape));
                continue;
            };
            if is_left_open(&value, member_shape) {
                continue;
            }
            let path = below(path, member);
            if let Some(value) = self.value(value, member_shape, &path)
                && out.insert(member.clone(), value).is_some()
            {
                self.report.problem(&path, "stands twice, with a capital and without; one of them has to go");
            }
        }
        for member in shape.required.iter().filter(|member| !out.contains_key(*member)) {
            self.report.problem(&below(path, member), "missing, and required");
        }
        if shape.union && out.len() != 1 {
            let members: Vec<&str> = shape.members.keys().map(String::as_str).collect();
            self.report.problem(path, format_args!("expected exactly one of {}", members.join(", ")));
        }
        Value::Object(out)
    }

    fn unknown_key(&mut self, path: &str, key: &str, what: impl FnOnce() -> String) {
        let (sentences, lead) = match self.unknown {
            UnknownKeys::Error => (&mut self.report.problems, "unknown key, "),
            UnknownKeys::Drop => (&mut self.report.warnings, "unknown key, dropped; "),
        };
        sentences.add(|| at(&step(path, key), format_args!("{lead}{}", what())));
    }

    fn string(&mut self, text: &str, values: &[String], (min, max): (Option<usize>, Option<usize>), path: &str) {
        if !values.is_empty() && !values.iter().any(|value| value == text) {
            let what = || format!("expected one of {}, got {}", values.join(", "), quoted(text));
            self.report.problems.add(|| at(path, what()));
        }
        let length = text.chars().count();
        if min.is_some_and(|min| length < min) || max.is_some_and(|max| length > max) {
            let bounds = format!("{} to {}", min.unwrap_or_default(), max.unwrap_or(usize::MAX));
            self.report.problem(path, format_args!("expected {bounds} characters, got {length}"));
        }
    }

    /// Jsonnet knows floats only, and templates may write `256.0`: what is whole is an integer.
    fn integer(&mut self, number: &Number, (min, max): (Option<i64>, Option<i64>), path: &str) -> Value {
        // The model's integers have 32 bits.
        let (min, max) = (min.unwrap_or(i32::MIN.into()), max.unwrap_or(i32::MAX.into()));
        #[allow(clippy::cast_possible_truncation, reason = "whole, and in the range of i64 or cut to its end")]
        let whole = |float: f64| (float.fract() == 0.0).then_some(float as i64);
        let integer = number.as_i64().or_else(|| number.as_f64().and_then(whole));
        match integer {
            None => self.report.problem(path, "expected an integer, got a fraction"),
            Some(n) if n < min || n > max => {
                self.report.problem(path, format_args!("expected an integer from {min} to {max}"));
            }
            Some(_) => {}
        }
        Value::from(integer.unwrap_or_default())
    }
}

fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// Whether a member that takes one of a list of words is empty: `ecspresso init` writes `"ipcMode": ""` for what was
/// never set.
fn is_left_open(value: &Value, shape: &str) -> bool {
    let is_choice = matches!(SHAPES.shapes.get(shape), Some(Shape::String { values, .. }) if !values.is_empty());
    is_choice && value == ""
}

/// What is wrong with a missing document.
fn nothing(document: &Value) -> String {
    let remedy = match document {
        Value::Null => ": that is what an `if` without `else` gives, and an empty file",
        _ => "",
    };
    format!("expected an object, got {}{remedy}", kind_of(document))
}

/// `containerDefinitions[0]` and `name` → `containerDefinitions[0].name`; a name with special characters is quoted.
fn step(path: &str, key: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
    let is_long = key.chars().count() > LONGEST_QUOTE;
    if key.is_empty() || is_long || !key.chars().all(is_plain) {
        format!("{path}[{}]", quoted(key))
    } else {
        below(path, &foreign(key).to_string())
    }
}

/// The member that may have been meant by an unknown key.
fn hint(key: &str, shape: &Structure) -> String {
    let has = |name: &str| SHAPES.structure(name).is_some_and(|structure| structure.spelled(key).is_some());
    if has(&SHAPES.root) {
        "it belongs to the definition itself".to_owned()
    } else if has("ContainerDefinition") {
        "it belongs to a container".to_owned()
    } else if let Some(nearest) = shape.nearest(key) {
        format!("did you mean {nearest}?")
    } else if shape.members.len() <= 8 {
        format!("expected {}", shape.members.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
    } else {
        "and none is like it".to_owned()
    }
}

fn mismatch(shape: &Shape, value: &Value, path: &str, is_jsonnet: bool) -> String {
    let is_structure = |name: &str| SHAPES.structure(name).is_some();
    let expected = match shape {
        Shape::Structure(_) | Shape::Map { .. } => "an object",
        Shape::List { member } if is_structure(member) => "an array of objects",
        Shape::List { .. } => "an array",
        // A container's are integers, the task's are strings.
        Shape::String { .. } if path == "cpu" || path == "memory" => "a string, such as \"256\"",
        Shape::String { .. } => "a string",
        Shape::Integer { .. } => "an integer",
        Shape::Boolean => "true or false",
    };
    let remedy = match (shape, value) {
        (Shape::String { .. }, Value::Number(_) | Value::Bool(_)) => "; write it in quotes",
        // There a template cannot be without quotes.
        (Shape::Integer { .. }, Value::String(_)) if is_jsonnet => {
            "; write it without quotes. Templates run after Jsonnet and give texts only: for a number from the environment \
             write std.parseInt(std.native('env')('MEM', '128'))"
        }
        (Shape::Boolean, Value::String(_)) if is_jsonnet => {
            "; write it without quotes. Templates run after Jsonnet and give texts only: for a switch from the environment \
             write std.native('env')('ON', 'true') == 'true'"
        }
        (Shape::Integer { .. } | Shape::Boolean, Value::String(_)) => "; write it without quotes",
        (Shape::List { .. }, Value::String(_)) => "; write it in brackets",
        _ => "",
    };
    format!("expected {expected}, got {}{remedy}", kind_of(value))
}

fn below(path: &str, member: &str) -> String {
    if path.is_empty() { member.to_owned() } else { format!("{path}.{member}") }
}
