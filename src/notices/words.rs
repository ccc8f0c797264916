//! What a notice says to people.

use crate::outcome::{Decision, Outcome};
use crema_base::quote::cut;
use serde_json::json;

/// Of a reason, so many bytes are in the text: a chat shows no more.
const LONGEST_TEXT: usize = 2_000;
/// Of a name.
const LONGEST_NAME: usize = 255;

/// None of them is empty: a transformer of EventBridge takes each as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub title: String,
    pub text: String,
    /// The next step, as a command where there is one.
    pub next: String,
    /// What belongs together in a chat: the family.
    pub thread: String,
}

/// The words for an outcome.
pub fn of(outcome: &Outcome, operator: &str) -> Words {
    let thread = name(outcome);
    Words { title: title(outcome, &thread), text: text(outcome), next: next(outcome, operator, &thread), thread }
}

/// The family; else the app.
fn name(outcome: &Outcome) -> String {
    let name = outcome.subject.family.as_deref().or(outcome.subject.app.as_deref()).filter(|name| !name.is_empty());
    cut(name.unwrap_or("crema"), LONGEST_NAME).into_owned()
}

fn title(outcome: &Outcome, name: &str) -> String {
    let at = |number: Option<u32>| number.map_or_else(|| name.to_owned(), |number| format!("{name}:{number}"));
    let this = at(outcome.revision);
    match outcome.decision {
        Decision::Registered => format!("{this} is registered"),
        Decision::Unchanged => format!("{this} is as desired"),
        Decision::Held => format!("{name} is on hold"),
        Decision::Drifted => format!("{this} was registered by somebody else"),
        Decision::RolledBack => match outcome.latest {
            Some(latest) => format!("{this} was taken back: schedules run {name}:{latest}"),
            None => format!("{this} was taken back: schedules have nothing to run"),
        },
        Decision::WouldRollBack => format!("{this} would be taken back"),
        Decision::AlreadyRolledBack => format!("{name} was taken back already"),
        Decision::Superseded => format!("A rollback of {name} came too late"),
        Decision::Refused => format!("A rollback of {name} is refused"),
        Decision::Planned => format!("{name} was planned"),
        Decision::Proven => format!("{this} ran well"),
        Decision::Kept => format!("A task of {this} failed, and it stays"),
        Decision::Expired => format!("Old revisions of {name} were deregistered"),
        Decision::WouldExpire => format!("Old revisions of {name} would be deregistered"),
        Decision::Failed => format!("{name} failed"),
        Decision::NotReached => format!("{name} was not reached in time"),
        Decision::HandedOn => format!("{name} is left to the reconciler"),
    }
}

fn text(outcome: &Outcome) -> String {
    let mut said: Vec<String> = vec![];
    said.extend(outcome.reason.as_deref().map(|reason| cut(reason, LONGEST_TEXT).into_owned()));
    said.extend(
        outcome.request_reason.as_deref().map(|reason| format!("asked because: {}", cut(reason, LONGEST_TEXT))),
    );
    // Where the reason has it already, it is not said twice.
    let is_said = |words: &&str| !said.iter().any(|text| text.contains(*words));
    let how = outcome.task_reason.as_deref().filter(is_said).map(str::to_owned);
    said.extend(how);
    said.extend(outcome.task.as_deref().map(|task| format!("task {}", cut(task, LONGEST_TEXT))));
    if said.is_empty() {
        said.push(match (outcome.decision, outcome.previous) {
            (Decision::Registered, Some(previous)) => format!("schedules run it from now on; before it was {previous}"),
            (Decision::Registered, None) => "schedules that name the family run it from now on".to_owned(),
            (Decision::RolledBack, _) => "as it was asked".to_owned(),
            _ => format!("the decision is {}", outcome.decision.name()),
        });
    }
    said.join("\n")
}

fn next(outcome: &Outcome, operator: &str, name: &str) -> String {
    let app = outcome.subject.app.as_deref();
    let call = |payload: serde_json::Value| call(operator, &payload);
    let register = || app.map(|app| call(json!({"action": "register", "app": app})));
    let status = || match app {
        Some(app) => call(json!({"action": "status", "app": app})),
        None => call(json!({"action": "status"})),
    };
    match (outcome.decision, &outcome.subject.family, outcome.revision) {
        (Decision::Registered, Some(family), Some(revision)) => {
            format!("To take it back: {}", call(json!({"action": "rollback", "family": family, "revision": revision})))
        }
        (Decision::RolledBack | Decision::AlreadyRolledBack, ..) => {
            "Repair it, and push an image or upload the files: that ends the hold".to_owned()
        }
        (Decision::Held | Decision::Drifted, ..) => register().map_or_else(
            || "A new image, a changed configuration or a direct register goes on".to_owned(),
            |command| format!("To register what the files say: {command}"),
        ),
        (Decision::Kept, Some(family), _) => {
            format!(
                "Look at the log of the task. To go back all the same: {}",
                call(json!({"action": "rollback", "family": family}))
            )
        }
        (Decision::Failed | Decision::NotReached, ..) => register().map_or_else(
            || format!("Look at the function's log; then: {}", status()),
            |command| format!("Repair what the text says; then: {command}"),
        ),
        (Decision::Proven, ..) => format!("Nothing: {name} can be gone back to from now on"),
        (Decision::Superseded | Decision::Refused, ..) => format!("To see how it stands: {}", status()),
        _ => "Nothing".to_owned(),
    }
}

/// The command that calls the operator, for a shell.
fn call(operator: &str, payload: &serde_json::Value) -> String {
    let payload = payload.to_string().replace('\'', "'\\''");
    format!(
        "aws lambda invoke --function-name {operator} --cli-binary-format raw-in-base64-out --payload '{payload}' /dev/stdout"
    )
}
