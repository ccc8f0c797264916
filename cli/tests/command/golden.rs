//! What is written, compared with a file. `CREMA_WRITE_PAGES=1` writes the files anew.

use crate::run::root;
use std::{fs, path::PathBuf};

fn place(name: &str) -> PathBuf {
    root().join("cli/tests/command/golden").join(name)
}

/// Asserts that the file of this name holds this text.
pub fn assert_golden(name: &str, text: &str) {
    let path = place(name);
    if std::env::var_os("CREMA_WRITE_PAGES").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{name}: CREMA_WRITE_PAGES=1 writes it anew");
}

/// The text with each of these replaced by a name.
pub fn without(text: &str, parts: &[(&str, &str)]) -> String {
    parts.iter().fold(text.to_owned(), |text, (part, name)| text.replace(part, name))
}
