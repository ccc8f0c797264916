//! What runs a task definition on a schedule: rules of EventBridge's default bus, and schedules of EventBridge
//! Scheduler.
//!
//! Rules with a schedule exist on the default bus only. Neither service can search by task definition (a target's ARN
//! is the cluster's), so all are listed, and those targets are read that may run one.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html>

use crate::{
    aws::{CallLimits, Clients, fault::Fault},
    reference::TaskDefinitionRef,
};
use aws_sdk_eventbridge::types::Rule;
use aws_sdk_scheduler::types::ScheduleSummary;
use futures_util::future::{join, join_all};
use serde_json::Value;
use tokio::sync::Semaphore;

/// Scheduler's universal target: any API, with its parameters as JSON.
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html>
const RUN_TASK: &str = ":aws-sdk:ecs:runTask";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScheduleKind {
    /// A rule of EventBridge.
    Rule,
    /// A schedule of EventBridge Scheduler.
    Schedule,
}

/// Something that runs a task definition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schedule {
    pub family: String,
    /// The revision that it is pinned to; none runs the latest.
    pub revision: Option<u32>,
    pub kind: ScheduleKind,
    /// The name; for a schedule `group/name`.
    pub name: String,
    /// `cron(…)`, `rate(…)` or `at(…)`; none for a rule that waits for events.
    pub expression: Option<String>,
    pub enabled: bool,
    /// The region of the task definition, if its ARN names one.
    pub region: Option<String>,
}

impl Schedule {
    fn of(
        named: TaskDefinitionRef,
        kind: ScheduleKind,
        name: String,
        expression: Option<String>,
        enabled: bool,
    ) -> Schedule {
        let TaskDefinitionRef { place, family, revision } = named;
        Schedule { family, revision, region: place.map(|place| place.region), kind, name, expression, enabled }
    }

    /// Whether it runs this family.
    pub fn runs(&self, family: &str, region: &str) -> bool {
        self.family == family && self.region.as_deref().is_none_or(|own| own == region)
    }
}

/// The schedules of a region. With warnings, there may be more.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub schedules: Vec<Schedule>,
    pub warnings: Vec<String>,
}

impl Found {
    fn unknown(why: String) -> Found {
        Found { schedules: vec![], warnings: vec![why] }
    }

    /// Of many calls that fail in the same way, one is reported.
    fn failed(&mut self, sentences: &[String]) {
        if let Some((first, more)) = sentences.split_first() {
            let more = if more.is_empty() { String::new() } else { format!(" (and {} more)", more.len()) };
            self.warnings.push(format!("{first}{more}"));
        }
    }
}

/// All rules and schedules of a region that run a task definition.
pub async fn of_region(clients: &Clients, limits: &CallLimits, region: &str) -> Found {
    let (events, scheduler) = (clients.events(region), clients.scheduler(region));
    let (mut found, other) =
        join(rules(&events, &limits.schedules, region), schedules(&scheduler, &limits.schedules, region)).await;
    found.schedules.extend(other.schedules);
    found.warnings.extend(other.warnings);
    found.schedules.sort();
    found
}

/// Makes one call for each hundred rules, and one for each rule.
async fn rules(client: &aws_sdk_eventbridge::Client, calls: &Semaphore, region: &str) -> Found {
    let mut rules = match list_rules(client, calls).await {
        Ok(rules) => rules,
        Err(fault) => {
            let on = format!("the rules of the default bus in {region}");
            return Found::unknown(fault.sentence("events:ListRules", &on, "*"));
        }
    };
    // A rule that a service made for itself runs nobody's tasks.
    rules.retain(|rule| rule.managed_by().is_none());
    let targets = join_all(rules.iter().map(|rule| async move {
        let _permit = calls.acquire().await;
        // A rule has five targets at most: one page.
        client.list_targets_by_rule().set_rule(rule.name.clone()).send().await.map_err(|e| Fault::of(&e))
    }));
    let (mut found, mut failures) = (Found::default(), vec![]);
    for (rule, targets) in rules.iter().zip(targets.await) {
        let name = rule.name().unwrap_or_default();
        let targets = match targets {
            Ok(answer) => answer.targets.unwrap_or_default(),
            Err(Fault::Refused { code, .. }) if code == "ResourceNotFoundException" => continue,
            Err(fault) => {
                let resource = format!("arn:aws:events:{region}:*:rule/*");
                failures.push(fault.sentence("events:ListTargetsByRule", &format!("the rule {name}"), &resource));
                continue;
            }
        };
        for target in targets {
            let Some(named) = target.ecs_parameters().and_then(|ecs| reference(ecs.task_definition_arn())) else {
                continue;
            };
            let enabled = rule.state().is_none_or(|state| state.as_str().starts_with("ENABLED"));
            let expression = rule.schedule_expression.clone();
            found.schedules.push(Schedule::of(named, ScheduleKind::Rule, name.to_owned(), expression, enabled));
        }
    }
    found.failed(&failures);
    found
}

