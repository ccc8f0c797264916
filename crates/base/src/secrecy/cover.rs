//! Which bytes of a text are masked.

use super::source::{KnownText, PART, WHOLE};
use std::ops::Range;

/// A character in the form in which it is compared, and its bytes in the text.
#[derive(Clone)]
struct Seen {
    c: char,
    bytes: Range<usize>,
}

/// In a text that crema quotes: all parts of these values, as they are written or with escapes.
pub fn parts(text: &str, sources: &[&KnownText]) -> Vec<Range<usize>> {
    let mut ranges = vec![];
    for view in views(text) {
        let chars: Vec<char> = view.iter().map(|seen| seen.c).collect();
        for run in runs(&chars, sources) {
            let run = trimmed(&chars, run);
            if run.len() >= PART {
                ranges.push(bytes(&view[run]));
            }
        }
        for length in 1..PART {
            let is_value = |text: &[char]| sources.iter().any(|known| known.has_short(text));
            let found = view.windows(length).zip(chars.windows(length)).filter(|(_, text)| is_value(text));
            ranges.extend(found.map(|(seen, _)| bytes(seen)));
        }
    }
    ranges.extend(alone(text).filter(|range| {
        let word = &text[range.clone()];
        !word.is_empty() && sources.iter().any(|known| known.has_whole(word))
    }));
    merged(ranges)
}

/// In crema's own words: these values, where they stand whole and cannot be a word of a message. `is_public` says which
/// of them may be shown.
pub fn wholes(text: &str, sources: &[&KnownText], is_public: &dyn Fn(&str) -> bool) -> Vec<Range<usize>> {
    let view = raw(text);
    let chars: Vec<char> = view.iter().map(|seen| seen.c).collect();
    let mut ranges = vec![];
    for run in runs(&chars, sources).into_iter().filter(|run| run.len() >= *WHOLE.start()) {
        let mut at = run.start;
        while at < run.end {
            let longest = sources.iter().filter_map(|known| known.longest_whole(&chars[at..run.end])).max();
            let value = longest.map(|length| bytes(&view[at..at + length]));
            let is_word = |range: &Range<usize>| text[range.clone()].chars().all(|c| c.is_alphabetic() || c == ' ');
            at += longest.unwrap_or(1);
            ranges.extend(value.filter(|range| !is_word(range) && !is_public(&text[range.clone()])));
        }
    }
    merged(ranges)
}

/// Where these texts stand, as they are written or with escapes. A short one counts only where it stands alone.
pub fn texts(text: &str, hidden: &[String]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> =
        alone(text).filter(|range| hidden.iter().any(|hidden| *hidden == text[range.clone()])).collect();
    for hidden in hidden.iter().filter(|hidden| hidden.len() >= PART) {
        let escaped = format!("{hidden:?}");
        for written in [hidden, &escaped[1..escaped.len() - 1]] {
            ranges.extend(text.match_indices(written).map(|(at, found)| at..at + found.len()));
        }
    }
    merged(ranges)
}

/// The text with each of these ranges replaced.
pub fn replaced(text: &str, ranges: &[Range<usize>], by: &str) -> String {
    let (mut out, mut done) = (String::new(), 0);
    for range in ranges {
        out.push_str(&text[done..range.start]);
        out.push_str(by);
        done = range.end;
    }
    out + &text[done..]
}

/// The ranges in order. Those that touch or overlap are joined.
pub fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = vec![];
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The longest runs of characters whose parts are all known. A run may be made of several values.
fn runs(chars: &[char], sources: &[&KnownText]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = vec![];
    for (at, part) in chars.windows(PART).enumerate() {
        let part = [part[0], part[1], part[2], part[3]];
        if !sources.iter().any(|known| known.has_part(part)) {
            continue;
        }
        match runs.last_mut() {
            // The part before this one was known, too.
            Some(last) if last.end + 1 == at + PART => last.end = at + PART,
            _ => runs.push(at..at + PART),
        }
    }
    runs
}

