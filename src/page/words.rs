//! States and texts as a page shows them: a state is a word, a shape and a colour, so that no two are told apart by colour
//! alone.

use crate::outcome::{Decision, status::FamilyState};
use maud::{Markup, html};

/// A text of somebody else's, at most so many characters of it. Characters that are not seen, or turn round what stands
/// beside them, are written out.
pub fn visible(text: &str, most: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(4 * most));
    for (i, c) in text.chars().enumerate() {
        if i == most {
            shown.push('…');
            break;
        }
        match c {
            '\n' | '\t' => shown.push(c),
            c if c.is_control() || is_unseen(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// Whether a character is not seen, or changes the direction of what stands beside it.
pub fn is_unseen(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// How a state is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Known(FamilyState),
    /// It is not as desired; whether it is on hold was not read.
    Differs,
    /// This copy has not looked at it.
    NotSeen,
}

impl Look {
    /// The order in which families are shown: what somebody has to look at comes first.
    pub fn rank(self) -> u8 {
        match self {
            Look::Known(FamilyState::Failed) => 0,
            Look::Known(FamilyState::OnHold) => 1,
            Look::Known(FamilyState::Drifted) => 2,
            Look::Differs => 3,
            Look::Known(FamilyState::Behind) => 4,
            Look::Known(FamilyState::NotReached) => 5,
            Look::Known(FamilyState::InSync) | Look::NotSeen => 6,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Look::Known(FamilyState::InSync) => "in sync",
            Look::Known(FamilyState::OnHold) => "on hold",
            Look::Known(FamilyState::Drifted) => "drifted",
            Look::Known(FamilyState::Behind) => "behind",
            Look::Known(FamilyState::Failed) => "failed",
            Look::Known(FamilyState::NotReached) => "not reached",
            Look::Differs => "differs",
            Look::NotSeen => "not looked at yet",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Look::Known(FamilyState::InSync) => "ok",
            Look::Known(FamilyState::OnHold | FamilyState::Drifted) => "warn",
            Look::Known(FamilyState::Behind) | Look::Differs => "info",
            Look::Known(FamilyState::Failed) => "bad",
            Look::Known(FamilyState::NotReached) | Look::NotSeen => "dim",
        }
    }

    /// The shape alone, twelve pixels wide.
    fn icon(self) -> Markup {
        html! {
            svg class="icon" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" {
                @match self {
                    Look::Known(FamilyState::InSync) => {
                        circle cx="6" cy="6" r="5.2" class="line" {}
                        path d="M3.4 6.2l1.9 1.9 3.4-3.9" class="line" {}
                    }
                    Look::Known(FamilyState::OnHold) => {
                        rect x="2" y="1.5" width="3" height="9" class="fill" {}
                        rect x="7" y="1.5" width="3" height="9" class="fill" {}
                    }
                    Look::Known(FamilyState::Drifted) => { path d="M6 .8L11.2 6 6 11.2.8 6z" class="line" {} }
                    Look::Known(FamilyState::Behind) | Look::Differs => {
                        path d="M6 10.8V2M2.2 5.6L6 1.8l3.8 3.8" class="line" {}
                    }
                    Look::Known(FamilyState::Failed) => {
                        path d="M6 .8l5.6 10.2H.4z" class="line" {}
                        path d="M6 4.4v3M6 8.8v.6" class="line" {}
                    }
                    Look::Known(FamilyState::NotReached) | Look::NotSeen => {
                        circle cx="6" cy="6" r="5" class="line" stroke-dasharray="2 2" {}
                    }
                }
            }
        }
    }

    /// Shape and word.
    pub fn badge(self) -> Markup {
        html! { span class={ "state " (self.class()) } { (self.icon()) " " (self.word()) } }
    }

    /// The same with a number before the word.
    pub fn count(self, count: usize) -> Markup {
        html! { span class={ "state " (self.class()) } { (self.icon()) " " (count) " " (self.word()) } }
    }
}

/// What a decision is called after a button was pressed, and in which class of state it is shown.
pub fn decided(decision: Decision) -> (&'static str, &'static str) {
    match decision {
        Decision::Registered => ("registered", "ok"),
        Decision::Unchanged => ("nothing to do", "ok"),
        Decision::RolledBack => ("rolled back", "ok"),
        Decision::AlreadyRolledBack => ("already rolled back", "info"),
        Decision::Superseded => ("superseded: this page is older than the latest revision", "warn"),
        Decision::Held => ("held", "warn"),
        Decision::Drifted => ("drifted", "warn"),
        Decision::Refused => ("refused", "bad"),
        Decision::Planned | Decision::WouldRollBack => (decision.name(), "info"),
        Decision::Failed => ("failed", "bad"),
        Decision::NotReached => ("not reached", "bad"),
        Decision::Proven | Decision::Kept | Decision::Expired | Decision::WouldExpire | Decision::HandedOn => {
            (decision.name(), "info")
        }
    }
}

/// Kind and id of a trigger as its tag has them, without the id: `image push`.
pub fn trigger(tag: &str) -> String {
    visible(&tag.split(' ').next().unwrap_or_default().replace('_', " "), 40)
}

/// The last part of a principal's ARN, which is a person's or a session's name.
pub fn principal(arn: &str) -> String {
    visible(arn.rsplit(['/', ':']).next().unwrap_or(arn), 60)
}

/// The first characters of a digest.
pub fn short(digest: &str) -> &str {
    let hash = digest.strip_prefix("sha256:").unwrap_or(digest);
    &hash[..hash.floor_char_boundary(12)]
}
