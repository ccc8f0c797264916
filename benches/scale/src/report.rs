//! What a part found, on its way to the table.

use serde_json::{Value, json};

/// A row of the table.
pub fn row(what: &str, most: &str, measured: &str, met: Option<bool>) {
    println!("{}", json!({"what": what, "most": most, "measured": measured, "met": met}));
}

/// How a run went, below the table.
pub fn note(text: &str) {
    println!("{}", json!({"note": text}));
}

/// The table, in Markdown, of what the parts printed.
pub fn table(lines: &[Value]) -> String {
    let mut table = "| what | at most | measured | |\n|---|---|---|---|\n".to_owned();
    for line in lines.iter().filter(|line| line.get("what").is_some()) {
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        let met = line["met"].as_bool().map_or("", |met| if met { "met" } else { "**not met**" });
        table += &format!("| {} | {} | {} | {met} |\n", text("what"), text("most"), text("measured"));
    }
    table.push('\n');
    for note in lines.iter().filter_map(|line| line["note"].as_str()) {
        table += &format!("- {note}\n");
    }
    table
}

/// A number as people read it: `1,000`.
pub fn number(n: usize) -> String {
    let digits = n.to_string();
    let parts: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
    parts.join(",")
}

/// What one in twenty goes beyond, and the worst; `None` where there is nothing.
pub fn worst(times: &mut [f64]) -> Option<(f64, f64)> {
    times.sort_by(f64::total_cmp);
    let beyond = times.len() / 20;
    Some((*times.get(times.len().checked_sub(1 + beyond)?)?, *times.last()?))
}

pub fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
