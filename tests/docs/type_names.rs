//! A reader who meets the name of a type knows which one is meant.

use crate::pages::{files, read};
use std::collections::BTreeMap;

/// The name that a line declares for others than its own file: of a struct, an enum, a trait or another name for a type.
fn declared(line: &str) -> Option<&str> {
    let rest =
        line.strip_prefix("pub ").or_else(|| line.strip_prefix("pub(")?.split_once(") ").map(|(_, rest)| rest))?;
    let (_, name) = rest.split_once(' ').filter(|(kind, _)| ["struct", "enum", "trait", "type"].contains(kind))?;
    name.split(|c: char| !c.is_alphanumeric()).next()
}

#[test]
fn no_two_public_types_of_the_crates_have_one_name() {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let is_source = |path: &String| path.starts_with("src/") || path.starts_with("crates/");
    for path in files(".rs").into_iter().filter(|path| is_source(path) && !path.contains("/tests/")) {
        for name in read(&path).lines().filter_map(declared) {
            named.entry(name.to_owned()).or_default().push(path.clone());
        }
    }
    assert!(named.len() > 100, "{} types", named.len());
    let wrong: Vec<_> = named.iter().filter(|(_, paths)| paths.len() > 1).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn declarations_are_known() {
    let lines = [
        ("pub struct Done {", Some("Done")),
        ("pub(in crate::flow) enum Read<'a> {", Some("Read")),
        ("pub type Result<T> = std::result::Result<T, Error>;", Some("Result")),
        ("struct Inner;", None),
        ("    pub name: String,", None),
        ("pub fn new() -> Self {", None),
    ];
    for (line, name) in lines {
        assert_eq!(declared(line), name, "{line}");
    }
}
