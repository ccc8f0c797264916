use super::{rule::filled, *};
use crema_base::secrecy::plain;
use crema_testing::tried;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

mod drawn;

/// Each rule's definitions: one that breaks it alone, its message, and the nearest one that passes.
static CASES: &str = include_str!("../cases.json");

fn findings(document: &Value) -> Findings {
    let made = crate::definition::Definition::new(document.clone(), crate::config::apps::UnknownKeys::Error, "a.json");
    made.unwrap().0.findings("a.json", &[])
}

/// What is refused, and what is told.
fn sentences(document: &Value) -> (Vec<String>, Vec<String>) {
    let Findings { report, .. } = findings(document);
    let plain = |line: String| plain(&line);
    (report.problems.lines().map(plain).collect(), report.warnings.lines().map(plain).collect())
}

/// Sets what stands at a pointer, making what is missing above it; null takes it out.
fn set(document: &mut Value, pointer: &str, to: &Value) {
    let (above, last) = pointer.rsplit_once('/').unwrap();
    let mut value = document;
    for step in above.split('/').skip(1) {
        value = match value {
            Value::Array(elements) => &mut elements[step.parse::<usize>().unwrap()],
            other => &mut other[step],
        };
    }
    match value {
        Value::Array(elements) => match elements.get_mut(last.parse::<usize>().unwrap()) {
            Some(element) => *element = to.clone(),
            None => elements.push(to.clone()),
        },
        Value::Object(members) if to.is_null() => {
            members.remove(last);
        }
        other => other[last] = to.clone(),
    }
}

fn with(document: &Value, changes: &Value) -> Value {
    let mut document = document.clone();
    changes.as_object().unwrap().iter().for_each(|(pointer, to)| set(&mut document, pointer, to));
    document
}

#[test]
fn each_rule_is_broken_alone_says_so_and_the_nearest_definition_passes() {
    let file: Value = serde_json::from_str(CASES).unwrap();
    let mut seen = BTreeSet::new();
    for case in file["cases"].as_array().unwrap() {
        let name = case["rule"].as_str().unwrap();
        let rule = rules().find(|rule| rule.name == name).unwrap_or_else(|| panic!("no rule {name}"));
        seen.insert(rule.name);
        let broken = with(&file["bases"][case["base"].as_str().unwrap()], &case["broken"]);
        let says = format!("{} (rule {name})", case["says"].as_str().unwrap());
        let expected = match rule.verdict {
            Verdict::Refuse => (vec![says], vec![]),
            Verdict::Warn => (vec![], vec![says]),
        };
        assert_eq!(sentences(&broken), expected, "{broken:#}");
        let passing = with(&broken, &case["fixed"]);
        assert_eq!(sentences(&passing), (vec![], vec![]), "{name}: {passing:#}");
        // Left out, it says nothing.
        let skipped = Findings::of(&broken, "a.json", &[name.to_owned()]);
        assert!(skipped.refusal().is_none() && skipped.told().is_empty(), "{name}");
    }
    let all: BTreeSet<&str> = rules().map(|rule| rule.name).collect();
    assert_eq!(all.len(), rules().count(), "a name stands twice");
    assert_eq!(seen, all, "a rule has no case");
}

