//! Imports run one way: rooms in the order that each crate's `lib.rs` says, and no circle between files.

mod paths;

use crate::pages::{files, read};
use paths::{Path, imports};
use std::collections::{BTreeMap, BTreeSet};

/// The folders of the crates' sources.
const CRATES: [&str; 4] = ["crates/base/src", "crates/render/src", "src", "cli/src"];
/// What stands before the list of rooms in a `lib.rs`, or the `main.rs` of what is no library.
const ORDER: &str = "Imports run one way, each module's from those before it:";

/// The files of a crate by the modules that they are, and what each imports of the others. Tests are left out.
struct Crate {
    imports: BTreeMap<Path, BTreeSet<Path>>,
}

fn is_test(module: &[String]) -> bool {
    module.iter().any(|name| name == "tests")
}

fn module(path: &str) -> Path {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').filter(|name| *name != "lib").map(str::to_owned).collect()
}

impl Crate {
    fn read(folder: &str) -> Crate {
        let of_folder = |path: &String| path.strip_prefix(&format!("{folder}/")).map(module);
        let sources: BTreeMap<Path, String> =
            files(".rs").iter().filter_map(|path| Some((of_folder(path)?, read(path)))).collect();
        let modules: BTreeSet<Path> = sources.keys().filter(|module| !is_test(module)).cloned().collect();
        let found: BTreeMap<&Path, _> =
            modules.iter().map(|module| (module, imports(module, &sources[module], &modules))).collect();
        let named = found.iter().flat_map(|(module, found)| {
            let name = |as_name: &String| module.iter().chain([as_name]).cloned().collect::<Path>();
            found.iter().filter_map(move |import| Some((name(import.exported_as.as_ref()?), import.path.clone())))
        });
        let exported: BTreeMap<Path, Path> = named.collect();
        let edges = found.iter().map(|(module, found)| {
            let files = found.iter().filter_map(|import| file_of(&import.path, &exported, &modules));
            ((*module).clone(), files.filter(|file| file != *module).collect())
        });
        Crate { imports: edges.collect() }
    }

    /// All that a file imports, and what that imports.
    fn reached<'a>(&'a self, from: &'a Path) -> BTreeSet<&'a Path> {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(module) = next.pop() {
            next.extend(self.imports[module].iter().filter(|module| reached.insert(*module)));
        }
        reached
    }
}

/// The file that an item stands in: where it is exported under another name, the one that has it.
fn file_of(path: &[String], exported: &BTreeMap<Path, Path>, modules: &BTreeSet<Path>) -> Option<Path> {
    let mut parts = (0..=path.len()).rev().map(|length| path.split_at(length));
    parts.find_map(|(name, rest)| match exported.get(name) {
        _ if modules.contains(name) => Some(name.to_vec()),
        Some(item) => file_of(&[item, rest].concat(), exported, modules),
        None => None,
    })
}

fn told(module: &[String]) -> String {
    if module.is_empty() { "lib".to_owned() } else { module.join("::") }
}

/// The rooms that the crate's root lists, in their order.
fn order(folder: &str) -> Vec<String> {
    let root = if folder == "cli/src" { "main.rs" } else { "lib.rs" };
    let page = read(&format!("{folder}/{root}"));
    let comment: String = page.lines().filter_map(|line| line.strip_prefix("//!")).collect();
    let (_, list) = comment.split_once(ORDER).unwrap_or_else(|| panic!("{folder}/{root} does not say: {ORDER}"));
    let list = list.split_once('.').map_or(list, |(list, _)| list);
    list.split("[`").skip(1).filter_map(|rest| rest.split_once("`]")).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn rooms_import_only_from_those_before_them() {
    let mut wrong = vec![];
    for folder in CRATES {
        let (order, imports) = (order(folder), Crate::read(folder).imports);
        let rooms: BTreeSet<&String> = imports.keys().filter_map(|module| module.first()).collect();
        let rooms: BTreeSet<&String> = rooms.into_iter().filter(|room| *room != "main").collect();
        assert_eq!(
            order.iter().collect::<BTreeSet<_>>(),
            rooms,
            "the rooms of {folder}/lib.rs, and those that there are"
        );
        let place = |module: &Path| order.iter().position(|room| Some(room) == module.first());
        for (module, imported) in &imports {
            let Some(own) = place(module) else { continue };
            let later = imported.iter().filter(|other| place(other).is_none_or(|place| place > own));
            wrong.extend(later.map(|other| format!("{folder}: {} imports {}", told(module), told(other))));
        }
    }
    assert!(wrong.is_empty(), "against the order that lib.rs says:\n{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut wrong = vec![];
    for folder in CRATES {
        let sources = Crate::read(folder);
        for (module, imported) in &sources.imports {
            let back = imported.iter().filter(|other| sources.reached(other).contains(module));
            wrong.extend(back.map(|other| format!("{folder}: {} imports {}", told(module), told(other))));
        }
    }
    assert!(wrong.is_empty(), "each of these comes back to itself:\n{}", wrong.join("\n"));
}
