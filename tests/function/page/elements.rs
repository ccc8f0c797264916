//! The elements of a page that make calls, and its text.

use serde_json::Value;
use std::collections::BTreeMap;

/// A `cwdb-action`, and the text of the element before it.
#[derive(Clone, Debug)]
pub struct Element {
    pub label: String,
    pub attributes: BTreeMap<String, String>,
    pub params: Value,
}

pub fn elements(html: &str) -> Vec<Element> {
    let mut before = html;
    let mut found = vec![];
    while let Some((head, rest)) = before.split_once("<cwdb-action ") {
        let (attributes, rest) = rest.split_once('>').unwrap();
        let (json, rest) = rest.split_once("</cwdb-action>").unwrap();
        assert!(!json.contains(['<', '>', '&']), "{json}");
        let label = head.strip_suffix("</a>").unwrap_or_else(|| panic!("nothing to click before: {attributes}"));
        let label = unescaped(label.rsplit_once('>').unwrap().1);
        found.push(Element { label, attributes: of(attributes), params: serde_json::from_str(json).unwrap() });
        before = rest;
    }
    found
}

fn of(attributes: &str) -> BTreeMap<String, String> {
    let mut rest = attributes;
    let mut found = BTreeMap::new();
    while let Some((name, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap();
        found.insert(name.trim().to_owned(), unescaped(value));
        rest = after;
    }
    found
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The text that somebody reads, with single spaces.
pub fn text(html: &str) -> String {
    let mut rest = html;
    let mut read = String::new();
    while let Some((before, after)) = rest.split_once('<') {
        read.push_str(before);
        let skip = ["style>", "cwdb-action ", "title>"].iter().find(|name| after.starts_with(**name));
        rest = match skip {
            Some(name) => after.split_once(&format!("</{}", name.trim_end().trim_end_matches('>'))).unwrap().1,
            None => after,
        };
        rest = rest.split_once('>').map_or("", |(_, rest)| rest);
        read.push(' ');
    }
    read.push_str(rest);
    let spaced = unescaped(&read);
    spaced
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" .", ".")
        .replace(" ,", ",")
        .replace("( ", "(")
        .replace(" )", ")")
}

/// Nothing that runs, and nothing from elsewhere: every tag and attribute is one of these.
pub fn assert_harmless(html: &str) {
    const TAGS: [&str; 34] = [
        "div",
        "style",
        "p",
        "b",
        "h2",
        "h3",
        "span",
        "svg",
        "path",
        "circle",
        "rect",
        "g",
        "title",
        "text",
        "form",
        "label",
        "input",
        "a",
        "cwdb-action",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "small",
        "bdi",
        "br",
        "code",
        "pre",
        "details",
        "summary",
        "i",
    ];
    for tag in html.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').unwrap_or_else(|| panic!("a tag that is not closed: {tag}"));
        let name = inside.trim_start_matches('/').split([' ', '>']).next().unwrap();
        assert!(TAGS.contains(&name), "<{name}> of {inside}");
        for name in of(inside).keys() {
            let name = name.rsplit(' ').next().unwrap();
            let is_plain = !name.starts_with("on")
                && !["href", "src", "srcdoc", "action:", "formaction", "xlink:href"].contains(&name);
            assert!(is_plain, "{name} of <{inside}>");
        }
    }
    let outside = ["url(", "@import", "javascript:", "http:", "https:"];
    let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    assert!(!outside.iter().any(|word| style.contains(word)));
}
