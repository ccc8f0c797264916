//! One family of a page.

use super::{
    action::{Call, Display, button},
    frame::{Buttons, Frame},
    timeline::{Dot, drawn},
    words::{Look, principal, short, trigger, visible},
};
use crate::{
    moment,
    outcome::status::{FamilyState, FamilyStatus, ImageStatus, ScheduleStatus},
};
use maud::{Markup, html};
use serde_json::{Value, json};

/// Characters of a name in a row, and in the question of a button.
const NAME: usize = 300;
/// Characters of a reason in a row; the details have all of it.
const REASON: usize = 220;
/// Images and schedules of a row.
const SHOWN: usize = 3;
/// Pixels of the line of time.
const LINE: u32 = 176;

/// One family, as it was just read.
pub struct Row<'a> {
    pub status: &'a FamilyStatus,
    /// By number, newest first.
    pub dots: &'a [Dot],
    /// Whether it was not read far enough to tell whether it is on hold.
    pub is_unread: bool,
    /// Families of the same app.
    pub siblings: usize,
    /// Whether tasks that ran well are marked.
    pub is_proving: bool,
}

impl Row<'_> {
    /// Its state as it is shown.
    pub fn shown(&self) -> Look {
        if self.is_unread { Look::Differs } else { Look::Known(self.status.state) }
    }
}

pub fn row(frame: &Frame<'_>, row: &Row<'_>) -> Markup {
    let status = row.status;
    html! {
        tr {
            td class="why" { (row.shown().badge()) (why(frame, row)) }
            th scope="row" class="name" { (name(frame, status)) }
            td { (runs(frame, row)) }
            td { (images(status)) }
            td { (schedules(status.schedules.as_deref())) }
            td { @if row.dots.is_empty() { span class="dim" { "none" } } @else { (drawn(row.dots, LINE, &frame.clock)) } }
            td class="go" { (buttons(frame, row)) }
        }
    }
}

fn why(frame: &Frame<'_>, row: &Row<'_>) -> Markup {
    let status = row.status;
    let warnings = status.warnings.len();
    html! {
        @if let Some(kind) = status.error_type { small { b { (kind) } } }
        @if let Some(reason) = &status.reason { small { (visible(&frame.clock.localised(reason), REASON)) } }
        @if warnings > 0 {
            small { b class="warn" { (warnings) (if warnings == 1 { " warning" } else { " warnings" }) } ": see Details" }
        }
    }
}

/// Family, app and variant.
pub fn name(frame: &Frame<'_>, status: &FamilyStatus) -> Markup {
    let subject = &status.subject;
    let app = subject.app.as_deref().unwrap_or_default();
    let variant = subject.variant.iter().flatten();
    let variant: Vec<String> = variant.map(|(name, value)| format!("{name}={value}")).collect();
    html! {
        @match &subject.family {
            Some(family) => bdi { (visible(family, NAME)) },
            None => span class="dim" { "family not known" },
        }
        small { "app " bdi { (visible(app, NAME)) } @if !variant.is_empty() { " (" bdi { (visible(&variant.join(", "), NAME)) } ")" } }
        @if let Some(region) = subject.region.as_deref().filter(|region| *region != frame.region) { small { (visible(region, 40)) } }
    }
}

/// What schedules run now, since when, and by what.
pub fn runs(frame: &Frame<'_>, row: &Row<'_>) -> Markup {
    let Some(revision) = row.status.revision else { return html! { span class="dim" { "nothing ACTIVE" } } };
    let registered = row.status.registered.as_ref();
    let since = registered.and_then(|registered| moment::parse(registered.at.as_deref()?));
    let proven = row.status.proven_at.as_deref().and_then(moment::parse);
    html! {
        b { (revision) }
        @if let Some(since) = since { small { "since " (frame.clock.shown(since)) ", " (frame.clock.ago(since)) } }
        @if let Some(registered) = registered {
            @match (&registered.trigger, &registered.principal) {
                (Some(tag), _) => small { "by " (trigger(tag)) },
                (None, Some(arn)) => small { "by " bdi { (principal(arn)) } },
                (None, None) => {},
            }
        }
        @match proven {
            Some(at) => small class="ok" { "✓ ran well " (frame.clock.shown(at)) },
            None if row.is_proving => small { "not proven: no task of it ran well yet" },
            None => {},
        }
    }
}

fn images(status: &FamilyStatus) -> Markup {
    html! {
        @for image in status.images.iter().take(SHOWN) { (self::image(image)) }
        @if status.images.len() > SHOWN { small { (status.images.len() - SHOWN) " more" } }
    }
}

