//! The two tables, row by row; that each row matters; and what holds of any event.

mod decisions;
mod properties;
mod texts;
mod verdicts;

use super::{Containers, Standing, TaskVerdict, verdict};
use crate::{
    definition::Fingerprint,
    ecs::{api::Status, revision::Revision},
    trigger::{StoppedContainer, StoppedTask},
};
use serde_json::json;
use time::OffsetDateTime;

/// A definition of a job, a proxy that the task ends with as well, and a logger that it does not end with.
pub fn containers() -> Containers {
    Containers::of(
        &json!({"containerDefinitions": [{"name": "log", "essential": false}, {"name": "app"},
            {"name": "proxy", "essential": true}]}),
        None,
    )
}

pub fn ended(name: &str, code: i64) -> StoppedContainer {
    StoppedContainer { name: name.to_owned(), exit_code: Some(code), reason: String::new() }
}

pub fn told(name: &str, reason: &str) -> StoppedContainer {
    StoppedContainer { name: name.to_owned(), exit_code: None, reason: reason.to_owned() }
}

pub fn task(stop_code: &str, reason: &str, containers: Vec<StoppedContainer>) -> StoppedTask {
    StoppedTask {
        last_status: "STOPPED".to_owned(),
        stop_code: stop_code.to_owned(),
        stopped_reason: reason.to_owned(),
        containers,
        ..StoppedTask::default()
    }
}

pub fn exited(containers: Vec<StoppedContainer>) -> TaskVerdict {
    verdict(&task("EssentialContainerExited", "Essential container in task exited", containers), &self::containers())
}

pub fn not_started(reason: &str, containers: Vec<StoppedContainer>) -> TaskVerdict {
    verdict(&task("TaskFailedToStart", reason, containers), &self::containers())
}

/// `good`, `bad: why`, `neutral`, or `unknown` for a neutral one with a text that nobody knows.
pub fn shown(verdict: &TaskVerdict) -> String {
    match verdict {
        TaskVerdict::Good(_) => "good".to_owned(),
        TaskVerdict::Bad(cause) => format!("bad: {}", crema_base::secrecy::plain(&cause.words())),
        TaskVerdict::Neutral { unknown, .. } if unknown.is_empty() => "neutral".to_owned(),
        TaskVerdict::Neutral { .. } => "unknown".to_owned(),
    }
}

/// Of a revision: `o` this installation's, `p` its own and proven, `x` somebody else's, `-` INACTIVE. `made` tells
/// definitions apart.
pub fn standing(number: u32, kind: char, made: u32) -> Standing {
    let own = matches!(kind, 'o' | 'p' | '-');
    let revision = Revision {
        number,
        status: if kind == '-' { Status::Inactive } else { Status::Active },
        registered_at: Some(OffsetDateTime::UNIX_EPOCH),
        deregistered_at: None,
        fingerprint: own.then(|| Fingerprint::of(&json!(made))),
        tagged: own,
        digests: [].into(),
    };
    Standing { revision, proven_at: (kind == 'p').then_some(OffsetDateTime::UNIX_EPOCH), is_off: false }
}
