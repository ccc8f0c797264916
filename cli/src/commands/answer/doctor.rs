//! Whether the account is as crema needs it.

use super::members::text as member;
use crate::output::{
    style::{of_word, paint},
    table::{cell, table},
};
use serde_json::Value;

pub fn text(checks: &[Value], width: usize) -> String {
    let row = |check: &Value| {
        let result = member(check, "result");
        vec![
            cell(member(check, "check")),
            paint(result, of_word(result)),
            cell(member(check, "found")),
            cell(member(check, "fix")),
        ]
    };
    table(&["CHECK", "RESULT", "FOUND", "FIX"], checks.iter().map(row).collect(), width)
}
