//! Whether one copy of registrar and of reconciler runs at a time.

use super::super::diagnosis::Several;
use crate::{
    aws::calls::{Service, encoded, get_json},
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
};
use futures_util::future::join_all;

pub const CHECK: Check = Check { name: "concurrency", reads: true, look: |patient| Box::pin(look(patient)) };

pub const LAMBDA: Service = Service { signed: "lambda", variable: "LAMBDA" };
const FIX: &str = "set RegistrarConcurrency=1 and ReconcilerConcurrency=1 (where the account's quota leaves some to reserve), or \
                   aws lambda put-function-concurrency --function-name NAME --reserved-concurrent-executions 1";

async fn look(patient: &Patient<'_>) -> Diagnosis {
    let functions = match patient.functions() {
        Ok(functions) => functions,
        Err(unknown) => return unknown,
    };
    let mut several = Several::default();
    let looked = functions.iter().filter(|(id, _)| *id != "Operator").map(|(_, name)| one(patient, name));
    join_all(looked).await.into_iter().for_each(|diagnosis| several.take(diagnosis));
    several.diagnosis("registrar and reconciler run one copy each at a time".to_owned(), FIX)
}

/// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html>
async fn one(patient: &Patient<'_>, name: &str) -> Diagnosis {
    let path = format!("/2019-09-30/functions/{}/concurrency", encoded(name));
    match get_json(patient.clients, LAMBDA, patient.clients.region(), path).await {
        Ok(answer) => match answer["ReservedConcurrentExecutions"].as_u64() {
            Some(1) => Diagnosis::ok(""),
            Some(0) => Diagnosis::fail(format!("{name} may not run at all: its reserved concurrency is 0"), FIX),
            Some(many) => Diagnosis::warn(
                format!("{name} may run {many} copies at once: two may register one definition twice"),
                FIX,
            ),
            None => Diagnosis::warn(
                format!("{name} has no reserved concurrency: two copies may register one definition twice"),
                FIX,
            ),
        },
        Err(fault) => {
            let resource = format!("arn:aws:lambda:{}:*:function:{name}", patient.clients.region());
            Diagnosis::of_fault(
                &fault,
                "lambda:GetFunctionConcurrency",
                &format!("the function {name}"),
                &resource,
                FIX,
            )
        }
    }
}
