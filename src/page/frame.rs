//! What every answer to a widget has around it.

use super::{
    MOST,
    action::{Call, Display},
    clock::Clock,
    words::visible,
};
use crate::{error::Error, outcome::status::FamilyStatus};
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

const STYLE: &str = include_str!("style.css");

/// Whether a page has buttons that change something, and which function they call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buttons<'a> {
    Off,
    /// They are asked for, and it is not known which function can do what they say.
    Nowhere,
    At(&'a str),
}

/// Who looks at a page, and what answers there.
pub struct Frame<'a> {
    pub is_dark: bool,
    pub clock: Clock,
    /// The ARN of this function.
    pub function: &'a str,
    /// The function's own region.
    pub region: &'a str,
    pub buttons: Buttons<'a>,
    /// Said above all.
    pub warnings: &'a [String],
}

impl Frame<'_> {
    /// The whole answer.
    pub fn around(&self, body: &Markup) -> String {
        // One element of this class turns off CloudWatch's own styles, which know one theme of tables.
        let class = format!("crema cwdb-no-default-styles {}", if self.is_dark { "dark" } else { "light" });
        let page = html! {
            div class=(class) lang="en" dir="ltr" {
                style { (PreEscaped(STYLE)) }
                @for warning in self.warnings.iter().take(5) { p class="note" { (visible(warning, 600)) } }
                (body)
            }
        };
        let page = page.into_string();
        if page.len() <= MOST {
            page
        } else {
            self.around(&html! { p class="note bad" { "This is too much for a page: ask for less of it." } })
        }
    }

    /// A page that could not be made, and why.
    pub fn failed(&self, error: &Error) -> String {
        self.around(&html! {
            h2 { span class="state bad" { "The page could not be made" } }
            p { b { (error.kind.name()) } }
            p { (visible(&self.clock.localised(&error.to_string()), 4_000)) }
            p class="dim" { "At " (self.clock.shown(self.clock.now)) " (" (self.clock.zone()) "). The log of the function has the same." }
        })
    }

    /// A call of this function itself.
    pub fn own(&self, display: Display, params: Value) -> Call<'_> {
        Call { endpoint: self.function, display, confirmation: None, params }
    }

    /// What a button sends as `family`: the name, or an ARN where it lies in another region; none where that is not known.
    pub fn family_of(&self, status: &FamilyStatus) -> Option<String> {
        let family = status.subject.family.clone()?;
        if status.subject.region.as_deref().is_none_or(|region| region == self.region) {
            return Some(family);
        }
        let (arn, _) = status.arn.as_deref()?.rsplit_once(':')?;
        Some(arn.to_owned())
    }
}
