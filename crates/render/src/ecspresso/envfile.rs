//! Env files: `NAME=value`, a line each, read as ecspresso's `--envfile` reads them (github.com/hashicorp/go-envparse).
//!
//! Blank lines and comments (`#`, also behind a value) are skipped, `export` in front is allowed. A value is made of
//! bare text (taken as written, trimmed), `'…'` (as written) and `"…"` (with JSON's escapes, and `\'`, `\$`), which may
//! follow each other. It ends with its line. Nothing is interpolated.

use crate::session::{failure::RenderFailure, protocol::FailureKind};
use std::{collections::BTreeMap, str::Chars};

/// The variables of an env file. If a name occurs twice, the last one counts. `file` is its key, for messages.
///
/// # Errors
/// `Config`, as `file:line: what is wrong`. Values are never quoted.
pub fn parse(file: &str, text: &str) -> Result<BTreeMap<String, String>, RenderFailure> {
    let mut variables = BTreeMap::new();
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match variable(line.trim()) {
            Ok(Some((name, value))) => drop(variables.insert(name, value)),
            Ok(None) => {}
            Err(why) => {
                let message = format!("{file}:{}: {why}", i + 1);
                return Err(RenderFailure { kind: FailureKind::Config, message });
            }
        }
    }
    Ok(variables)
}

/// The values of all lines that are valid.
pub fn values(text: &str) -> impl Iterator<Item = String> {
    text.trim_start_matches('\u{feff}').lines().filter_map(|line| Some(variable(line.trim()).ok()??.1))
}

fn variable(line: &str) -> Result<Option<(String, String)>, String> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (name, value) = line.split_once('=').ok_or("expected `NAME=value`, found no `=`")?;
    let name = name.trim();
    let name = match name.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => name,
    };
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/')) {
        let expected =
            "expected a name of letters, digits, `_`, `.` and `/`, beginning with a letter or `_`, before the `=`";
        return Err(expected.to_owned());
    }
    let value = value_of(value.trim()).map_err(|why| format!("the value of {name}: {why}"))?;
    Ok(Some((name.to_owned(), value)))
}

fn value_of(text: &str) -> Result<String, String> {
    let mut value = String::new();
    // Up to here blanks count: bare ones at the end, or before a comment, do not.
    let mut kept = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '#' => break,
            '\'' => single_quoted(&mut chars, &mut value)?,
            '"' => double_quoted(&mut chars, &mut value)?,
            c => {
                value.push(plain(c)?);
                if c.is_whitespace() {
                    continue;
                }
            }
        }
        kept = value.len();
    }
    value.truncate(kept);
    Ok(value)
}

fn plain(c: char) -> Result<char, String> {
    match c.is_control() && c != '\t' {
        true => Err(format!("the control character {:#04x} is not allowed", u32::from(c))),
        false => Ok(c),
    }
}

fn single_quoted(chars: &mut Chars<'_>, value: &mut String) -> Result<(), String> {
    loop {
        match chars.next() {
            Some('\'') => return Ok(()),
            Some(c) => value.push(plain(c)?),
            None => return Err("the `'` is never closed on its line".to_owned()),
        }
    }
}

fn double_quoted(chars: &mut Chars<'_>, value: &mut String) -> Result<(), String> {
    loop {
        match chars.next() {
            Some('"') => return Ok(()),
            Some('\\') => value.push(escaped(chars)?),
            Some(c) => value.push(plain(c)?),
            None => return Err("the `\"` is never closed on its line (a line break is written `\\n`)".to_owned()),
        }
    }
}

fn escaped(chars: &mut Chars<'_>) -> Result<char, String> {
    match chars.next() {
        Some(c @ ('"' | '\'' | '\\' | '/' | '$')) => Ok(c),
        Some('n') => Ok('\n'),
        Some('r') => Ok('\r'),
        Some('t') => Ok('\t'),
        Some('b') => Ok('\u{8}'),
        Some('f') => Ok('\u{c}'),
        Some('u') => unicode(chars),
        _ => Err("expected one of `\\\" \\\\ \\' \\$ \\/ \\n \\r \\t \\b \\f \\uXXXX` at a backslash".to_owned()),
    }
}

