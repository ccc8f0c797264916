//! Every program of `tests/jsonnet/` gives what go-jsonnet gives, but for those that `differences.json` lists.
//!
//! `tests/jsonnet/go.py` writes `expected.json`, and checks that it is still so.

use crema_render::{
    child::app,
    session::protocol::{ChildAnswer, Surroundings},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What a program gives: `{"ok": value}` or `{"error": true}`.
type Outcome = Value;

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Difference {
    /// For the reader.
    #[allow(dead_code)]
    reason: String,
    ours: Outcome,
    go: Outcome,
}

struct Program {
    name: String,
    files: BTreeMap<String, Value>,
    surroundings: Surroundings,
    expected: Outcome,
    difference: Option<Difference>,
}

impl Program {
    fn outcome(&self) -> Outcome {
        let files = crema_testing::rendering::file_set(&self.files);
        match app::evaluate(&files, &format!("{}.jsonnet", self.name), &self.surroundings) {
            ChildAnswer::Evaluated { value, .. } => json!({"ok": value}),
            ChildAnswer::Failed { message, .. } => json!({"error": message}),
            _ => json!("an answer to another question"),
        }
    }

    fn check(&self) -> Result<(), String> {
        let ours = self.outcome();
        let agrees = same(&self.expected, &ours);
        match &self.difference {
            None if agrees => Ok(()),
            None => Err(format!("go-jsonnet gives {}, we give {ours}", self.expected)),
            Some(_) if agrees => Err("it no longer differs; take it off differences.json".to_owned()),
            Some(listed) if !same(&listed.go, &self.expected) => Err(format!("go-jsonnet gives {}", self.expected)),
            Some(listed) if !same(&listed.ours, &ours) => Err(format!("we give {ours}, not {}", listed.ours)),
            Some(_) => Ok(()),
        }
    }
}

/// Equal as JSON, numbers as numbers; errors are equal whatever they say.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(k, v)| k == "error" || b.get(k).is_some_and(|w| same(v, w)))
                && a.contains_key("error") == b.contains_key("error")
        }
        (a, b) => a == b,
    }
}

fn read(folder: &Path) -> BTreeMap<String, Value> {
    let mut files = BTreeMap::new();
    for (prefix, folder) in
        [("", folder.to_owned()), ("lib/", folder.join("lib")), ("lib/nested/", folder.join("lib/nested"))]
    {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|e| e.path().is_file()) {
            let name = entry.file_name().into_string().unwrap();
            files.insert(format!("{prefix}{name}"), json!(fs::read_to_string(entry.path()).unwrap()));
        }
    }
    files
}

fn programs() -> Vec<Program> {
    let files = read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/jsonnet")));
    let expected: BTreeMap<String, Outcome> = serde_json::from_str(include_str!("jsonnet/expected.json")).unwrap();
    let surroundings: Surroundings = serde_json::from_str(include_str!("jsonnet/surroundings.json")).unwrap();
    let mut differences: BTreeMap<String, Difference> =
        serde_json::from_str(include_str!("jsonnet/differences.json")).unwrap();
    let names: BTreeSet<&str> =
        files.keys().filter_map(|key| key.strip_suffix(".jsonnet")).filter(|name| !name.contains('/')).collect();
    let known: BTreeSet<&str> = expected.keys().map(String::as_str).collect();
    assert_eq!(names, known, "programs and expected.json; `go.py --write` renews it");
    let program = |name: &str| Program {
        name: name.to_owned(),
        files: files.clone(),
        surroundings: surroundings.clone(),
        expected: expected[name].clone(),
        difference: differences.remove(name),
    };
    let programs = names.into_iter().map(program).collect();
    assert!(differences.is_empty(), "differences.json names no program: {:?}", differences.keys());
    programs
}

#[test]
fn every_program_gives_what_go_jsonnet_gives_or_is_listed_as_different() {
    crema_testing::all(programs().into_iter().map(|program| (program.name.clone(), program)).collect(), Program::check);
}
