//! What an element of the page does when it is clicked. A `cwdb-action` belongs to the element that stands before it.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html>

use super::words::is_unseen;
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

/// Where the answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    Popup,
    Widget,
}

/// A call of a function.
pub struct Call<'a> {
    /// The function's ARN.
    pub endpoint: &'a str,
    pub display: Display,
    /// What is asked before it is called.
    pub confirmation: Option<String>,
    pub params: Value,
}

/// A button that makes a call.
pub fn button(label: &str, about: &str, is_primary: bool, call: &Call<'_>) -> Markup {
    let class = if is_primary { "btn btn-primary" } else { "btn" };
    let display = match call.display {
        Display::Popup => "popup",
        Display::Widget => "widget",
    };
    // A popup of the console has no name but that of its button.
    html! {
        a class=(class) title=(about) { (label) }
        cwdb-action action="call" endpoint=(call.endpoint) display=(display) confirmation=[call.confirmation.as_deref()] {
            (json(&call.params))
        }
    }
}

/// JSON that is HTML too: what means something there, or is not seen, is escaped as JSON escapes it.
fn json(params: &Value) -> PreEscaped<String> {
    let mut text = String::new();
    for c in params.to_string().chars() {
        match c {
            c if matches!(c, '<' | '>' | '&') || is_unseen(c) => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    PreEscaped(text)
}
