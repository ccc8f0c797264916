//! What is pure, in this process: rendering, the fingerprint, the check against the API's shape.

use crate::table::{Times, head, row};
use crema::{config::apps::UnknownKeys, definition::Definition};
use crema_render::{
    child::app,
    session::{
        protocol::{ChildAnswer, RenderAsk, Surroundings},
        {FileSet, Held},
    },
};
use serde_json::Value;
use std::{hint::black_box, path::Path, sync::Arc, time::Instant};

const TIMES: usize = 300;

pub fn measure() {
    head("Pure parts (milliseconds)", &["what", "time"]);
    let files = Arc::new(files());
    let render = || app::render(&files, ask());
    let ChildAnswer::Rendered { document, .. } = render() else { panic!("the fixture does not render") };
    time("render `team/batch` (Jsonnet, two libraries, template)", || drop(black_box(render())));
    let definition = |document: Value| Definition::new(document, UnknownKeys::Error, "x").unwrap().0;
    time("shape check of it", || drop(black_box(definition(document.clone()))));
    let small = definition(document.clone());
    time("fingerprint of it", || drop(black_box(small.fingerprint())));
    time("rules of it", || drop(black_box(small.findings("x", &[]))));
    let large = large(&document);
    time("shape check of one of 60 KB", || drop(black_box(definition(large.clone()))));
    let large = definition(large.clone());
    time("rules of one of 60 KB", || drop(black_box(large.findings("x", &[]))));
    time("fingerprint of one of 60 KB", || drop(black_box(large.fingerprint())));
}

fn time(what: &str, mut each: impl FnMut()) {
    let mut times = Times::default();
    for n in 0..TIMES {
        let begun = Instant::now();
        each();
        if n >= TIMES / 10 {
            times.add(begun.elapsed());
        }
        crema_collect();
    }
    row(&[what, &format!("{:.3}", times.median())]);
}

/// As the child does after each evaluation.
fn crema_collect() {
    jrsonnet_gcmodule::collect_thread_cycles();
}

fn files() -> FileSet {
    let team = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/team");
    let keys = ["batch/ecspresso.yml", "batch/ecs-task-def.jsonnet", "lib/task.libsonnet", "lib/environment.libsonnet"];
    keys.map(|key| (key.to_owned(), Held::Loaded(std::fs::read(team.join(key)).unwrap().into()))).into()
}

fn ask() -> RenderAsk {
    let ext_str = [("type".to_owned(), "batch".to_owned())].into();
    RenderAsk {
        own_file: None,
        config: "batch/ecspresso.yml".into(),
        surroundings: Surroundings { ext_str, ..Surroundings::default() },
        envfiles: vec![],
        values: vec![],
        placeholder: "no real value".into(),
    }
}

/// The same with a thousand variables.
fn large(document: &Value) -> Value {
    let variable = |n: usize| serde_json::json!({"name": format!("VARIABLE_{n:04}"), "value": "x".repeat(24)});
    let mut large = document.clone();
    large["containerDefinitions"][0]["environment"] = (0..900).map(variable).collect();
    large
}
