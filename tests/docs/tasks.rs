//! What the files of `events/` say of stopped tasks: of rules, of Scheduler, and of a service.

use crema::{
    reference::TaskDefinitionRef,
    trigger::{Ask, StoppedContainer, StoppedTask},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What a file says of a task that ran `batch:42` on the cluster `production`.
pub struct Task {
    pub file: &'static str,
    pub id: &'static str,
    pub time: &'static str,
    uid: &'static str,
    stop_code: &'static str,
    reason: &'static str,
    stopped_at: &'static str,
    /// Name, exit code and reason of each container.
    containers: &'static [(&'static str, Option<i64>, &'static str)],
}

impl Task {
    /// What is asked by it.
    pub fn asked(&self) -> Ask {
        let definition_arn = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/batch:42".to_owned();
        let container = |(name, exit_code, reason): &(&str, Option<i64>, &str)| StoppedContainer {
            name: (*name).to_owned(),
            exit_code: *exit_code,
            reason: (*reason).to_owned(),
        };
        let is_of_service = self.file == "task-of-service";
        Ask::TaskStopped(Box::new(StoppedTask {
            task: format!("arn:aws:ecs:ap-northeast-1:123456789012:task/production/{}", self.uid),
            definition: TaskDefinitionRef::parse(&definition_arn).ok(),
            definition_arn,
            group: if is_of_service { "service:shop-web" } else { "family:batch" }.to_owned(),
            last_status: "STOPPED".to_owned(),
            stop_code: self.stop_code.to_owned(),
            stopped_reason: self.reason.to_owned(),
            stopped_at: OffsetDateTime::parse(self.stopped_at, &Rfc3339).ok(),
            containers: self.containers.iter().map(container).collect(),
        }))
    }
}

const EXITED: &str = "Essential container in task exited";
const PULL: &str = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/batch@sha256:4e388ab32b10dc8dbc7e28144f552830adc74787c1e2c0824032078a79f227fb: 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/batch@sha256:4e388ab32b10dc8dbc7e28144f552830adc74787c1e2c0824032078a79f227fb: not found";
const SECRET: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key password";

/// All of them.
pub const TASKS: [Task; 15] = [
    Task {
        file: "task-good",
        id: "010c01aa-5b14-4f6b-9d0e-2f6c1a7b8c10",
        time: "2026-11-27T02:04:51Z",
        uid: "871b2c3d4e5f60718293a4b5c6d7e10f",
        stop_code: "EssentialContainerExited",
        reason: EXITED,
        stopped_at: "2026-11-27T02:04:51.461Z",
        containers: &[("app", Some(0), "")],
    },
    Task {
        file: "task-good-scheduler",
        id: "010c11aa-5b14-4f6b-9d0e-2f6c1a7b8c11",
        time: "2026-11-27T02:05:51Z",
        uid: "b71b2c3d4e5f60718293a4b5c6d7e11f",
        stop_code: "EssentialContainerExited",
        reason: EXITED,
        stopped_at: "2026-11-27T02:05:51.329Z",
        containers: &[("app", Some(0), "")],
    },
    Task {
        file: "task-exit-1",
        id: "020c01aa-5b24-4f6b-9d0e-2f6c1a7b8c20",
        time: "2026-11-27T03:04:51Z",
        uid: "fc1b2c3d4e5f60718293a4b5c6d7e20f",
        stop_code: "EssentialContainerExited",
        reason: EXITED,
        stopped_at: "2026-11-27T03:04:51.533Z",
        containers: &[("app", Some(1), ""), ("aws-guardduty-agent-x7c1", Some(137), "")],
    },
    Task {
        file: "task-exit-1-scheduler",
        id: "020c11aa-5b24-4f6b-9d0e-2f6c1a7b8c21",
        time: "2026-11-27T03:05:51Z",
        uid: "2c1b2c3d4e5f60718293a4b5c6d7e21f",
        stop_code: "EssentialContainerExited",
        reason: EXITED,
        stopped_at: "2026-11-27T03:05:51.805Z",
        containers: &[("app", Some(1), ""), ("aws-guardduty-agent-x7c1", Some(137), "")],
    },
    Task {
        file: "task-out-of-memory",
        id: "030c01aa-5b34-4f6b-9d0e-2f6c1a7b8c30",
        time: "2026-11-27T04:04:51Z",
        uid: "611b2c3d4e5f60718293a4b5c6d7e30f",
        stop_code: "EssentialContainerExited",
        reason: EXITED,
        stopped_at: "2026-11-27T04:04:51.753Z",
        containers: &[("app", Some(137), "OutOfMemoryError: Container killed due to memory usage")],
    },
    Task {
        file: "task-out-of-memory-scheduler",
        id: "030c11aa-5b34-4f6b-9d0e-2f6c1a7b8c31",
        time: "2026-11-27T04:05:51Z",
        uid: "911b2c3d4e5f60718293a4b5c6d7e31f",
        stop_code: "EssentialContainerExited",
        reason: EXITED,
        stopped_at: "2026-11-27T04:05:51.621Z",
        containers: &[("app", Some(137), "OutOfMemoryError: Container killed due to memory usage")],
    },
    Task {
        file: "task-image-not-found",
        id: "040c01aa-5b44-4f6b-9d0e-2f6c1a7b8c40",
        time: "2026-11-27T05:04:51Z",
        uid: "d61b2c3d4e5f60718293a4b5c6d7e40f",
        stop_code: "TaskFailedToStart",
        reason: PULL,
        stopped_at: "2026-11-27T05:04:51.825Z",
        containers: &[("app", None, "")],
    },
    Task {
        file: "task-image-not-found-scheduler",
        id: "040c11aa-5b44-4f6b-9d0e-2f6c1a7b8c41",
        time: "2026-11-27T05:05:51Z",
        uid: "061b2c3d4e5f60718293a4b5c6d7e41f",
        stop_code: "TaskFailedToStart",
        reason: PULL,
        stopped_at: "2026-11-27T05:05:51.197Z",
        containers: &[("app", None, "")],
    },
    Task {
        file: "task-secret-missing",
        id: "050c01aa-5b54-4f6b-9d0e-2f6c1a7b8c50",
        time: "2026-11-27T06:04:51Z",
        uid: "4b1b2c3d4e5f60718293a4b5c6d7e50f",
        stop_code: "TaskFailedToStart",
        reason: SECRET,
        stopped_at: "2026-11-27T06:04:51.401Z",
        containers: &[("app", None, "")],
    },
    Task {
        file: "task-secret-missing-scheduler",
        id: "050c11aa-5b54-4f6b-9d0e-2f6c1a7b8c51",
        time: "2026-11-27T06:05:51Z",
        uid: "7b1b2c3d4e5f60718293a4b5c6d7e51f",
        stop_code: "TaskFailedToStart",
        reason: SECRET,
        stopped_at: "2026-11-27T06:05:51.269Z",
        containers: &[("app", None, "")],
    },
    Task {
        file: "task-spot",
        id: "060c01aa-5b64-4f6b-9d0e-2f6c1a7b8c60",
        time: "2026-11-27T07:04:51Z",
        uid: "b01b2c3d4e5f60718293a4b5c6d7e60f",
        stop_code: "SpotInterruption",
        reason: "Your Spot Task was interrupted.",
        stopped_at: "2026-11-27T07:04:51.217Z",
        containers: &[("app", Some(143), "")],
    },
    Task {
        file: "task-spot-scheduler",
        id: "060c11aa-5b64-4f6b-9d0e-2f6c1a7b8c61",
        time: "2026-11-27T07:05:51Z",
        uid: "e01b2c3d4e5f60718293a4b5c6d7e61f",
        stop_code: "SpotInterruption",
        reason: "Your Spot Task was interrupted.",
        stopped_at: "2026-11-27T07:05:51.985Z",
        containers: &[("app", Some(143), "")],
    },
    Task {
        file: "task-stopped-by-person",
        id: "070c01aa-5b74-4f6b-9d0e-2f6c1a7b8c70",
        time: "2026-11-27T08:04:51Z",
        uid: "251b2c3d4e5f60718293a4b5c6d7e70f",
        stop_code: "UserInitiated",
        reason: "Task stopped by user",
        stopped_at: "2026-11-27T08:04:51.693Z",
        containers: &[("app", Some(143), "")],
    },
    Task {
        file: "task-stopped-by-person-scheduler",
        id: "070c11aa-5b74-4f6b-9d0e-2f6c1a7b8c71",
        time: "2026-11-27T08:05:51Z",
        uid: "551b2c3d4e5f60718293a4b5c6d7e71f",
        stop_code: "UserInitiated",
        reason: "Task stopped by user",
        stopped_at: "2026-11-27T08:05:51.561Z",
        containers: &[("app", Some(143), "")],
    },
    Task {
        file: "task-of-service",
        id: "8d20c3ab-6b1f-4f6e-8c0e-3b7f2e1a9d55",
        time: "2026-11-27T08:04:51Z",
        uid: "c01b2c3d4e5f60718293a4b5c6d7e8f9",
        stop_code: "EssentialContainerExited",
        reason: EXITED,
        stopped_at: "2026-11-27T08:04:51.473Z",
        containers: &[("app", Some(1), "")],
    },
];
