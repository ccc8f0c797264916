//! The function's clock against AWS's.

use crate::doctor::{check::Check, diagnosis::Diagnosis, patient::Patient};
use std::time::Duration;

pub const CHECK: Check =
    Check { name: "clock", reads: false, look: |patient| Box::pin(std::future::ready(look(patient))) };

/// The times of events are in whole seconds, and answers take a while.
const FINE: Duration = Duration::from_secs(3);
/// AWS refuses requests that are five minutes off.
const BAD: Duration = Duration::from_secs(120);

fn look(patient: &Patient<'_>) -> Diagnosis {
    let files = match patient.files() {
        Ok(files) => files,
        Err(unknown) => return unknown,
    };
    const FIX: &str = "outside of Lambda set the clock (NTP); of a Lambda function tell AWS Support";
    match files.skew {
        None => Diagnosis::unknown("S3 did not say the time", "ask again"),
        Some(skew) if skew <= FINE => Diagnosis::ok(format!("the clock is within {} s of AWS's", FINE.as_secs())),
        Some(skew) if skew <= BAD => Diagnosis::warn(
            format!("the clock and AWS's differ by {} s: which of two came first may be mistaken", skew.as_secs()),
            FIX,
        ),
        Some(skew) => Diagnosis::fail(
            format!("the clock and AWS's differ by {} s: AWS soon refuses each call", skew.as_secs()),
            FIX,
        ),
    }
}
