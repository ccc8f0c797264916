//! Definitions that `scripts/cfn_lint_rules.py` compares with cfn-lint: those of the cases, drawn pairs of them, and what
//! the folders of `examples/` and the fixture render. With `CREMA_WRITE_DEFINITIONS` they are written there, a line each,
//! with what the rules say; `CREMA_DRAWS` is how many pairs there are.

use super::*;
use crema_render::{
    child::app,
    session::{
        FileSet, Held,
        protocol::{ChildAnswer, RenderAsk, Surroundings},
    },
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What says no more than that the definition is the folder's.
const FOLDERS: [(&str, &str, &[&str]); 3] = [
    ("examples", "shop/ecspresso.yml", &["type=web", "type=batch"]),
    ("examples", "reports/ecspresso.json", &["launch_type=EC2", "launch_type=FARGATE"]),
    ("tests/fixtures/team", "batch/ecspresso.yml", &["type=web", "type=batch"]),
];

fn files(root: &Path, folder: &Path, into: &mut FileSet) {
    for entry in fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, into);
        } else {
            let key = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            into.insert(key, Held::Loaded(fs::read(&path).unwrap().into()));
        }
    }
}

/// What the folders render, one for each variant.
fn of_folders() -> Vec<Value> {
    let mut documents = vec![];
    for (folder, config, variants) in FOLDERS {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut found = FileSet::default();
        files(&root, &root, &mut found);
        let found = Arc::new(found);
        for variant in variants {
            let (name, value) = variant.split_once('=').unwrap();
            let surroundings = Surroundings {
                ext_str: [(name.to_owned(), value.to_owned())].into(),
                env: [("AWS_REGION".to_owned(), "ap-northeast-1".to_owned())].into(),
                ..Surroundings::default()
            };
            let ask = RenderAsk {
                own_file: None,
                config: config.to_owned(),
                surroundings,
                envfiles: vec![],
                values: vec![],
                placeholder: "no real value".into(),
            };
            match app::render(&found, ask) {
                ChildAnswer::Rendered { document, .. } => documents.push(document),
                other => panic!("{config} with {variant}: {other:?}"),
            }
        }
    }
    documents
}

/// The cases' definitions, broken and passing, and drawn pairs of the changes that two cases make of one base.
fn of_cases(draws: usize) -> Vec<Value> {
    let file: Value = serde_json::from_str(CASES).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let base = |case: &Value| file["bases"][case["base"].as_str().unwrap()].clone();
    let mut documents = vec![];
    for case in cases {
        let broken = with(&base(case), &case["broken"]);
        documents.push(with(&broken, &case["fixed"]));
        documents.push(broken);
    }
    let mut random = fastrand::Rng::with_seed(15);
    // What changes the list of containers or volumes as a whole fits to no other.
    let is_small = |case: &&Value| {
        let changes = case["broken"].as_object().unwrap();
        !changes
            .keys()
            .any(|pointer| matches!(pointer.as_str(), "/containerDefinitions" | "/containerDefinitions/1" | "/volumes"))
    };
    let small: Vec<&Value> = cases.iter().filter(is_small).collect();
    for _ in 0..draws {
        let (one, other) = (small[random.usize(..small.len())], small[random.usize(..small.len())]);
        let document = with(&base(one), &one["broken"]);
        documents.push(with(&document, &other["broken"]));
    }
    documents
}

#[test]
fn definitions_are_drawn_that_have_the_shape_of_the_api() {
    let draws = std::env::var("CREMA_DRAWS").ok().and_then(|draws| draws.parse().ok()).unwrap_or(150);
    let folders = of_folders();
    for document in &folders {
        assert_eq!(sentences(document), (vec![], vec![]), "{document:#}");
    }
    let mut lines = String::new();
    for document in folders.into_iter().chain(of_cases(draws)) {
        let (refused, told) = sentences(&document);
        let names = |said: Vec<String>| -> Vec<String> {
            let name = |line: &String| line.rsplit_once("(rule ").unwrap().1.trim_end_matches(')').to_owned();
            said.iter().map(name).collect()
        };
        let line = json!({"definition": document, "refused": names(refused), "told": names(told)});
        lines.push_str(&format!("{line}\n"));
    }
    if let Some(path) = std::env::var_os("CREMA_WRITE_DEFINITIONS") {
        fs::write(path, lines).unwrap();
    }
}
