//! What one check of the self-check found.

use crate::trigger::Trigger;
use crema_base::{quote::cut_to, secrecy::Secrets};
use serde::Serialize;

/// Maximum bytes of what is found, and of the remedy.
const TEXT: usize = 4_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    Ok,
    /// It works, and something should be looked at.
    Warn,
    Fail,
    /// It could not be looked at; a permission may be missing.
    Unknown,
}

impl CheckResult {
    /// As answers spell it.
    pub fn name(self) -> &'static str {
        match self {
            CheckResult::Ok => "ok",
            CheckResult::Warn => "warn",
            CheckResult::Fail => "fail",
            CheckResult::Unknown => "unknown",
        }
    }
}

/// One check, and what it found.
#[derive(Clone, Debug, Serialize)]
pub struct CheckFinding {
    pub check: &'static str,
    pub result: CheckResult,
    /// A sentence.
    pub found: String,
    /// The parameter or the command that mends it; empty where nothing is to be mended.
    pub fix: String,
    /// The secrets that the texts may contain until they leave the function.
    #[serde(skip)]
    pub secrets: Secrets,
}

impl CheckFinding {
    pub(super) fn tell(&mut self) {
        let secrets = std::mem::take(&mut self.secrets);
        for text in [&mut self.found, &mut self.fix] {
            *text = secrets.told(text);
            cut_to(text, TEXT);
        }
    }

    /// What may be told without having looked for secrets.
    pub(super) fn bare(&self, instead: &str) -> CheckFinding {
        CheckFinding { found: instead.to_owned(), fix: String::new(), secrets: Secrets::default(), ..self.clone() }
    }

    pub(super) fn log(&self, trigger: &Trigger) {
        let CheckFinding { check, result, found, fix, .. } = self;
        let (kind, id, result) = (trigger.ask.kind(), trigger.id.as_str(), result.name());
        match self.result {
            CheckResult::Ok => tracing::debug!(trigger = kind, trigger_id = id, check, result, found, "check"),
            _ => tracing::warn!(trigger = kind, trigger_id = id, check, result, found, fix, "check"),
        }
    }
}
