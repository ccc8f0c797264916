//! What the documentation says is so: its examples render, its tables are the code's own, its links lead somewhere.

mod events;
mod examples;
mod imports;
mod links;
mod pages;
mod rules;
mod tables;
mod tasks;
mod type_names;

use pages::read;

#[test]
fn the_library_forbids_unsafe_code_and_the_release_checks_overflow() {
    assert!(read("src/lib.rs").lines().any(|line| line == "#![forbid(unsafe_code)]"));
    let manifest = read("Cargo.toml");
    let release = manifest.split("[profile.release]\n").nth(1).unwrap();
    assert!(release.lines().take_while(|line| !line.starts_with('[')).any(|line| line == "overflow-checks = true"));
}
