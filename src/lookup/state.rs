//! Terraform states in S3.

use super::result::LookupResult;
use crate::aws::{Clients, fault::Fault};
use aws_sdk_s3::{
    error::SdkError,
    operation::get_object::{GetObjectError, GetObjectOutput},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use crema_base::secrecy::foreign;
use crema_render::session::protocol::Lookup;
use tokio::sync::Semaphore;

/// Maximum bytes of a state: the rendering child could not hold a larger one.
const MAX_STATE_BYTES: i64 = 20_000_000;

/// The whole text of the state under `s3://bucket/key`. It is asked for in the region that the state names (`own`),
/// else in `region`, or where S3 says that the bucket is.
pub async fn read(
    clients: &Clients,
    calls: &Semaphore,
    region: &str,
    url: String,
    own: Option<String>,
) -> LookupResult {
    let lookup = Lookup::State { url: url.clone(), region: own.clone() };
    let region = own.as_deref().unwrap_or(region);
    let Some((bucket, key)) = url.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) else {
        return LookupResult::failed(lookup, format!("the state's URL {url:?} is no `s3://bucket/key`"));
    };
    let told = foreign(&url).to_string();
    let _permit = calls.acquire().await;
    let answer = match get(clients, region, bucket, key).await {
        Err(e) => match elsewhere(&e, region) {
            Some(region) => get(clients, &region, bucket, key).await,
            None => Err(e),
        },
        found => found,
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(e) => {
            let fault = Fault::of(&e);
            let why = match &fault {
                Fault::Refused { code, .. } if code == "NoSuchKey" || code == "NoSuchBucket" => {
                    format!("there is no Terraform state {told} (asked in {region})")
                }
                fault => {
                    let resource = format!("arn:aws:s3:::{}", foreign(format!("{bucket}/{key}")));
                    fault.sentence("s3:GetObject", &told, &resource)
                }
            };
            return LookupResult::fault(lookup, &fault, why);
        }
    };
    if answer.content_length().is_some_and(|bytes| bytes > MAX_STATE_BYTES) {
        return LookupResult::failed(
            lookup,
            format!("the Terraform state {told} has more than {MAX_STATE_BYTES} bytes"),
        );
    }
    match answer.body.collect().await {
        Ok(body) => match String::from_utf8(body.to_vec()) {
            Ok(text) => LookupResult::found(lookup, text),
            Err(_) => LookupResult::failed(lookup, format!("the Terraform state {told} is not UTF-8")),
        },
        Err(e) => {
            let fault = Fault::Open(format!("the answer was cut ({e})"));
            let why = fault.sentence("s3:GetObject", &told, "");
            LookupResult::fault(lookup, &fault, why)
        }
    }
}

type Got = std::result::Result<GetObjectOutput, SdkError<GetObjectError, HttpResponse>>;

async fn get(clients: &Clients, region: &str, bucket: &str, key: &str) -> Got {
    let request = clients.s3(region).get_object().bucket(bucket).key(key);
    request.set_expected_bucket_owner(clients.owner_of(bucket)).send().await
}

/// The region of the bucket, if it is another one: S3 names it with every refusal.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html>
fn elsewhere(error: &SdkError<GetObjectError, HttpResponse>, region: &str) -> Option<String> {
    let named = error.raw_response()?.headers().get("x-amz-bucket-region")?;
    (named != region).then(|| named.to_owned())
}
