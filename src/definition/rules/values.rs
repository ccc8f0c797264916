//! Logs, variables, secrets, roles, health checks.

use super::{
    rule::{
        Breaches, Rule,
        Verdict::{Refuse, Warn},
    },
    task::{Task, Tasks, is_set, list, text},
};
use crate::definition::report::quoted;
use crema_base::secrecy::foreign;
use serde_json::Value;
use std::collections::BTreeSet;

/// Members of a health check: from, to.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html>
const HEALTH: [(&str, i64, i64); 4] =
    [("interval", 5, 300), ("timeout", 2, 60), ("retries", 1, 10), ("startPeriod", 0, 300)];

pub const RULES: &[Rule] = &[
    Rule {
        name: "awslogs-options",
        verdict: Refuse,
        tasks: Tasks::Usual,
        path: "containerDefinitions[].logConfiguration.options",
        condition: "`awslogs` without `awslogs-group` or `awslogs-region`; `secretOptions` count",
        message: "the driver awslogs requires {0}, which is missing",
        remedy: "write it, as \"awslogs-group\": \"/ecs/app\" and \"awslogs-region\": \"ap-northeast-1\"",
        source: "ECS: “Log driver awslogs requires options: awslogs-region, awslogs-group”",
        find: awslogs,
    },
    Rule {
        name: "variable-and-secret",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions[].secrets[].name",
        condition: "the name stands in `environment`, too",
        message: "{0} stands in environment, too",
        remedy: "take it out of one of the two",
        source: "ECS: “The secret name must be unique and not shared with any new or existing environment variables set on the \
                 container”",
        find: variable_and_secret,
    },
    Rule {
        name: "variable-twice",
        verdict: Warn,
        tasks: Tasks::Any,
        path: "containerDefinitions[].environment[].name",
        condition: "the name stands there twice",
        message: "{0} stands twice, and which one counts is not documented",
        remedy: "take one out",
        source: "API_ContainerDefinition, environment",
        find: variable_twice,
    },
    Rule {
        name: "health-check-bounds",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions[].healthCheck",
        condition: "`interval` outside 5 to 300, `timeout` 2 to 60, `retries` 1 to 10, `startPeriod` 0 to 300",
        message: "{0} lies outside {1} to {2}",
        remedy: "write one between them",
        source: "API_HealthCheck",
        find: health_bounds,
    },
    Rule {
        name: "health-check-command",
        verdict: Warn,
        tasks: Tasks::Any,
        path: "containerDefinitions[].healthCheck.command",
        condition: "begins with none of CMD, CMD-SHELL, NONE",
        message: "begins with none of CMD, CMD-SHELL and NONE",
        remedy: "write [\"CMD-SHELL\", \"…\"] for a line of a shell, [\"CMD\", \"…\"] for a program and its arguments",
        source: "API_HealthCheck, command",
        find: health_command,
    },
    Rule {
        name: "role-arn",
        verdict: Warn,
        tasks: Tasks::Any,
        path: "taskRoleArn, executionRoleArn",
        condition: "neither the ARN of a role nor a bare name",
        message: "{0} is neither the ARN of a role nor the name of one",
        remedy: "write arn:aws:iam::123456789012:role/NAME",
        source: "API_RegisterTaskDefinition, taskRoleArn and executionRoleArn",
        find: roles,
    },
    Rule {
        name: "secret-arn",
        verdict: Warn,
        tasks: Tasks::Any,
        path: "containerDefinitions[].secrets[].valueFrom",
        condition: "neither the ARN of a secret nor that of a parameter, nor a parameter's name; `secretOptions`, too",
        message: "{0} can be neither a secret nor a parameter",
        remedy: "write the ARN of a secret of Secrets Manager, or a parameter's name or ARN",
        source: "API_Secret, valueFrom",
        find: secrets,
    },
    Rule {
        name: "empty-text",
        verdict: Warn,
        tasks: Tasks::Any,
        path: "executionRoleArn, taskRoleArn, cpu, memory; containerDefinitions[].user, .hostname, .workingDirectory",
        condition: "an empty text",
        message: "empty, which counts as absent",
        remedy: "take it out",
        source: "examples of AWS's own have it",
        find: empty,
    },
];

