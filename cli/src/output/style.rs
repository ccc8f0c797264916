//! Colours. They are written always, and taken out where the output is to have none.

use owo_colors::{OwoColorize, Style};

pub fn red() -> Style {
    Style::new().red().bold()
}

pub fn yellow() -> Style {
    Style::new().yellow()
}

pub fn green() -> Style {
    Style::new().green()
}

pub fn dim() -> Style {
    Style::new().dimmed()
}

pub fn bold() -> Style {
    Style::new().bold()
}

pub fn paint(text: &str, style: Style) -> String {
    if text.is_empty() { String::new() } else { text.style(style).to_string() }
}

/// The colour of a decision, a state or a verdict: whether it is well, to be known, or wrong.
pub fn of_word(word: &str) -> Style {
    match word {
        "ok" | "registered" | "rolled_back" | "in_sync" | "proven" | "expired" => green(),
        "failed" | "fail" | "not_reached" | "refused" => red(),
        "unchanged" | "already_rolled_back" | "planned" => dim(),
        _ => yellow(),
    }
}

/// A difference, with its lines coloured.
pub fn difference(diff: &str) -> String {
    let line = |line: &str| match line.as_bytes().first() {
        Some(b'+') => paint(line, green()),
        Some(b'-') => paint(line, Style::new().red()),
        _ => paint(line, dim()),
    };
    diff.lines().map(|text| format!("{}\n", line(text))).collect()
}

/// Makes a word of a name with underscores: `rolled_back` is `rolled back`.
pub fn word(name: &str) -> String {
    name.replace('_', " ")
}

/// A text of somebody else, as a terminal may show it: without what would steer it.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_does_not_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\u{7}\n\tc\r"), "a\u{fffd}[2Jb\u{fffd}\n\tc\u{fffd}");
    }
}
