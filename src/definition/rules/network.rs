//! Ports and networks.

use super::{
    rule::{
        Breaches, Rule,
        Verdict::{Refuse, Warn},
    },
    task::{Task, Tasks, is_set, list, number},
};
use crema_base::secrecy::foreign;
use std::collections::BTreeSet;

pub const RULES: &[Rule] = &[
    Rule {
        name: "awsvpc-host-port",
        verdict: Refuse,
        tasks: Tasks::Usual,
        path: "containerDefinitions[].portMappings[].hostPort",
        condition: "another than `containerPort` with `awsvpc`; 0 counts as absent",
        message: "{0} is another port than containerPort, {1}, which awsvpc does not have",
        remedy: "leave hostPort out",
        source: "ECS: “When networkMode=awsvpc, the host ports and container ports in port mappings must match.”",
        find: |task, places| other_port(task, places, "awsvpc"),
    },
    Rule {
        name: "host-network-port",
        verdict: Refuse,
        tasks: Tasks::WithoutFargate,
        path: "containerDefinitions[].portMappings[].hostPort",
        condition: "another than `containerPort` with `host`; 0 counts as absent",
        message: "{0} is another port than containerPort, {1}, which the network mode host does not have",
        remedy: "leave hostPort out",
        source: "ECS: “When networkMode=host, the host ports and container ports in port mappings must match.”",
        find: |task, places| other_port(task, places, "host"),
    },
    Rule {
        name: "host-port-twice",
        verdict: Refuse,
        tasks: Tasks::Usual,
        path: "containerDefinitions[].portMappings[].hostPort",
        condition: "one host port other than 0 and one protocol in two mappings",
        message: "{0} for {1} is mapped twice",
        remedy: "take another port, or leave hostPort out",
        source: "API_PortMapping, hostPort: one port of an instance is one mapping's",
        find: port_twice,
    },
    Rule {
        name: "links-in-awsvpc",
        verdict: Refuse,
        tasks: Tasks::WithoutFargate,
        path: "containerDefinitions[].links",
        condition: "any with `awsvpc`",
        message: "not supported with awsvpc",
        remedy: "take it out: the containers of such a task reach each other on localhost",
        source: "ECS: “Links are not supported when networkMode=awsvpc”; API_ContainerDefinition, links",
        find: |task, places| with_awsvpc(task, places, "links"),
    },
    Rule {
        name: "hostname-in-awsvpc",
        verdict: Warn,
        tasks: Tasks::Usual,
        path: "containerDefinitions[].hostname",
        condition: "any with `awsvpc`",
        message: "not supported with awsvpc",
        remedy: "take it out",
        source: "API_ContainerDefinition, hostname",
        find: |task, places| with_awsvpc(task, places, "hostname"),
    },
];

fn other_port(task: &Task<'_>, places: &mut Breaches<'_>, mode: &str) {
    if task.network() != Some(mode) {
        return;
    }
    for container in &task.containers {
        for (i, mapping) in list(container.value, "portMappings").enumerate() {
            let Some((host, own)) = number(mapping, "hostPort").zip(number(mapping, "containerPort")) else { continue };
            if host != own {
                let path = format_args!("{}.portMappings[{i}].hostPort", container.path);
                places.at(path, &[&foreign(host), &foreign(own)]);
            }
        }
    }
}

fn port_twice(task: &Task<'_>, places: &mut Breaches<'_>) {
    let mut seen = BTreeSet::new();
    for container in &task.containers {
        for (i, mapping) in list(container.value, "portMappings").enumerate() {
            let Some(host) = number(mapping, "hostPort") else { continue };
            let protocol =
                if mapping.get("protocol").is_some_and(|protocol| protocol == "udp") { "udp" } else { "tcp" };
            if !seen.insert((host, protocol)) {
                let path = format_args!("{}.portMappings[{i}].hostPort", container.path);
                places.at(path, &[&foreign(host), &protocol]);
            }
        }
    }
}

fn with_awsvpc(task: &Task<'_>, places: &mut Breaches<'_>, member: &str) {
    if task.network() != Some("awsvpc") {
        return;
    }
    for container in task.containers.iter().filter(|container| is_set(container.value.get(member))) {
        places.at(container.below(member), &[]);
    }
}
