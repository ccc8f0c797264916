//! What FARGATE does not support.

use super::{
    rule::{
        Breaches, Rule,
        Verdict::{self, Refuse, Warn},
    },
    task::{Container, Task, Tasks, is_set, list, text},
};

const OUT: &str = "take it out, or leave FARGATE out of requiresCompatibilities";
const WITHOUT: &str = "FARGATE does not support it";

/// A rule about a member that FARGATE does not support.
const fn without(
    verdict: Verdict,
    name: &'static str,
    path: &'static str,
    source: &'static str,
    find: fn(&Task<'_>, &mut Breaches<'_>),
) -> Rule {
    Rule {
        name,
        verdict,
        tasks: Tasks::Fargate,
        path,
        condition: "it is set",
        message: WITHOUT,
        remedy: OUT,
        source,
        find,
    }
}

pub const RULES: &[Rule] = &[
    without(
        Refuse,
        "fargate-privileged",
        "containerDefinitions[].privileged",
        "API_ContainerDefinition, privileged",
        |task, places| containers(task, places, "privileged"),
    ),
    without(
        Refuse,
        "fargate-links",
        "containerDefinitions[].links",
        "ECS: “Links are not supported when networkMode=awsvpc”; API_ContainerDefinition, links",
        |task, places| containers(task, places, "links"),
    ),
    without(
        Refuse,
        "fargate-devices",
        "containerDefinitions[].linuxParameters.devices",
        "ECS: “Fargate compatible task definitions do not support devices”",
        |task, places| linux(task, places, "devices"),
    ),
    without(
        Refuse,
        "fargate-shared-memory",
        "containerDefinitions[].linuxParameters.sharedMemorySize",
        "ECS: “Fargate compatible task definitions do not support sharedMemorySize”",
        |task, places| linux(task, places, "sharedMemorySize"),
    ),
    without(
        Refuse,
        "fargate-swap",
        "containerDefinitions[].linuxParameters.maxSwap",
        "ECS: “Fargate compatible task definitions do not support maxSwap”",
        |task, places| linux(task, places, "maxSwap"),
    ),
    without(
        Warn,
        "fargate-swappiness",
        "containerDefinitions[].linuxParameters.swappiness",
        "API_LinuxParameters, swappiness",
        |task, places| linux(task, places, "swappiness"),
    ),
    without(
        Refuse,
        "fargate-gpu",
        "containerDefinitions[].resourceRequirements[].type",
        "ECS: “Tasks using the Fargate launch type do not support GPU resource requirements”",
        gpu,
    ),
    without(
        Refuse,
        "fargate-security-options",
        "containerDefinitions[].dockerSecurityOptions",
        "ECS: “Fargate compatible task definitions do not support dockerSecurityOptions”",
        |task, places| containers(task, places, "dockerSecurityOptions"),
    ),
    without(
        Warn,
        "fargate-disabled-network",
        "containerDefinitions[].disableNetworking",
        "Developer Guide, task definition differences for FARGATE",
        |task, places| containers(task, places, "disableNetworking"),
    ),
    without(
        Warn,
        "fargate-dns-servers",
        "containerDefinitions[].dnsServers",
        "Developer Guide, task definition differences for FARGATE",
        |task, places| containers(task, places, "dnsServers"),
    ),
    without(
        Warn,
        "fargate-dns-search",
        "containerDefinitions[].dnsSearchDomains",
        "Developer Guide, task definition differences for FARGATE",
        |task, places| containers(task, places, "dnsSearchDomains"),
    ),
    without(
        Warn,
        "fargate-extra-hosts",
        "containerDefinitions[].extraHosts",
        "API_ContainerDefinition, extraHosts: not with awsvpc",
        |task, places| containers(task, places, "extraHosts"),
    ),
    without(
        Refuse,
        "fargate-host-path",
        "volumes[].host.sourcePath",
        "ECS: “Fargate compatible task definitions do not support sourcePath”",
        |task, places| volumes(task, places, "/host/sourcePath", "host.sourcePath"),
    ),
    without(
        Refuse,
        "fargate-docker-volume",
        "volumes[].dockerVolumeConfiguration",
        "ECS: “Fargate compatible task definitions do not support dockerVolumeConfiguration”",
        |task, places| volumes(task, places, "/dockerVolumeConfiguration", "dockerVolumeConfiguration"),
    ),
    without(
        Refuse,
        "fargate-placement",
        "placementConstraints",
        "ECS: “Fargate compatible task definitions do not support constraints”",
        |task, places| whole(task, places, "placementConstraints"),
    ),
    without(
        Refuse,
        "fargate-ipc",
        "ipcMode",
        "ECS: “Tasks using the Fargate launch type do not support ipcMode.”",
        |task, places| whole(task, places, "ipcMode"),
    ),
    without(Warn, "fargate-pid", "pidMode", "API_RegisterTaskDefinition, pidMode: task alone", pid),
];

fn gpu(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        for (i, requirement) in list(container.value, "resourceRequirements").enumerate() {
            if text(requirement, "type") == Some("GPU") {
                places.at(format_args!("{}.resourceRequirements[{i}].type", container.path), &[]);
            }
        }
    }
}

fn containers(task: &Task<'_>, places: &mut Breaches<'_>, member: &str) {
    for container in task.containers.iter().filter(|container| is_set(container.value.get(member))) {
        places.at(container.below(member), &[]);
    }
}

fn linux(task: &Task<'_>, places: &mut Breaches<'_>, member: &str) {
    let is_set = |container: &&Container<'_>| {
        is_set(container.value.get("linuxParameters").and_then(|parameters| parameters.get(member)))
    };
    for container in task.containers.iter().filter(is_set) {
        places.at(format_args!("{}.linuxParameters.{member}", container.path), &[]);
    }
}

fn volumes(task: &Task<'_>, places: &mut Breaches<'_>, pointer: &str, member: &str) {
    for (i, volume) in list(task.document, "volumes").enumerate() {
        if is_set(volume.pointer(pointer)) {
            places.at(format_args!("volumes[{i}].{member}"), &[]);
        }
    }
}

fn whole(task: &Task<'_>, places: &mut Breaches<'_>, member: &str) {
    if is_set(task.document.get(member)) {
        places.at(member, &[]);
    }
}

fn pid(task: &Task<'_>, places: &mut Breaches<'_>) {
    if text(task.document, "pidMode") == Some("host") {
        places.at("pidMode", &[]);
    }
}