fn awslogs(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        let Some(log) = container.value.get("logConfiguration") else { continue };
        if text(log, "logDriver") != Some("awslogs") {
            continue;
        }
        let secret: BTreeSet<&str> = list(log, "secretOptions").filter_map(|option| text(option, "name")).collect();
        let options = log.get("options").unwrap_or(&Value::Null);
        let is_missing = |name: &&str| text(options, name).is_none() && !secret.contains(name);
        let missing: Vec<&str> = ["awslogs-group", "awslogs-region"].into_iter().filter(is_missing).collect();
        if !missing.is_empty() {
            places.at(container.below("logConfiguration.options"), &[&missing.join(" and ")]);
        }
    }
}

fn variable_and_secret(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        let variables: BTreeSet<&str> =
            list(container.value, "environment").filter_map(|variable| text(variable, "name")).collect();
        for (i, secret) in list(container.value, "secrets").enumerate() {
            if let Some(name) = text(secret, "name").filter(|name| variables.contains(name)) {
                places.at(format_args!("{}.secrets[{i}].name", container.path), &[&quoted(name)]);
            }
        }
    }
}

fn variable_twice(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        let mut seen = BTreeSet::new();
        for (i, variable) in list(container.value, "environment").enumerate() {
            if let Some(name) = text(variable, "name").filter(|name| !seen.insert(*name)) {
                places.at(format_args!("{}.environment[{i}].name", container.path), &[&quoted(name)]);
            }
        }
    }
}

fn health_bounds(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        let Some(check) = container.value.get("healthCheck") else { continue };
        for (member, from, to) in HEALTH {
            let found = check.get(member).and_then(Value::as_i64).filter(|found| !(from..=to).contains(found));
            if let Some(found) = found {
                places.at(format_args!("{}.healthCheck.{member}", container.path), &[&foreign(found), &from, &to]);
            }
        }
    }
}

fn health_command(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        let first = container.value.pointer("/healthCheck/command/0").and_then(Value::as_str);
        if first.is_some_and(|first| !matches!(first, "CMD" | "CMD-SHELL" | "NONE")) {
            places.at(container.below("healthCheck.command"), &[]);
        }
    }
}

fn roles(task: &Task<'_>, places: &mut Breaches<'_>) {
    for member in ["taskRoleArn", "executionRoleArn"] {
        if let Some(role) = text(task.document, member).filter(|role| !is_role(role)) {
            places.at(member, &[&quoted(role)]);
        }
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn is_role(text: &str) -> bool {
    let is_name = |name: &str| {
        let inside = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
        (1..=64).contains(&name.len()) && name.chars().all(inside)
    };
    match text.strip_prefix("arn:") {
        None => is_name(text.rsplit('/').next().unwrap_or_default()),
        Some(rest) => match rest.splitn(5, ':').collect::<Vec<_>>()[..] {
            [partition, "iam", "", account, resource] => {
                let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
                let name = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next());
                partition.starts_with("aws") && is_account && name.is_some_and(is_name)
            }
            _ => false,
        },
    }
}

fn secrets(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        let log = container.value.get("logConfiguration").unwrap_or(&Value::Null);
        for (owner, member, path) in
            [(container.value, "secrets", "secrets"), (log, "secretOptions", "logConfiguration.secretOptions")]
        {
            for (i, secret) in list(owner, member).enumerate() {
                if let Some(from) = text(secret, "valueFrom").filter(|from| !is_secret(from)) {
                    places.at(format_args!("{}.{path}[{i}].valueFrom", container.path), &[&quoted(from)]);
                }
            }
        }
    }
}

fn is_secret(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("arn:") else {
        return text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    };
    match rest.splitn(5, ':').collect::<Vec<_>>()[..] {
        [_, "secretsmanager", region, _, resource] => !region.is_empty() && resource.starts_with("secret:"),
        [_, "ssm", region, _, resource] => !region.is_empty() && resource.starts_with("parameter/"),
        _ => false,
    }
}

fn empty(task: &Task<'_>, places: &mut Breaches<'_>) {
    let is_empty = |value: Option<&Value>| value.is_some_and(|value| value == "") && !is_set(value);
    for member in ["executionRoleArn", "taskRoleArn", "cpu", "memory"] {
        if is_empty(task.document.get(member)) {
            places.at(member, &[]);
        }
    }
    for container in &task.containers {
        for member in ["user", "hostname", "workingDirectory"] {
            if is_empty(container.value.get(member)) {
                places.at(container.below(member), &[]);
            }
        }
    }
}
