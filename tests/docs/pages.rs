//! The pages as they are read: files, fenced blocks, tables.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A fenced block: its language, the words behind it, and its text.
pub struct Block<'a> {
    pub language: &'a str,
    pub words: Vec<&'a str>,
    pub text: String,
}

pub fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = vec![];
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: String = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        let mut words = info.split(' ');
        let language = words.next().unwrap_or_default();
        blocks.push(Block { language, words: words.collect(), text });
    }
    blocks
}

/// The page without its fenced blocks.
pub fn prose(page: &str) -> String {
    let mut is_block = false;
    let mut is_prose = |line: &&str| {
        let fence = line.starts_with("```");
        is_block ^= fence;
        !is_block && !fence
    };
    page.lines().filter(|line| is_prose(line)).map(|line| format!("{line}\n")).collect()
}

/// The rows of the one table whose head begins so, each as its cells.
pub fn table<'a>(page: &'a str, head: &str) -> Vec<Vec<&'a str>> {
    let [_, rest] = page.split(&format!("\n| {head} |")).collect::<Vec<_>>()[..] else {
        panic!("there is no table `{head}`, or more than one")
    };
    let rows = rest.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What stands in backticks.
pub fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The names of the rows of a table, in their order.
pub fn names_of<'a>(page: &'a str, head: &str) -> Vec<&'a str> {
    table(page, head).into_iter().flat_map(|row| names(row[0])).collect()
}

/// All files of the repository whose names end so, by their paths; what tools make is none of it.
pub fn files(ending: &str) -> Vec<String> {
    let mut found = vec![];
    collect(root(), ending, &mut found);
    let path = |path: PathBuf| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    let mut found: Vec<String> = found.into_iter().map(path).collect();
    found.sort();
    found
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_kept = !name.starts_with('.') || name == ".github";
        if path.is_dir() && is_kept && name != "target" && name != "__pycache__" {
            collect(&path, ending, found);
        } else if name.ends_with(ending) && path.is_file() {
            found.push(path);
        }
    }
}