#[test]
fn of_windows_external_and_managed_instances_is_said_only_what_is_known() {
    let file: Value = serde_json::from_str(CASES).unwrap();
    for change in [
        json!({"/runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}),
        json!({"/requiresCompatibilities": ["EXTERNAL"]}),
        json!({"/requiresCompatibilities": ["MANAGED_INSTANCES"]}),
        json!({"/requiresCompatibilities": ["MANAGED_INSTANCES", "FARGATE"]}),
    ] {
        for case in file["cases"].as_array().unwrap() {
            let rule = rules().find(|rule| rule.name == case["rule"]).unwrap();
            let broken = with(&file["bases"][case["base"].as_str().unwrap()], &case["broken"]);
            let (refused, told) = sentences(&with(&broken, &change));
            let said = refused.len() + told.len();
            assert_eq!(said > 0, rule.tasks == Tasks::Any, "{} with {change}: {refused:?} {told:?}", rule.name);
        }
    }
}

#[test]
fn a_pair_of_fargate_is_one_of_those_documented() {
    let fargate = |cpu: u64, memory: u64| {
        let document = json!({"family": "a", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
            "cpu": cpu.to_string(), "memory": memory.to_string(), "containerDefinitions": [{"name": "a", "image": "b"}]});
        findings(&document).refusal().is_none()
    };
    let mut documented = BTreeSet::new();
    let mut add = |cpu: u64, memories: &[u64]| documented.extend(memories.iter().map(|memory| (cpu, memory * 512)));
    add(256, &[1, 2, 4]);
    add(512, &[2, 4, 6, 8]);
    add(1024, &[4, 6, 8, 10, 12, 14, 16]);
    add(2048, &(4..=16).map(|gb| gb * 2).collect::<Vec<_>>());
    add(4096, &(8..=30).map(|gb| gb * 2).collect::<Vec<_>>());
    add(8192, &(4..=15).map(|gb| gb * 8).collect::<Vec<_>>());
    add(16384, &(4..=15).map(|gb| gb * 16).collect::<Vec<_>>());
    for cpu in [128, 256, 384, 512, 1024, 2048, 3072, 4096, 8192, 16384] {
        for memory in (0..=260).map(|n| n * 512).chain([513, 1000, 4097]) {
            let memory = memory.max(1);
            assert_eq!(fargate(cpu, memory), documented.contains(&(cpu, memory)), "{cpu} with {memory}");
        }
    }
}

#[test]
fn sizes_are_read_as_ecs_documents_them() {
    let task = |cpu: &str, memory: &str| {
        let document = json!({"cpu": cpu, "memory": memory});
        let task = Task::new(&document);
        (task.cpu(), task.memory())
    };
    assert_eq!(task("256", "512"), (Some(256), Some(512)));
    assert_eq!(task(".25 vCPU", "0.5 GB"), (Some(256), Some(512)));
    assert_eq!(task("1vcpu", "30GB"), (Some(1024), Some(30_720)));
    for wrong in ["", "vCPU", "1e3", "-1", "0.3 GB", "inf vcpu", "1 2 gb", "999999999999 gb"] {
        assert_eq!(task(wrong, wrong), (None, None), "{wrong}");
    }
}

#[test]
fn circles_of_dependencies_are_found_however_long_and_nothing_else_is() {
    let depend = |on: &[(usize, usize)], count: usize| {
        let container = |i: usize| {
            let on: Vec<Value> = on
                .iter()
                .filter(|(from, _)| *from == i)
                .map(|(_, to)| json!({"containerName": format!("c{to}"), "condition": "START"}))
                .collect();
            json!({"name": format!("c{i}"), "image": "a", "memory": 1, "dependsOn": on})
        };
        let document = json!({"family": "a", "containerDefinitions": (0..count).map(container).collect::<Vec<_>>()});
        let (refused, _) = sentences(&document);
        refused.iter().filter(|told| told.contains("circular-dependency")).count()
    };
    assert_eq!(depend(&[(0, 1), (1, 2), (0, 2)], 3), 0);
    assert_eq!(depend(&[(0, 1), (1, 2), (2, 0)], 3), 3);
    assert_eq!(depend(&[(0, 1), (1, 2), (2, 1), (1, 3)], 4), 2);
    assert_eq!(depend(&[(0, 0), (1, 1)], 2), 2);
    let long: Vec<(usize, usize)> = (0..2_000).map(|i| (i, (i + 1) % 2_000)).collect();
    // Fifty are told, and that there are more.
    assert_eq!(depend(&long, 2_000), 49);
}

#[test]
fn all_that_is_refused_stands_in_one_error_and_no_value_of_environment_in_any() {
    let document = json!({"family": "a", "memory": "256", "containerDefinitions": [
        {"name": "a", "image": "b", "memory": 300, "environment": [{"name": "A", "value": "hunter2"}],
            "secrets": [{"name": "A", "valueFrom": "/a"}]}]});
    let findings = findings(&document);
    let refusal = findings.refusal().unwrap();
    assert_eq!(refusal.kind, ErrorKind::InvalidDefinition);
    let text = plain(&refusal.to_string());
    assert!(text.starts_with("a.json: 2 problems:\n- containerDefinitions[0].memory: 300 is more than"), "{text}");
    assert!(findings.tolerated()[0].ends_with("; nothing is registered now, so it is only told"));
    let all = format!("{text}{}{}", findings.tolerated().concat(), findings.told().concat());
    assert!(!all.contains("hunter2") && findings.told()[0].contains("rule secrets-role"), "{all}");
}

#[test]
fn a_name_that_is_no_rules_is_told_with_the_nearest() {
    let names = ["memory_above_task", "no-memory", "zzz"].map(str::to_owned);
    let told = unknown_names(&names);
    assert_eq!(told.len(), 2);
    assert!(
        told[0]
            .starts_with("`skip_rules[0]`: there is no rule \"memory_above_task\"; did you mean memory-above-task? ")
    );
    assert!(told[1].starts_with("`skip_rules[2]`: there is no rule \"zzz\" (docs/RULES.md"), "{}", told[1]);
}

#[test]
fn words_of_a_definition_do_not_become_places_of_a_message() {
    assert_eq!(filled("{0} and {1}; {2}{x}", &[&"{1}", &"b"]), "{1} and b; {2}{x}");
}

proptest! {
    fn any_document_is_looked_at(numbers in proptest::collection::vec(any::<i64>(), 4), text in "\\PC{0,9}", odd in any::<bool>()) {
        let value = if odd { json!(text) } else { json!({"a": [numbers[0], null]}) };
        let document = json!({"cpu": value, "memory": text, "networkMode": value, "requiresCompatibilities": ["FARGATE", value],
            "ephemeralStorage": {"sizeInGiB": numbers[1]}, "volumes": [value, {"efsVolumeConfiguration": value, "host": value}],
            "proxyConfiguration": value, "containerDefinitions": [value, {"name": text, "image": text, "memory": numbers[2],
                "memoryReservation": numbers[3], "dependsOn": [value, {"containerName": text, "condition": text}],
                "portMappings": [value, {"hostPort": numbers[0], "containerPort": numbers[1]}], "healthCheck": value,
                "links": [value], "environment": [value], "secrets": [value], "logConfiguration": value, "ulimits": [value]}]});
        let _ = Findings::of(&document, "a.json", &[]).refusal();
    }
}

#[test]
fn no_document_makes_a_rule_panic() {
    any_document_is_looked_at();
    tried(ProptestConfig::default().cases, "random documents");
}
