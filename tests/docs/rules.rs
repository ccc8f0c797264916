//! `docs/RULES.md` is made from the table of rules.

use crate::pages::read;
use crema::definition::rules;

#[test]
fn the_page_of_rules_is_the_table() {
    let page = rules::page();
    if std::env::var_os("CREMA_WRITE_PAGES").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/RULES.md"), &page).unwrap();
    }
    assert!(read("docs/RULES.md") == page, "docs/RULES.md is not what the table says; write it anew by `make rules`");
}

#[test]
fn each_rule_has_its_own_name_and_says_all_that_a_page_needs() {
    let mut names = std::collections::BTreeSet::new();
    for rule in rules::rules() {
        assert!(names.insert(rule.name), "{} stands twice", rule.name);
        for text in [rule.name, rule.path, rule.condition, rule.message, rule.remedy, rule.source] {
            assert!(!text.is_empty() && !text.contains(['|', '\n']), "{}: {text:?}", rule.name);
        }
    }
}
