//! A definition as rules look at it.

use serde_json::Value;
use std::collections::BTreeMap;

/// The definitions that a rule is for. Windows, EXTERNAL and MANAGED_INSTANCES have rules of their own: where a rule is not
/// known to hold for them, nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tasks {
    Any,
    /// Linux on EC2 or FARGATE.
    Usual,
    /// Linux with FARGATE among its compatibilities, alone or beside EC2.
    Fargate,
    /// Linux on EC2 alone, also where no compatibility is named.
    WithoutFargate,
}

/// A document in its form.
pub struct Task<'a> {
    pub document: &'a Value,
    pub containers: Vec<Container<'a>>,
    /// The first container of each name.
    pub by_name: BTreeMap<&'a str, usize>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fargate,
    WithoutFargate,
    /// Windows, EXTERNAL, MANAGED_INSTANCES.
    Other,
}

/// One element of `containerDefinitions`.
pub struct Container<'a> {
    /// `containerDefinitions[0]`
    pub path: String,
    pub value: &'a Value,
    pub name: &'a str,
}

impl<'a> Task<'a> {
    pub fn new(document: &'a Value) -> Task<'a> {
        let container = |(i, value): (usize, &'a Value)| Container {
            path: format!("containerDefinitions[{i}]"),
            value,
            name: text(value, "name").unwrap_or_default(),
        };
        let containers: Vec<_> = list(document, "containerDefinitions").enumerate().map(container).collect();
        let mut by_name = BTreeMap::new();
        for (i, container) in containers.iter().enumerate() {
            by_name.entry(container.name).or_insert(i);
        }
        Task { document, containers, by_name, kind: kind(document) }
    }

    pub fn is_among(&self, tasks: Tasks) -> bool {
        match tasks {
            Tasks::Any => true,
            Tasks::Usual => self.kind != Kind::Other,
            Tasks::Fargate => self.kind == Kind::Fargate,
            Tasks::WithoutFargate => self.kind == Kind::WithoutFargate,
        }
    }

    pub fn network(&self) -> Option<&'a str> {
        text(self.document, "networkMode")
    }

    /// The task's CPU units, where it says them in a form that is known: `256`, `0.25 vCPU`.
    pub fn cpu(&self) -> Option<u64> {
        let text = text(self.document, "cpu")?;
        units(text, &[("vcpu", 1024.0)])
    }

    /// The task's memory in MiB, where it says it in a form that is known: `512`, `0.5 GB`.
    pub fn memory(&self) -> Option<u64> {
        let text = text(self.document, "memory")?;
        units(text, &[("gb", 1024.0)])
    }
}

impl Container<'_> {
    /// Absent counts as essential.
    pub fn is_essential(&self) -> bool {
        self.value.get("essential") != Some(&Value::Bool(false))
    }

    pub fn below(&self, member: &str) -> String {
        format!("{}.{member}", self.path)
    }
}

fn kind(document: &Value) -> Kind {
    let named = |name: &str| list(document, "requiresCompatibilities").any(|value| value == name);
    let family = document.pointer("/runtimePlatform/operatingSystemFamily").and_then(Value::as_str);
    if named("EXTERNAL") || named("MANAGED_INSTANCES") || family.is_some_and(|family| family.starts_with("WINDOWS")) {
        Kind::Other
    } else if named("FARGATE") {
        Kind::Fargate
    } else {
        Kind::WithoutFargate
    }
}

/// A text that is there and not empty.
pub fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A whole number that is there and not zero.
pub fn number(value: &Value, member: &str) -> Option<i64> {
    value.get(member).and_then(Value::as_i64).filter(|number| *number != 0)
}

/// The elements of a list; none where it is not there.
pub fn list<'a>(value: &'a Value, member: &str) -> std::slice::Iter<'a, Value> {
    value.get(member).and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter()
}

/// Whether anything is said: no empty text, no false.
pub fn is_set(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !matches!(value, Value::Null | Value::Bool(false)) && value != "")
}

/// A count as ECS takes it, in its smallest unit.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html>
fn units(text: &str, suffixes: &[(&str, f64)]) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let suffix = suffixes.iter().find_map(|(suffix, size)| Some((text.strip_suffix(suffix)?.trim_end(), size)));
    let Some((count, size)) = suffix else { return text.parse().ok() };
    let is_plain = count.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let units = count.parse::<f64>().ok().filter(|_| is_plain)? * size;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, positive and below u32::MAX")]
    (units.fract() == 0.0 && units < f64::from(u32::MAX)).then_some(units as u64)
}
