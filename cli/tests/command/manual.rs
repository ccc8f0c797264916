//! docs/COMMAND.md is held against what clap says.

use crate::run::{Crema, root};
use std::{
    fs,
    sync::{Mutex, PoisonError},
};

const PAGE: &str = "docs/COMMAND.md";
const COMMANDS: [&str; 10] =
    ["check", "render", "plan", "status", "register", "sweep", "expire", "doctor", "rollback", "completions"];

/// The page with the text between the marks of this name.
pub fn with(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("{PAGE} has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{PAGE} has no {end}"));
    format!("{before}{begin}```text\n{text}```\n{end}{after}")
}

/// Asserts that the page holds this text there. `CREMA_WRITE_PAGES=1` writes it anew.
pub fn assert_held(parts: &[(String, String)]) {
    static WRITING: Mutex<()> = Mutex::new(());
    let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let expected = parts.iter().fold(page.clone(), |page, (name, text)| with(&page, name, text));
    if std::env::var_os("CREMA_WRITE_PAGES").is_some() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert!(page == expected, "{PAGE} is old: CREMA_WRITE_PAGES=1 writes it anew");
    }
}

#[tokio::test]
async fn the_manual_says_what_help_says() {
    let mut parts = vec![];
    let said = Crema::alone().run(&["--help"]).await;
    parts.push(("crema --help".to_owned(), said.out));
    for command in COMMANDS {
        let said = Crema::alone().run(&[command, "--help"]).await;
        // The options that all take stand above.
        let own = said.out.split("\nDefinitions:\n").next().unwrap().to_owned();
        let after = said.out.split("\nExample").nth(1).map(|rest| format!("\nExample{rest}")).unwrap_or_default();
        parts.push((format!("crema {command} --help"), format!("{own}{after}")));
    }
    assert_held(&parts);
}

#[tokio::test]
async fn every_command_has_a_man_page_and_every_shell_its_completions() {
    let folder = crate::run::Folder::new();
    let said = Crema::alone().run(&["man", folder.path()]).await;
    assert_eq!(said.code, 0, "{said:?}");
    for name in COMMANDS.iter().map(|command| format!("crema-{command}.1")).chain(["crema.1".to_owned()]) {
        let page = fs::read_to_string(folder.0.join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(page.contains(".TH crema"), "{name}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = Crema::alone().run(&["completions", shell]).await;
        assert!(said.code == 0 && said.out.contains("rollback"), "{shell}");
    }
}
