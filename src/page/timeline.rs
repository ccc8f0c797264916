//! The last revisions of a family on a line of time, as a picture: each kind has a shape of its own.

use super::clock::Clock;
use maud::{Markup, html};
use time::OffsetDateTime;

/// One revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dot {
    pub number: u32,
    pub is_active: bool,
    /// Whether this installation registered it.
    pub is_own: bool,
    pub registered_at: Option<OffsetDateTime>,
    pub deregistered_at: Option<OffsetDateTime>,
    pub proven_at: Option<OffsetDateTime>,
}

/// What became of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Active,
    /// It was the latest when it was deregistered.
    TakenBack,
    /// A newer one was ACTIVE when it was deregistered.
    Expired,
}

impl Fate {
    pub fn word(self) -> &'static str {
        match self {
            Fate::Active => "ACTIVE",
            Fate::TakenBack => "taken back",
            Fate::Expired => "expired",
        }
    }
}

impl Dot {
    /// What became of it, as far as these revisions tell.
    pub fn fate(&self, all: &[Dot]) -> Fate {
        if self.is_active {
            return Fate::Active;
        }
        let above = |dot: &&Dot| dot.number > self.number;
        let stood = |dot: &Dot| match (dot.registered_at, dot.deregistered_at, self.deregistered_at) {
            (Some(from), until, Some(at)) => from <= at && (dot.is_active || until.is_some_and(|until| until > at)),
            _ => dot.is_active,
        };
        if all.iter().filter(above).any(stood) { Fate::Expired } else { Fate::TakenBack }
    }

    /// Says all of it in a sentence.
    fn told(&self, fate: Fate, clock: &Clock) -> String {
        let mut told = format!("{} {}", self.number, fate.word());
        let mut add = |word: &str, time: Option<OffsetDateTime>| {
            if let Some(time) = time {
                told.push_str(&format!(", {word} {}", clock.shown(time)));
            }
        };
        add("registered", self.registered_at);
        add("ran well", self.proven_at);
        add("deregistered", self.deregistered_at);
        if !self.is_own {
            told.push_str(", by somebody else");
        }
        told
    }
}

const HEIGHT: u32 = 34;
const EDGE: f64 = 10.0;
/// The least between two revisions.
const GAP: f64 = 17.0;

/// Draws the newest of these revisions, as many as fit. `dots` are by number, the newest first.
pub fn drawn(dots: &[Dot], width: u32, clock: &Clock) -> Markup {
    let room = f64::from(width) - 2.0 * EDGE;
    let (mut fit, mut end) = (0, 0.0);
    while end <= room {
        fit += 1;
        end += GAP;
    }
    let shown: Vec<&Dot> = dots.iter().take(fit).rev().collect();
    let places = places(&shown, room, clock);
    let fates: Vec<Fate> = shown.iter().map(|dot| dot.fate(dots)).collect();
    let latest = shown.iter().rposition(|dot| dot.is_active);
    let told: Vec<String> = shown.iter().zip(&fates).rev().map(|(dot, fate)| dot.told(*fate, clock)).collect();
    html! {
        svg class="line" role="img" width=(width) height=(HEIGHT) viewBox={ "0 0 " (width) " " (HEIGHT) }
            aria-label={ "Revisions: " (told.join("; ")) } {
            path d={ "M2 12H" (width - 2) } class="axis" {}
            @if let Some(latest) = latest { path d={ "M" (at(places[latest])) " 12H" (width - 2) } class="runs" {} }
            @for (i, (dot, fate)) in shown.iter().zip(&fates).enumerate() {
                (mark(dot, *fate, places[i], latest == Some(i), clock))
            }
        }
    }
}

/// Where each revision stands: by its time, but no two upon each other; evenly where times are not known or there is no
/// room.
fn places(shown: &[&Dot], room: f64, clock: &Clock) -> Vec<f64> {
    let times: Vec<OffsetDateTime> = shown.iter().filter_map(|dot| dot.registered_at).collect();
    let evenly = || {
        let mut places: Vec<f64> = (0..).take(shown.len()).map(|i: u32| EDGE + room - GAP * f64::from(i)).collect();
        places.reverse();
        places
    };
    let Some(first) = times.first().filter(|_| times.len() == shown.len()) else { return evenly() };
    let whole = (clock.now - *first).as_seconds_f64().max(1.0);
    let of_time = |time: &OffsetDateTime| EDGE + room * ((*time - *first).as_seconds_f64() / whole).clamp(0.0, 1.0);
    let mut places: Vec<f64> = times.iter().map(of_time).collect();
    for i in (0..places.len().saturating_sub(1)).rev() {
        places[i] = places[i].min(places[i + 1] - GAP);
    }
    if places.first().is_some_and(|first| *first < EDGE) { evenly() } else { places }
}

/// A number of an SVG, in tenths.
fn at(place: f64) -> String {
    format!("{place:.1}")
}

fn mark(dot: &Dot, fate: Fate, x: f64, is_latest: bool, clock: &Clock) -> Markup {
    html! {
        g transform={ "translate(" (at(x)) " 12)" } {
            title { (dot.told(fate, clock)) }
            @match fate {
                Fate::Active if dot.is_own => { circle r=(if is_latest { "6" } else { "5" }) class="active" {} }
                Fate::Active => { path d="M0-6.5L6.5 0 0 6.5-6.5 0z" class="active" {} }
                Fate::TakenBack => { path d="M-4.5-4.5l9 9M-4.5 4.5l9-9" class="taken" {} }
                Fate::Expired => { rect x="-4" y="-4" width="8" height="8" class="expired" {} }
            }
            @if dot.proven_at.is_some() && fate == Fate::Active { path d="M-2.8.2L-.8 2.2 2.8-2.2" class="proven" {} }
            text y="20" text-anchor="middle" class=(if is_latest { "now" } else { "" }) { (dot.number) }
        }
    }
}

/// What the shapes mean.
pub fn legend() -> Markup {
    let key = |shape: Markup, word: &str| {
        html! {
            span class="key" {
                svg class="line" width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true" { (shape) }
                " " (word)
            }
        }
    };
    html! {
        div class="legend" {
            (key(html! { circle r="5" class="active" {} }, "ACTIVE"))
            (key(html! { circle r="6" class="active" {} path d="M-2.8.2L-.8 2.2 2.8-2.2" class="proven" {} }, "a task of it ran well"))
            (key(html! { path d="M0-6.5L6.5 0 0 6.5-6.5 0z" class="active" {} }, "registered by somebody else"))
            (key(html! { path d="M-4.5-4.5l9 9M-4.5 4.5l9-9" class="taken" {} }, "taken back"))
            (key(html! { rect x="-4" y="-4" width="8" height="8" class="expired" {} }, "expired"))
        }
    }
}
