//! Containers, and what refers to them by name.

use super::{
    rule::{
        Breaches, Rule,
        Verdict::{Refuse, Warn},
    },
    task::{Container, Task, Tasks, list, text},
};
use crate::definition::report::quoted;
use serde_json::Value;
use std::collections::BTreeSet;

/// ECS takes no more containers in one task.
const MOST: usize = 10;

pub const RULES: &[Rule] = &[
    Rule {
        name: "container-twice",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions[].name",
        condition: "two containers have one name",
        message: "{0} is the name of another container, too",
        remedy: "give each container its own name",
        source: "API_ContainerDefinition, name: what refers to a container does so by its name",
        find: twice,
    },
    Rule {
        name: "too-many-containers",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions",
        condition: "there are more than ten",
        message: "{0} containers, and a task has at most 10",
        remedy: "take some out, or make two families of it",
        source: "ECS: “Too many containers”; Service quotas of ECS, containers per task definition",
        find: too_many,
    },
    Rule {
        name: "no-essential-container",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions",
        condition: "every container says \"essential\": false",
        message: "no container is essential",
        remedy: "take \"essential\": false out of the one that does the work",
        source: "ECS: “Task definition doesn't have any essential container”; API_ContainerDefinition, essential",
        find: no_essential,
    },
    Rule {
        name: "depends-on-nothing",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions[].dependsOn[].containerName",
        condition: "no container has that name",
        message: "there is no container {0}",
        remedy: "name a container of this definition, or take the dependency out",
        source: "ECS: “Cannot depend on container … because it does not exist”",
        find: |task, places| {
            dangling(task, places, "dependsOn", |entry| text(entry, "containerName"), ".containerName");
        },
    },
    Rule {
        name: "circular-dependency",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions[].dependsOn",
        condition: "containers wait for each other, or one for itself",
        message: "{0} waits for itself, directly or by others",
        remedy: "break the circle, or no container starts",
        source: "Developer Guide, container dependency",
        find: circles,
    },
    Rule {
        name: "waits-for-end-of-essential",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions[].dependsOn[].condition",
        condition: "COMPLETE or SUCCESS of an essential container",
        message: "waits for the end of {0}, which is essential: its end ends the task",
        remedy: "let that one say \"essential\": false, or wait for START or HEALTHY",
        source: "ECS: “A dependency container with SUCCESS or COMPLETE condition cannot be an essential container”",
        find: end_of_essential,
    },
    Rule {
        name: "healthy-without-health-check",
        verdict: Warn,
        tasks: Tasks::Any,
        path: "containerDefinitions[].dependsOn[].condition",
        condition: "HEALTHY of a container without `healthCheck`",
        message: "waits until {0} is healthy, which has no healthCheck",
        remedy: "give it one, or wait for START; where only its image has one, ECS does not look at that",
        source: "API_ContainerDependency, condition; API_HealthCheck (its image may have one)",
        find: healthy_without_check,
    },
    Rule {
        name: "link-to-nothing",
        verdict: Refuse,
        tasks: Tasks::Usual,
        path: "containerDefinitions[].links[]",
        condition: "no container has that name",
        message: "there is no container {0}",
        remedy: "write name:alias of a container of this definition",
        source: "API_ContainerDefinition, links",
        find: |task, places| dangling(task, places, "links", |entry| entry.as_str()?.split(':').next(), ""),
    },
    Rule {
        name: "volumes-from-nothing",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions[].volumesFrom[].sourceContainer",
        condition: "no container has that name",
        message: "there is no container {0}",
        remedy: "name a container of this definition",
        source: "API_VolumeFrom, sourceContainer",
        find: |task, places| {
            dangling(task, places, "volumesFrom", |entry| text(entry, "sourceContainer"), ".sourceContainer");
        },
    },
    Rule {
        name: "mount-of-nothing",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions[].mountPoints[].sourceVolume",
        condition: "`volumes` has none of that name",
        message: "volumes has no {0}",
        remedy: "add it there, or name one that is there",
        source: "ECS: “Unknown volume '…'”; API_MountPoint, sourceVolume",
        find: mounts,
    },
    Rule {
        name: "proxy-of-nothing",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "proxyConfiguration.containerName",
        condition: "no container has that name",
        message: "there is no container {0}",
        remedy: "name the container that is the proxy",
        source: "ECS: “Proxy container … does not exist”",
        find: proxy,
    },
    Rule {
        name: "no-firelens-container",
        verdict: Refuse,
        tasks: Tasks::Any,
        path: "containerDefinitions[].logConfiguration.logDriver",
        condition: "`awsfirelens`, and no container has a `firelensConfiguration`",
        message: "awsfirelens sends to a log router, and no container has a firelensConfiguration",
        remedy: "add the router's container, or take another driver",
        source: "Developer Guide, FireLens: the router is a container of the task",
        find: firelens,
    },
];

fn twice(task: &Task<'_>, places: &mut Breaches<'_>) {
    for (i, container) in task.containers.iter().enumerate().filter(|(_, container)| !container.name.is_empty()) {
        if task.by_name.get(container.name) != Some(&i) {
            places.at(container.below("name"), &[&quoted(container.name)]);
        }
    }
}

