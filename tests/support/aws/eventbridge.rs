//! EventBridge: `ListRules`, `ListTargetsByRule`, of the default bus.
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

    fn rule_with(&self, name: &str, target: Value) {
        let members = json!({"Name": name, "Arn": format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"),
            "State": "ENABLED", "ScheduleExpression": "cron(0 18 * * ? *)", "EventBusName": "default"});
        let rule = Rule { members, targets: vec![target] };
        self.lock().eventbridge.rules.insert((REGION.to_owned(), name.to_owned()), rule);
    }
}

impl EventBridge {
    pub fn answer(&self, call: &Call) -> Reply {
        match call.operation.as_str() {
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
