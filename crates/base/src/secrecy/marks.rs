//! Marks around what crema quotes in a message and has not written itself: names and values that an author wrote, words
//! of AWS and of the evaluators. They are masked by the rule of [`super::Secrets`]; crema's own words are left as they
//! are.

use std::{
    fmt::{self, Display, Write},
    ops::Range,
};

/// Noncharacters, which no text contains: Unicode reserves them for use within programs.
const OPEN: char = '\u{fdd0}';
const CLOSE: char = '\u{fdd1}';

/// A text that is displayed between marks.
pub struct Foreign<T>(T);

/// Marks a text that crema quotes. What stands between double quotes needs no mark.
pub fn foreign<T: Display>(text: T) -> Foreign<T> {
    Foreign(text)
}

impl<T: Display> Display for Foreign<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char(OPEN)?;
        write!(Unmarked(f), "{}", self.0)?;
        f.write_char(CLOSE)
    }
}

/// Writes everything except marks, so that no quoted text can end its own mark.
struct Unmarked<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Unmarked<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.split([OPEN, CLOSE]).try_for_each(|part| self.0.write_str(part))
    }
}

/// A part of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Span<'a> {
    Own(&'a str),
    Quoted(&'a str),
}

/// The message without marks.
pub fn plain(message: &str) -> String {
    message.replace([OPEN, CLOSE], "")
}

/// The message without marks, and the ranges of its bytes that stood between them.
pub fn split(message: &str) -> (String, Vec<Range<usize>>) {
    let (mut text, mut quoted) = (String::new(), vec![]);
    for span in marked(message) {
        match span {
            Span::Own(part) => text.push_str(part),
            Span::Quoted(part) => {
                quoted.push(text.len()..text.len() + part.len());
                text.push_str(part);
            }
        }
    }
    (text, quoted)
}

/// The message with marks around these bytes of it.
pub fn join(text: &str, quoted: &[Range<usize>]) -> String {
    let (mut message, mut done) = (String::new(), 0);
    for range in quoted {
        let start = text.floor_char_boundary(range.start).max(done);
        let end = text.ceil_char_boundary(range.end).max(start);
        message.push_str(&text[done..start]);
        // Infallible.
        let _ = write!(message, "{}", foreign(&text[start..end]));
        done = end;
    }
    message + &text[done..]
}

/// The first line of a message, with every mark closed.
pub fn first_line(message: &str) -> String {
    let (text, quoted) = split(message);
    join(text.lines().next().unwrap_or_default(), &quoted)
}

/// The parts of a message: what stands between marks or double quotes is quoted. A mark or a quote that is never closed
/// reaches to the end, or to the end of its line.
pub fn spans(message: &str) -> Vec<Span<'_>> {
    let mut spans = vec![];
    for span in marked(message) {
        match span {
            Span::Own(text) => text.split_inclusive('\n').for_each(|line| in_quotes(line, &mut spans)),
            quoted @ Span::Quoted(_) => spans.push(quoted),
        }
    }
    spans
}

fn marked(message: &str) -> Vec<Span<'_>> {
    let mut spans = vec![];
    let mut rest = message;
    while let Some((own, after)) = rest.split_once(OPEN) {
        spans.extend(own.split(CLOSE).map(Span::Own));
        let (quoted, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        spans.extend(quoted.split(OPEN).map(Span::Quoted));
        rest = after;
    }
    spans.extend(rest.split(CLOSE).map(Span::Own));
    spans.retain(|span| !matches!(span, Span::Own("") | Span::Quoted("")));
    spans
}

fn in_quotes<'a>(line: &'a str, spans: &mut Vec<Span<'a>>) {
    let mut rest = line;
    while let Some(begin) = rest.find('"') {
        let (own, after) = rest.split_at(begin + 1);
        let end = closing(after).unwrap_or(after.len());
        spans.push(Span::Own(own));
        spans.push(Span::Quoted(&after[..end]));
        let (closed, after) = after[end..].split_at(usize::from(end < after.len()));
        spans.push(Span::Own(closed));
        rest = after;
    }
    spans.push(Span::Own(rest));
    spans.retain(|span| !matches!(span, Span::Own("") | Span::Quoted("")));
}

/// The quote that ends a text, past those that are escaped.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let found = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        found.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::{Span::*, *};

    #[test]
    fn what_stands_between_marks_or_double_quotes_is_quoted() {
        let message = format!("a.json: no {} and \"b \\\" c\"; \"d\nrest", foreign("x \"y"));
        let expected =
            [Own("a.json: no "), Quoted("x \"y"), Own(" and \""), Quoted("b \\\" c"), Own("\""), Own("; \"")];
        assert_eq!(spans(&message)[..6], expected);
        assert_eq!(spans(&message)[6..], [Quoted("d\n"), Own("rest")]);
        assert_eq!(plain(&message), "a.json: no x \"y and \"b \\\" c\"; \"d\nrest");
    }

    #[test]
    fn a_quoted_text_cannot_end_its_own_mark() {
        let text = format!("own {} own", foreign("a\u{fdd1}b\u{fdd0}c"));
        assert_eq!(spans(&text), [Own("own "), Quoted("abc"), Own(" own")]);
        assert_eq!(spans(&format!("{}", foreign(foreign("twice")))), [Quoted("twice")]);
        assert_eq!(spans("stray\u{fdd1} own \u{fdd0}to the end"), [Own("stray"), Own(" own "), Quoted("to the end")]);
    }

    #[test]
    fn marks_and_ranges_are_the_same() {
        let message = format!("é {} ü {}", foreign("é"), foreign(""));
        let (text, quoted) = split(&message);
        let places = |quoted: &[Range<usize>]| quoted.iter().map(|range| (range.start, range.end)).collect::<Vec<_>>();
        assert_eq!((text.as_str(), places(&quoted)), ("é é ü ", vec![(3, 5)]));
        assert_eq!(split(&join(&text, &quoted)), (text.clone(), quoted));
        // Whatever it is, it does not panic, and covers no less.
        let odd = [(1, 4), (2, 900), (5, 1)].map(|(start, end)| Range { start, end });
        assert_eq!(places(&split(&join(&text, &odd)).1), [(0, 5), (5, 9)]);
    }
}
