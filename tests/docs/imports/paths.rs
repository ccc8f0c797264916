//! The paths of a source that name something of its own crate.

use std::collections::BTreeSet;

/// The names of a path from the crate's root; of a module that is the root itself, none.
pub type Path = Vec<String>;

/// What a source names of its crate.
pub struct Import {
    pub path: Path,
    /// The name under which it is exported once more.
    pub exported_as: Option<String>,
}

/// All that a source names of its crate, in `use` and elsewhere.
pub fn imports(module: &Path, source: &str, modules: &BTreeSet<Path>) -> Vec<Import> {
    let words = without_tests(words(source));
    let absolute = |path: &[String]| absolute(module, path, modules);
    let (mut found, mut at) = (vec![], 0);
    while at < words.len() {
        let before = at.checked_sub(1).map_or("", |before| words[before].as_str());
        if words[at] == "use" {
            let end = at + words[at..].iter().position(|word| word == ";").unwrap_or_default();
            // `pub` or `pub(…)`.
            let is_exported = matches!(before, "pub" | ")");
            for (path, name) in tree(&words[at + 1..end], &[]) {
                let exported_as = is_exported.then_some(name);
                found.extend(absolute(&path).map(|path| Import { path, exported_as }));
            }
            at = end;
        } else if is_name(&words[at]) && before != "::" {
            let path = leading(&words[at..]);
            // `pub(in …)` says who may use it.
            let is_import = path.len() > 1 && !words[..at].ends_with(&["pub", "(", "in"].map(str::to_owned));
            at += 2 * path.len() - 2;
            found.extend(absolute(&path).filter(|_| is_import).map(|path| Import { path, exported_as: None }));
        }
        at += 1;
    }
    found
}

/// The path from the crate's root; none where it leads out of the crate.
fn absolute(module: &[String], path: &[String], modules: &BTreeSet<Path>) -> Option<Path> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let supers = path.iter().take_while(|name| *name == "super").count();
            Some([&module[..module.len().checked_sub(supers)?], &path[supers..]].concat())
        }
        _ => {
            let child = [module, &path[..1]].concat();
            modules.contains(&child).then(|| [module, path].concat())
        }
    }
}

/// The paths of what stands behind `use`, each with the name that it gets.
fn tree(words: &[String], before: &[String]) -> Vec<(Path, String)> {
    let mut path = before.to_vec();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "::" => {}
            "{" => return branches(&words[at + 1..words.len() - 1]).flat_map(|branch| tree(branch, &path)).collect(),
            "as" => return vec![(path, words[at + 1].clone())],
            "self" if !path.is_empty() => {}
            name => path.push(name.to_owned()),
        }
        at += 1;
    }
    let name = path.last().cloned().unwrap_or_default();
    vec![(path, name)]
}

/// What commas separate, but for those in braces.
fn branches(words: &[String]) -> impl Iterator<Item = &[String]> {
    let mut depth = 0;
    let parts = words.split(move |word| {
        match word.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        depth == 0 && word == ","
    });
    parts.filter(|part| !part.is_empty())
}

/// The path that begins here: names with `::` between them.
fn leading(words: &[String]) -> Path {
    let mut path = vec![words[0].clone()];
    let mut rest = &words[1..];
    while let [colons, name, more @ ..] = rest
        && colons == "::"
        && is_name(name)
    {
        path.push(name.clone());
        rest = more;
    }
    path
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Without the items of `#[cfg(test)]`.
fn without_tests(mut words: Vec<String>) -> Vec<String> {
    const TESTS: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    while let Some(start) = words.windows(TESTS.len()).position(|part| part == TESTS) {
        let mut depth = 0;
        let is_end = |word: &String| {
            match word.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            depth == 0 && matches!(word.as_str(), ";" | "}")
        };
        let length = words[start..].iter().position(is_end).map_or(words.len() - start, |last| last + 1);
        words.drain(start..start + length);
    }
    words
}

/// Names, `::` and single marks; comments, texts and characters are left out.
fn words(source: &str) -> Vec<String> {
    let mut words = vec![];
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(length) = text(rest) {
            length
        } else if c.is_alphanumeric() || c == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            words.push(rest[..length].to_owned());
            length
        } else {
            let length = if rest.starts_with("::") { 2 } else { c.len_utf8() };
            if !c.is_whitespace() {
                words.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    words
}

/// How long the text or character is that begins here.
fn text(rest: &str) -> Option<usize> {
    let behind = |mark: &str, from: usize| rest[from..].find(mark).map_or(rest.len(), |at| from + at + mark.len());
    let raw = rest.strip_prefix('b').unwrap_or(rest);
    if let Some(hashes) = raw.strip_prefix('r').map(|rest| rest.len() - rest.trim_start_matches('#').len()) {
        let start = rest.len() - raw.len() + 1 + hashes;
        return rest[start..].starts_with('"').then(|| behind(&format!("\"{}", "#".repeat(hashes)), start + 1));
    }
    let start = rest.len() - raw.len();
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut inside = raw.char_indices().skip(1);
    let (first, second) = (inside.next()?.1, raw.chars().nth(2));
    if quote == '\'' && first != '\\' {
        // Else it is a lifetime.
        return (second == Some('\'')).then(|| start + 2 + first.len_utf8());
    }
    let mut is_escaped = first == '\\';
    if first == quote {
        return Some(start + 2);
    }
    for (at, c) in inside {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return Some(start + at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

#[test]
fn paths_are_read_as_rust_reads_them() {
    let source = r#"
        use super::{a::{B, self}, c as d};
        pub use child::Thing;
        // use crate::comment::X;
        #[cfg(test)]
        mod tests { use crate::never::Y; }
        const TEXT: &str = "use crate::text::Z; \" ";
        pub(in crate::room) fn f<'a>(x: &'a str) -> char { crate::e::f::<u8>(x); child::go('\''); std::fs::read(x); ';' }
    "#;
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Path>();
    let modules = BTreeSet::from([path("room::own"), path("room::own::child")]);
    let found = imports(&path("room::own"), source, &modules);
    let found: Vec<String> = found.iter().map(|import| import.path.join("::")).collect();
    let expected = ["room::a::B", "room::a", "room::c", "room::own::child::Thing", "e::f", "room::own::child::go"];
    assert_eq!(found, expected);
}
