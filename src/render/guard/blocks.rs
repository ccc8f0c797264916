//! Which blocks a template opens and closes, read off its actions alone.

use super::Wrong;

/// How deep blocks may lie in each other, each `else if` counted as one.
const MAX_DEPTH: usize = 90;

/// One block that is open.
struct Block<'a> {
    word: &'a str,
    line: usize,
    /// Its own level, and one for each `else if`.
    levels: usize,
    has_else: bool,
}

/// # Errors
/// A block that is never closed, an `{{end}}` or `{{else}}` without block, one block too deep in others.
pub fn check(source: &str) -> Result<(), Wrong> {
    let mut open: Vec<Block<'_>> = vec![];
    let (actions, all) = actions(source);
    for Action { line, word, next } in actions {
        let wrong = |message: String| Err(Wrong { line, message });
        match word {
            "define" if !open.is_empty() => return wrong("{{define}} inside another block".to_owned()),
            "if" | "with" | "range" | "block" | "define" => {
                open.push(Block { word, line, levels: 1, has_else: false });
            }
            "end" if open.pop().is_none() => return wrong("{{end}} without a block that it would close".to_owned()),
            "else" => match open.last_mut() {
                Some(block) if matches!(block.word, "if" | "with" | "range") && !block.has_else => {
                    block.has_else = next.is_empty();
                    block.levels += usize::from(!next.is_empty());
                }
                Some(block) if block.has_else => return wrong("a second {{else}} of one block".to_owned()),
                _ => return wrong("{{else}} without a block that it would belong to".to_owned()),
            },
            _ => {}
        }
        if open.iter().map(|block| block.levels).sum::<usize>() > MAX_DEPTH {
            return wrong(format!("blocks lie more than {MAX_DEPTH} deep in each other"));
        }
    }
    match open.last() {
        // Where an action is never closed, that is what is wrong, and the parser says so.
        Some(block) if all => {
            Err(Wrong { line: block.line, message: format!("{{{{{}}}}} without {{{{end}}}}", block.word) })
        }
        _ => Ok(()),
    }
}

struct Action<'a> {
    line: usize,
    /// Its first word, and the one behind it.
    word: &'a str,
    next: &'a str,
}

/// The actions up to one that is never closed, and whether those are all.
fn actions(source: &str) -> (Vec<Action<'_>>, bool) {
    let mut found = vec![];
    let (mut at, mut line) = (0, 1);
    while let Some(start) = source[at..].find("{{").map(|i| at + i) {
        line += newlines(&source[at..start]);
        let inside = trimmed_left(&source[start + 2..]);
        let begin = source.len() - inside.len();
        let length = match inside.starts_with("/*") {
            true => inside.find("*/").map(|i| i + 2),
            false => length(inside),
        };
        let Some(end) = length.map(|length| begin + length) else { return (found, false) };
        let (word, rest) = first_word(&source[begin..end]);
        found.push(Action { line, word, next: first_word(rest).0 });
        line += newlines(&source[start..end]);
        at = end;
    }
    (found, true)
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

/// Without the trim marker, which is `-` with a blank behind it.
fn trimmed_left(inside: &str) -> &str {
    match inside.strip_prefix('-') {
        Some(rest) if rest.starts_with([' ', '\t', '\r', '\n']) => rest.trim_start(),
        _ => inside,
    }
}

/// How far it is to the `}}` that closes the action.
fn length(inside: &str) -> Option<usize> {
    let mut chars = inside.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '}' if inside[i..].starts_with("}}") => return Some(i),
            '`' => drop(chars.find(|(_, c)| *c == '`')?),
            '"' | '\'' => loop {
                match chars.next()?.1 {
                    '\\' => drop(chars.next()),
                    close if close == c => break,
                    _ => {}
                }
            },
            _ => {}
        }
    }
    None
}

fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_at(text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len()))
}
