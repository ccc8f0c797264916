//! What opens over the page: the details of a family, a plan, what came of a button.

use super::{
    frame::Frame,
    row::{Row, image, name, runs, schedule},
    timeline::{drawn, legend},
    words::{decided, visible},
};
use crate::{
    outcome::{Decision, Outcome, answer::Answer},
    trigger::Pressed,
};
use maud::{Markup, html};

/// Pixels of the line of time.
const LINE: u32 = 440;
/// Characters of a text.
const TEXT: usize = 4_000;
/// Bytes of a difference.
const DIFF: usize = 20_000;
/// Outcomes and warnings of a popup.
const SHOWN: usize = 25;

/// All that was read of families: of one, or of the variants of an app.
pub fn details(frame: &Frame<'_>, rows: &[Row<'_>], warnings: &[String]) -> String {
    frame.around(&html! {
        @if rows.is_empty() { p { "No app renders this family now." } }
        @for row in rows { (one(frame, row)) }
        (said(frame, warnings))
        p class="dim" { "Read at " (frame.clock.shown(frame.clock.now)) " (" (frame.clock.zone()) ")" }
    })
}

fn one(frame: &Frame<'_>, row: &Row<'_>) -> Markup {
    let status = row.status;
    html! {
        h2 { (name(frame, status)) }
        p { (row.shown().badge()) @if let Some(kind) = status.error_type { " " b { (kind) } } }
        @if let Some(reason) = &status.reason { p { (visible(&frame.clock.localised(reason), TEXT)) } }
        @for warning in status.warnings.iter().take(SHOWN) { p class="note" { (visible(&frame.clock.localised(warning), TEXT / 4)) } }
        @if status.warnings.len() > SHOWN { p { (status.warnings.len() - SHOWN) " more warnings" } }
        h3 { "Runs now" }
        div { (runs(frame, row)) }
        @if let Some(fallback) = status.fallback { p { "The circuit breaker would go back to " b { (fallback) } "." } }
        @if !row.dots.is_empty() {
            h3 { "Revisions" }
            (drawn(row.dots, LINE, &frame.clock))
            (legend())
            (revisions(frame, row))
        }
        @if !status.images.is_empty() { h3 { "Images" } @for shown in status.images.iter().take(SHOWN) { (image(shown)) } }
        h3 { "Schedules" }
        @match &status.schedules {
            Some(schedules) => @for shown in schedules.iter().take(SHOWN) { (schedule(shown)) },
            None => p class="dim" { "Rules and schedules were not read (ReadSchedules)." },
        }
        @if let Some(note) = &status.note { p class="dim" { (visible(note, TEXT)) } }
    }
}

fn revisions(frame: &Frame<'_>, row: &Row<'_>) -> Markup {
    let shown = |time: Option<time::OffsetDateTime>| time.map(|time| frame.clock.shown(time)).unwrap_or_default();
    html! {
        table {
            thead { tr { @for head in ["Revision", "State", "Registered", "Ran well", "Deregistered", "By"] { th scope="col" { (head) } } } }
            tbody {
                @for dot in row.dots {
                    tr {
                        th scope="row" { (dot.number) @if row.status.revision == Some(dot.number) { " " b { "runs now" } } }
                        td { (dot.fate(row.dots).word()) }
                        td { (shown(dot.registered_at)) }
                        td { (shown(dot.proven_at)) }
                        td { (shown(dot.deregistered_at)) }
                        td { (if dot.is_own { "crema" } else { "somebody else" }) }
                    }
                }
            }
        }
    }
}

/// What registering would do, and the difference that it would make.
pub fn plan(frame: &Frame<'_>, answer: &Answer) -> String {
    let mut room = 10 * DIFF;
    frame.around(&html! {
        @if answer.outcomes.is_empty() { p { "No app renders this now." } }
        @for outcome in answer.outcomes.iter().take(SHOWN) {
            (head(outcome))
            @if let Some(would) = outcome.would { p { "A changed configuration would make it: " b { (decided(would).0) } } }
            (reason(frame, outcome))
            @match outcome.diff.as_deref() {
                None | Some("") => p class="dim" { "No difference." },
                Some(diff) => {
                    @let taken = diff.len().min(DIFF).min(room);
                    (difference(diff, { room -= taken; taken }))
                }
            }
        }
        (said(frame, &answer.warnings))
    })
}

fn difference(diff: &str, most: usize) -> Markup {
    let class = |line: &str| match line.as_bytes().first() {
        Some(b'+') => "add",
        Some(b'-') => "del",
        _ => "",
    };
    let end = diff.floor_char_boundary(most);
    html! {
        pre tabindex="0" { @for line in diff[..end].lines() { span class=(class(line)) { (visible(line, 2_000)) } "\n" } }
        @if end < diff.len() { p class="dim" { (diff.len() - end) " more bytes" } }
    }
}

/// What came of a button.
pub fn pressed(frame: &Frame<'_>, button: &Pressed, answer: &Answer) -> String {
    frame.around(&html! {
        @if answer.outcomes.is_empty() { p { "Nothing was done." } }
        @for outcome in answer.outcomes.iter().take(SHOWN) {
            (head(outcome))
            (reason(frame, outcome))
            @if outcome.decision == Decision::RolledBack {
                p {
                    "Taken back: " b { (numbers(&outcome.revisions)) }
                    @if let Some(latest) = outcome.latest { ". Schedules run " b { (latest) } " from now on." }
                }
                p class="dim" { "A task that is just starting may still use the old one for up to ten minutes." }
            }
            @if let (Decision::Registered, Some(revision)) = (outcome.decision, outcome.revision) {
                p { "Revision " b { (revision) } " is the latest." }
            }
        }
        @if answer.outcomes.len() > SHOWN { p { (answer.outcomes.len() - SHOWN) " more, each in the log." } }
        (said(frame, &answer.warnings))
        p class="dim" {
            "Asked by " (match button { Pressed::Register { .. } => "Register", Pressed::Rollback(_) => "Roll back" })
            " of a page of " (&answer.trigger.time) ", id " code { (&answer.trigger.id) } ". Close this and refresh the page."
        }
    })
}

fn numbers(revisions: &[u32]) -> String {
    revisions.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

fn head(outcome: &Outcome) -> Markup {
    let (word, class) = decided(outcome.decision);
    let name = outcome.subject.family.as_deref().or(outcome.subject.app.as_deref()).unwrap_or_default();
    html! {
        h2 { bdi { (visible(name, 300)) } }
        p { span class={ "state " (class) } { (word) } @if let Some(kind) = outcome.error_type { " " b { (kind) } } }
    }
}

fn reason(frame: &Frame<'_>, outcome: &Outcome) -> Markup {
    html! { @if let Some(reason) = &outcome.reason { p { (visible(&frame.clock.localised(reason), TEXT)) } } }
}

fn said(frame: &Frame<'_>, warnings: &[String]) -> Markup {
    html! {
        @for warning in warnings.iter().take(SHOWN) { p class="note" { (visible(&frame.clock.localised(warning), TEXT / 4)) } }
        @if warnings.len() > SHOWN { p { (warnings.len() - SHOWN) " more warnings" } }
    }
}
