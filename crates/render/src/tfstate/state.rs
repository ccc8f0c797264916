//! A Terraform state and what lies in it.

use super::{
    address::{self, Step, Written},
    backend::Backend,
    near::{list, named, near},
    sensitive::Sensitive,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What is read of the file; everything else (provider schemas, private data) is skipped.
#[derive(Deserialize)]
struct File {
    version: Option<Value>,
    backend: Option<Value>,
    #[serde(default)]
    outputs: Option<Map<String, Value>>,
    #[serde(default)]
    resources: Option<Vec<Resource>>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Option<Value>,
    #[serde(default)]
    deposed: Option<Value>,
    #[serde(default)]
    attributes: Option<Value>,
    #[serde(default)]
    attributes_flat: Option<Value>,
    #[serde(default)]
    sensitive_attributes: Option<Value>,
}

/// Maximum instances of a counted resource that are given as one array.
const MOST_INSTANCES: usize = 100_000;

/// What a state file holds.
pub enum Content {
    TerraformState(TerraformState),
    /// It only says where the state is stored.
    Elsewhere(Backend),
}

/// A state of version 4, by address.
pub struct TerraformState {
    things: BTreeMap<Vec<Step>, Value>,
    sensitive: Sensitive,
}

impl TerraformState {
    /// Reads the text of a state file.
    ///
    /// # Errors
    /// If it is not JSON, or of another version than 4; the message is a sentence that begins with `is`.
    pub fn parse(text: &[u8]) -> Result<Content, String> {
        // The parser's own words may quote the file, which holds secrets.
        let file: File = serde_json::from_slice(text).map_err(|e| {
            format!("is no Terraform state: it cannot be read at line {}, column {}", e.line(), e.column())
        })?;
        if let Some(backend) = file.backend.filter(|backend| !backend.is_null()) {
            return Backend::read(backend).map(Content::Elsewhere);
        }
        match file.version {
            Some(version) if version == 4 => {}
            Some(Value::Number(version)) => {
                return Err(format!("is a Terraform state of version {version}; only version 4 can be read"));
            }
            _ => return Err("is no Terraform state: it has no `version`".to_owned()),
        }
        let (mut things, mut sensitive) = (BTreeMap::new(), Sensitive::default());
        for (name, output) in file.outputs.unwrap_or_default() {
            sensitive.output(&output);
            things.insert(vec![Step::Name("output".to_owned()), Step::Name(name)], unwrapped(output));
        }
        for resource in file.resources.unwrap_or_default() {
            add(&mut things, &mut sensitive, resource);
        }
        Ok(Content::TerraformState(TerraformState { things, sensitive }))
    }

    /// The secrets in a value that was given.
    pub fn sensitive(&self, value: &Value) -> Vec<Value> {
        self.sensitive.of(value)
    }

    /// The value under an address.
    ///
    /// # Errors
    /// If the address cannot be read, or there is nothing (or null) under it; then similar ones are named.
    pub fn get(&self, text: &str) -> Result<Value, String> {
        let steps = address::parse(text)?;
        for length in (1..=steps.len()).rev() {
            let (thing, rest) = steps.split_at(length);
            if let Some(value) = self.things.get(thing) {
                return walk(value, thing, rest);
            }
            if let Some(all) = self.instances(thing) {
                return match (&all, rest) {
                    (_, []) => all,
                    (Ok(Value::Object(map)), [Step::Name(key), ..]) if map.contains_key(key) => {
                        walk(&all?, thing, rest)
                    }
                    _ => Err(self.missing_instance(thing, rest)),
                };
            }
        }
        Err(format!("there is no {} in the state{}", Written(&steps), self.near(&steps)))
    }

    /// Similar addresses, without their paths into a value; else those with the same beginning.
    fn near(&self, steps: &[Step]) -> String {
        let alike = |thing: &Vec<Step>| {
            let asked = Written(&steps[..steps.len().min(thing.len())]).to_string();
            let written = Written(thing).to_string();
            (strsim::normalized_damerau_levenshtein(&asked, &written), written)
        };
        let named = named(self.things.keys().map(alike).collect());
        if !named.is_empty() {
            return named;
        }
        let shared = |thing: &Vec<Step>| thing.iter().zip(steps).take_while(|(a, b)| a == b).count();
        let most = self.things.keys().map(shared).max().unwrap_or_default();
        let best = self.things.keys().filter(|thing| most > 0 && shared(thing) == most);
        list(best.map(|thing| Written(thing).to_string()))
    }

    /// All instances of a counted resource: an array for `count`, an object for `for_each`. Each stands at its own
    /// index, with null for instances that were removed.
    fn instances(&self, resource: &[Step]) -> Option<Result<Value, String>> {
        let mut object = Map::new();
        let mut array = vec![];
        for (thing, value) in self.keyed(resource) {
            match thing.last() {
                Some(Step::Key(key)) => drop(object.insert(key.clone(), value.clone())),
                Some(Step::Index(index)) => match usize::try_from(*index) {
                    Ok(place) if place < MOST_INSTANCES => {
                        // They come in order.
                        array.resize(place, Value::Null);
                        array.push(value.clone());
                    }
                    _ => {
                        let (name, most) = (Written(resource), MOST_INSTANCES - 1);
                        return Some(Err(format!(
                            "{name} has the index {index}; all instances are given up to {most}"
                        )));
                    }
                },
                _ => {}
            }
        }
        match (object.is_empty(), array.is_empty()) {
            (true, true) => None,
            (_, false) => Some(Ok(Value::Array(array))),
            (false, true) => Some(Ok(Value::Object(object))),
        }
    }

    /// The instances that have a key, in the order of their keys.
    fn keyed<'a>(&'a self, resource: &'a [Step]) -> impl Iterator<Item = (&'a Vec<Step>, &'a Value)> {
        let of_it = |thing: &Vec<Step>| {
            thing.len() == resource.len() + 1
                && thing.starts_with(resource)
                && matches!(thing.last(), Some(Step::Key(_) | Step::Index(_)))
        };
        self.things
            .range(resource.to_vec()..)
            .take_while(|(thing, _)| thing.starts_with(resource))
            .filter(move |(thing, _)| of_it(thing))
    }

    fn missing_instance(&self, resource: &[Step], rest: &[Step]) -> String {
        let all: Vec<String> = self.keyed(resource).map(|(thing, _)| Written(thing).to_string()).collect();
        let name = Written(resource);
        match rest {
            [Step::Name(_), ..] => {
                let first = all.first().map(String::as_str).unwrap_or_default();
                format!("{name} has {} instances; name one, such as {first}", all.len())
            }
            _ => {
                let asked: Vec<Step> = resource.iter().chain(rest.first()).cloned().collect();
                let asked = Written(&asked).to_string();
                let near = near(&asked, all.into_iter());
                format!("there is no {asked} in the state{near}")
            }
        }
    }
}

