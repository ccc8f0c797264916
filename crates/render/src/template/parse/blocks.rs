//! Which blocks a template opens and closes, found by reading its actions alone.

use super::wrong::Wrong;
use std::str::CharIndices;

/// Maximum nesting of blocks, with each `else if` counted as one.
const MAX_DEPTH: usize = 90;

/// One block that is open.
struct Block<'a> {
    word: &'a str,
    line: usize,
    /// Its levels: one of its own, and one for each `else if`.
    levels: usize,
    has_else: bool,
}

/// What is wrong, and the line from which on the blocks cannot be right.
pub struct Misplaced {
    pub from: usize,
    pub wrong: Wrong,
}

/// # Errors
/// A block that is never closed, an `{{end}}` or `{{else}}` without a block, or blocks nested too deep (then with line
/// 0: nothing may parse the source).
pub fn check(source: &str) -> Result<(), Misplaced> {
    let mut open: Vec<Block<'_>> = vec![];
    let (actions, all) = actions(source);
    for Action { line, begin, inside, word, next } in actions {
        let rest = &source[begin + inside.len()..];
        let wrong = |message: String| Err(Misplaced { from: line, wrong: Wrong { line, message } });
        if inside.starts_with("/*")
            && !["}}", " -}}", "\t-}}", "\r-}}", "\n-}}"].iter().any(|end| rest.starts_with(end))
        {
            return wrong("a comment ends directly before `}}` or ` -}}`".to_owned());
        }
        match word {
            "define" if !open.is_empty() => return wrong("{{define}} inside another block".to_owned()),
            "if" | "with" | "range" | "block" | "define" => {
                open.push(Block { word, line, levels: 1, has_else: false });
            }
            "end" if open.pop().is_none() => return wrong("{{end}} without a block that it would close".to_owned()),
            "else" => match open.last_mut() {
                Some(block) if !next.is_empty() && !block.has_else && (next != block.word || next == "range") => {
                    return wrong(format!("{{{{else {next}}}}} in {{{{{}}}}}", block.word));
                }
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
            let message = format!("blocks lie more than {MAX_DEPTH} deep in each other");
            return Err(Misplaced { from: 0, wrong: Wrong { line, message } });
        }
    }
    let all = all.map_err(|wrong| Misplaced { from: wrong.line, wrong })?;
    match open.last() {
        // Where an action is never closed, that is what is wrong, and the parser says so.
        Some(Block { word, line, .. }) if all => {
            let message = format!("{{{{{word}}}}} without {{{{end}}}}");
            Err(Misplaced { from: usize::MAX, wrong: Wrong { line: *line, message } })
        }
        _ => Ok(()),
    }
}

/// One action.
pub struct Action<'a> {
    /// The offset in bytes at which its inside begins.
    pub begin: usize,
    line: usize,
    pub inside: &'a str,
    /// Its first two words.
    word: &'a str,
    next: &'a str,
}

/// The actions, up to one that is never closed or cannot be read, and whether these are all.
pub fn actions(source: &str) -> (Vec<Action<'_>>, Result<bool, Wrong>) {
    let mut found = vec![];
    let (mut at, mut line) = (0, 1);
    while let Some(start) = source[at..].find("{{").map(|i| at + i) {
        line += newlines(&source[at..start]);
        let inside = trimmed_left(&source[start + 2..]);
        let begin = source.len() - inside.len();
        let length = match inside.starts_with("/*") {
            true => Ok(inside.find("*/").map(|i| i + 2)),
            false if inside.trim_start().starts_with("/*") => {
                Err("a comment begins directly behind `{{` or `{{- `".to_owned())
            }
            false => length(inside),
        };
        let length = match length {
            Ok(length) => length,
            Err(message) => return (found, Err(Wrong { line, message })),
        };
        let Some(end) = length.map(|length| begin + length) else { return (found, Ok(false)) };
        let (word, rest) = first_word(&source[begin..end]);
        found.push(Action { begin, line, inside: &source[begin..end], word, next: first_word(rest).0 });
        line += newlines(&source[start..end]);
        at = end;
    }
    (found, Ok(true))
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

/// The text without its trim marker, a `-` with a blank after it.
fn trimmed_left(inside: &str) -> &str {
    match inside.strip_prefix('-') {
        Some(rest) if rest.starts_with([' ', '\t', '\r', '\n']) => &rest[1..],
        _ => inside,
    }
}

/// The length in bytes up to the `}}` that closes the action.
///
/// # Errors
/// If it has a quoted text that gotmpl accepts and Go does not.
fn length(inside: &str) -> Result<Option<usize>, String> {
    let mut chars = inside.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '}' if inside[i..].starts_with("}}") => return Ok(Some(i)),
            '`' if chars.any(|(_, c)| c == '`') => {}
            '"' | '\'' => loop {
                match chars.next().map(|(_, c)| c) {
                    Some('\\') => escape(&mut chars, c)?,
                    Some('\n') => return Err("unterminated quoted string".to_owned()),
                    Some(close) if close == c => break,
                    Some(_) => {}
                    None => return Ok(None),
                }
            },
            '`' => return Ok(None),
            _ => {}
        }
    }
    Ok(None)
}

/// The escape that follows a backslash in a text with these quotes.
fn escape(chars: &mut CharIndices<'_>, quote: char) -> Result<(), String> {
    let kind = chars.next().map(|(_, c)| c);
    let (digits, radix) = match kind {
        Some('x') => (2, 16),
        Some('u') => (4, 16),
        Some('U') => (8, 16),
        Some('0'..='7') => (2, 8),
        Some(c) if c == quote || r"abfnrtv\".contains(c) => (0, 8),
        _ => return Err("invalid escape in a text in quotes".to_owned()),
    };
    let code: String = chars.take(digits).map(|(_, c)| c).collect();
    match u32::from_str_radix(&code, radix).ok().and_then(char::from_u32) {
        Some(_) if code.chars().count() == digits && !code.starts_with('+') => Ok(()),
        None if digits == 0 => Ok(()),
        _ => Err("an escape of no character in a text in quotes".to_owned()),
    }
}

fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_at(text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len()))
}
