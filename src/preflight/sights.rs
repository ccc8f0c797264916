//! What was learned, and what it means.

use crate::{
    aws::fault::Fault,
    error::{Error, ErrorKind, Result},
};

/// What AWS says of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    Good,
    /// It is not there, or cannot be used: what, and what to do.
    Missing(String),
    /// It could not be looked at: why.
    Unseen(String),
    /// It could not be looked at now: why.
    Later(String),
}

impl Sight {
    /// That of a call that failed. `told` makes its words, as [`Fault::sentence`] does.
    pub fn of(fault: &Fault, told: impl FnOnce(&Fault) -> String) -> Sight {
        // A service that a Region lacks has no endpoint there, and that does not pass.
        let passes = fault.is_transient() && !fault.is_unconnected();
        let text = told(fault);
        if passes { Sight::Later(text) } else { Sight::Unseen(text) }
    }
}

/// What was learned of all, each with the path that names it.
#[derive(Debug, Default)]
pub struct Sights {
    missing: Vec<String>,
    unseen: Vec<String>,
    later: Vec<String>,
}

impl Sights {
    pub fn of(answers: impl Iterator<Item = (String, Sight)>) -> Sights {
        let mut verdict = Sights::default();
        for (path, answer) in answers {
            let (list, text) = match answer {
                Sight::Good => continue,
                Sight::Missing(text) => (&mut verdict.missing, text),
                Sight::Unseen(text) => (&mut verdict.unseen, text),
                Sight::Later(text) => (&mut verdict.later, text),
            };
            list.push(path + &text);
        }
        verdict
    }

    /// Warnings: each thing that is missing, and in one line what was not looked at. Where it refuses, an error for what is
    /// missing, or for what has to be asked again.
    pub fn weighed(self, refuses: bool, place: &str) -> Result<Vec<String>> {
        let Sights { missing, unseen, later } = self;
        if refuses && !missing.is_empty() {
            let text = match missing.as_slice() {
                [one] => one.clone(),
                all => format!("{} things are missing:\n- {}", all.len(), all.join("\n- ")),
            };
            return Err(Error::new(ErrorKind::PreflightFailed, format!("{place}: {text}")));
        }
        if let Some(first) = later.first().filter(|_| refuses) {
            return Err(Error::transient(ErrorKind::AwsError, format!("{place}: {first}")));
        }
        let mut warnings: Vec<String> = missing.iter().map(|text| format!("{place}: {text}")).collect();
        let unseen: Vec<String> = unseen.into_iter().chain(later).collect();
        if !unseen.is_empty() {
            warnings.push(format!("{place}: not looked at: {}", unseen.join("; ")));
        }
        Ok(warnings)
    }
}
