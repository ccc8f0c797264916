//! Tables that fit the terminal.

use super::style::{bold, paint, plain};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

/// So many columns, from the first on, are never broken.
const WHOLE: usize = 2;

/// Rows under a header, in so many columns of characters. Cells may hold colours; other control characters are taken out
/// by [`cell`].
pub fn table(header: &[&str], rows: Vec<Vec<String>>, width: usize) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header(header.iter().map(|name| paint(name, bold())));
    table.add_rows(rows);
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        // Names and words are read as a whole; sentences may go on in the next line.
        if i < WHOLE {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A text of somebody else in a cell.
pub fn cell(text: &str) -> String {
    plain(text).replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_never_wider_than_it_may_be() {
        let words = "a sentence with a number of words in it ".repeat(4);
        let rows = || vec![vec!["shop-batch".to_owned(), "on hold".to_owned(), words.clone()]];
        for width in [40, 60, 120] {
            let shown = anstream::adapter::strip_str(&table(&["FAMILY", "STATE", "WHY"], rows(), width)).to_string();
            assert!(shown.lines().all(|line| line.chars().count() <= width), "{shown}");
            assert!(shown.starts_with("FAMILY") && shown.contains("shop-batch"), "{shown}");
        }
    }
}
