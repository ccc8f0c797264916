//! CPU and memory of the task and of its containers.

use super::{
    rule::{
        Breaches, Rule,
        Verdict::{Refuse, Warn},
    },
    task::{Container, Task, Tasks, number, text},
};
use crate::definition::report::quoted;
use crema_base::secrecy::foreign;

/// The CPU units of FARGATE, and the memory in MiB that each may have: from, to, in steps of.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#task_size>
const PAIRS: [(u64, u64, u64, u64); 7] = [
    (256, 512, 2_048, 512),
    (512, 1_024, 4_096, 1_024),
    (1_024, 2_048, 8_192, 1_024),
    (2_048, 4_096, 16_384, 1_024),
    (4_096, 8_192, 30_720, 1_024),
    (8_192, 16_384, 61_440, 4_096),
    (16_384, 32_768, 122_880, 8_192),
];

pub const RULES: &[Rule] = &[
    Rule {
        name: "no-memory",
        verdict: Refuse,
        tasks: Tasks::WithoutFargate,
        path: "containerDefinitions[]",
        condition: "neither the container nor the task says how much memory; not with FARGATE",
        message: "neither memory nor memoryReservation, and the task has no memory",
        remedy: "write one of them in MiB, such as \"memory\": 512",
        source: "ECS: “Invalid setting for container '…'. At least one of 'memory' or 'memoryReservation' must be specified.”",
        find: no_memory,
    },
    Rule {
        name: "memory-above-task",
        verdict: Refuse,
        tasks: Tasks::Usual,
        path: "containerDefinitions[].memory",
        condition: "more than the task's `memory`",
        message: "{0} is more than the task's {1}",
        remedy: "raise memory or lower this",
        source: "ECS: “The 'memory' setting for container '…' is greater than for the task.”",
        find: above_task,
    },
    Rule {
        name: "reservation-above-memory",
        verdict: Refuse,
        tasks: Tasks::Usual,
        path: "containerDefinitions[].memoryReservation",
        condition: "more than the container's `memory`",
        message: "{0} is more than the container's memory, {1}",
        remedy: "raise memory or lower this",
        source: "ECS: “Invalid setting for container '…'. 'memory' must be greater than or equal to 'memoryReservation'.”",
        find: above_memory,
    },
    Rule {
        name: "fargate-cpu-missing",
        verdict: Refuse,
        tasks: Tasks::Fargate,
        path: "cpu",
        condition: "the task says none",
        message: "missing, and FARGATE requires it",
        remedy: "write CPU units as a string, such as \"256\"",
        source: "ECS: “Fargate requires that 'cpu' be defined at the task level.”",
        find: |task, places| missing(task, places, "cpu"),
    },
    Rule {
        name: "fargate-memory-missing",
        verdict: Refuse,
        tasks: Tasks::Fargate,
        path: "memory",
        condition: "the task says none",
        message: "missing, and FARGATE requires it",
        remedy: "write MiB as a string, such as \"512\"",
        source: "ECS: “Fargate requires that 'memory' be defined at the task level.”",
        find: |task, places| missing(task, places, "memory"),
    },
    Rule {
        name: "fargate-size",
        verdict: Refuse,
        tasks: Tasks::Fargate,
        path: "cpu, memory",
        condition: "no pair that FARGATE has: 256 with 512, 1024 or 2048; 512 with 1024 to 4096, 1024 with 2048 to 8192, 2048 \
                    with 4096 to 16384, 4096 with 8192 to 30720, each in steps of 1024; 8192 with 16384 to 61440 in steps of \
                    4096; 16384 with 32768 to 122880 in steps of 8192",
        message: "FARGATE has no cpu {0} with memory {1}",
        remedy: "{2}",
        source: "ECS: “No Fargate configuration exists for given values.”; Developer Guide, task size",
        find: pairs,
    },
    Rule {
        name: "fargate-cpu-unknown",
        verdict: Warn,
        tasks: Tasks::Fargate,
        path: "cpu",
        condition: "above 16384: newer than this table",
        message: "{0} is above 16384, the most that this version of crema knows of FARGATE",
        remedy: "look whether FARGATE has it with memory {1}",
        source: "Developer Guide, task size: 32768 is documented for some platforms only",
        find: unknown_cpu,
    },
    Rule {
        name: "size-unreadable",
        verdict: Warn,
        tasks: Tasks::Usual,
        path: "cpu, memory",
        condition: "neither a whole number nor one with vCPU or GB",
        message: "{0} is no number that ECS documents",
        remedy: "write CPU units (\"256\", \".25 vCPU\") and MiB (\"512\", \"0.5 GB\")",
        source: "ECS: “Invalid 'cpu' setting for task.”; API_RegisterTaskDefinition, cpu and memory",
        find: unreadable,
    },
    Rule {
        name: "cpu-sum",
        verdict: Warn,
        tasks: Tasks::Usual,
        path: "containerDefinitions[].cpu",
        condition: "all together are more than the task's `cpu`",
        message: "{0} in all containers, which is more than the task's {1}",
        remedy: "raise the task's cpu or lower theirs",
        source: "ECS: “The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.”",
        find: cpu_sum,
    },
    Rule {
        name: "memory-sum",
        verdict: Warn,
        tasks: Tasks::Usual,
        path: "containerDefinitions[].memory",
        condition: "all together (`memoryReservation`, else `memory`) are more than the task's `memory`, and no single one is",
        message: "{0} in all containers, which is more than the task's {1}",
        remedy: "raise the task's memory or lower theirs",
        source: "API_ContainerDefinition, memory",
        find: memory_sum,
    },
];

