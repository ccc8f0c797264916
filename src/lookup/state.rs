//! Terraform states in S3.

use super::Result;
use crate::{aws::fault::Fault, render::protocol::Lookup};
use aws_sdk_s3::Client;
use tokio::sync::Semaphore;

/// Larger states are refused: the rendering child could not hold one.
const MAX_STATE_BYTES: i64 = 20_000_000;

/// The whole text of the state under `s3://bucket/key`.
pub async fn read(client: &Client, calls: &Semaphore, url: String) -> Result {
    let lookup = Lookup::State { url: url.clone() };
    let Some((bucket, key)) = url.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) else {
        return Result::failed(lookup, format!("the state's URL {url:?} is no `s3://bucket/key`"));
    };
    let _permit = calls.acquire().await;
    let answer = match client.get_object().bucket(bucket).key(key).send().await {
        Ok(answer) => answer,
        Err(e) => {
            let fault = Fault::of(&e);
            let why = match &fault {
                Fault::Refused { code, .. } if code == "NoSuchKey" || code == "NoSuchBucket" => {
                    format!("there is no Terraform state {url}")
                }
                Fault::Refused { code, .. } if code == "PermanentRedirect" => {
                    format!("the bucket of the Terraform state {url} lies in another region than the function")
                }
                fault => fault.sentence("s3:GetObject", &url, &format!("arn:aws:s3:::{bucket}/{key}")),
            };
            return Result::fault(lookup, &fault, why);
        }
    };
    if answer.content_length().is_some_and(|bytes| bytes > MAX_STATE_BYTES) {
        return Result::failed(lookup, format!("the Terraform state {url} has more than {MAX_STATE_BYTES} bytes"));
    }
    match answer.body.collect().await {
        Ok(body) => match String::from_utf8(body.to_vec()) {
            Ok(text) => Result::found(lookup, text),
            Err(_) => Result::failed(lookup, format!("the Terraform state {url} is not UTF-8")),
        },
        Err(e) => {
            let fault = Fault::Open(format!("the answer was cut ({e})"));
            let why = fault.sentence("s3:GetObject", &url, "");
            Result::fault(lookup, &fault, why)
        }
    }
}
