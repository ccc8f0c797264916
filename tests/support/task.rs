//! Events of stopped tasks, as ECS sends them.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html>

use super::{ACCOUNT, REGION, World, lambda::Invocation, moment::rfc3339};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

/// The event of a task of a rule that ran `family:revision` well and stopped at this time.
pub fn task_event(definition: &str, at: OffsetDateTime) -> Value {
    let at = at.replace_nanosecond(0).unwrap();
    let id = format!("{:032x}", at.unix_timestamp_nanos() ^ i128::from(fastrand_of(definition)));
    let cluster = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/batch");
    let task = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task/batch/{id}");
    let family = definition.split(':').next().unwrap();
    json!({"version": "0", "id": format!("event-{id}"), "detail-type": "ECS Task State Change", "source": "aws.ecs",
        "account": ACCOUNT, "time": rfc3339(at), "region": REGION, "resources": [task], "detail": {
            "taskArn": task, "clusterArn": cluster, "version": 5,
            "taskDefinitionArn": format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{definition}"),
            "group": format!("family:{family}"), "startedBy": format!("events-rule/{family}-nightly"),
            "desiredStatus": "STOPPED", "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited", "launchType": "FARGATE",
            "containers": [{"name": "app", "lastStatus": "STOPPED", "taskArn": task, "exitCode": 0}],
            "createdAt": rfc3339(at - Duration::minutes(5)), "stoppedAt": rfc3339(at), "updatedAt": rfc3339(at),
            "overrides": {"containerOverrides": [{"name": "app"}]}}})
}

/// The same text gives the same number.
fn fastrand_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// The event with these members of its `detail`; null takes one away.
#[must_use]
pub fn with(mut event: Value, members: Value) -> Value {
    let detail = event["detail"].as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => detail.remove(name),
            value => detail.insert(name.clone(), value.clone()),
        };
    }
    event
}

/// The members of a task whose container `app` ended so.
pub fn exit(code: i64) -> Value {
    json!({"containers": [{"name": "app", "exitCode": code}]})
}

/// The members of a task that did not start.
pub fn not_started(reason: &str) -> Value {
    json!({"stopCode": "TaskFailedToStart", "stoppedReason": reason, "containers": [{"name": "app"}]})
}

impl World {
    /// Tells the function of a task of this revision that stopped now, with these members of its `detail`.
    pub async fn task(&self, definition: &str, members: Value) -> Invocation {
        self.invoke(with(task_event(definition, self.aws.now()), members)).await
    }

    /// A task of this revision ran well.
    pub async fn ran_well(&self, definition: &str) -> Invocation {
        self.task(definition, json!({})).await
    }

    /// A task of this revision ended with 1.
    pub async fn ran_badly(&self, definition: &str) -> Invocation {
        self.task(definition, exit(1)).await
    }
}
