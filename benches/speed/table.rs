//! Figures with their spread.

use std::time::Duration;

/// Times of one thing, done often.
#[derive(Default)]
pub struct Times(Vec<f64>);

impl Times {
    pub fn add(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1e3);
    }

    /// In milliseconds.
    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    fn at(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "small"
        )]
        let index = ((sorted.len().max(1) - 1) as f64 * part).round() as usize;
        sorted.get(index).copied().unwrap_or(f64::NAN)
    }
}

impl std::fmt::Display for Times {
    /// The median, and in brackets what one in ten stays below and one in ten goes beyond.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} ({:.2}–{:.2})", self.median(), self.at(0.1), self.at(0.9))
    }
}

/// A row of a Markdown table.
pub fn row<T: AsRef<str>>(cells: &[T]) {
    println!("| {} |", cells.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" | "));
}

/// The first rows of one.
pub fn head(title: &str, columns: &[&str]) {
    println!("\n### {title}\n");
    row(columns);
    println!("|{}", "---|".repeat(columns.len()));
}
