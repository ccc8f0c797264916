//! How families stand.

use super::members::{list, number, text as member};
use crate::output::{
    style::{bold, of_word, paint, plain, word},
    table::{cell, table},
};
use serde_json::Value;

pub fn text(families: &[Value], width: usize) -> String {
    const HEADER: [&str; 7] = ["FAMILY", "STATE", "REV", "IMAGE", "SINCE", "BY", "RUN BY"];
    let columns = match width {
        ..60 => 4,
        60..90 => 5,
        _ => HEADER.len(),
    };
    let cells = |family| row(family).into_iter().take(columns).collect();
    let mut out = table(&HEADER[..columns], families.iter().map(cells).collect(), width);
    out.extend(families.iter().map(reason));
    if let [family] = families {
        out.push_str(&more(family));
    }
    out
}

fn name(family: &Value) -> &str {
    Some(member(family, "family")).filter(|name| !name.is_empty()).unwrap_or_else(|| member(family, "app"))
}

fn row(family: &Value) -> Vec<String> {
    let state = member(family, "state");
    let registered = family.get("registered").unwrap_or(&Value::Null);
    vec![
        cell(name(family)),
        paint(&word(state), of_word(state)),
        number(family, "revision").map(|number| number.to_string()).unwrap_or_default(),
        cell(&images(family)),
        cell(&minute(member(registered, "at"))),
        cell(by(registered)),
        cell(&schedules(family)),
    ]
}

/// `2026-11-28 14:50` of a time.
fn minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

/// The kind of what asked for it; else who registered it.
fn by(registered: &Value) -> &str {
    let trigger = member(registered, "trigger").split(' ').next().unwrap_or_default();
    let principal = member(registered, "principal").rsplit('/').next().unwrap_or_default();
    if trigger.is_empty() { principal } else { trigger }
}

/// Tag and short digest of each image.
fn images(family: &Value) -> String {
    let image = |image: &Value| {
        let reference = member(image, "image").split('@').next().unwrap_or_default();
        let tag = reference.rsplit('/').next().unwrap_or_default();
        let pinned = member(image, "pinned").trim_start_matches("sha256:");
        match pinned.get(..7) {
            Some(digest) => format!("{tag} {digest}"),
            None => tag.to_owned(),
        }
    };
    list(family, "images").into_iter().flatten().map(image).collect::<Vec<_>>().join(", ")
}

fn schedules(family: &Value) -> String {
    let schedule = |schedule: &Value| {
        let pinned = number(schedule, "revision").map(|number| format!(" (pinned to {number})")).unwrap_or_default();
        let is_off = schedule.get("enabled").and_then(Value::as_bool) == Some(false);
        format!("{}{pinned}{}", member(schedule, "name"), if is_off { " (off)" } else { "" })
    };
    match list(family, "schedules").map(Vec::as_slice) {
        Some([]) => "nothing".to_owned(),
        schedules => schedules.into_iter().flatten().map(schedule).collect::<Vec<_>>().join(", "),
    }
}

/// Why it is not as desired, and what is warned of.
fn reason(family: &Value) -> String {
    let warnings = list(family, "warnings").into_iter().flatten().filter_map(Value::as_str);
    let said = [member(family, "reason")].into_iter().chain(warnings);
    let lines = said.filter(|text| !text.is_empty());
    lines.map(|text| format!("{}: {}\n", paint(&plain(name(family)), bold()), plain(text))).collect()
}

/// What is said of one family alone.
fn more(family: &Value) -> String {
    let mut out = String::new();
    for taken in list(family, "taken_back").into_iter().flatten() {
        let number = number(taken, "revision").unwrap_or_default();
        let at = minute(member(taken, "at"));
        let at = if at.is_empty() { String::new() } else { format!(" at {at}") };
        out.push_str(&format!("taken back: {}:{number}{at}\n", plain(name(family))));
    }
    let note = member(family, "note").to_owned();
    for (what, text) in [("proven", minute(member(family, "proven_at"))), ("digest", digests(family)), ("run by", note)]
    {
        if !text.is_empty() {
            out.push_str(&format!("{what}: {}\n", plain(&text)));
        }
    }
    if let Some(fallback) = number(family, "fallback") {
        out.push_str(&format!("fallback: {}:{fallback}\n", plain(name(family))));
    }
    out
}

fn digests(family: &Value) -> String {
    let image = |image: &Value| {
        let pinned = Some(member(image, "pinned")).filter(|pinned| !pinned.is_empty())?;
        let is = |name: &str, is: bool| image.get(name).and_then(Value::as_bool) == Some(is);
        let old = if is("pinned_is_current", false) { ", and the tag has another now" } else { "" };
        let gone = if is("pinned_exists", false) { ", which is gone" } else { "" };
        Some(format!("{} {pinned}{old}{gone}", member(image, "container")))
    };
    list(family, "images").into_iter().flatten().filter_map(image).collect::<Vec<_>>().join("; ")
}
