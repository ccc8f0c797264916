//! The desk is the function: the same files give the same documents, decisions and errors, byte by byte.

use crate::{
    case::{Case, Table},
    run::{Crema, Folder, root},
};
use crema_testing::World;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

/// So many cases are tried at each run, others each time; with `CREMA_ALL` all of them.
const DRAWN: usize = 300;

/// What a case of `tests/render/cases` has on disk, each in a folder of its own.
fn cases() -> BTreeMap<String, Vec<u8>> {
    let mut cases = vec![];
    let mut number = 0;
    let mut tables: Vec<_> =
        fs::read_dir(root().join("tests/render/cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    tables.sort();
    for path in tables.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let table: Table = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        for case in &table.cases {
            let (_, mut case) = Case::read(&table, case);
            number += 1;
            // A family belongs to one app.
            if let Some(family) = case.definition.as_mut().and_then(|document| document.get_mut("family"))
                && family.is_string()
            {
                *family = json!(format!("case-{number}"));
            }
            let mut files = BTreeMap::new();
            for (key, content) in case.files() {
                let content = match content {
                    Value::Null => vec![b' '; 6_000_000],
                    Value::String(text) => text.into_bytes(),
                    value => value.to_string().into_bytes(),
                };
                files.insert(format!("c{number}/{key}"), content);
            }
            cases.push(files);
        }
    }
    assert!(number > 900, "there are more cases than {number}");
    crema_testing::drawn(cases, DRAWN).into_iter().flatten().collect()
}

/// The files of a folder of the repository.
fn folder(path: &str) -> BTreeMap<String, Vec<u8>> {
    fn read(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let key = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                read(&path, &format!("{key}/"), files);
            } else {
                files.insert(key, fs::read(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    read(&root().join(path), "", &mut files);
    files
}

/// The same files in the bucket and in a directory, and the function deployed.
async fn both(files: &BTreeMap<String, Vec<u8>>) -> (Arc<World>, Folder) {
    let world = Arc::new(World::empty(&[]).await);
    let directory = Folder::new();
    for (key, content) in files {
        // What is no key of a file on this machine is none of a directory either.
        let path = directory.0.join(key);
        if fs::create_dir_all(path.parent().unwrap()).and_then(|()| fs::write(&path, content)).is_ok() {
            world.aws.put(key, content);
        }
    }
    world.deploy("crema-operator");
    (world, directory)
}

/// What is said of each app and variant: decision, what would be, error, reason and fingerprint.
type Outcomes = BTreeMap<(String, String), Value>;

const COMPARED: [&str; 5] = ["decision", "would", "error_type", "reason", "fingerprint"];

/// Of the function's log, which has those too that an invocation in error does not answer.
fn logged(world: &World) -> Outcomes {
    let records = world.function.records();
    let outcomes = records.iter().filter(|record| record["message"] == "outcome");
    let of = |record: &Value| {
        let key = (record["app"].as_str().unwrap().to_owned(), text(&record["variant"]));
        (key, COMPARED.iter().map(|name| record[*name].clone()).collect())
    };
    outcomes.map(of).collect()
}

fn planned(answer: &Value) -> Outcomes {
    let of = |outcome: &Value| {
        let variant: BTreeMap<String, String> = serde_json::from_value(outcome["variant"].clone()).unwrap();
        let variant = if variant.is_empty() { String::new() } else { format!("{variant:?}") };
        let member = |name: &&str| outcome[if *name == "error_type" { "errorType" } else { name }].clone();
        ((outcome["app"].as_str().unwrap().to_owned(), variant), COMPARED.iter().map(member).collect())
    };
    answer["outcomes"].as_array().unwrap().iter().map(of).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn assert_same(function: &Outcomes, desk: &Outcomes) {
    let differ: Vec<String> = function
        .keys()
        .chain(desk.keys())
        .filter(|key| function.get(*key) != desk.get(*key))
        .map(|key| format!("{key:?}\n  function {:?}\n  desk     {:?}", function.get(key), desk.get(key)))
        .collect();
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), function.len(), differ.join("\n"));
    assert!(!function.is_empty());
}

#[tokio::test]
async fn every_case_of_rendering_ends_at_a_desk_as_in_the_function() {
    let files = cases();
    let (world, directory) = both(&files).await;
    let _ = world.invoke(json!({"action": "plan"})).await;
    let function = logged(&world);
    let plan = Crema::of(&world).run(&["plan", directory.path(), "--stack", "crema", "--output", "json"]).await;
    assert_eq!(plan.code, 1, "{}", plan.err);
    assert_same(&function, &planned(&plan.json()));
    // Without AWS the same faults, but for what depends on a lookup.
    let uri = format!("s3://{}/{}", crema_testing::BUCKET, crema_testing::PREFIX);
    let check = Crema::alone()
        .run(&["check", directory.path(), "--config-uri", &uri, "--region", crema_testing::REGION, "--output", "json"])
        .await
        .json();
    let mut compared = 0;
    for app in check["apps"].as_array().unwrap().iter().filter(|app| app["result"] == "failed") {
        let variant: BTreeMap<String, String> = serde_json::from_value(app["variant"].clone()).unwrap();
        let variant = if variant.is_empty() { String::new() } else { format!("{variant:?}") };
        let said = &function[&(text(&app["app"]), variant)];
        assert_eq!((&said[2], &said[3]), (&app["errorType"], &app["reason"]), "{app:#}");
        compared += 1;
    }
    assert!(compared > 60, "only {compared} faults were compared");
    crema_testing::tried(function.len() + compared, "outcomes of one folder in the function and at a desk");
}

#[tokio::test]
async fn what_is_rendered_is_what_the_function_registers() {
    for path in ["examples", "tests/fixtures/team"] {
        let (world, directory) = both(&folder(path)).await;
        for repository in ["batch", "shop", "reports", "reports-agent", "shop-migrate"] {
            world.aws.push_image(repository, "release", "v1");
        }
        let answer = world.sweep().await.unwrap();
        assert_eq!(answer["counts"].as_object().unwrap().keys().collect::<Vec<_>>(), ["registered"], "{answer:#}");
        let arguments = ["render", directory.path(), "--pin", "--stack", "crema"];
        let rendered = Crema::of(&world).run(&arguments).await;
        assert_eq!((rendered.code, rendered.err.as_str()), (0, ""), "{path}");
        let documents = match rendered.json() {
            Value::Array(documents) => documents,
            document => vec![document],
        };
        let mut registered: Vec<Value> =
            world.aws.calls_of("RegisterTaskDefinition").into_iter().map(|call| without_own_tags(call.input)).collect();
        registered.sort_by_key(|document| document["family"].to_string());
        let mut documents = documents;
        documents.sort_by_key(|document| document["family"].to_string());
        assert_eq!(serde_json::to_string(&registered).unwrap(), serde_json::to_string(&documents).unwrap());
        // And so nothing is left to be done.
        let plan = Crema::of(&world).run(&["plan", directory.path(), "--stack", "crema", "--exit-code"]).await;
        assert_eq!(plan.code, 0, "{plan:?}");
    }
}

/// What was registered, as the files say it.
fn without_own_tags(mut body: Value) -> Value {
    let tags = body["tags"].as_array_mut().unwrap();
    tags.retain(|tag| !tag["key"].as_str().unwrap().starts_with("crema:"));
    if tags.is_empty() {
        body.as_object_mut().unwrap().remove("tags");
    }
    body
}
