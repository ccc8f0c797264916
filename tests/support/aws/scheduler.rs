//! EventBridge Scheduler, in REST: `ListSchedules`, `GetSchedule`.
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html>

use super::{
    Aws,
    request::{Answer, Call, Reply, refusal, unknown},
};
use crate::{ACCOUNT, REGION};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Scheduler {
    /// What `GetSchedule` answers, by region, group and name.
    schedules: BTreeMap<(String, String, String), Value>,
    /// Schedules a page, below the 100 of AWS.
    page: Option<usize>,
}

impl Aws {
    /// Creates a schedule that runs a task definition every hour.
    pub fn create_schedule(&self, group: &str, name: &str, task_definition: &str) {
        let cluster = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/production");
        let ecs = json!({"TaskDefinitionArn": task_definition, "TaskCount": 1, "LaunchType": "FARGATE"});
        self.schedule_with(group, name, json!({"Arn": cluster, "EcsParameters": ecs}));
    }

    /// Creates a schedule that calls an API (`ecs:runTask`) with this input.
    pub fn create_api_schedule(&self, name: &str, api: &str, input: &Value) {
        let target = json!({"Arn": format!("arn:aws:scheduler:::aws-sdk:{api}"), "Input": input.to_string()});
        self.schedule_with("default", name, target);
    }

    pub fn disable_schedule(&self, group: &str, name: &str) {
        let key = (REGION.to_owned(), group.to_owned(), name.to_owned());
        self.lock().scheduler.schedules.get_mut(&key).unwrap()["State"] = json!("DISABLED");
    }

    /// At most so many schedules a page.
    pub fn page_schedules(&self, schedules: usize) {
        self.lock().scheduler.page = Some(schedules);
    }

    fn schedule_with(&self, group: &str, name: &str, mut target: Value) {
        target["RoleArn"] = json!(format!("arn:aws:iam::{ACCOUNT}:role/scheduler"));
        let schedule = json!({"Name": name, "GroupName": group, "State": "ENABLED",
            "Arn": format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group}/{name}"),
            "ScheduleExpression": "rate(1 hour)", "ScheduleExpressionTimezone": "Asia/Tokyo",
            "FlexibleTimeWindow": {"Mode": "OFF"}, "CreationDate": 1_795_398_874.5, "Target": target});
        let key = (REGION.to_owned(), group.to_owned(), name.to_owned());
        self.lock().scheduler.schedules.insert(key, schedule);
    }
}

impl Scheduler {
    pub fn answer(&self, call: &Call) -> Reply {
        match call.operation.as_str() {
            "ListSchedules" => Ok(self.list(call)),
            "GetSchedule" => {
                let group = Some(call.text("groupName")).filter(|group| !group.is_empty()).unwrap_or("default");
                let name = call.text("Name");
                let found = self.schedules.get(&(call.region.clone(), group.to_owned(), name.to_owned()));
                let schedule = found.ok_or_else(|| {
                    refusal(404, "ResourceNotFoundException", format!("Schedule {name} does not exist."))
                })?;
                Ok(Answer::json(schedule))
            }
            _ => Err(unknown(call)),
        }
    }

    /// Summaries: of a target the ARN alone.
    fn list(&self, call: &Call) -> Answer {
        let start = call.text("NextToken").parse().unwrap_or(0);
        let end = start + self.page.unwrap_or(100).min(call.text("MaxResults").parse().unwrap_or(100));
        let of_region = self.schedules.iter().filter(|((region, ..), _)| *region == call.region);
        let all: Vec<Value> = of_region
            .map(|(_, schedule)| {
                json!({"Name": schedule["Name"], "GroupName": schedule["GroupName"], "Arn": schedule["Arn"],
                    "State": schedule["State"], "CreationDate": schedule["CreationDate"],
                    "Target": {"Arn": schedule["Target"]["Arn"]}})
            })
            .collect();
        let mut answer = json!({"Schedules": all.iter().skip(start).take(end - start).collect::<Vec<_>>()});
        if end < all.len() {
            answer["NextToken"] = json!(end.to_string());
        }
        Answer::json(&answer)
    }
}
