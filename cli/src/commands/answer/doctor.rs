//! Whether the account is as crema needs it: a mark, a sentence, and the remedy.

use super::members::text as member;
use crate::output::style::{bold, dim, of_word, paint, plain};
use serde_json::Value;

/// A line a check, and below it what mends it; a remedy that several checks in a row share stands below the last of them.
pub fn text(checks: &[Value]) -> String {
    let fix = |check: &Value| plain(member(check, "fix"));
    let mut out = String::new();
    for (i, check) in checks.iter().enumerate() {
        let result = member(check, "result");
        let name = paint(&plain(member(check, "check")), bold());
        out.push_str(&format!("{} {name}: {}\n", paint(mark(result), of_word(result)), plain(member(check, "found"))));
        let (this, next) = (fix(check), checks.get(i + 1).map(fix));
        if !this.is_empty() && next != Some(this.clone()) {
            out.push_str(&format!("  {} {this}\n", paint("→", dim())));
        }
    }
    out
}

/// What each result looks like; a colour alone tells nobody who sees none.
fn mark(result: &str) -> &'static str {
    match result {
        "ok" => "✔",
        "warn" => "!",
        "fail" => "✗",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_check_has_its_mark_and_a_remedy_that_is_shared_stands_once() {
        let check =
            |name: &str, result: &str, fix: &str| json!({"check": name, "result": result, "found": "so", "fix": fix});
        let checks = [
            check("prefix", "ok", ""),
            check("rules", "fail", "enable it"),
            check("lifecycle", "warn", "keep more"),
            check("alarms", "unknown", "DoctorReads=true"),
            check("schedules", "unknown", "DoctorReads=true"),
            json!({"check": "a\u{1b}[2J"}),
        ];
        let shown = anstream::adapter::strip_str(&text(&checks)).to_string();
        assert_eq!(
            shown,
            "✔ prefix: so\n✗ rules: so\n  → enable it\n! lifecycle: so\n  → keep more\n? alarms: so\n? schedules: so\n  → \
             DoctorReads=true\n? a\u{fffd}[2J: \n"
        );
    }
}
