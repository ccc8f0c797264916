//! What a check says.

use crate::{
    aws::fault::Fault,
    error::Error,
    outcome::check::{CheckFinding, CheckResult},
};
use crema_base::secrecy::Secrets;

/// The parameter that gives the permissions.
pub const GIVEN_BY: &[&str] = &["DoctorReads"];

/// What was found, and what to do.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    pub result: CheckResult,
    found: String,
    fix: String,
    /// Boxed, for a diagnosis is an error, too.
    secrets: Box<Secrets>,
}

impl Diagnosis {
    fn new(result: CheckResult, found: impl Into<String>, fix: impl Into<String>) -> Diagnosis {
        Diagnosis { result, found: found.into(), fix: fix.into(), secrets: Box::default() }
    }

    pub fn ok(found: impl Into<String>) -> Diagnosis {
        Diagnosis::new(CheckResult::Ok, found, "")
    }

    pub fn warn(found: impl Into<String>, fix: impl Into<String>) -> Diagnosis {
        Diagnosis::new(CheckResult::Warn, found, fix)
    }

    pub fn fail(found: impl Into<String>, fix: impl Into<String>) -> Diagnosis {
        Diagnosis::new(CheckResult::Fail, found, fix)
    }

    pub fn unknown(found: impl Into<String>, fix: impl Into<String>) -> Diagnosis {
        Diagnosis::new(CheckResult::Unknown, found, fix)
    }

    /// Of a call that failed. What is denied or passes is unknown.
    pub fn of_fault(fault: &Fault, call: &str, on: &str, resource: &str, fix: &str) -> Diagnosis {
        let told = fault.sentence_by(call, on, resource, GIVEN_BY);
        match fault {
            Fault::Denied(_) => {
                Diagnosis::unknown(told, "set the stack's parameter DoctorReads=true, or permit what is named")
            }
            fault if fault.is_transient() => Diagnosis::unknown(told, "ask again"),
            _ => Diagnosis::fail(told, fix),
        }
    }

    /// Of an error of crema's own. What is denied or passes is unknown.
    pub fn of_error(error: &Error, fix: &str) -> Diagnosis {
        match (is_denied(&error.message), error.transient) {
            (true, _) => Diagnosis::unknown(&error.message, "permit what is named"),
            (false, true) => Diagnosis::unknown(&error.message, "ask again"),
            (false, false) => Diagnosis::fail(&error.message, fix),
        }
    }

    /// With the secrets that its texts may contain.
    #[must_use]
    pub fn with_secrets(self, secrets: Secrets) -> Diagnosis {
        Diagnosis { secrets: Box::new(secrets), ..self }
    }

    /// As the answer has it.
    pub fn of(self, check: &'static str) -> CheckFinding {
        let Diagnosis { result, found, fix, secrets } = self;
        CheckFinding { check, result, found, fix, secrets: *secrets }
    }
}

/// Whether a sentence of [`Fault::sentence`] says that a permission is missing.
pub fn is_denied(message: &str) -> bool {
    message.contains(" is denied: ")
}

/// What several things came to, the worst first: what is wrong, then what could not be looked at.
#[derive(Default)]
pub struct Several {
    pub wrong: Vec<String>,
    pub odd: Vec<String>,
    pub unseen: Vec<Diagnosis>,
}

impl Several {
    /// Takes in one that failed or could not be looked at.
    pub fn take(&mut self, diagnosis: Diagnosis) {
        match diagnosis.result {
            CheckResult::Unknown => self.unseen.push(diagnosis),
            CheckResult::Warn => self.odd.push(diagnosis.found),
            CheckResult::Fail => self.wrong.push(diagnosis.found),
            CheckResult::Ok => {}
        }
    }

    /// The one diagnosis of all. `fix` mends what is wrong or odd.
    pub fn diagnosis(self, well: String, fix: &str) -> Diagnosis {
        let Several { wrong, odd, unseen } = self;
        match (wrong.is_empty(), odd.is_empty(), unseen.into_iter().next()) {
            (false, ..) => Diagnosis::fail(wrong.into_iter().chain(odd).collect::<Vec<_>>().join("; "), fix),
            (true, false, _) => Diagnosis::warn(odd.join("; "), fix),
            (true, true, Some(unseen)) => unseen,
            (true, true, None) => Diagnosis::ok(well),
        }
    }
}
