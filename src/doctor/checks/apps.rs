//! Whether every app renders.

use crate::{
    doctor::{
        check::Check,
        diagnosis::{Diagnosis, is_denied},
        patient::Patient,
    },
    outcome::{Decision, Outcome},
};

pub const CHECK: Check =
    Check { name: "apps", reads: false, look: |patient| Box::pin(std::future::ready(look(patient))) };

/// So many more are named.
const NAMED: usize = 10;

fn look(patient: &Patient<'_>) -> Diagnosis {
    match patient.files() {
        Err(unknown) => unknown,
        Ok(files) if files.unrendered.is_empty() => {
            Diagnosis::ok(format!("all {} apps and variants render", files.apps))
        }
        Ok(files) => of_outcomes(
            &files.unrendered,
            "correct the file that is named; `crema check DIR` finds all faults before they are uploaded",
        ),
    }
}

/// What these outcomes come to: the first that failed for good is told.
pub fn of_outcomes(outcomes: &[Outcome], fix: &str) -> Diagnosis {
    let reason = |outcome: &Outcome| outcome.reason.clone().unwrap_or_default();
    let is_wrong = |outcome: &&Outcome| outcome.decision == Decision::Failed && !is_denied(&reason(outcome));
    let first = outcomes.iter().find(is_wrong);
    let Some(told) = first.or(outcomes.first()) else { return Diagnosis::ok("nothing is wrong") };
    let others = outcomes.iter().filter(|other| !std::ptr::eq(*other, told));
    let names: Vec<&str> = others.filter_map(|other| other.subject.app.as_deref()).take(NAMED).collect();
    let more = match outcomes.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more: {})", names.join(", ")),
    };
    let found = format!("{}{more}", reason(told));
    let diagnosis = match first {
        Some(_) => Diagnosis::fail(found, fix),
        None => Diagnosis::unknown(found, "permit what is named, or ask again"),
    };
    diagnosis.with_secrets(told.confidential())
}
