//! What takes an answer away takes only so much: Lambda six megabytes of a call's, the bus and the other destinations of an
//! event's 256 kB. A longer one would end the invocation in an error, or get lost, whatever was done.
//! <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>

use super::{
    Answer, Decision, Outcome,
    status::{FamilyState, FamilyStatus},
};
use crema_base::quote::cut_to;
use serde::Serialize;
use std::io::{self, Write};

/// Of an answer that somebody waits for.
pub const CALL: usize = 5_800_000;

/// Of an answer to an event, together with the event: destinations get both, and some words of Lambda's.
pub const EVENT: usize = 250_000;

/// Of a reason, a warning or an error. In the log, six bytes may stand for one.
pub const TEXT: usize = 16_000;

/// Of a name.
const NAME: usize = 1_000;

/// What is kept free to say what was cut.
const TO_SAY: usize = 1_000;

/// The sizes that differences are cut to, one after the other.
const DIFFS: [usize; 6] = [8_000, 4_000, 2_000, 1_000, 400, 0];

/// The same of other texts.
const TEXTS: [usize; 2] = [2_000, 400];

impl Answer {
    /// This answer in at most so many bytes: the differences are cut, then all texts, then the lists, and a warning says so.
    /// The counts stay whole.
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

    /// What went wrong is listed before what did not.
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

/// Leaves out of a list what has no room, of each rank the last first; says how many there were, and how many are left out.
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
        Decision::Refused | Decision::Held | Decision::Drifted => 1,
        Decision::Registered | Decision::RolledBack | Decision::Planned => 2,
        Decision::AlreadyRolledBack | Decision::Superseded => 3,
        Decision::Unchanged => 4,
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

impl Outcome {
    /// The same with no text longer than anybody reads.
    pub(super) fn bound(&mut self) {
        bound_names([&mut self.app, &mut self.family, &mut self.region, &mut self.cluster]);
        self.reason.iter_mut().for_each(|text| cut_to(text, TEXT));
    }
}

impl FamilyStatus {
    /// The same.
    pub(super) fn bound(&mut self) {
        bound_names([&mut self.app, &mut self.family, &mut self.region, &mut self.cluster]);
        self.reason.iter_mut().chain(&mut self.note).chain(&mut self.warnings).for_each(|text| cut_to(text, TEXT));
        self.images.iter_mut().for_each(|image| cut_to(&mut image.image, NAME));
    }
}

fn bound_names(names: [&mut Option<String>; 4]) {
    names.into_iter().flatten().for_each(|name| cut_to(name, NAME));
}

/// As many whole lines as have this many bytes.
fn cut_lines(text: String, most: usize) -> String {
    if text.len() <= most {
        return text;
    }
    let end = text[..text.floor_char_boundary(most)].rfind('\n').map_or(0, |at| at + 1);
    format!("{}(cut here: {} more lines)\n", &text[..end], text[end..].lines().count())
}

/// How long something is as JSON.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::{Error, ErrorKind},
        trigger::{Ask, Trigger},
    };
    use time::OffsetDateTime;

    fn answer(ask: Ask, outcomes: Vec<Outcome>, warnings: Vec<String>) -> Answer {
        Answer::new(&Trigger { id: "1".into(), time: OffsetDateTime::UNIX_EPOCH, ask }, outcomes, warnings)
    }

    fn outcome(decision: Decision, n: usize) -> Outcome {
        let mut outcome = Outcome::new(decision);
        outcome.app = Some(format!("team/app-{n}"));
        outcome.fingerprint = Some("1:".repeat(33));
        outcome
    }

    fn planned(n: usize) -> Outcome {
        let mut outcome = outcome(Decision::Planned, n);
        outcome.would = Some(if n.is_multiple_of(2) { Decision::Registered } else { Decision::Unchanged });
        outcome.diff = Some("+ \"name\": \"日本\"\n".repeat(1_000));
        outcome
    }

    fn fits(answer: &Answer, most: usize) -> String {
        let length = serde_json::to_vec(answer).unwrap().len();
        assert!(length <= most, "{length} are more than {most}: {:?}", answer.warnings.first());
        assert!(length > most / 2, "{length} leave much of {most} unused");
        answer.warnings[0].clone()
    }

    #[test]
    fn an_answer_that_fits_stays_as_it_is() {
        let whole = answer(Ask::Plan { app: None }, vec![planned(0)], vec!["w".into()]);
        let text = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::to_string(&whole.within(text.len())).unwrap(), text);
    }

    #[test]
    fn differences_are_cut_before_anything_else() {
        let whole = answer(Ask::Plan { app: None }, (0..400).map(planned).collect(), vec![]);
        let cut = whole.within(CALL);
        let said = fits(&cut, CALL);
        assert!(said.contains("differences have 8000 bytes at most") && said.contains("one app at a time"), "{said}");
        assert_eq!((cut.outcomes.len(), cut.counts["planned"]), (400, 400));
        for outcome in &cut.outcomes {
            let diff = outcome.diff.as_ref().unwrap();
            assert!(
                diff.ends_with("more lines)\n") && diff.lines().rev().nth(1) == Some("+ \"name\": \"日本\""),
                "{diff}"
            );
        }
    }

    #[test]
    fn then_the_list_is_with_what_went_wrong_first_and_whole_counts() {
        let mut outcomes: Vec<Outcome> = (0..2_000).map(|n| outcome(Decision::Registered, n)).collect();
        outcomes.push(outcome(Decision::Held, 2_000));
        outcomes[1_999].reason = Some("r".repeat(10_000));
        let cut = answer(Ask::Sweep, outcomes, vec!["w".repeat(20_000); 100]).within(EVENT);
        let said = fits(&cut, EVENT);
        assert!(said.contains("of 2001 outcomes are not listed; the counts and the log are whole"), "{said}");
        assert!(said.contains("reasons and warnings are cut"), "{said}");
        assert_eq!((cut.counts["registered"], cut.counts["held"]), (2_000, 1));
        assert!(cut.outcomes.iter().any(|outcome| outcome.decision == Decision::Held));
        assert!(cut.warnings.len() > 20);
    }

    #[test]
    fn families_of_a_status_and_the_records_of_a_queue_are_cut_too() {
        let family = |n| {
            FamilyStatus::of(
                &outcome(Decision::Failed, n),
                if n == 900 { FamilyState::Failed } else { FamilyState::InSync },
            )
        };
        let trigger = Trigger { id: "1".into(), time: OffsetDateTime::UNIX_EPOCH, ask: Ask::Status { app: None } };
        let mut whole = Answer::of_status(&trigger, (0..1_000).map(family).collect(), vec![]);
        for _ in 0..1_000 {
            whole = whole.and(answer(Ask::Sweep, vec![], vec![]));
        }
        let cut = whole.within(30_000);
        let said = fits(&cut, 30_000);
        assert!(said.contains("of 1000 families") && said.contains("of 1000 further triggers"), "{said}");
        let families = cut.families.unwrap();
        assert!(families.len() > 50 && families.iter().any(|family| family.state == FamilyState::Failed));
        assert_eq!((cut.counts["in_sync"], cut.counts["failed"]), (999, 1));
    }

    #[test]
    fn no_text_is_longer_than_a_log_line_takes() {
        let long = || "\u{1}".repeat(1_000_000);
        let mut failed = outcome(Decision::Failed, 0).because(Decision::Failed, long());
        (failed.region, failed.cluster, failed.family) = (Some(long()), Some(long()), Some(long()));
        let answer = answer(Ask::Sweep, vec![failed.clone(), failed], vec![long()]);
        for text in answer.warnings.iter().chain(&answer.outcomes[0].reason) {
            assert!(text.len() < TEXT + 100);
        }
        assert!(bytes(&answer.outcomes[0]) < 150_000 && answer.failure().unwrap().message.len() < TEXT + 2_000);
        let failure = super::super::Failure::from(&Error::new(ErrorKind::ConfigError, long()));
        assert!(failure.message.len() < TEXT + 100);
    }
}
