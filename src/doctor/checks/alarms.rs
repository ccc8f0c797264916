//! Whether the alarms are there, and tell somebody.

use crate::{
    aws::{
        calls::{Service, query_call},
        raw::{element, members},
    },
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
};
use std::collections::BTreeSet;

pub const CHECK: Check = Check { name: "alarms", reads: true, look: |patient| Box::pin(look(patient)) };

const CLOUDWATCH: Service = Service { signed: "monitoring", variable: "CLOUDWATCH" };
/// Alarms of one call.
const MOST: usize = 100;
const FIX: &str = "set AlarmTopicArn to an SNS topic that somebody reads";
const DEPLOY: &str = "deploy template.yaml again (`sam deploy`)";

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
async fn look(patient: &Patient<'_>) -> Diagnosis {
    let stack = match patient.stack() {
        Ok(stack) => stack,
        Err(unknown) => return unknown,
    };
    let names: BTreeSet<&str> = stack.all("AWS::CloudWatch::Alarm").map(|(_, name)| name).take(MOST).collect();
    if names.is_empty() {
        return Diagnosis::fail("the stack has no alarm", DEPLOY);
    }
    let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut parameters =
        vec![owned("Action", "DescribeAlarms"), owned("Version", "2010-08-01"), owned("MaxRecords", "100")];
    parameters
        .extend(names.iter().enumerate().map(|(i, name)| (format!("AlarmNames.member.{}", i + 1), (*name).to_owned())));
    let xml = match query_call(patient.clients, CLOUDWATCH, patient.clients.region(), &parameters).await {
        Ok(xml) => xml,
        Err(fault) => {
            let resource = format!("arn:aws:cloudwatch:{}:*:alarm:*", patient.clients.region());
            return Diagnosis::of_fault(&fault, "cloudwatch:DescribeAlarms", "the stack's alarms", &resource, DEPLOY);
        }
    };
    let alarms = members(&xml, "MetricAlarms");
    let named = |alarm: &String| element(alarm, "AlarmName").unwrap_or_default();
    let there: BTreeSet<String> = alarms.iter().map(named).collect();
    let gone: Vec<&str> = names.iter().copied().filter(|name| !there.contains(*name)).collect();
    if !gone.is_empty() {
        return Diagnosis::fail(format!("alarms are gone: {}", gone.join(", ")), DEPLOY);
    }
    let is_mute = |alarm: &&String| {
        members(alarm, "AlarmActions").is_empty() || element(alarm, "ActionsEnabled").is_some_and(|on| on == "false")
    };
    let mute = alarms.iter().filter(is_mute).count();
    if mute > 0 {
        return Diagnosis::warn(
            format!("{mute} of {} alarms tell nobody: they have no action, or it is disabled", alarms.len()),
            FIX,
        );
    }
    let loud: Vec<String> = alarms
        .iter()
        .filter(|alarm| element(alarm, "StateValue").is_some_and(|state| state == "ALARM"))
        .map(named)
        .collect();
    match loud.is_empty() {
        true => Diagnosis::ok(format!("all {} alarms have an action, and none is on", alarms.len())),
        false => Diagnosis::warn(
            format!("alarms are on: {}", loud.join(", ")),
            "docs/OPERATE.md, “What to do when an alarm goes off”",
        ),
    }
}
