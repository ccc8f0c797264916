//! Cuts answers to what their receivers accept: Lambda accepts six megabytes from a call, the event bus and other
//! destinations 256 kB of an event. A longer answer would end the invocation in an error, or get lost, whatever was
//! done.
//! <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>

#[cfg(test)]
mod tests;

use super::{
    Decision, Outcome,
    answer::Answer,
    status::{FamilyState, FamilyStatus},
};
use crema_base::quote::cut_to;
use serde::Serialize;
use std::io::{self, Write};

/// Maximum bytes of an answer that somebody waits for.
pub const CALL: usize = 5_800_000;

/// Maximum bytes of an answer to an event, together with the event: destinations get both, and some words of Lambda's.
pub const EVENT: usize = 250_000;

/// Bytes that are kept free to say what was cut.
const TO_SAY: usize = 1_000;

/// The bytes that differences are cut to, one limit after the other until the answer fits.
const DIFFS: [usize; 6] = [8_000, 4_000, 2_000, 1_000, 400, 0];

/// The bytes that other texts are cut to, likewise.
const TEXTS: [usize; 2] = [2_000, 400];

impl Answer {
    /// This answer in at most `most` bytes: first differences are cut, then all texts, then the lists, and a warning
    /// says so. The counts stay complete.
    #[must_use]
    pub fn within(mut self, most: usize) -> Answer {
        let whole = bytes(&self);
        if whole <= most {
            return self;
        }
        let room = most.saturating_sub(TO_SAY);
        let mut said = vec![];
        said.extend(self.cut_diffs(room));
        if bytes(&self) > room {
            said.extend(self.cut_texts(room));
        }
        if bytes(&self) > room {
            said.extend(self.cut_lists(room));
        }
        let rest = match self.families {
            Some(_) => "the counts are whole: ask for one app at a time",
            None if self.trigger.kind == "plan" => "the counts and the log are whole: ask for one app at a time",
            None => "the counts and the log are whole",
        };
        let said = said.join("; ");
        self.warnings.insert(0, format!("this answer is cut, from {whole} bytes to {most} at most: {said}; {rest}"));
        self
    }

    fn cut_diffs(&mut self, room: usize) -> Option<String> {
        if self.outcomes.iter().all(|outcome| outcome.diff.is_none()) {
            return None;
        }
        for most in DIFFS {
            for outcome in &mut self.outcomes {
                outcome.diff = outcome.diff.take().filter(|_| most > 0).map(|diff| cut_lines(diff, most));
            }
            if most > 0 && bytes(self) <= room {
                return Some(format!("differences have {most} bytes at most"));
            }
        }
        Some("differences are left out".to_owned())
    }

    fn cut_texts(&mut self, room: usize) -> Option<String> {
        for most in TEXTS {
            let of_outcomes = self.outcomes.iter_mut().flat_map(|o| [&mut o.reason, &mut o.request_reason]).flatten();
            of_outcomes.for_each(|text| cut_to(text, most));
            for family in self.families.iter_mut().flatten() {
                let texts = family.reason.iter_mut().chain(&mut family.note).chain(&mut family.warnings);
                texts.for_each(|text| cut_to(text, most));
            }
            self.warnings.iter_mut().for_each(|text| cut_to(text, most));
            if bytes(self) <= room {
                break;
            }
        }
        Some("reasons and warnings are cut".to_owned())
    }

    /// Shortens the lists. What went wrong has precedence over what did not.
    fn cut_lists(&mut self, room: usize) -> Vec<String> {
        let mut lists = Answer {
            outcomes: std::mem::take(&mut self.outcomes),
            families: self.families.take(),
            further_triggers: std::mem::take(&mut self.further_triggers),
            warnings: std::mem::take(&mut self.warnings),
            ..self.clone()
        };
        let mut room = room.saturating_sub(bytes(self) + "\"further_triggers\":[],\"families\":[],".len());
        let mut said = vec![];
        let mut keep = |name: &str, (total, left): (usize, usize)| {
            if left > 0 {
                said.push(format!("{left} of {total} {name} are not listed"));
            }
        };
        let part = room / 4;
        keep("warnings", shorten(&mut lists.warnings, part, &mut room, |_| 0));
        keep("further triggers", shorten(&mut lists.further_triggers, part, &mut room, |_| 0));
        keep("outcomes", shorten(&mut lists.outcomes, usize::MAX, &mut room, rank));
        if let Some(families) = &mut lists.families {
            keep("families", shorten(families, usize::MAX, &mut room, rank_of_family));
        }
        *self = lists;
        said
    }
}

/// Removes from a list what does not fit, the last of the lowest rank first. Returns how many elements there were, and
/// how many were removed.
fn shorten<T: Serialize>(list: &mut Vec<T>, part: usize, room: &mut usize, rank: impl Fn(&T) -> u8) -> (usize, usize) {
    let mut mine = part.min(*room);
    let mut order: Vec<(u8, usize, usize)> =
        list.iter().enumerate().map(|(i, element)| (rank(element), i, bytes(element) + 1)).collect();
    order.sort_unstable();
    let mut kept = vec![false; list.len()];
    for (_, i, size) in order {
        if let Some(left) = mine.checked_sub(size) {
            mine = left;
            *room -= size;
            kept[i] = true;
        }
    }
    let mut is_kept = kept.iter();
    list.retain(|_| is_kept.next().is_some_and(|kept| *kept));
    (kept.len(), kept.len() - list.len())
}

fn rank(outcome: &Outcome) -> u8 {
    match outcome.would.unwrap_or(outcome.decision) {
        Decision::Failed | Decision::NotReached => 0,
        Decision::Refused | Decision::Held | Decision::Drifted | Decision::Kept => 1,
        Decision::Registered | Decision::RolledBack | Decision::WouldRollBack | Decision::Planned => 2,
        Decision::AlreadyRolledBack
        | Decision::Superseded
        | Decision::Proven
        | Decision::Expired
        | Decision::WouldExpire => 3,
        Decision::Unchanged => 4,
        // There may be thousands of them.
        Decision::HandedOn => 5,
    }
}

fn rank_of_family(family: &FamilyStatus) -> u8 {
    match family.state {
        FamilyState::Failed | FamilyState::NotReached => 0,
        FamilyState::OnHold | FamilyState::Drifted => 1,
        FamilyState::Behind => 2,
        FamilyState::InSync => 3,
    }
}

/// As many whole lines as fit into this many bytes.
fn cut_lines(text: String, most: usize) -> String {
    if text.len() <= most {
        return text;
    }
    let end = text[..text.floor_char_boundary(most)].rfind('\n').map_or(0, |at| at + 1);
    format!("{}(cut here: {} more lines)\n", &text[..end], text[end..].lines().count())
}

/// The length of a value as JSON, in bytes.
fn bytes(value: &impl Serialize) -> usize {
    let mut count = Count(0);
    // Neither what is counted nor the counting fails.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
