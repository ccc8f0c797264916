//! What the page for users of ecspresso shows is so: `file=` blocks are a bucket, `values` what lookups find in it, and
//! each `renders=` block is what the app (and variant) of that name renders to.

use crate::pages::{Block, blocks, read};
use crema::{
    config::apps::{self, App, Variant},
    definition::Definition,
};
use crema_base::files::{File, Files};
use crema_render::session::protocol::{ChildAnswer, Surroundings};
use crema_testing::{rendering, rounds};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn apps_of(contents: &BTreeMap<String, Value>) -> Vec<App> {
    let file = |text: &Value| {
        let bytes = rendering::text(text).into_bytes();
        File { etag: "e".to_owned(), bytes: bytes.len() as u64, content: Some(bytes.into()) }
    };
    let files: Files = contents.iter().map(|(key, text)| (key.clone(), file(text))).collect();
    let of = |folder: apps::Folder| {
        let own = folder.json(&files).unwrap();
        folder.apps(own, &files).unwrap_or_else(|e| panic!("{e}"))
    };
    apps::folders(&files).into_iter().flat_map(of).collect()
}

/// One block of `renders=`, with the bucket that it lies in.
struct Shown {
    files: BTreeMap<String, Value>,
    values: BTreeMap<String, Value>,
    app: App,
    variant: Variant,
    expected: Value,
}

impl Shown {
    fn check(&self) -> Result<(), String> {
        let env = [("AWS_REGION".to_owned(), "ap-northeast-1".to_owned())].into();
        let Variant { ext_str, ext_code } = self.variant.clone();
        let around = Surroundings { ext_str, ext_code, env };
        let files = rendering::file_set(&self.files);
        let rounds::Rendering { answer, rounds, asked } =
            rounds::render(&files, &self.app.config, &self.app.envfiles, &around, &self.values)?;
        match answer {
            ChildAnswer::Rendered { document, warnings, .. } if document == self.expected && warnings.is_empty() => {
                let checked = Definition::new(document, self.app.unknown_keys, &self.app.name);
                checked.map(|_| ()).map_err(|e| e.to_string())
            }
            ChildAnswer::Rendered { document, warnings, .. } => Err(format!("it renders to {document:#} {warnings:?}")),
            ChildAnswer::Failed { kind, message, .. } => {
                Err(format!("{} in round {rounds}, asked for {asked:?}: {message}", rounds::kind_of(kind)))
            }
            _ => Err("neither rendered nor failed".to_owned()),
        }
    }
}

#[test]
fn examples_of_the_page_for_users_of_ecspresso_render_to_what_it_shows() {
    let page = read("docs/FROM_ECSPRESSO.md");
    let (mut files, mut values) = (BTreeMap::new(), BTreeMap::new());
    for Block { words, text, .. } in blocks(&page) {
        match words.first().map(|word| word.split_once('=').unwrap_or((word, ""))) {
            Some(("file", key)) => assert!(files.insert(key.to_owned(), json!(text)).is_none(), "{key} twice"),
            Some(("values", _)) => values = serde_json::from_str(&text).unwrap(),
            _ => {}
        }
    }
    let apps = apps_of(&files);
    let mut shown = vec![];
    for Block { words, text, .. } in blocks(&page) {
        let Some(name) = words.first().and_then(|word| word.strip_prefix("renders=")) else { continue };
        let app = apps.iter().find(|app| app.name == name).unwrap_or_else(|| panic!("there is no app {name}"));
        let wanted: BTreeMap<String, String> =
            words[1..].iter().filter_map(|pair| pair.split_once('=')).map(|(n, v)| (n.into(), v.into())).collect();
        let variant = app.variants.iter().find(|variant| variant.ext_str == wanted);
        let variant = variant.unwrap_or_else(|| panic!("{name} has no variant {wanted:?}")).clone();
        let expected = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (files, values, app) = (files.clone(), values.clone(), app.clone());
        shown.push((words.join(" "), Shown { files, values, app, variant, expected }));
    }
    let missing: Vec<&App> = apps.iter().filter(|app| !page.contains(&format!("renders={}", app.name))).collect();
    let missing: Vec<&str> =
        missing.into_iter().map(|app| app.name.as_str()).filter(|n| *n != "nightly/dev.yml").collect();
    assert!(missing.is_empty(), "not shown: {missing:?}");
    assert!(shown.len() >= 6);
    crema_testing::all(shown, Shown::check);
}

#[test]
fn the_page_lists_exactly_the_known_differences_from_go_jsonnet() {
    let page = read("docs/FROM_ECSPRESSO.md");
    let known: BTreeMap<String, Value> =
        serde_json::from_str(&read("crates/render/tests/jsonnet/differences.json")).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = |cell: &str| cell.trim().trim_matches('`').replace("\\|", "|");
    let outcome = |cell: &str| match cell {
        "an error" => json!({"error": true}),
        cell => json!({"ok": serde_json::from_str::<Value>(&code(cell)).unwrap_or_else(|e| panic!("{cell}: {e}"))}),
    };
    let table = page.split("### Jsonnet\n").nth(1).unwrap();
    let row = |line: &str| {
        let line = line.trim_start_matches("| ").trim_end_matches(" |");
        let [program, go, ours, reason] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        (code(program), json!({"go": outcome(go), "ours": outcome(ours), "reason": reason}))
    };
    let told: BTreeMap<String, Value> = table.lines().filter(|line| line.starts_with("| `")).map(row).collect();
    let program = |name: &String| words(&read(&format!("crates/render/tests/jsonnet/{name}.jsonnet")));
    let known: BTreeMap<String, Value> = known.iter().map(|(name, known)| (program(name), known.clone())).collect();
    assert_eq!(told, known);
}

/// The limits that the page tells of templates are those that stand beside the code.
#[test]
fn the_page_tells_every_limit_of_templates() {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = squeezed(&read("docs/FROM_ECSPRESSO.md"));
    let code = read("crates/render/src/template/mod.rs");
    let doc: Vec<&str> = code.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let limits = squeezed(&doc.join(" "));
    let limits = limits.split("What remains different from Go: - ").nth(1).unwrap();
    for limit in limits.split(" - ") {
        assert!(page.contains(limit.trim_end_matches(['.', ';'])), "the page lacks: {limit}");
    }
}
