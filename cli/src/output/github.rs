//! What GitHub's runners read: annotations in the log, and the summary of a step.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use super::{
    note::{Level, Note},
    place::Place,
};
use crate::stop::Stop;
use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::PathBuf,
};

/// So many annotations of each kind a step may have; more are dropped by GitHub without a word.
/// <https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations>
const MOST: usize = 10;
/// A step's summary may have so many bytes; a longer one is refused as a whole.
const MOST_BYTES: u64 = 1 << 20;
/// What stands at the end of a summary that was cut.
const CUT: &str = "\n\nThe rest is left out: a summary may have 1 MiB. The log has all of it.\n";

/// The log: the text in which nothing is a command, and the first ten annotations of each kind.
pub fn log(text: &str, notes: &[Note]) -> String {
    let mut out = String::new();
    if !text.is_empty() {
        // What a file of a pull request says is not to be obeyed.
        let token = format!("crema-{:032x}", fastrand::u128(..));
        out.push_str(&format!("::stop-commands::{token}\n{text}\n::{token}::\n"));
    }
    for level in [Level::Error, Level::Warning] {
        let of_level = notes.iter().filter(|note| note.level == level).take(MOST);
        out.extend(of_level.map(annotation));
    }
    out
}

fn annotation(note: &Note) -> String {
    let mut properties = vec![];
    if let Some(Place { path, line, column }) = &note.place {
        properties.push(format!("file={}", property(path)));
        properties.extend(line.map(|line| format!("line={line}")));
        properties.extend(column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(&note.title)));
    let level = match note.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    format!("::{level} {}::{}\n", properties.join(","), data(&note.text))
}

/// <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Adds to the summary of the step, if there is one: what is given, and the notes that are no annotations.
///
/// # Errors
/// If the file cannot be written.
pub fn summarize(summary: &str, notes: &[Note]) -> Result<(), Stop> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Ok(());
    };
    let wrong =
        |e: std::io::Error| Stop::failed(format!("GITHUB_STEP_SUMMARY: {} cannot be written: {e}", path.display()));
    let before = fs::metadata(&path).map_or(0, |found| found.len());
    let text = within(&format!("{summary}{}", rest(notes)), MOST_BYTES.saturating_sub(before));
    let mut file = OpenOptions::new().append(true).create(true).open(&path).map_err(wrong)?;
    file.write_all(text.as_bytes()).map_err(wrong)
}

/// The notes beyond the first ten of each kind.
fn rest(notes: &[Note]) -> String {
    let mut out = String::new();
    for (level, title) in [(Level::Error, "errors"), (Level::Warning, "warnings")] {
        let more: Vec<&Note> = notes.iter().filter(|note| note.level == level).skip(MOST).collect();
        if more.is_empty() {
            continue;
        }
        out.push_str(&format!("\n**{} more {title}**, beyond the {MOST} that GitHub shows:\n\n", more.len()));
        out.extend(more.iter().map(|note| format!("- {}\n", escaped(&note.text).replace('\n', "<br>"))));
    }
    out
}

/// The text, cut at the end of a line where it has more bytes than that.
fn within(text: &str, bytes: u64) -> String {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if text.len() <= bytes {
        return text.to_owned();
    }
    let Some(room) = bytes.checked_sub(CUT.len() + 4) else { return String::new() };
    let kept = &text[..text.floor_char_boundary(room)];
    let kept = &kept[..kept.rfind('\n').map_or(0, |end| end + 1)];
    // A fence that is open would take the sentence in.
    let fences = kept.lines().filter(|line| line.starts_with("```")).count();
    format!("{kept}{}{CUT}", if fences % 2 == 1 { "```" } else { "" })
}

/// A text in which nothing is Markdown or HTML.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' => {
                out.push_str(&format!("&#{};", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// A difference as a block of Markdown, whatever stands in it.
pub fn fenced(diff: &str) -> String {
    // A line of the difference begins with a blank, `+`, `-` or `@`; what does not is made to.
    let line = |line: &str| if line.starts_with("```") { format!(" {line}\n") } else { format!("{line}\n") };
    format!("```diff\n{}```\n", diff.lines().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_escaped_by_githubs_rules() {
        let place = Place { path: "a,b:c%.json".into(), line: Some(3), column: Some(9) };
        let note =
            Note { title: "Render: Error".into(), place: Some(place), ..Note::error("100 %\r\nno: yes, x".into()) };
        let expected = "::error file=a%2Cb%3Ac%25.json,line=3,col=9,title=Render%3A Error::100 %25%0D%0Ano: yes, x\n";
        assert_eq!(annotation(&note), expected);
        assert_eq!(annotation(&Note::warning("w".into())), "::warning title=crema::w\n");
    }

    #[test]
    fn ten_of_each_kind_are_annotations_and_the_rest_is_in_the_summary() {
        let notes: Vec<Note> = (0..12)
            .map(|i| Note::error(format!("e{i}.")))
            .chain((0..11).map(|i| Note::warning(format!("w{i}."))))
            .collect();
        let log = log("", &notes);
        assert_eq!((log.matches("::error ").count(), log.matches("::warning ").count()), (10, 10));
        let rest = rest(&notes);
        assert!(
            rest.contains("2 more errors") && rest.contains("- e10.\n- e11.\n") && rest.contains("- w10."),
            "{rest}"
        );
        assert!(!rest.contains("e9."), "{rest}");
    }

    #[test]
    fn what_a_file_says_is_no_command() {
        let log = log("::error::mine\n", &[]);
        let token = log.lines().next().unwrap().strip_prefix("::stop-commands::").unwrap().to_owned();
        assert!(token.len() > 30 && log.ends_with(&format!("\n::{token}::\n")), "{log}");
    }

    #[test]
    fn a_summary_is_cut_at_a_line_and_closes_its_fence() {
        let long = format!("# a\n```diff\n{}", "+ line ä\n".repeat(200));
        let cut = within(&long, 500);
        assert!(cut.len() <= 500 && cut.contains("+ line ä\n```\n\nThe rest is left out"), "{cut}");
        assert_eq!(within("short", 500), "short");
        assert_eq!(within(&long, 10), "");
    }

    #[test]
    fn nothing_of_a_text_is_markdown() {
        assert_eq!(escaped("<b> @all [x](y)"), "&lt;b&gt; &#64;all &#91;x&#93;(y)");
        assert_eq!(fenced("+a\n```\n-b"), "```diff\n+a\n ```\n-b\n```\n");
    }
}
