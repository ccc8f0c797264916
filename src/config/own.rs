//! crema's own file: `crema.json` or `crema.jsonnet`.

use crema_base::{kind_of, nearest::nearest};
use crema_render::child::bounds::{MAX_VARIANTS, too_many};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The contents of the file. A field that is null counts as missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnFile {
    pub variants: Option<Vec<Variant>>,
    pub config: Option<OneOrMany>,
    pub envfile: Option<OneOrMany>,
    pub pin_images: Option<bool>,
    pub unknown_keys: UnknownKeys,
    /// Names of rules that are not looked at.
    pub skip_rules: Option<Vec<String>>,
    pub circuit_breaker: Option<OwnBreaker>,
}

/// What the circuit breaker is to do about an app, where that is another thing than for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnBreaker {
    /// The app is taken out.
    Off,
    /// The container that does the work.
    Container(String),
}

/// What to do about unknown keys in a task definition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownKeys {
    #[default]
    Error,
    Drop,
}

/// External variables of Jsonnet, added to those of the function's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variant {
    pub ext_str: BTreeMap<String, String>,
    pub ext_code: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

type Result<T> = std::result::Result<T, String>;

impl OwnFile {
    /// Reads the file from its JSON value.
    ///
    /// # Errors
    /// The path of the field, what was expected and what was found. Values are not quoted, except that of `unknown_keys`.
    pub fn read(value: Value) -> Result<OwnFile> {
        let mut fields = Fields::of(value, String::new())?;
        let own = OwnFile {
            variants: fields.take("variants", variants)?,
            config: fields.take("config", one_or_many)?,
            envfile: fields.take("envfile", one_or_many)?,
            pin_images: fields.take("pin_images", |value, path| {
                value.as_bool().ok_or_else(|| wrong(path, "true or false", &value))
            })?,
            unknown_keys: fields.take("unknown_keys", unknown_keys)?.unwrap_or_default(),
            skip_rules: fields.take("skip_rules", names)?,
            circuit_breaker: fields.take("circuit_breaker", circuit_breaker)?,
        };
        let known = ["variants", "config", "envfile", "pin_images", "unknown_keys", "skip_rules", "circuit_breaker"];
        fields.end(&known)?;
        Ok(own)
    }
}

impl Variant {
    /// Total bytes of all names and values.
    pub fn bytes(&self) -> usize {
        self.ext_str.iter().chain(&self.ext_code).map(|(name, value)| name.len() + value.len()).sum()
    }

    /// The function's variables, overridden by those of this variant. A name that the variant declares as code is no longer a
    /// text, and the other way round.
    #[must_use]
    pub fn over(&self, ext_str: &BTreeMap<String, String>, ext_code: &BTreeMap<String, String>) -> Variant {
        let join =
            |base: &BTreeMap<String, String>, own: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
                let base = base.iter().filter(|(name, _)| !other.contains_key(*name));
                base.chain(own).map(|(name, value)| (name.clone(), value.clone())).collect()
            };
        Variant {
            ext_str: join(ext_str, &self.ext_str, &self.ext_code),
            ext_code: join(ext_code, &self.ext_code, &self.ext_str),
        }
    }
}

/// The fields of an object that have not been read yet.
///
/// Written by hand: ARCHITECTURE.md says what derived readers lack.
struct Fields {
    left: Map<String, Value>,
    path: String,
}

impl Fields {
    fn of(value: Value, path: String) -> Result<Fields> {
        match value {
            Value::Object(left) => Ok(Fields { left, path }),
            other => Err(wrong(&path, "an object", &other)),
        }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn take<T>(&mut self, name: &str, read: impl FnOnce(Value, &str) -> Result<T>) -> Result<Option<T>> {
        let path = self.path_of(name);
        self.left.remove(name).filter(|value| !value.is_null()).map(|value| read(value, &path)).transpose()
    }

    fn end(&self, known: &[&str]) -> Result<()> {
        let Some(name) = self.left.keys().next() else { return Ok(()) };
        let meant = nearest(name, known.iter().copied()).map(|meant| format!(" (did you mean {meant}?)"));
        let (path, meant) = (self.path_of(name), meant.unwrap_or_default());
        Err(format!("unknown field `{path}`{meant}; expected one of {}", known.join(", ")))
    }
}

fn wrong(path: &str, expected: &str, found: &Value) -> String {
    let field = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
    format!("{field}expected {expected}, found {}", kind_of(found))
}

fn variants(value: Value, path: &str) -> Result<Vec<Variant>> {
    let Value::Array(elements) = value else { return Err(wrong(path, "an array", &value)) };
    if elements.len() > MAX_VARIANTS {
        return Err(too_many(elements.len()));
    }
    let variant = |(i, element)| {
        let mut fields = Fields::of(element, format!("{path}[{i}]"))?;
        let variant = Variant {
            ext_str: fields.take("ext_str", texts)?.unwrap_or_default(),
            ext_code: fields.take("ext_code", texts)?.unwrap_or_default(),
        };
        fields.end(&["ext_str", "ext_code"]).map(|()| variant)
    };
    elements.into_iter().enumerate().map(variant).collect()
}

fn texts(value: Value, path: &str) -> Result<BTreeMap<String, String>> {
    let fields = Fields::of(value, path.to_owned())?;
    let text = |(name, value): (&String, &Value)| match value {
        Value::String(text) => Ok((name.clone(), text.clone())),
        other => Err(wrong(&fields.path_of(name), "a string", other)),
    };
    fields.left.iter().map(text).collect()
}

fn one_or_many(value: Value, path: &str) -> Result<OneOrMany> {
    OneOrMany::deserialize(&value).map_err(|_| wrong(path, "the name of a file or an array of names", &value))
}

fn names(value: Value, path: &str) -> Result<Vec<String>> {
    let Value::Array(elements) = value else { return Err(wrong(path, "an array of names", &value)) };
    let name = |(i, element): (usize, Value)| match element {
        Value::String(name) => Ok(name),
        other => Err(wrong(&format!("{path}[{i}]"), "the name of a rule", &other)),
    };
    elements.into_iter().enumerate().map(name).collect()
}

fn unknown_keys(value: Value, path: &str) -> Result<UnknownKeys> {
    match value.as_str() {
        Some(word) => UnknownKeys::deserialize(&value)
            .map_err(|_| format!("`{path}`: expected \"error\" or \"drop\", found {word:?}")),
        None => Err(wrong(path, "\"error\" or \"drop\"", &value)),
    }
}

/// `false`, or `{"container": "app"}`.
fn circuit_breaker(value: Value, path: &str) -> Result<OwnBreaker> {
    match value {
        Value::Bool(false) => Ok(OwnBreaker::Off),
        Value::Object(_) => {
            let mut fields = Fields::of(value, path.to_owned())?;
            let name = fields.take("container", |value, path| match value {
                // The tag of an app that is taken out says so.
                Value::String(name) if name == "off" => Err(format!(
                    "`{path}`: a container that is called `off` cannot be told from an app that is taken out; give it another name"
                )),
                Value::String(name) if !name.is_empty() => Ok(name),
                other => Err(wrong(path, "the name of a container", &other)),
            })?;
            fields.end(&["container"])?;
            name.map(OwnBreaker::Container)
                .ok_or_else(|| format!("`{path}.container` is missing: the name of a container"))
        }
        Value::Bool(true) => Err(format!(
            "`{path}`: true is what the function's CIRCUIT_BREAKER says for all apps; expected false or {{\"container\": name}}"
        )),
        other => Err(wrong(path, "false or {\"container\": name}", &other)),
    }
}
