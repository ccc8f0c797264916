//! The calls to IAM, CloudWatch Logs, EFS and the one of SSM, each in its protocol.

use crate::aws::{Clients, fault::Fault, raw::RawCall};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// All that is not as it is in a signed query.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Path and parameter of a call of EFS.
type EfsCall = (&'static str, &'static str);

/// <https://docs.aws.amazon.com/efs/latest/ug/API_DescribeFileSystems.html>
pub const DESCRIBE_FILE_SYSTEMS: EfsCall = ("file-systems", "FileSystemId");
/// <https://docs.aws.amazon.com/efs/latest/ug/API_DescribeAccessPoints.html>
pub const DESCRIBE_ACCESS_POINTS: EfsCall = ("access-points", "AccessPointId");

/// `GetRole`, by the query protocol: the answer is XML.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>
pub async fn get_role(clients: &Clients, name: &str, region: &str) -> Result<String, Fault> {
    let body = clients
        .raw(RawCall {
            service: "iam",
            variable: "IAM",
            region: region.to_owned(),
            method: "POST",
            path: "/".to_owned(),
            headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            body: format!("Action=GetRole&Version=2010-05-08&RoleName={}", encoded(name)),
        })
        .await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// A call of the JSON protocol: `target` names the API and the operation.
pub async fn json_call(
    clients: &Clients,
    service: &'static str,
    variable: &'static str,
    region: &str,
    target: &str,
    body: &Value,
) -> Result<Value, Fault> {
    let kind = ("content-type", "application/x-amz-json-1.1".to_owned());
    let call = RawCall {
        service,
        variable,
        region: region.to_owned(),
        method: "POST",
        path: "/".to_owned(),
        headers: vec![kind, ("x-amz-target", target.to_owned())],
        body: body.to_string(),
    };
    read(&clients.raw(call).await?)
}

pub async fn efs(clients: &Clients, region: &str, (path, by): EfsCall, id: &str) -> Result<Value, Fault> {
    let call = RawCall {
        service: "elasticfilesystem",
        variable: "EFS",
        region: region.to_owned(),
        method: "GET",
        path: format!("/2015-02-01/{path}?{by}={}", encoded(id)),
        ..RawCall::default()
    };
    read(&clients.raw(call).await?)
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn read(body: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(body).map_err(|_| Fault::Open("the answer is no JSON".to_owned()))
}