/// Without what any message contains: blanks, and quotes, brackets and commas as in JSON.
fn trimmed(chars: &[char], run: Range<usize>) -> Range<usize> {
    let is_edge = |c: &char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | '{' | '}' | '[' | ']');
    let text = &chars[run.clone()];
    let before = text.iter().take_while(|c| is_edge(c)).count();
    let after = text[before..].iter().rev().take_while(|c| is_edge(c)).count();
    run.start + before..run.end - after
}

fn bytes(seen: &[Seen]) -> Range<usize> {
    match (seen.first(), seen.last()) {
        (Some(first), Some(last)) => first.bytes.start..last.bytes.end,
        _ => 0..0,
    }
}

/// The text as it is written, and with its escapes decoded if it has any.
fn views(text: &str) -> Vec<Vec<Seen>> {
    if text.contains('\\') { vec![raw(text), unescaped(text)] } else { vec![raw(text)] }
}

fn raw(text: &str) -> Vec<Seen> {
    text.char_indices().map(|(at, c)| Seen { c, bytes: at..at + c.len_utf8() }).collect()
}

fn unescaped(text: &str) -> Vec<Seen> {
    let mut seen: Vec<Seen> = vec![];
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let (mut c, length) = if c == '\\' { escaped(&text[at..]) } else { (u32::from(c), c.len_utf8()) };
        let mut from = at;
        at += length;
        // The second half of a character of JSON.
        if let (0xdc00..0xe000, Some(Seen { c: first, bytes })) = (c, seen.last())
            && let Some(first) = half(*first)
        {
            c = 0x10000 + (first << 10) + (c - 0xdc00);
            from = bytes.start;
            seen.pop();
        }
        seen.push(Seen { c: char::from_u32(c).unwrap_or_else(|| held(c)), bytes: from..at });
    }
    seen
}

/// Stands for the first half of a surrogate pair until the second comes. It is a character for private use, so nothing
/// else can mean it.
fn held(half: u32) -> char {
    char::from_u32(0x10_0000 + (half & 0x3ff)).unwrap_or_default()
}

fn half(c: char) -> Option<u32> {
    u32::from(c).checked_sub(0x10_0000).filter(|half| *half < 0x400)
}

/// The character that an escape of Rust, JSON or Go means, and its length in bytes.
fn escaped(text: &str) -> (u32, usize) {
    let hex = |from: usize, to: usize| text.get(from..to).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let simple = |c: char| (u32::from(c), 2);
    match text.as_bytes().get(1) {
        Some(b'n') => simple('\n'),
        Some(b'r') => simple('\r'),
        Some(b't') => simple('\t'),
        Some(b'0') => simple('\0'),
        Some(b'b') => simple('\u{8}'),
        Some(b'f') => simple('\u{c}'),
        Some(c @ (b'"' | b'\'' | b'\\' | b'/' | b'`')) => (u32::from(*c), 2),
        Some(b'x') => hex(2, 4).map_or((0x5c, 1), |c| (c, 4)),
        Some(b'u') => match text[2..].strip_prefix('{').and_then(|rest| rest.find('}')) {
            Some(length) => hex(3, 3 + length).map_or((0x5c, 1), |c| (c, length + 4)),
            None => hex(2, 6).map_or((0x5c, 1), |c| (c, 6)),
        },
        _ => (0x5c, 1),
    }
}

/// What stands alone: the whole text, and everything between two equal quotes.
fn alone(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
    let start = text.find(|c| !is_edge(c)).unwrap_or(text.len());
    let inner = text[start..].trim_end_matches(is_edge);
    let quoted = ['"', '\'', '`'].into_iter().flat_map(move |quote| {
        let places: Vec<usize> = text.match_indices(quote).map(|(at, _)| at).collect();
        places.windows(2).map(|pair| pair[0] + 1..pair[1]).collect::<Vec<_>>()
    });
    std::iter::once(start..start + inner.len()).chain(quoted)
}