/// Repository and tag, and the digest that runs.
pub fn image(image: &ImageStatus) -> Markup {
    let name = image.image.split_once('/').map_or(image.image.as_str(), |(_, name)| name);
    let name = name.split('@').next().unwrap_or_default();
    html! {
        div {
            bdi { (visible(name, 80)) }
            @if let Some(pinned) = &image.pinned { small { code { (short(pinned)) } } }
            @match (image.pinned_exists, image.pinned_is_current) {
                (Some(false), _) => small { b class="bad" { "✕ gone from the registry" } },
                (_, Some(false)) => small class="info" { "the tag has moved on" },
                _ => {},
            }
        }
    }
}

fn schedules(schedules: Option<&[ScheduleStatus]>) -> Markup {
    let Some(schedules) = schedules else { return html! { span class="dim" { "not read" } } };
    html! {
        @if schedules.is_empty() { span class="dim" { "none" } }
        @for schedule in schedules.iter().take(SHOWN) { (self::schedule(schedule)) }
        @if schedules.len() > SHOWN { small { (schedules.len() - SHOWN) " more" } }
    }
}

/// What runs a family, and which revision.
pub fn schedule(schedule: &ScheduleStatus) -> Markup {
    html! {
        div {
            bdi { (visible(&schedule.name, 80)) }
            @if let Some(expression) = &schedule.expression { small { code { (visible(expression, 60)) } } }
            @if !schedule.enabled { small { "disabled" } }
            @if let Some(revision) = schedule.revision { small { b class="warn" { "pinned to " (revision) } } }
        }
    }
}

fn buttons(frame: &Frame<'_>, row: &Row<'_>) -> Markup {
    let status = row.status;
    let (family, app) = (frame.family_of(status), status.subject.app.as_deref());
    let about = match (&family, app) {
        (Some(family), _) => json!({"family": family}),
        (None, Some(app)) => json!({"app": app}),
        (None, None) => return html! {},
    };
    let with = |action: &str| {
        let mut params = about.clone();
        params["action"] = action.into();
        frame.own(Display::Popup, params)
    };
    html! {
        (button("Details", "Revisions, images, schedules, warnings", false, &with("details")))
        (button("Plan", "What registering would change", false, &with("plan")))
        @if let Buttons::At(endpoint) = frame.buttons {
            br;
            @if let Some(family) = family.filter(|_| status.revision.is_some()) { (roll_back(frame, row, endpoint, &family)) }
            @if let Some(app) = app.filter(|_| status.state != FamilyState::Failed) { (register(frame, row, endpoint, app)) }
        }
    }
}

fn pressed(frame: &Frame<'_>, action: &str, about: (&str, &str)) -> Value {
    json!({"action": action, about.0: about.1, "time": moment::rfc3339(frame.clock.now), "reason": "asked for on the dashboard"})
}

fn roll_back(frame: &Frame<'_>, row: &Row<'_>, endpoint: &str, family: &str) -> Markup {
    let name = visible(row.status.subject.family.as_deref().unwrap_or_default(), NAME);
    let revision = row.status.revision.unwrap_or_default();
    let below = row.dots.iter().find(|dot| dot.is_active && dot.number < revision);
    let then = match below {
        Some(below) => format!("what stands ACTIVE below it, {}", below.number),
        None => "what stands ACTIVE below it".to_owned(),
    };
    let question = format!(
        "Roll back {name}? Revision {revision}, the latest one at {} ({}), is taken back, and schedules run {then}. The family \
         is on hold then, until a new image, a changed configuration or \"Register\".",
        frame.clock.shown(frame.clock.now),
        frame.clock.zone(),
    );
    let params = pressed(frame, "rollback", ("family", family));
    let call = Call { endpoint, display: Display::Popup, confirmation: Some(question), params };
    button("Roll back", "Take the latest revision back", false, &call)
}

fn register(frame: &Frame<'_>, row: &Row<'_>, endpoint: &str, app: &str) -> Markup {
    let status = row.status;
    let family = visible(status.subject.family.as_deref().unwrap_or(app), NAME);
    let now = status.revision.map_or("none ACTIVE".to_owned(), |revision| format!("revision {revision}"));
    let mut question = format!(
        "Register {family}? Now it has {now}; what files and images say becomes its latest revision, if that differs."
    );
    if let Some(taken_back) = status.taken_back.first().filter(|_| status.state == FamilyState::OnHold) {
        question.push_str(&format!(
            " This ends the hold: revision {} was taken back, and may return.",
            taken_back.revision
        ));
    }
    if status.state == FamilyState::Drifted {
        question.push_str(" It replaces what somebody else registered.");
    }
    if row.siblings > 1 {
        question.push_str(&format!(
            " All {} families of the app {} are registered so.",
            row.siblings,
            visible(app, NAME)
        ));
    }
    let params = pressed(frame, "register", ("app", app));
    let call = Call { endpoint, display: Display::Popup, confirmation: Some(question), params };
    button("Register", "Register what files and images say", false, &call)
}
