//! Lines and columns of texts.

/// Line and column of a byte of a text, counted from 1; columns in characters.
pub fn line_column(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    (line, String::from_utf8_lossy(&before[line_start..]).chars().count() + 1)
}

/// `file:line:col` of a byte of a file.
pub fn in_file(name: &str, source: &str, offset: u32) -> String {
    let (line, column) = line_column(source.as_bytes(), offset as usize);
    format!("{name}:{line}:{column}")
}
