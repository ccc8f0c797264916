//! The widget's documentation, as the console shows it beside the editor of parameters.

/// Markdown; its first fenced block of YAML fills the parameters.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_create.html>
pub const MARKDOWN: &str = include_str!("describe.md");
