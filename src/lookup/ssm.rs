//! SSM parameters, ten for each call.

use super::result::LookupResult;
use crate::aws::fault::Fault;
use aws_sdk_ssm::{
    Client,
    types::{Parameter, ParameterType},
};
use crema_base::secrecy::foreign;
use crema_render::session::protocol::Lookup;
use futures_util::future::join_all;
use serde_json::Value;
use std::collections::HashMap;
use tokio::sync::Semaphore;

/// Maximum names of one `GetParameters`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
pub const BATCH: usize = 10;

/// The values of at most [`BATCH`] parameters, decrypted; a `StringList` is an array. If the batch is refused or denied
/// as a whole (one name that the role may not read denies all), its names are asked for one by one.
pub async fn parameters(client: &Client, calls: &Semaphore, region: &str, names: Vec<String>) -> Vec<LookupResult> {
    if names.len() == 1 {
        return one_by_one(client, calls, region, names).await;
    }
    let answer = {
        let _permit = calls.acquire().await;
        client.get_parameters().set_names(Some(names.clone())).with_decryption(true).send().await
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(e) => {
            let fault = Fault::of(&e);
            if fault.is_transient() {
                let all = foreign(names.join(", "));
                let why = fault.sentence("ssm:GetParameters", &format!("{all} in {region}"), "");
                return names
                    .into_iter()
                    .map(|name| LookupResult::fault(Lookup::Ssm { name }, &fault, why.clone()))
                    .collect();
            }
            return one_by_one(client, calls, region, names).await;
        }
    };
    // A name asked for as `name:3` or by ARN comes back bare, with the rest in `selector` and `arn`. What comes twice is
    // asked for again by itself.
    let mut found: HashMap<String, Option<Value>> = HashMap::new();
    for parameter in answer.parameters() {
        let selector = parameter.selector().unwrap_or_default();
        for name in [parameter.name(), parameter.arn()].into_iter().flatten() {
            let value = Some(value_of(parameter));
            found.entry(format!("{name}{selector}")).and_modify(|twice| *twice = None).or_insert(value);
        }
    }
    let mut results = vec![];
    let mut others = vec![];
    for name in names {
        if answer.invalid_parameters().contains(&name) {
            results.push(missing(name, region));
        } else if let Some(Some(value)) = found.get(&name) {
            results.push(LookupResult::found(Lookup::Ssm { name }, value.clone()));
        } else {
            others.push(name);
        }
    }
    results.extend(one_by_one(client, calls, region, others).await);
    results
}

async fn one_by_one(client: &Client, calls: &Semaphore, region: &str, names: Vec<String>) -> Vec<LookupResult> {
    join_all(names.into_iter().map(|name| async move {
        let _permit = calls.acquire().await;
        match client.get_parameter().name(&name).with_decryption(true).send().await {
            Ok(answer) => match answer.parameter() {
                Some(parameter) => LookupResult::found(Lookup::Ssm { name }, value_of(parameter)),
                None => missing(name, region),
            },
            Err(e) => match Fault::of(&e) {
                Fault::Refused { code, .. } if code == "ParameterNotFound" || code == "ParameterVersionNotFound" => {
                    missing(name, region)
                }
                fault => {
                    let told = foreign(name.trim_start_matches('/'));
                    let resource = format!("arn:aws:ssm:{region}:*:parameter/{told}");
                    let on = format!("the parameter {name:?} in {region}");
                    let why = fault.sentence("ssm:GetParameter", &on, &resource);
                    LookupResult::fault(Lookup::Ssm { name }, &fault, why)
                }
            },
        }
    }))
    .await
}

fn missing(name: String, region: &str) -> LookupResult {
    let why = format!("there is no SSM parameter {name:?} in {region}");
    LookupResult::failed(Lookup::Ssm { name }, why)
}

fn value_of(parameter: &Parameter) -> Value {
    let text = parameter.value().unwrap_or_default();
    match parameter.r#type() {
        Some(ParameterType::StringList) => text.split(',').map(Value::from).collect(),
        _ => Value::from(text),
    }
}
