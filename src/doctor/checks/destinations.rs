//! Whether what failed is tried again, and goes to the dead-letter queue then.

use super::{super::diagnosis::Several, concurrency::LAMBDA};
use crate::{
    aws::{
        calls::{encoded, get_json},
        fault::Fault,
    },
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
};
use futures_util::future::join_all;

pub const CHECK: Check = Check { name: "destinations", reads: true, look: |patient| Box::pin(look(patient)) };

const FIX: &str = "deploy template.yaml again (its EventInvokeConfig: two retries, six hours, on failure to the queue)";

async fn look(patient: &Patient<'_>) -> Diagnosis {
    let functions = match patient.functions() {
        Ok(functions) => functions,
        Err(unknown) => return unknown,
    };
    let mut several = Several::default();
    let looked = join_all(functions.iter().map(|(_, name)| one(patient, name))).await;
    looked.into_iter().for_each(|diagnosis| several.take(diagnosis));
    several.diagnosis("what fails in any of the functions ends in the dead-letter queue".to_owned(), FIX)
}

/// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html>
async fn one(patient: &Patient<'_>, name: &str) -> Diagnosis {
    let path = format!("/2019-09-25/functions/{}/event-invoke-config?Qualifier={}", encoded(name), encoded("$LATEST"));
    let lost = || {
        Diagnosis::fail(
            format!("an event that {name} failed three times is lost: it has no destination for failures"),
            FIX,
        )
    };
    match get_json(patient.clients, LAMBDA, patient.clients.region(), path).await {
        Ok(config) if config["DestinationConfig"]["OnFailure"]["Destination"].as_str().is_none_or(str::is_empty) => {
            lost()
        }
        Ok(config) if config["MaximumRetryAttempts"] == 0 => {
            Diagnosis::warn(format!("{name} tries no event a second time (MaximumRetryAttempts is 0)"), FIX)
        }
        Ok(_) => Diagnosis::ok(""),
        Err(Fault::Refused { code, .. }) if code == "ResourceNotFoundException" => lost(),
        Err(fault) => {
            let resource = format!("arn:aws:lambda:{}:*:function:{name}", patient.clients.region());
            Diagnosis::of_fault(
                &fault,
                "lambda:GetFunctionEventInvokeConfig",
                &format!("the function {name}"),
                &resource,
                FIX,
            )
        }
    }
}