fn too_many(task: &Task<'_>, places: &mut Breaches<'_>) {
    if task.containers.len() > MOST {
        places.at("containerDefinitions", &[&task.containers.len()]);
    }
}

fn no_essential(task: &Task<'_>, places: &mut Breaches<'_>) {
    if !task.containers.is_empty() && !task.containers.iter().any(Container::is_essential) {
        places.at("containerDefinitions", &[]);
    }
}

/// What each element of a list names, where there is no such container.
fn dangling<'a>(
    task: &Task<'a>,
    places: &mut Breaches<'_>,
    member: &str,
    named: impl Fn(&'a Value) -> Option<&'a str>,
    below: &str,
) {
    for container in &task.containers {
        for (i, entry) in list(container.value, member).enumerate() {
            if let Some(name) = named(entry).filter(|name| !task.by_name.contains_key(name)) {
                places.at(format_args!("{}.{member}[{i}]{below}", container.path), &[&quoted(name)]);
            }
        }
    }
}

/// The containers that remain when those are taken out, again and again, which wait for none that remains, or for which none
/// waits: the circles, and what lies between two of them.
fn circles(task: &Task<'_>, places: &mut Breaches<'_>) {
    let count = task.containers.len();
    let waits_for = |i: usize| {
        let entries = list(task.containers[i].value, "dependsOn");
        entries.filter_map(|entry| task.by_name.get(text(entry, "containerName")?).copied())
    };
    let edges: Vec<BTreeSet<usize>> = (0..count).map(|i| waits_for(i).collect()).collect();
    let mut turned: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
    for (i, targets) in edges.iter().enumerate() {
        targets.iter().for_each(|target| {
            turned[*target].insert(i);
        });
    }
    let (down, up) = (reached(&edges, &turned), reached(&turned, &edges));
    for (_, container) in task.containers.iter().enumerate().filter(|(i, _)| !down[*i] && !up[*i]) {
        places.at(container.below("dependsOn"), &[&quoted(container.name)]);
    }
}

/// Which can be taken out, one after the other, when each has to be without edges.
fn reached(edges: &[BTreeSet<usize>], turned: &[BTreeSet<usize>]) -> Vec<bool> {
    let mut left: Vec<usize> = edges.iter().map(BTreeSet::len).collect();
    let mut free: Vec<usize> = (0..edges.len()).filter(|i| left[*i] == 0).collect();
    let mut out = vec![false; edges.len()];
    while let Some(i) = free.pop() {
        out[i] = true;
        for waiting in &turned[i] {
            left[*waiting] -= 1;
            if left[*waiting] == 0 {
                free.push(*waiting);
            }
        }
    }
    out
}

/// Each dependency on a container that is there, with its place and condition.
fn dependencies<'a>(task: &'a Task<'_>, mut look: impl FnMut(String, &'a Container<'_>, &str)) {
    for container in &task.containers {
        for (i, entry) in list(container.value, "dependsOn").enumerate() {
            let target = text(entry, "containerName").and_then(|name| task.by_name.get(name));
            if let (Some(target), Some(condition)) = (target, text(entry, "condition")) {
                look(format!("{}.dependsOn[{i}].condition", container.path), &task.containers[*target], condition);
            }
        }
    }
}

fn end_of_essential(task: &Task<'_>, places: &mut Breaches<'_>) {
    dependencies(task, |path, target, condition| {
        if matches!(condition, "COMPLETE" | "SUCCESS") && target.is_essential() {
            places.at(path, &[&quoted(target.name)]);
        }
    });
}

fn healthy_without_check(task: &Task<'_>, places: &mut Breaches<'_>) {
    dependencies(task, |path, target, condition| {
        if condition == "HEALTHY" && target.value.get("healthCheck").is_none() {
            places.at(path, &[&quoted(target.name)]);
        }
    });
}

fn mounts(task: &Task<'_>, places: &mut Breaches<'_>) {
    let volumes: BTreeSet<&str> = list(task.document, "volumes").filter_map(|volume| text(volume, "name")).collect();
    for container in &task.containers {
        for (i, mount) in list(container.value, "mountPoints").enumerate() {
            if let Some(name) = text(mount, "sourceVolume").filter(|name| !volumes.contains(name)) {
                places.at(format_args!("{}.mountPoints[{i}].sourceVolume", container.path), &[&quoted(name)]);
            }
        }
    }
}

fn proxy(task: &Task<'_>, places: &mut Breaches<'_>) {
    let name = task.document.get("proxyConfiguration").and_then(|proxy| text(proxy, "containerName"));
    if let Some(name) = name.filter(|name| !task.by_name.contains_key(name)) {
        places.at("proxyConfiguration.containerName", &[&quoted(name)]);
    }
}

fn firelens(task: &Task<'_>, places: &mut Breaches<'_>) {
    if task.containers.iter().any(|container| container.value.get("firelensConfiguration").is_some()) {
        return;
    }
    for container in &task.containers {
        if container.value.pointer("/logConfiguration/logDriver").is_some_and(|driver| driver == "awsfirelens") {
            places.at(container.below("logConfiguration.logDriver"), &[]);
        }
    }
}