async fn list_rules(client: &aws_sdk_eventbridge::Client, calls: &Semaphore) -> Result<Vec<Rule>, Fault> {
    let _permit = calls.acquire().await;
    let (mut rules, mut token) = (vec![], None);
    loop {
        let page = client.list_rules().limit(100).set_next_token(token).send().await.map_err(|e| Fault::of(&e))?;
        rules.extend(page.rules.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(rules);
        }
    }
}

/// Makes one call for each hundred schedules, and one for each that runs a task.
async fn schedules(client: &aws_sdk_scheduler::Client, calls: &Semaphore, region: &str) -> Found {
    let mut all = match list_schedules(client, calls).await {
        Ok(all) => all,
        Err(fault) => {
            let on = format!("the schedules of {region}");
            return Found::unknown(fault.sentence("scheduler:ListSchedules", &on, "*"));
        }
    };
    all.retain(|schedule| schedule.target().is_some_and(|target| runs_tasks(target.arn())));
    let answers = join_all(all.iter().map(|schedule| async move {
        let _permit = calls.acquire().await;
        let call = client.get_schedule().set_name(schedule.name.clone()).set_group_name(schedule.group_name.clone());
        call.send().await.map_err(|e| Fault::of(&e))
    }));
    let (mut found, mut failures) = (Found::default(), vec![]);
    for (schedule, answer) in all.iter().zip(answers.await) {
        let group = schedule.group_name().unwrap_or("default");
        let name = format!("{group}/{}", schedule.name().unwrap_or_default());
        match answer {
            Ok(answer) => {
                let Some(named) = answer.target().and_then(of_target) else { continue };
                let enabled = answer.state().is_none_or(|state| state.as_str() == "ENABLED");
                let expression = answer.schedule_expression().map(str::to_owned);
                found.schedules.push(Schedule::of(named, ScheduleKind::Schedule, name, expression, enabled));
            }
            Err(Fault::Refused { code, .. }) if code == "ResourceNotFoundException" => {}
            Err(fault) => {
                let resource = format!("arn:aws:scheduler:{region}:*:schedule/*/*");
                failures.push(fault.sentence("scheduler:GetSchedule", &format!("the schedule {name}"), &resource));
            }
        }
    }
    found.failed(&failures);
    found
}

async fn list_schedules(client: &aws_sdk_scheduler::Client, calls: &Semaphore) -> Result<Vec<ScheduleSummary>, Fault> {
    let _permit = calls.acquire().await;
    let (mut all, mut token) = (vec![], None);
    loop {
        let call = client.list_schedules().max_results(100).set_next_token(token);
        let page = call.send().await.map_err(|e| Fault::of(&e))?;
        all.extend(page.schedules);
        token = page.next_token;
        if token.is_none() {
            return Ok(all);
        }
    }
}

/// What a target names; nothing if that cannot be a task definition.
fn reference(text: &str) -> Option<TaskDefinitionRef> {
    TaskDefinitionRef::parse(text).ok()
}

/// The target of an ECS schedule is the cluster.
fn runs_tasks(target: &str) -> bool {
    target.ends_with(RUN_TASK) || target.contains(":ecs:") && target.contains(":cluster/")
}

fn of_target(target: &aws_sdk_scheduler::types::Target) -> Option<TaskDefinitionRef> {
    if let Some(ecs) = target.ecs_parameters() {
        return reference(ecs.task_definition_arn());
    }
    let input: Value = serde_json::from_str(target.input()?).ok()?;
    let is_it = |name: &str| name.eq_ignore_ascii_case("taskDefinition");
    reference(input.as_object()?.iter().find(|(name, _)| is_it(name))?.1.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cluster_or_the_api_itself_runs_tasks() {
        assert!(runs_tasks("arn:aws:ecs:eu-west-1:123456789012:cluster/production"));
        assert!(runs_tasks("arn:aws:scheduler:::aws-sdk:ecs:runTask"));
        assert!(!runs_tasks("arn:aws:lambda:eu-west-1:123456789012:function:nightly"));
        assert!(!runs_tasks("arn:aws:scheduler:::aws-sdk:ecs:stopTask"));
    }
}
