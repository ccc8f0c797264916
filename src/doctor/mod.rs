//! The self-check: whether an installation is well, and how to mend it. It reads and changes nothing.
//!
//! Each check is one file of [`checks`] and one line of its table. It looks at a [`Patient`] and gives a [`Diagnosis`]. What may not
//! be read is `unknown`, never a failure. All look at once, each for a bounded time.

mod check;
mod checks;
mod diagnosis;
mod patient;
pub mod stack;

use crate::outcome::check::CheckFinding;
pub use diagnosis::Diagnosis;
use futures_util::future::join_all;
pub use patient::{FilesSeen, Patient};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Maximum time of one check.
const TO_LOOK: Duration = Duration::from_secs(20);

/// The names of all checks, in the order of the answer.
pub fn names() -> Vec<&'static str> {
    checks::ALL.iter().map(|check| check.name).collect()
}

/// Makes all checks, at most until then.
pub async fn examine(patient: &Patient<'_>, until: Instant) -> Vec<CheckFinding> {
    let until = until.min(Instant::now() + TO_LOOK);
    join_all(checks::ALL.iter().map(|check| async move {
        let diagnosis = match check.reads && !patient.settings.doctor_reads {
            true => not_allowed(),
            false => timeout_at(until, (check.look)(patient)).await.unwrap_or_else(|_| late()),
        };
        diagnosis.of(check.name)
    }))
    .await
}

fn not_allowed() -> Diagnosis {
    Diagnosis::unknown(
        "not looked at: it takes permissions that are off (DOCTOR_READS)",
        "set the stack's parameter DoctorReads=true",
    )
}

fn late() -> Diagnosis {
    Diagnosis::unknown("not looked at: AWS did not answer in time", "ask again")
}
