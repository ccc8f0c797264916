//! The page: what a CloudWatch custom widget shows of the families, as HTML. No I/O.
//!
//! `maud` escapes whatever it is not told to leave alone; that is said in two places, of texts of crema's own: the
//! stylesheet and the JSON of an action ([`action`]). There is no script and nothing from outside: CloudWatch takes
//! scripts out, and a page has to look the same without the Internet.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html>

pub mod action;
pub mod clock;
pub mod describe;
pub mod frame;
pub mod listing;
pub mod popup;
pub mod row;
#[cfg(test)]
mod tests;
pub mod timeline;
pub mod words;

/// Families that a page shows.
pub const FAMILIES: usize = 25;
/// Maximum bytes of a page.
pub const MOST: usize = 280_000;
