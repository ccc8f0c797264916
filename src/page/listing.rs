//! The page itself: a summary, a filter, and a row a family.

use super::{
    FAMILIES, MOST,
    action::{Display, button},
    frame::{Buttons, Frame},
    row::{Row, row},
    timeline::legend,
    words::{Look, visible},
};
use maud::{Markup, PreEscaped, html};
use serde_json::json;
use time::OffsetDateTime;

/// Bytes that are kept free for all that is no row.
const BESIDES: usize = 30_000;

/// What a page is made of.
pub struct FamilyPage<'a> {
    pub rows: Vec<Row<'a>>,
    /// All families, by the state in which this copy saw them last.
    pub counts: Vec<(Look, usize)>,
    /// When this copy looked at the one longest ago that counts here.
    pub oldest: Option<OffsetDateTime>,
    pub filter: &'a str,
    /// Families that the filter leaves.
    pub matching: usize,
    /// From 1.
    pub page: usize,
    /// What is to be said besides.
    pub warnings: &'a [String],
}

impl FamilyPage<'_> {
    fn total(&self) -> usize {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    fn pages(&self) -> usize {
        self.matching.div_ceil(FAMILIES).max(1)
    }

    pub fn html(&self, frame: &Frame<'_>) -> String {
        let (rows, left_out) = self.rows(frame);
        frame.around(&html! {
            (self.summary(frame))
            @for warning in self.warnings.iter().take(5) { p class="note" { (visible(warning, 600)) } }
            @if self.warnings.len() > 5 { p class="note" { (self.warnings.len() - 5) " more warnings are in the log." } }
            (self.bar(frame))
            @if self.rows.is_empty() {
                p { @if self.total() == 0 { "No app lies under the prefix yet." } @else { "No name has this text." } }
            } @else {
                div class="scroll" role="region" aria-label="Families" tabindex="0" {
                    table {
                        caption {
                            "Families " (self.first()) " to " (self.first() + self.rows.len() - 1) " of " (self.matching)
                            ", read at " (frame.clock.of_day(frame.clock.now)) " (" (frame.clock.zone()) ")"
                        }
                        thead { tr {
                            @for head in ["State", "Family", "Runs now", "Image", "Schedules", "Revisions", "Look, and act"] {
                                th scope="col" { (head) }
                            }
                        } }
                        tbody { (PreEscaped(rows)) }
                    }
                }
                @if left_out > 0 { p class="note" { (left_out) " more of these do not fit: filter by name." } }
                (legend())
            }
            (hands(frame))
        })
    }

    /// The rows, as many as fit.
    fn rows(&self, frame: &Frame<'_>) -> (String, usize) {
        let mut all = String::new();
        for (i, one) in self.rows.iter().enumerate() {
            let next = row(frame, one).into_string();
            if all.len() + next.len() > MOST - BESIDES {
                return (all, self.rows.len() - i);
            }
            all.push_str(&next);
        }
        (all, 0)
    }

    fn first(&self) -> usize {
        (self.page - 1) * FAMILIES + 1
    }

    fn summary(&self, frame: &Frame<'_>) -> Markup {
        let total = self.total();
        let is_whole = !self.counts.iter().any(|(shown, _)| *shown == Look::NotSeen);
        html! {
            div class="sum" {
                b { (total) (if total == 1 { " family" } else { " families" }) }
                @for (shown, count) in &self.counts { (shown.count(*count)) }
            }
            @if total > self.rows.len() {
                p class="dim" {
                    "A page reads its own " (FAMILIES) " families anew; of all others this copy of the function knows what it saw last"
                    @if let Some(oldest) = self.oldest { ", back to " (frame.clock.shown(oldest)) " (" (frame.clock.ago(oldest)) ")" }
                    @if !is_whole { ", and of some nothing" }
                    ". Failed, held and drifted ones come first, as far as it knows."
                }
            }
        }
    }

    fn bar(&self, frame: &Frame<'_>) -> Markup {
        let page = |page: usize| frame.own(Display::Widget, json!({"action": "page", "page": page}));
        html! {
            form class="bar" {
                label for="crema-filter" { "Family or app" }
                input id="crema-filter" name="filter" type="text" maxlength="1024" value=(self.filter);
                (button("Filter", "Only families with this text in their name", false, &page(1)))
                @if self.pages() > 1 {
                    span class="dim" { "Page " (self.page) " of " (self.pages()) }
                    @if self.page > 1 { (button("Previous", "The families before these", false, &page(self.page - 1))) }
                    @if self.page < self.pages() { (button("Next", "The families after these", false, &page(self.page + 1))) }
                }
            }
        }
    }
}

/// Who does what the buttons say.
fn hands(frame: &Frame<'_>) -> Markup {
    html! {
        p class="dim" {
            @match frame.buttons {
                Buttons::Off => {},
                Buttons::Nowhere => "This function changes nothing, and which one does is not set (OPERATOR_ARN): so there are no \
                                     buttons to roll back and to register.",
                Buttons::At(operator) => {
                    "“Roll back” and “Register” call " code { (visible(operator.rsplit(':').next().unwrap_or(operator), 80)) }
                    " with your own rights, and ask before. Refresh the page to see what came of it."
                }
            }
        }
    }
}