fn add(things: &mut BTreeMap<Vec<Step>, Value>, sensitive: &mut Sensitive, resource: Resource) {
    let data = match resource.mode.as_str() {
        "managed" => false,
        "data" => true,
        _ => return,
    };
    let module = match resource.module.as_deref().filter(|module| !module.is_empty()) {
        Some(module) => match address::parse(module) {
            Ok(steps) => steps,
            Err(_) => return,
        },
        None => vec![],
    };
    let mut thing = module;
    if data {
        thing.push(Step::Name("data".to_owned()));
    }
    let remote = data && resource.kind == "terraform_remote_state";
    thing.extend([Step::Name(resource.kind.clone()), Step::Name(resource.name)]);
    for instance in resource.instances {
        // What waits to be destroyed is not what the address means.
        if instance.deposed.is_some() {
            continue;
        }
        let mut thing = thing.clone();
        match instance.index_key {
            Some(Value::String(key)) => thing.push(Step::Key(key)),
            Some(Value::Number(index)) => thing.push(Step::Index(index.as_i64().unwrap_or_default())),
            _ => {}
        }
        let value = instance.attributes.or(instance.attributes_flat).unwrap_or_default();
        sensitive.instance(&resource.kind, &value, instance.sensitive_attributes.as_ref());
        if let Some(outputs) = value.get("outputs").and_then(Value::as_object).filter(|_| remote) {
            outputs.values().for_each(|output| sensitive.output(output));
        }
        let value = match value {
            Value::Object(attributes) if remote => {
                attributes.into_iter().map(|(name, value)| (name, unwrapped(value))).collect()
            }
            value => value,
        };
        things.insert(thing, value);
    }
}

/// Outputs are written with their type beside them.
fn unwrapped(output: Value) -> Value {
    match output {
        Value::Object(mut map) if map.contains_key("value") && map.contains_key("type") => {
            map.remove("value").unwrap_or_default()
        }
        output => output,
    }
}

/// The value that `rest` leads to from `value`, which is the value of `thing`.
fn walk(value: &Value, thing: &[Step], rest: &[Step]) -> Result<Value, String> {
    let mut at = value;
    for (i, step) in rest.iter().enumerate() {
        let next = match (at, step) {
            (Value::Object(map), Step::Name(name) | Step::Key(name)) => map.get(name),
            (Value::Array(array), Step::Index(index)) => {
                let from_end = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
                let place = if *index < 0 { array.len().checked_sub(from_end) } else { Some(from_end) };
                place.and_then(|place| array.get(place))
            }
            _ => None,
        };
        at = next.ok_or_else(|| nothing_there(at, thing, &rest[..i], step))?;
    }
    if at.is_null() {
        let whole: Vec<Step> = thing.iter().chain(rest).cloned().collect();
        return Err(format!("{} is null in the state", Written(&whole)));
    }
    Ok(at.clone())
}

fn nothing_there(at: &Value, thing: &[Step], before: &[Step], step: &Step) -> String {
    let place: Vec<Step> = thing.iter().chain(before).cloned().collect();
    let place = Written(&place);
    match (at, step) {
        (Value::Object(map), Step::Name(name) | Step::Key(name)) => {
            let near = near(name, map.keys().cloned());
            format!("{place} has no {name:?} in the state{near}")
        }
        (Value::Array(array), Step::Index(index)) => {
            format!("{place} is an array of length {} in the state, so there is none at [{index}]", array.len())
        }
        (Value::Object(_), Step::Index(index)) => format!("{place} is an object in the state and has no [{index}]"),
        (Value::Array(_), Step::Name(name) | Step::Key(name)) => {
            format!("{place} is an array in the state and has no {name:?}; give an index")
        }
        (_, Step::Name(name) | Step::Key(name)) => format!("{place} is no object in the state and has no {name:?}"),
        (_, Step::Index(index)) => format!("{place} is no array in the state and has no [{index}]"),
    }
}
