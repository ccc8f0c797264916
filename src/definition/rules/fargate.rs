//! What FARGATE requires.

use super::{
    rule::{
        Breaches, Rule,
        Verdict::{Refuse, Warn},
    },
    task::{Container, Task, Tasks, is_set, list, number, text},
};
use crate::definition::report::quoted;
use crema_base::{image, secrecy::foreign};

/// The log drivers that it has.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html>
const DRIVERS: [&str; 3] = ["awslogs", "splunk", "awsfirelens"];

/// The longest `stopTimeout` in seconds.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>
const LONGEST_STOP: i64 = 120;

pub const RULES: &[Rule] = &[
    Rule {
        name: "fargate-network",
        verdict: Refuse,
        tasks: Tasks::Fargate,
        path: "networkMode",
        condition: "any but `awsvpc`",
        message: "FARGATE has the network mode awsvpc alone",
        remedy: "write \"networkMode\": \"awsvpc\"",
        source: "ECS: “Fargate only supports network mode ‘awsvpc’.”",
        find: network,
    },
    Rule {
        name: "fargate-log-driver",
        verdict: Refuse,
        tasks: Tasks::Fargate,
        path: "containerDefinitions[].logConfiguration.logDriver",
        condition: "none of `awslogs`, `splunk`, `awsfirelens`",
        message: "{0} is no driver that FARGATE has",
        remedy: "take awslogs, splunk or awsfirelens",
        source: "ECS: “… is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens]”; API_LogConfiguration",
        find: log_driver,
    },
    Rule {
        name: "fargate-secrets-role",
        verdict: Refuse,
        tasks: Tasks::Fargate,
        path: "executionRoleArn",
        condition: "missing, with `secrets` or `secretOptions`",
        message: "missing, and {0} has secrets, which are read with it",
        remedy: "name the task execution role",
        source: "ECS: “When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.”",
        find: secrets_role,
    },
    Rule {
        name: "secrets-role",
        verdict: Warn,
        tasks: Tasks::WithoutFargate,
        path: "executionRoleArn",
        condition: "missing, with `secrets` or `secretOptions`",
        message: "missing, and {0} has secrets, which are read with it",
        remedy: "name the task execution role",
        source: "Developer Guide, task execution IAM role",
        find: secrets_role,
    },
    Rule {
        name: "fargate-logs-role",
        verdict: Refuse,
        tasks: Tasks::Fargate,
        path: "executionRoleArn",
        condition: "missing, with the driver `awslogs`",
        message: "missing, and {0} logs by awslogs, which is done with it",
        remedy: "name the task execution role",
        source: "ECS: “Fargate requires task definition to have execution role ARN to support log driver awslogs.”",
        find: logs_role,
    },
    Rule {
        name: "fargate-image-role",
        verdict: Refuse,
        tasks: Tasks::Fargate,
        path: "executionRoleArn",
        condition: "missing, with an image of a private ECR registry",
        message: "missing, and the image of {0} is pulled with it",
        remedy: "name the task execution role",
        source: "ECS: “Fargate requires task definition to have execution role ARN to support ECR images.”",
        find: image_role,
    },
    Rule {
        name: "fargate-stream-prefix",
        verdict: Warn,
        tasks: Tasks::Fargate,
        path: "containerDefinitions[].logConfiguration.options",
        condition: "`awslogs` without `awslogs-stream-prefix`",
        message: "awslogs-stream-prefix is missing, which FARGATE requires",
        remedy: "write a prefix, such as the container's name",
        source: "API_LogConfiguration, options",
        find: stream_prefix,
    },
    Rule {
        name: "fargate-stop-timeout",
        verdict: Refuse,
        tasks: Tasks::Fargate,
        path: "containerDefinitions[].stopTimeout",
        condition: "more than 120",
        message: "{0} seconds are more than FARGATE's 120",
        remedy: "lower it",
        source: "ECS: “Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.”",
        find: stop_timeout,
    },
    Rule {
        name: "fargate-ulimits",
        verdict: Warn,
        tasks: Tasks::Fargate,
        path: "containerDefinitions[].ulimits[].name",
        condition: "any but `nofile`",
        message: "FARGATE has the ulimit nofile alone, and ignores {0}",
        remedy: "take it out",
        source: "API_ContainerDefinition, ulimits",
        find: ulimits,
    },
];

fn network(task: &Task<'_>, places: &mut Breaches<'_>) {
    if task.network() != Some("awsvpc") {
        places.at("networkMode", &[]);
    }
}

fn driver<'a>(container: &Container<'a>) -> Option<&'a str> {
    text(container.value.get("logConfiguration")?, "logDriver")
}

fn log_driver(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        if let Some(driver) = driver(container).filter(|driver| !DRIVERS.contains(driver)) {
            places.at(container.below("logConfiguration.logDriver"), &[&quoted(driver)]);
        }
    }
}

/// Told once, with the first container that needs the role.
fn role(task: &Task<'_>, places: &mut Breaches<'_>, needs: impl Fn(&Container<'_>) -> bool) {
    if text(task.document, "executionRoleArn").is_some() {
        return;
    }
    if let Some(container) = task.containers.iter().find(|container| needs(container)) {
        places.at("executionRoleArn", &[&container.path]);
    }
}

fn secrets_role(task: &Task<'_>, places: &mut Breaches<'_>) {
    role(task, places, |container| {
        let options = container.value.pointer("/logConfiguration/secretOptions");
        is_set(container.value.get("secrets")) || is_set(options)
    });
}

fn logs_role(task: &Task<'_>, places: &mut Breaches<'_>) {
    role(task, places, |container| driver(container) == Some("awslogs"));
}

fn image_role(task: &Task<'_>, places: &mut Breaches<'_>) {
    role(task, places, |container| text(container.value, "image").and_then(image::parse).is_some());
}

fn stream_prefix(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in task.containers.iter().filter(|container| driver(container) == Some("awslogs")) {
        if !is_set(container.value.pointer("/logConfiguration/options/awslogs-stream-prefix")) {
            places.at(container.below("logConfiguration.options"), &[]);
        }
    }
}

fn stop_timeout(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        if let Some(seconds) = number(container.value, "stopTimeout").filter(|seconds| *seconds > LONGEST_STOP) {
            places.at(container.below("stopTimeout"), &[&foreign(seconds)]);
        }
    }
}

fn ulimits(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        for (i, limit) in list(container.value, "ulimits").enumerate() {
            if let Some(name) = text(limit, "name").filter(|name| *name != "nofile") {
                places.at(format_args!("{}.ulimits[{i}].name", container.path), &[&quoted(name)]);
            }
        }
    }
}
