//! Every link of a page leads to a file that there is, and to a heading in it.

use crate::pages::{blocks, files, prose, read, root};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// The targets of the links and pictures of a page, as they are written.
fn targets(page: &str) -> Vec<String> {
    let text = prose(page);
    let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let pictures = text.split("src=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    links.chain(pictures).map(|(target, _)| target.to_owned()).collect()
}

/// The anchors that GitHub gives the headings of a page.
fn anchors(page: &str) -> Vec<String> {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    let text = prose(page);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = times.entry(name.clone()).or_default();
        *before += 1;
        if *before == 1 { name } else { format!("{name}-{}", *before - 1) }
    };
    headings.map(anchor).collect()
}

/// What is wrong with a link of the page of this path.
fn wrong(path: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let folder = Path::new(path).parent().unwrap();
    let file = if file.is_empty() { Path::new(path).to_path_buf() } else { folder.join(file) };
    if !root().join(&file).exists() {
        return Some(format!("{path}: there is no {target}"));
    }
    let anchor = anchor?;
    let known = anchors(&read(file.to_str().unwrap()));
    (!known.iter().any(|known| known == anchor)).then(|| format!("{path}: {target}: the headings are {known:?}"))
}

#[test]
fn every_link_of_every_page_leads_to_a_file_and_a_heading() {
    let mut links = 0;
    let mut found = vec![];
    for path in files(".md") {
        let targets = targets(&read(&path));
        links += targets.len();
        found.extend(targets.iter().filter_map(|target| wrong(&path, target)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(links > 60, "only {links} links were found");
}

#[test]
fn a_link_that_leads_nowhere_is_seen() {
    assert!(wrong("README.md", "docs/NOWHERE.md").is_some());
    assert!(wrong("README.md", "#nowhere").is_some());
    assert!(wrong("docs/API.md", "../README.md#nowhere").is_some());
    assert_eq!(wrong("docs/API.md", "../README.md#roll-back"), None);
    assert_eq!(anchors("## A `b`: c, d …\n### A\n```\n# no\n```\n# A\n"), ["a-b-c-d-", "a", "a-1"]);
}

#[test]
fn every_page_is_linked_from_the_readme() {
    let readme = targets(&read("README.md"));
    let pages = files(".md").into_iter().filter(|path| path.starts_with("docs/") || !path.contains('/'));
    let missing: Vec<String> = pages.filter(|path| path != "README.md" && !readme.contains(path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What a comment, a message, the template or a script names of the pages.
#[test]
fn every_page_that_is_named_elsewhere_is_there() {
    let endings = [".rs", ".py", ".sh", ".yaml", ".yml", ".toml", "Makefile"];
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut missing = vec![];
    for path in endings.into_iter().flat_map(files).filter(|path| !path.starts_with("tests/docs/")) {
        for rest in read(&path).split("docs/").skip(1) {
            let name: String = rest.chars().take_while(|c| is_name(*c)).collect();
            let is_page = !name.is_empty() && rest[name.len()..].starts_with(".md");
            if is_page && !root().join(format!("docs/{name}.md")).exists() {
                missing.push(format!("{path}: docs/{name}.md"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_json_that_a_page_shows_can_be_read() {
    for path in files(".md") {
        for block in blocks(&read(&path)).iter().filter(|block| block.language == "json") {
            let read: Result<Value, _> = serde_json::from_str(&block.text);
            assert!(read.is_ok(), "{path}: {read:?}:\n{}", block.text);
        }
    }
}
