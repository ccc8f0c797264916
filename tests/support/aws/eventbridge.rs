//! EventBridge: `ListRules`, `ListTargetsByRule` and `PutEvents`, of the default bus.
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTargetsByRule.html>

use super::{
    Aws,
    request::{Answer, Call, Reply, refusal, unknown},
};
use crate::{ACCOUNT, REGION};
use serde_json::{Value, json};
use std::collections::BTreeMap;

struct Rule {
    members: Value,
    targets: Vec<Value>,
}

#[derive(Default)]
pub struct EventBridge {
    /// By region and name.
    rules: BTreeMap<(String, String), Rule>,
    /// Rules a page, below the 100 of AWS.
    page: Option<usize>,
    /// What was put, in its order.
    put: Vec<Value>,
    /// So many entries are refused before any is taken.
    refuses: usize,
}

impl Aws {
    /// Puts a rule that runs a task definition at 18:00 UTC.
    pub fn put_rule(&self, name: &str, task_definition: &str) {
        let ecs = json!({"TaskDefinitionArn": task_definition, "TaskCount": 1, "LaunchType": "FARGATE"});
        let cluster = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/production");
        let role = format!("arn:aws:iam::{ACCOUNT}:role/ecsEventsRole");
        self.rule_with(name, json!({"Id": "task", "Arn": cluster, "RoleArn": role, "EcsParameters": ecs}));
    }

    /// Puts a rule that invokes a function.
    pub fn put_function_rule(&self, name: &str) {
        let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}");
        self.rule_with(name, json!({"Id": "function", "Arn": function}));
    }

    /// Sets a member of a rule, such as `State` or `ManagedBy`.
    pub fn edit_rule(&self, name: &str, member: &str, value: &str) {
        let mut state = self.lock();
        let rule = state.eventbridge.rules.get_mut(&(REGION.to_owned(), name.to_owned())).unwrap();
        rule.members[member] = json!(value);
    }

    /// At most so many rules a page.
    pub fn page_rules(&self, rules: usize) {
        self.lock().eventbridge.page = Some(rules);
    }

    /// The entries that were put on the bus and taken, each with its `Detail` read.
    pub fn put_events(&self) -> Vec<Value> {
        let read = |entry: &Value| {
            let mut entry = entry.clone();
            entry["Detail"] = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            entry
        };
        self.lock().eventbridge.put.iter().map(read).collect()
    }

    /// Refuses the next so many entries one by one, as EventBridge may within a call that succeeds.
    pub fn refuse_entries(&self, entries: usize) {
        self.lock().eventbridge.refuses = entries;
    }

    fn rule_with(&self, name: &str, target: Value) {
        let members = json!({"Name": name, "Arn": format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"),
            "State": "ENABLED", "ScheduleExpression": "cron(0 18 * * ? *)", "EventBusName": "default"});
        let rule = Rule { members, targets: vec![target] };
        self.lock().eventbridge.rules.insert((REGION.to_owned(), name.to_owned()), rule);
    }
}

impl EventBridge {
    pub fn answer(&mut self, call: &Call) -> Reply {
        match call.operation.as_str() {
            "PutEvents" => self.put(call),
            "ListRules" => self.list(call),
            "ListTargetsByRule" => {
                let name = call.text("Rule");
                let rule = self.rules.get(&(call.region.clone(), name.to_owned())).ok_or_else(|| {
                    let message = format!("Rule {name} does not exist on EventBus default.");
                    refusal(400, "ResourceNotFoundException", message)
                })?;
                Ok(Answer::json(&json!({"Targets": rule.targets})))
            }
            _ => Err(unknown(call)),
        }
    }

    /// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
    fn put(&mut self, call: &Call) -> Reply {
        let invalid = |message: &str| refusal(400, "ValidationException", message);
        let entries = call.input["Entries"].as_array().ok_or_else(|| invalid("Entries is missing"))?;
        if !(1..=10).contains(&entries.len()) {
            return Err(invalid("Entries must have 1 to 10 elements"));
        }
        if call.input.to_string().len() > 1_000_000 {
            return Err(refusal(
                413,
                "RequestEntityTooLarge",
                "Total size of the entries in the request is over the limit.",
            ));
        }
        let mut results = vec![];
        for entry in entries {
            let is_object = entry["Detail"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            if !is_object.is_some_and(|detail| detail.is_object()) {
                results.push(json!({"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}));
            } else if self.refuses > 0 {
                self.refuses -= 1;
                results.push(json!({"ErrorCode": "InternalFailure", "ErrorMessage": "Try again."}));
            } else {
                self.put.push(entry.clone());
                results.push(json!({"EventId": format!("event-{}", self.put.len())}));
            }
        }
        let failed = results.iter().filter(|result| result.get("ErrorCode").is_some()).count();
        Ok(Answer::json(&json!({"FailedEntryCount": failed, "Entries": results})))
    }

    fn list(&self, call: &Call) -> Reply {
        let limit = call.input.get("Limit").map_or(Some(100), Value::as_u64).filter(|limit| (1..=100).contains(limit));
        let limit = limit.ok_or_else(|| refusal(400, "ValidationException", "Limit must be 1 to 100"))?;
        let start = call.text("NextToken").parse().unwrap_or(0);
        let end = start + self.page.unwrap_or(100).min(usize::try_from(limit).unwrap());
        let all: Vec<&Value> = self
            .rules
            .iter()
            .filter(|((region, _), _)| *region == call.region)
            .map(|(_, rule)| &rule.members)
            .collect();
        let mut answer = json!({"Rules": all.iter().skip(start).take(end - start).collect::<Vec<_>>()});
        if end < all.len() {
            answer["NextToken"] = json!(end.to_string());
        }
        Ok(Answer::json(&answer))
    }
}
