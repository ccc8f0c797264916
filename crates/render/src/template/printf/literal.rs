//! Go's string and character literals.

/// The character with this code; if there is none, the replacement character.
pub fn character(code: i64) -> char {
    u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// A quoted Go literal. With `#` in backquotes if possible, with `+` in ASCII.
pub fn quoted(text: &str, quote: char, flags: &str) -> String {
    let plain = |c: char| c != '`' && c != '\u{feff}' && c != '\u{7f}' && (c == '\t' || c >= ' ');
    if flags.contains('#') && text.chars().all(plain) {
        return format!("`{text}`");
    }
    let mut literal = String::from(quote);
    for c in text.chars() {
        // Rust's own escapes follow the same tables of what can be printed.
        let shown = c == ' ' || c.is_ascii_graphic() || (!c.is_ascii() && c.escape_debug().len() == 1);
        match c {
            c if c == quote || c == '\\' => literal.extend(['\\', c]),
            '\u{7}' => literal.push_str("\\a"),
            '\u{8}' => literal.push_str("\\b"),
            '\u{c}' => literal.push_str("\\f"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\u{b}' => literal.push_str("\\v"),
            c if c.is_ascii() && !shown => literal.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if shown && (c.is_ascii() || !flags.contains('+')) => literal.push(c),
            c if u32::from(c) < 0x1_0000 => literal.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => literal.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    literal.push(quote);
    literal
}
