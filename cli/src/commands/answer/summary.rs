//! What a pull request shows of a plan: a table, and the difference of every family.

use super::{
    members::{list, number, text as member},
    outcomes::name,
};
use crate::output::github::{escaped, fenced};
use serde_json::Value;

/// Markdown; nothing where there is nothing to be compared.
pub fn of(answer: &Value) -> String {
    let outcomes = list(answer, "outcomes").map(Vec::as_slice).unwrap_or_default();
    if outcomes.is_empty() {
        return String::new();
    }
    let shown = |outcome: &&Value| decision(outcome) != "unchanged";
    let quiet = outcomes.iter().filter(|outcome| !shown(outcome)).count();
    let mut out = "## crema\n\n".to_owned();
    if outcomes.iter().any(|outcome| shown(&outcome)) {
        out.push_str("| family | what would happen | latest |\n|---|---|---|\n");
        out.extend(outcomes.iter().filter(shown).map(row));
        out.push('\n');
    }
    if quiet > 0 {
        out.push_str(&format!("{quiet} unchanged.\n\n"));
    }
    out.extend(outcomes.iter().filter(shown).map(details));
    out
}

fn decision(outcome: &Value) -> &str {
    Some(member(outcome, "would")).filter(|would| !would.is_empty()).unwrap_or_else(|| member(outcome, "decision"))
}

fn row(outcome: &Value) -> String {
    let latest = number(outcome, "previous").map(|number| number.to_string());
    let reason = escaped(member(outcome, "reason")).replace('\n', "<br>");
    let (name, decision, latest) = (escaped(&name(outcome)), decision(outcome), latest.unwrap_or_default());
    format!("| {name} | **{}**: {reason} | {latest} |\n", escaped(&decision.replace('_', " ")))
}

fn details(outcome: &Value) -> String {
    let diff = member(outcome, "diff");
    if diff.is_empty() {
        return String::new();
    }
    format!("<details open><summary>{}</summary>\n\n{}\n</details>\n\n", escaped(&name(outcome)), fenced(diff))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_plan_is_a_table_and_the_differences() {
        let answer = json!({"outcomes": [
            {"family": "shop", "decision": "planned", "would": "registered", "reason": "a <b>|c", "previous": 4, "diff": "-a\n+b"},
            {"family": "same", "decision": "planned", "would": "unchanged"},
        ]});
        let expected = "## crema\n\n| family | what would happen | latest |\n|---|---|---|\n\
                        | shop | **registered**: a &lt;b&gt;&#124;c | 4 |\n\n1 unchanged.\n\n\
                        <details open><summary>shop</summary>\n\n```diff\n-a\n+b\n```\n\n</details>\n\n";
        assert_eq!(of(&answer), expected);
        assert_eq!(of(&json!({"families": []})), "");
    }
}
