//! Whether the rules are enabled, and their targets right.

use super::super::diagnosis::Several;
use crate::{
    aws::{
        calls::{Service, json_call},
        fault::Fault,
    },
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

pub const CHECK: Check = Check { name: "rules", reads: true, look: |patient| Box::pin(look(patient)) };

const EVENTS: Service = Service { signed: "events", variable: "EVENTBRIDGE" };
const FIX: &str = "aws events enable-rule --name NAME for one that is disabled (the sweep: the parameter Sweep=on); else deploy template.yaml again";

async fn look(patient: &Patient<'_>) -> Diagnosis {
    let (stack, functions) = match patient.stack().and_then(|stack| Ok((stack, patient.functions()?))) {
        Ok(both) => both,
        Err(unknown) => return unknown,
    };
    let rules: Vec<(&str, &str)> = stack.all("AWS::Events::Rule").collect();
    let mut several = Several::default();
    if rules.is_empty() {
        several.wrong.push("the stack has no rule".to_owned());
    }
    let looked = rules.iter().map(|(logical, name)| async {
        let function = functions.iter().find(|(id, _)| logical.starts_with(id)).map(|(_, function)| *function);
        rule(patient, logical, name, function).await
    });
    join_all(looked).await.into_iter().for_each(|diagnosis| several.take(diagnosis));
    several.diagnosis(format!("all {} rules are enabled and have their targets", rules.len()), FIX)
}

/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html>
async fn rule(patient: &Patient<'_>, logical: &str, name: &str, function: Option<&str>) -> Diagnosis {
    let call = |operation: &'static str, body: Value| async move {
        let target = format!("AWSEvents.{operation}");
        json_call(patient.clients, EVENTS, "1.1", patient.clients.region(), &target, &body)
            .await
            .map_err(|fault| (operation, fault))
    };
    let both = async {
        let rule = call("DescribeRule", json!({"Name": name})).await?;
        Ok((rule, call("ListTargetsByRule", json!({"Rule": name})).await?))
    };
    let (rule, targets): (Value, Value) = match both.await {
        Ok(both) => both,
        Err((_, Fault::Refused { code, .. })) if code == "ResourceNotFoundException" => {
            return Diagnosis::fail(format!("the rule {logical} ({name}) is gone"), FIX);
        }
        Err((operation, fault)) => {
            let resource = format!("arn:aws:events:{}:*:rule/{name}", patient.clients.region());
            return Diagnosis::of_fault(
                &fault,
                &format!("events:{operation}"),
                &format!("the rule {name}"),
                &resource,
                FIX,
            );
        }
    };
    if rule["State"].as_str().is_some_and(|state| !state.starts_with("ENABLED")) {
        let told = format!("the rule {logical} ({name}) is disabled");
        // By a parameter of the stack: what is lost then stays so.
        return if logical == "ReconcilerSweep" { Diagnosis::warn(told, FIX) } else { Diagnosis::fail(told, FIX) };
    }
    let arns: Vec<&str> =
        targets["Targets"].as_array().into_iter().flatten().filter_map(|target| target["Arn"].as_str()).collect();
    let is_there = |arn: &&str| function.is_none_or(|function| arn.ends_with(&format!(":function:{function}")));
    if arns.iter().any(is_there) {
        return Diagnosis::ok("");
    }
    let expected = function.map_or_else(String::new, |function| format!(", and not {function}"));
    Diagnosis::fail(format!("the rule {logical} ({name}) has the targets [{}]{expected}", arns.join(", ")), FIX)
}