fn no_memory(task: &Task<'_>, places: &mut Breaches<'_>) {
    if text(task.document, "memory").is_some() {
        return;
    }
    for container in &task.containers {
        if number(container.value, "memory").or_else(|| number(container.value, "memoryReservation")).is_none() {
            places.at(&container.path, &[]);
        }
    }
}

fn above_task(task: &Task<'_>, places: &mut Breaches<'_>) {
    let Some(whole) = task.memory() else { return };
    for container in &task.containers {
        if let Some(memory) = number(container.value, "memory").filter(|memory| more(*memory, whole)) {
            places.at(container.below("memory"), &[&foreign(memory), &foreign(whole)]);
        }
    }
}

fn more(part: i64, whole: u64) -> bool {
    u64::try_from(part).is_ok_and(|part| part > whole)
}

fn above_memory(task: &Task<'_>, places: &mut Breaches<'_>) {
    for container in &task.containers {
        let number = |member| number(container.value, member);
        let Some((soft, hard)) = number("memoryReservation").zip(number("memory")) else { continue };
        if soft > hard {
            places.at(container.below("memoryReservation"), &[&foreign(soft), &foreign(hard)]);
        }
    }
}

fn missing(task: &Task<'_>, places: &mut Breaches<'_>, member: &str) {
    if text(task.document, member).is_none() {
        places.at(member, &[]);
    }
}

fn pairs(task: &Task<'_>, places: &mut Breaches<'_>) {
    let Some((cpu, memory)) = text(task.document, "cpu").zip(text(task.document, "memory")) else { return };
    let remedy = match (task.cpu(), task.memory()) {
        (Some(units), _) if units > 16_384 => return,
        (Some(units), mib) => match PAIRS.iter().find(|(cpu, ..)| *cpu == units) {
            Some((_, from, to, step)) => {
                if mib.is_some_and(|mib| (*from..=*to).contains(&mib) && is_step(units, mib, *step)) {
                    return;
                }
                format!("with this cpu, memory is {}", steps(units, *from, *to, *step))
            }
            None => "cpu is 256, 512, 1024, 2048, 4096, 8192 or 16384".to_owned(),
        },
        (None, _) => "cpu is 256, 512, 1024, 2048, 4096, 8192 or 16384".to_owned(),
    };
    places.at("cpu, memory", &[&quoted(cpu), &quoted(memory), &remedy]);
}

/// With the smallest CPU, 1536 is no step.
fn is_step(cpu: u64, memory: u64, step: u64) -> bool {
    memory.is_multiple_of(step) && !(cpu == 256 && memory == 1_536)
}

fn steps(cpu: u64, from: u64, to: u64, step: u64) -> String {
    if cpu == 256 { "512, 1024 or 2048".to_owned() } else { format!("{from} to {to} in steps of {step}") }
}

fn unknown_cpu(task: &Task<'_>, places: &mut Breaches<'_>) {
    if let Some(cpu) = task.cpu().filter(|cpu| *cpu > 16_384) {
        places.at("cpu", &[&foreign(cpu), &quoted(text(task.document, "memory").unwrap_or_default())]);
    }
}

fn unreadable(task: &Task<'_>, places: &mut Breaches<'_>) {
    for (member, read) in [("cpu", task.cpu()), ("memory", task.memory())] {
        if let Some(text) = text(task.document, member).filter(|_| read.is_none()) {
            places.at(member, &[&quoted(text)]);
        }
    }
}

fn cpu_sum(task: &Task<'_>, places: &mut Breaches<'_>) {
    let sum: i64 = task.containers.iter().filter_map(|container| number(container.value, "cpu")).sum();
    if let Some(whole) = task.cpu().filter(|whole| more(sum, *whole)) {
        places.at("containerDefinitions[].cpu", &[&foreign(sum), &foreign(whole)]);
    }
}

fn memory_sum(task: &Task<'_>, places: &mut Breaches<'_>) {
    let Some(whole) = task.memory() else { return };
    let parts = task.containers.iter().filter_map(|container| {
        number(container.value, "memoryReservation").or_else(|| number(container.value, "memory"))
    });
    let is_above = |container: &Container<'_>| number(container.value, "memory").is_some_and(|m| more(m, whole));
    let sum: i64 = parts.sum();
    if more(sum, whole) && !task.containers.iter().any(is_above) {
        places.at("containerDefinitions[].memory", &[&foreign(sum), &foreign(whole)]);
    }
}
