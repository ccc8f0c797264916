//! The calls to IAM, CloudWatch Logs, EFS and the one of SSM.

use crate::aws::{
    Clients,
    calls::{Service, encoded, get_json, query_call},
    fault::Fault,
};
use serde_json::Value;

const IAM: Service = Service { signed: "iam", variable: "IAM" };
const EFS: Service = Service { signed: "elasticfilesystem", variable: "EFS" };
pub const SSM: Service = Service { signed: "ssm", variable: "SSM" };
pub const LOGS: Service = Service { signed: "logs", variable: "CLOUDWATCH_LOGS" };

/// Path and parameter of a call of EFS.
type EfsCall = (&'static str, &'static str);

/// <https://docs.aws.amazon.com/efs/latest/ug/API_DescribeFileSystems.html>
pub const DESCRIBE_FILE_SYSTEMS: EfsCall = ("file-systems", "FileSystemId");
/// <https://docs.aws.amazon.com/efs/latest/ug/API_DescribeAccessPoints.html>
pub const DESCRIBE_ACCESS_POINTS: EfsCall = ("access-points", "AccessPointId");

/// `GetRole`: the answer is XML.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>
pub async fn get_role(clients: &Clients, name: &str, region: &str) -> Result<String, Fault> {
    let parameters = [("Action", "GetRole"), ("Version", "2010-05-08"), ("RoleName", name)];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    query_call(clients, IAM, region, &parameters).await
}

pub async fn efs(clients: &Clients, region: &str, (path, by): EfsCall, id: &str) -> Result<Value, Fault> {
    get_json(clients, EFS, region, format!("/2015-02-01/{path}?{by}={}", encoded(id))).await
}
