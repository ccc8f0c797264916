//! What was done, or would be, of each family.

use super::members::{is, list, number, text as member};
use crate::output::style::{bold, difference, of_word, paint, plain, word};
use serde_json::Value;

/// So many families are listed although nothing is to be said of them.
const MOST_QUIET: usize = 20;

pub fn text(outcomes: &[Value]) -> String {
    let is_quiet = |outcome: &&Value| matches!(decision(outcome), "unchanged");
    let is_long = outcomes.iter().filter(is_quiet).count() > MOST_QUIET;
    outcomes.iter().filter(|outcome| !is_long || !is_quiet(outcome)).map(line).collect()
}

/// Of a plan, what it would do.
fn decision(outcome: &Value) -> &str {
    if is(outcome, "planned") { member(outcome, "would") } else { member(outcome, "decision") }
}

/// The family, or the app where no family is known.
pub fn name(outcome: &Value) -> String {
    let family = Some(member(outcome, "family")).filter(|family| !family.is_empty());
    plain(family.unwrap_or_else(|| member(outcome, "app")))
}

fn line(outcome: &Value) -> String {
    let would = if is(outcome, "planned") { "would be " } else { "" };
    let decision = decision(outcome);
    let word = paint(&word(decision), of_word(decision));
    let said = said(outcome);
    let colon = if said.is_empty() { "" } else { ": " };
    let mut line = format!("{}: {would}{word}{colon}{said}\n", paint(&name(outcome), bold()));
    if decision != "unchanged" {
        line.push_str(&difference(&plain(member(outcome, "diff"))));
    }
    line
}

/// What there is to say of it.
fn said(outcome: &Value) -> String {
    let revision = |number: u64| format!("{}:{number}", name(outcome));
    let at = |name: &str| number(outcome, name).map(revision);
    let reason = plain(member(outcome, "reason"));
    match decision(outcome) {
        // It stands below, as an error.
        "failed" | "not_reached" => String::new(),
        _ if is(outcome, "planned") => match at("previous") {
            Some(previous) => format!("{reason} ({previous} is the latest)"),
            None => format!("{reason} (it is the first revision of its family)"),
        },
        "registered" => match (at("revision"), at("previous")) {
            (Some(new), Some(before)) => format!("{new}, after {before}"),
            (Some(new), None) => new,
            _ => String::new(),
        },
        "unchanged" | "proven" => at("revision").unwrap_or_default(),
        "rolled_back" => format!("{} taken back; {}", taken_back(outcome), runs(outcome, "run")),
        "would_roll_back" => {
            format!("{} would be taken back; {}", taken_back(outcome), runs(outcome, "would run"))
        }
        "expired" | "would_expire" => taken_back(outcome),
        _ => reason,
    }
}

/// The revisions, newest first.
fn taken_back(outcome: &Value) -> String {
    let all: Vec<u64> = list(outcome, "revisions").into_iter().flatten().filter_map(Value::as_u64).collect();
    let all = if all.is_empty() { number(outcome, "revision").into_iter().collect() } else { all };
    let each: Vec<String> = all.iter().map(|number| format!("{}:{number}", name(outcome))).collect();
    each.join(", ")
}

fn runs(outcome: &Value, verb: &str) -> String {
    match number(outcome, "latest") {
        Some(latest) => format!("schedules {verb} {}:{latest}", name(outcome)),
        None => format!("schedules {verb} nothing: no ACTIVE revision remains"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(outcome: Value) -> String {
        anstream::adapter::strip_str(&text(&[outcome])).to_string()
    }

    #[test]
    fn each_decision_is_a_sentence() {
        for (outcome, expected) in [
            (
                json!({"decision": "registered", "revision": 2, "previous": 1}),
                "shop: registered: shop:2, after shop:1\n",
            ),
            (json!({"decision": "registered", "revision": 1}), "shop: registered: shop:1\n"),
            (
                json!({"decision": "rolled_back", "revision": 3, "revisions": [3, 2], "latest": 1}),
                "shop: rolled back: shop:3, shop:2 taken back; schedules run shop:1\n",
            ),
            (
                json!({"decision": "would_roll_back", "revision": 1, "revisions": [1]}),
                "shop: would roll back: shop:1 would be taken back; schedules would run nothing: no ACTIVE revision remains\n",
            ),
            (json!({"decision": "refused", "reason": "no \u{1b}[2J"}), "shop: refused: no \u{fffd}[2J\n"),
            (json!({"decision": "failed", "reason": "told below"}), "shop: failed\n"),
            (
                json!({"decision": "planned", "would": "registered", "reason": "new", "previous": 4, "diff": "-a\n+b\n"}),
                "shop: would be registered: new (shop:4 is the latest)\n-a\n+b\n",
            ),
        ] {
            let mut outcome = outcome;
            outcome["family"] = json!("shop");
            assert_eq!(shown(outcome), expected);
        }
        assert_eq!(shown(json!({"app": "team/x", "decision": "failed"})), "team/x: failed\n");
    }

    #[test]
    fn many_families_of_which_nothing_is_to_be_said_are_only_counted() {
        let unchanged = |i: usize| json!({"family": format!("f{i}"), "decision": "unchanged", "revision": 1});
        let all: Vec<Value> = (0..21).map(unchanged).chain([json!({"family": "g", "decision": "held"})]).collect();
        assert_eq!(text(&all).lines().count(), 1);
        assert_eq!(text(&all[..20]).lines().count(), 20);
    }
}
