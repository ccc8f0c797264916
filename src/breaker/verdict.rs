//! What a stopped task says of the revision that it ran: a function of event and definition.

use super::{
    containers::Containers,
    texts::{self, Lies, Text},
};
use crate::trigger::{StoppedContainer, StoppedTask};
use crema_base::secrecy::foreign;

/// SIGKILL and SIGTERM: what ECS ends the other containers by, and what ends a task from outside.
const SIGNALS: [i64; 2] = [137, 143];

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskVerdict {
    /// The container that does the work ended well.
    Good(TaskEnd),
    Bad(TaskEnd),
    /// Neither: why, and the texts of ECS that the table does not know.
    Neutral {
        why: &'static str,
        unknown: Vec<String>,
    },
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskEnd {
    Exited {
        container: String,
        code: i64,
    },
    /// ECS's own words, of a container or of the task as a whole.
    Said {
        container: Option<String>,
        text: String,
    },
}

impl TaskEnd {
    /// In a sentence; what ECS says is marked as quoted, for it may hold values.
    pub fn words(&self) -> String {
        match self {
            TaskEnd::Exited { container, code } => format!("container {container} exited with {code}"),
            TaskEnd::Said { container: Some(container), text } => format!("container {container}: {}", foreign(text)),
            TaskEnd::Said { container: None, text } => foreign(text).to_string(),
        }
    }
}

/// The verdict on a task that has stopped.
pub fn verdict(task: &StoppedTask, containers: &Containers) -> TaskVerdict {
    verdict_by(texts::TEXTS, task, containers)
}

/// The same by another table of texts.
pub fn verdict_by(table: &[Text], task: &StoppedTask, containers: &Containers) -> TaskVerdict {
    match task.stop_code.as_str() {
        "EssentialContainerExited" => exited(task, containers),
        "TaskFailedToStart" => not_started(table, task, containers),
        "UserInitiated" => neutral("a person or a program stopped it (StopTask)"),
        "ServiceSchedulerInitiated" => neutral("it is a service's"),
        "SpotInterruption" => neutral("Spot capacity was taken back"),
        "TerminationNotice" => neutral("its host was taken away"),
        "" => neutral("the event has no stop code"),
        _ => TaskVerdict::Neutral { why: "nobody knows this stop code", unknown: vec![task.stop_code.clone()] },
    }
}

fn exited(task: &StoppedTask, containers: &Containers) -> TaskVerdict {
    let Some(main) = containers.main() else { return neutral("the definition has no essential container") };
    let code = |name: &str| task.containers.iter().find(|container| container.name == name)?.exit_code;
    let ended = |name: &str, code| TaskEnd::Exited { container: name.to_owned(), code };
    match code(main) {
        Some(0) => return TaskVerdict::Good(ended(main, 0)),
        Some(own) if !SIGNALS.contains(&own) => return TaskVerdict::Bad(ended(main, own)),
        _ => {}
    }
    let essential = |container: &&StoppedContainer| containers.is_essential(&container.name);
    if let Some(killed) = task.containers.iter().filter(essential).find(|c| texts::is_out_of_memory(&c.reason)) {
        return TaskVerdict::Bad(said(killed));
    }
    let mut others = task.containers.iter().filter(essential).filter(|other| other.name != main);
    let failed = |other: &StoppedContainer| other.exit_code.filter(|code| *code != 0 && !SIGNALS.contains(code));
    if let Some((other, code)) = others.find_map(|other| Some((other, failed(other)?))) {
        return TaskVerdict::Bad(ended(&other.name, code));
    }
    neutral(match code(main) {
        Some(_) => "the container that does the work was ended by a signal, and nothing says why",
        None => "the container that does the work has no exit code",
    })
}

/// A task that never ran. The reasons of containers that the definition does not name are not the definition's.
fn not_started(table: &[Text], task: &StoppedTask, containers: &Containers) -> TaskVerdict {
    let of_definition = |container: &&StoppedContainer| containers.has(&container.name);
    let told = task.containers.iter().filter(|container| !container.reason.is_empty());
    let (named, injected): (Vec<_>, Vec<_>) = told.partition(of_definition);
    let whole =
        (!task.stopped_reason.is_empty()).then(|| TaskEnd::Said { container: None, text: task.stopped_reason.clone() });
    let lies = |text: &str| texts::find_in(table, text).map(|row| row.lies);
    // Where only what was injected failed so, the task as a whole says no more than that.
    let is_injected = named.is_empty() && injected.iter().any(|other| lies(&other.reason) == Some(Lies::InDefinition));
    let causes = named.into_iter().map(said).chain(whole.filter(|_| !is_injected));
    let mut unknown = vec![];
    for cause in causes {
        let TaskEnd::Said { text, .. } = &cause else { continue };
        match lies(text) {
            Some(Lies::InDefinition) => return TaskVerdict::Bad(cause),
            Some(Lies::Elsewhere | Lies::Nowhere) => {}
            None => unknown.push(text.clone()),
        }
    }
    TaskVerdict::Neutral {
        why: "it did not start, and not for a cause that is known to lie in the definition",
        unknown,
    }
}

fn said(container: &StoppedContainer) -> TaskEnd {
    TaskEnd::Said { container: Some(container.name.clone()), text: container.reason.clone() }
}

fn neutral(why: &'static str) -> TaskVerdict {
    TaskVerdict::Neutral { why, unknown: vec![] }
}