/// `XXXX` of `\uXXXX`, and of a second one where the first is half of a character.
fn unicode(chars: &mut Chars<'_>) -> Result<char, String> {
    let mut units = vec![hex(chars)?];
    if (0xd800..0xdc00).contains(&units[0]) && chars.as_str().starts_with("\\u") {
        chars.nth(1);
        units.push(hex(chars)?);
    }
    match String::from_utf16(&units).ok().as_deref().map(|text| text.chars().next()) {
        Some(Some(c)) => Ok(c),
        _ => Err("`\\u` with half a surrogate pair".to_owned()),
    }
}

fn hex(chars: &mut Chars<'_>) -> Result<u16, String> {
    let digits: String = chars.by_ref().take(4).collect();
    match u16::from_str_radix(&digits, 16) {
        Ok(unit) if digits.len() == 4 && !digits.starts_with('+') => Ok(unit),
        _ => Err("expected four hexadecimal digits behind `\\u`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> BTreeMap<String, String> {
        parse("app/.env", text).unwrap_or_else(|f| panic!("{}", f.message))
    }

    fn value(line: &str) -> String {
        read(line).remove("A").unwrap()
    }

    fn why(text: &str) -> String {
        parse("app/.env", text).err().unwrap().message
    }

    #[test]
    fn comments_blank_lines_export_and_crlf_are_understood() {
        let text = "\u{feff}# first\r\n\r\nA=1\r\n  export B = two words # why\n\tC=\n#D=4\nexport_E=5\n";
        let expected = [("A", "1"), ("B", "two words"), ("C", ""), ("export_E", "5")];
        assert_eq!(read(text), expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    }

    #[test]
    fn the_last_of_one_name_wins() {
        assert_eq!(value("A=1\nA=2"), "2");
    }

    #[test]
    fn values_are_read_as_ecspresso_reads_them() {
        for (line, expected) in [
            ("A=bar baz", "bar baz"),
            ("A='single $HOME \\n'", "single $HOME \\n"),
            (r#"A="a\tb\nc \"d\" \\ \u00e9 \ud83d\udd25""#, "a\tb\nc \"d\" \\ é 🔥"),
            (r#"A = bare \text 'single\' "\"double " # end"#, "bare \\text single\\ \"double "),
            ("A=a#b", "a"),
            ("A='a#b'", "a#b"),
            ("A=\" padded \"  ", " padded "),
            ("A=k=v&x=y", "k=v&x=y"),
            ("A=${B}", "${B}"),
            ("A=日本語", "日本語"),
        ] {
            assert_eq!(value(line), expected, "{line}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_and_its_value_is_not_told() {
        for (text, expected) in [
            ("A=1\ns3cret", "app/.env:2: expected `NAME=value`"),
            ("A=\"s3cret", "app/.env:1: the value of A: the `\"` is never closed"),
            ("\nA='s3cret", "app/.env:2: the value of A: the `'` is never closed"),
            ("A=\"s3cret\\q\"", "app/.env:1: the value of A: expected one of"),
            ("A=\"s3cret\\u12\"", "app/.env:1: the value of A: expected four hexadecimal digits"),
            ("A=\"s3cret\\ud83d\"", "app/.env:1: the value of A: `\\u` with half"),
            ("A=s3cret\u{1}", "app/.env:1: the value of A: the control character 0x01"),
            ("1A=s3cret", "app/.env:1: expected a name"),
            ("A-B=s3cret", "app/.env:1: expected a name"),
            ("=s3cret", "app/.env:1: expected a name"),
        ] {
            let message = why(text);
            assert!(message.starts_with(expected), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
    }
}
