//! Whether what a definition names is there, asked of AWS before it is registered: roles, secrets, parameters, log groups,
//! file systems, images by their digest. Opt-in; no value of a secret or a parameter is read.
//!
//! What may not be asked, or cannot, is "not looked at" and never refused. All is asked at once, and what was learned counts
//! for a minute.

mod ask;
mod named;
mod services;
mod sights;
#[cfg(test)]
mod tests;

use crate::{
    aws::{CallLimits, Clients},
    config::settings::PreflightMode,
    error::Result,
};
use futures_util::future::join_all;
pub use named::Candidate;
use named::Requirement;
use sights::{Sight, Sights};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// So long an answer counts.
const KEEPS: Duration = Duration::from_secs(60);

/// The checks, and what they found within the last minute.
pub struct Preflight {
    refuses: bool,
    clients: Arc<Clients>,
    limits: Arc<CallLimits>,
    kept: Mutex<HashMap<Requirement, (Instant, Sight)>>,
}

impl Preflight {
    /// None where it is off.
    pub fn new(mode: PreflightMode, clients: Arc<Clients>, limits: Arc<CallLimits>) -> Option<Preflight> {
        let refuses = match mode {
            PreflightMode::Off => return None,
            PreflightMode::Warn => false,
            PreflightMode::Refuse => true,
        };
        Some(Preflight { refuses, clients, limits, kept: Mutex::default() })
    }

    /// Looks at all that a definition names. Gives warnings.
    ///
    /// # Errors
    /// Where it refuses: [`crate::error::ErrorKind::PreflightFailed`] with all that is missing; else a transient
    /// [`crate::error::ErrorKind::AwsError`] where something could not be asked, and may be at the next try.
    pub async fn check(&self, candidate: &Candidate<'_>) -> Result<Vec<String>> {
        let named = named::all(candidate);
        let answers = join_all(named.iter().map(|(named, _)| self.answer(named))).await;
        let told = named.iter().zip(answers).map(|((_, path), answer)| (format!("{path}: "), answer));
        Sights::of(told).weighed(self.refuses, candidate.place)
    }

    async fn answer(&self, named: &Requirement) -> Sight {
        let known = self.kept().get(named).filter(|(at, _)| at.elapsed() < KEEPS).map(|(_, answer)| answer.clone());
        if let Some(answer) = known {
            return answer;
        }
        let answer = ask::ask(&self.clients, &self.limits, named).await;
        if !matches!(answer, Sight::Later(_)) {
            let mut kept = self.kept();
            kept.retain(|_, (at, _)| at.elapsed() < KEEPS);
            kept.insert(named.clone(), (Instant::now(), answer.clone()));
        }
        answer
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Requirement, (Instant, Sight)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
