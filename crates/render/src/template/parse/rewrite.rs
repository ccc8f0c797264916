//! Rewrites what gotmpl reads differently from Go, so that both read the same. Lines stay where they are.

use super::blocks::actions;

/// The characters that Go's trim markers remove; gotmpl removes all white space of Unicode.
const TRIMMED: [char; 4] = [' ', '\t', '\r', '\n'];

/// The source as Go reads it:
/// - a comment that trims to its left only (`{{- /* … */}}`) is an empty text of the same length: after such a comment
///   gotmpl trims to the right too;
/// - other white space that a trim marker would reach is put into an action of its own;
/// - carriage returns in actions are left out: Go ignores them in texts in backquotes.
pub fn as_go_reads(source: &str) -> String {
    let mut edits: Vec<(usize, usize, String)> = vec![];
    for action in actions(source).0 {
        let (begin, inside) = (action.begin, action.inside);
        let end = begin + inside.len();
        let trims_left = !source[..begin].ends_with("{{");
        let Some(close) = source[end..].find("}}").map(|i| end + i) else { break };
        let trims_right = source[begin..close].strip_suffix('-').is_some_and(|rest| rest.ends_with(TRIMMED));
        if trims_left {
            let before = source[..begin - "{{- ".len()].trim_end_matches(TRIMMED);
            edits.extend(before.chars().next_back().and_then(|c| kept(before, before.len() - c.len_utf8(), c)));
        }
        if inside.starts_with("/*") && trims_left && close == end {
            let blank = inside.bytes().skip(2).map(|byte| if byte == b'\n' { '\n' } else { ' ' });
            edits.push((begin, end, "``".chars().chain(blank).collect()));
        } else if inside.contains('\r') {
            edits.push((begin, end, inside.replace('\r', "")));
        }
        if trims_right {
            let behind = source[close + 2..].trim_start_matches(TRIMMED);
            let at = source.len() - behind.len();
            edits.extend(behind.chars().next().and_then(|c| kept(source, at, c)));
        }
    }
    edits.dedup();
    let mut rewritten = source.to_owned();
    for (begin, end, text) in edits.iter().rev() {
        rewritten.replace_range(begin..end, text);
    }
    rewritten
}

/// White space in an action of its own, with a brace before it: three braces in a row would be read differently.
fn kept(source: &str, at: usize, c: char) -> Option<(usize, usize, String)> {
    let brace = if source[..at].ends_with('{') { "{" } else { "" };
    c.is_whitespace().then(|| (at - brace.len(), at + c.len_utf8(), format!("{{{{`{brace}{c}`}}}}")))
}
