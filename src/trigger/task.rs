//! A task that stopped, as ECS tells of it.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html>

use super::fields::parse_time;
use crate::reference::TaskDefinitionRef;
use serde_json::Value;
use time::OffsetDateTime;

/// Of the containers of a task so many are looked at: a definition has ten at most, and some may be injected.
const MOST_CONTAINERS: usize = 50;

/// What an `ECS Task State Change` says. Most of its members may be absent, and what is absent or of another type counts
/// as not said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoppedTask {
    /// The ARN of the task.
    pub task: String,
    /// The ARN of the revision that it ran, as it is written.
    pub definition_arn: String,
    /// The same, read; `None` where it names no revision of a task definition.
    pub definition: Option<TaskDefinitionRef>,
    /// `family:…` or what its starter gave; of a service's task `service:…`.
    pub group: String,
    pub last_status: String,
    pub stop_code: String,
    pub stopped_reason: String,
    /// When it was stopped, in UTC.
    pub stopped_at: Option<OffsetDateTime>,
    /// In ECS's order, which means nothing.
    pub containers: Vec<StoppedContainer>,
}

/// A container of a stopped task. The definition may not name it: some are injected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoppedContainer {
    pub name: String,
    /// `None` where it never ran, or did not end by itself.
    pub exit_code: Option<i64>,
    pub reason: String,
}

impl StoppedTask {
    /// Reads the `detail` of the event. Nothing in it is an error: the event is ECS's own.
    pub fn read(detail: &Value) -> StoppedTask {
        let text = |name: &str| text_of(detail, name);
        let definition_arn = text("taskDefinitionArn");
        let is_of_revision = |named: &TaskDefinitionRef| named.place.is_some() && named.revision.is_some();
        let containers = detail.get("containers").and_then(Value::as_array).into_iter().flatten();
        let container = |container: &Value| StoppedContainer {
            name: text_of(container, "name"),
            exit_code: container.get("exitCode").and_then(Value::as_i64),
            reason: text_of(container, "reason"),
        };
        StoppedTask {
            task: text("taskArn"),
            definition: TaskDefinitionRef::parse(&definition_arn).ok().filter(is_of_revision),
            definition_arn,
            group: text("group"),
            last_status: text("lastStatus"),
            stop_code: text("stopCode"),
            stopped_reason: text("stoppedReason"),
            stopped_at: parse_time("stoppedAt", &text("stoppedAt")).ok(),
            containers: containers.take(MOST_CONTAINERS).map(container).collect(),
        }
    }
}

fn text_of(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
