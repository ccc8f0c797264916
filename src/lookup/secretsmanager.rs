//! Secrets Manager: the full ARN of a secret. Its value is never read.

use super::result::LookupResult;
use crate::aws::fault::Fault;
use aws_sdk_secretsmanager::Client;
use crema_base::secrecy::foreign;
use crema_render::session::protocol::Lookup;
use tokio::sync::Semaphore;

/// Reads the ARN with the six random characters that ECS requires.
pub async fn arn(client: &Client, calls: &Semaphore, region: &str, name: String) -> LookupResult {
    let _permit = calls.acquire().await;
    match client.describe_secret().secret_id(&name).send().await {
        Ok(answer) => match answer.arn() {
            Some(arn) => LookupResult::found(Lookup::Secret { name }, arn),
            None => missing(name, region),
        },
        Err(e) => match Fault::of(&e) {
            Fault::Refused { code, .. } if code == "ResourceNotFoundException" => missing(name, region),
            fault => {
                let resource = format!("arn:aws:secretsmanager:{region}:*:secret:{}-*", foreign(&name));
                let why = fault.sentence(
                    "secretsmanager:DescribeSecret",
                    &format!("the secret {name:?} in {region}"),
                    &resource,
                );
                LookupResult::fault(Lookup::Secret { name }, &fault, why)
            }
        },
    }
}

fn missing(name: String, region: &str) -> LookupResult {
    let why = format!("there is no secret {name:?} in {region}");
    LookupResult::failed(Lookup::Secret { name }, why)
}
