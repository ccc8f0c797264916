//! One case of a table, and the files that its short fields stand for.

use crema::config::apps::UnknownKeys;
use crema_render::session::protocol::Surroundings;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub const CONFIG: &str = "app/ecspresso.yml";
const DEFAULT_CONFIG: &str = "task_definition: ecs-task-def.json\n";
pub const DEFINITION: &str = "app/ecs-task-def.json";

/// A table's `defaults` lie under each of its cases; objects are joined.
#[derive(Deserialize)]
pub struct Table {
    #[serde(default)]
    pub defaults: Map<String, Value>,
    pub cases: Vec<Map<String, Value>>,
}

/// README.md beside the tables says what each field means.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Case {
    pub name: String,
    pub files: BTreeMap<String, Value>,
    pub folder: BTreeMap<String, Value>,
    pub config: Option<String>,
    pub config_add: String,
    pub entry: Option<String>,
    pub template: Option<String>,
    pub json_template: Option<String>,
    pub jsonnet: Option<String>,
    pub definition: Option<Value>,
    pub definition_text: Option<String>,
    pub env: BTreeMap<String, String>,
    pub ext_str: BTreeMap<String, String>,
    pub ext_code: BTreeMap<String, String>,
    pub values: BTreeMap<String, Value>,
    pub envfiles: Vec<String>,
    pub env_text: Option<String>,
    pub own: Option<Value>,
    pub jsonnet_own: Option<String>,
    pub unknown_keys: UnknownKeys,
    pub gives: Option<Value>,
    pub document: Option<Value>,
    pub normal: Option<Value>,
    pub sees: Option<BTreeMap<String, String>>,
    pub differs: Option<String>,
    pub error: Option<Expected>,
    pub warnings: Option<Vec<String>>,
    pub app_config: Option<Value>,
    pub not_an_app: bool,
    pub reads: Option<BTreeSet<String>>,
    pub asked: Option<BTreeSet<String>>,
    pub rounds: Option<usize>,
    pub apps: Option<Value>,
    pub renders: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    #[serde(rename = "type")]
    pub kind: Value,
    pub contains: Vec<String>,
    #[serde(default)]
    pub lacks: Vec<String>,
}

impl Expected {
    pub fn check(&self, kind: &str, message: &str) -> Result<(), String> {
        let fits = match &self.kind {
            Value::Array(kinds) => kinds.iter().any(|one| one == kind),
            one => one == kind,
        };
        let missing: Vec<&String> = self.contains.iter().filter(|part| !message.contains(*part)).collect();
        let shown: Vec<&String> = self.lacks.iter().filter(|part| message.contains(*part)).collect();
        if fits && missing.is_empty() && shown.is_empty() {
            return Ok(());
        }
        Err(format!("expected {} with {missing:?} and without {shown:?}, got {kind}: {message}", self.kind))
    }
}

impl Case {
    pub fn read(table: &Table, case: &Map<String, Value>) -> (String, Case) {
        let mut whole = table.defaults.clone();
        for (field, value) in case {
            match (whole.get_mut(field), value) {
                (Some(Value::Object(under)), Value::Object(over)) => under.extend(over.clone()),
                _ => drop(whole.insert(field.clone(), value.clone())),
            }
        }
        let case: Case = serde_json::from_value(Value::Object(whole)).unwrap_or_else(|e| panic!("{case:?}: {e}"));
        (case.name.clone(), case)
    }

    /// The files of the case, with those that its short fields stand for.
    pub fn files(&self) -> BTreeMap<String, Value> {
        let mut files = self.files.clone();
        let mut add = |key: &str, content: Option<Value>| content.map(|content| files.insert(key.to_owned(), content));
        add(DEFINITION, self.template.as_ref().map(|t| json!(format!("{{\"text\": \"{t}\"}}"))));
        add(DEFINITION, self.json_template.as_ref().map(|t| json!(format!("{{\"value\": {t}}}"))));
        add(DEFINITION, self.definition.as_ref().map(|document| json!(document.to_string())));
        add(DEFINITION, self.definition_text.as_ref().map(|text| json!(text)));
        let shows = |names: &BTreeMap<String, String>| {
            let fields: String = names.keys().map(|n| format!("'{n}': std.native('must_env')('{n}'), ")).collect();
            format!("{{ {fields} }}")
        };
        let program = self.jsonnet.as_ref().map(|expression| format!("{{ value: {expression} }}"));
        let jsonnet = program.or_else(|| self.sees.as_ref().map(shows));
        let default = if jsonnet.is_some() { "task_definition: ecs-task-def.jsonnet\n" } else { DEFAULT_CONFIG };
        add("app/ecs-task-def.jsonnet", jsonnet.map(|program| json!(program)));
        add("app/.env", self.env_text.as_ref().map(|text| json!(text)));
        if self.entry.is_none() {
            let config = self.config.as_deref().unwrap_or(default);
            add(CONFIG, Some(json!(format!("{config}{}", self.config_add))));
        }
        add("app/crema.json", self.own.clone());
        add("app/crema.jsonnet", self.jsonnet_own.as_ref().map(|program| json!(program)));
        files
    }

    pub fn surroundings(&self) -> Surroundings {
        Surroundings { ext_str: self.ext_str.clone(), ext_code: self.ext_code.clone(), env: self.env.clone() }
    }
}
