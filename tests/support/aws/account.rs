//! What definitions name: roles of IAM, log groups, file systems and access points of EFS.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>
//! <https://docs.aws.amazon.com/efs/latest/ug/API_DescribeFileSystems.html>

use super::{
    Aws,
    request::{Answer, Call, Reply, Service, escape, refusal, unknown},
};
use crate::ACCOUNT;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub struct Account {
    /// Path and trust policy by name.
    roles: BTreeMap<String, (String, Value)>,
    /// Region and name.
    log_groups: BTreeSet<(String, String)>,
    /// State by region and id.
    file_systems: BTreeMap<(String, String), String>,
    /// File system by region and id.
    access_points: BTreeMap<(String, String), String>,
}

impl Aws {
    /// Creates a role, such as `/team/shop`, that this service may assume. Gives its ARN.
    pub fn create_role(&self, path: &str, service: &str) -> String {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": service}}]});
        let name = path.rsplit('/').next().unwrap();
        self.lock().account.roles.insert(name.to_owned(), (path.to_owned(), trust));
        format!("arn:aws:iam::{ACCOUNT}:role{path}")
    }

    pub fn create_log_group(&self, region: &str, name: &str) {
        self.lock().account.log_groups.insert((region.to_owned(), name.to_owned()));
    }

    /// A file system in this state: `available`, `deleting`.
    pub fn create_file_system(&self, region: &str, id: &str, state: &str) {
        self.lock().account.file_systems.insert((region.to_owned(), id.to_owned()), state.to_owned());
    }

    pub fn create_access_point(&self, region: &str, id: &str, file_system: &str) {
        self.lock().account.access_points.insert((region.to_owned(), id.to_owned()), file_system.to_owned());
    }
}

impl Account {
    pub fn answer(&self, call: &Call) -> Reply {
        match (call.service, call.operation.as_str()) {
            (Service::Iam, "GetRole") => self.role(call),
            (Service::Logs, "DescribeLogGroups") => Ok(Answer::json(&self.groups(call))),
            (Service::Efs, "DescribeFileSystems") => self.file_system(call),
            (Service::Efs, "DescribeAccessPoints") => self.access_point(call),
            _ => Err(unknown(call)),
        }
    }

    fn role(&self, call: &Call) -> Reply {
        let name = call.text("RoleName");
        let none = || refusal(404, "NoSuchEntity", format!("The role with name {name} cannot be found."));
        let (path, trust) = self.roles.get(name).ok_or_else(none)?;
        // As IAM has it: RFC 3986 within XML.
        let trust = utf8_percent_encode(&trust.to_string(), NON_ALPHANUMERIC).to_string();
        Ok(Answer::xml(&format!(
            "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role>\
             <Path>{}</Path><Arn>arn:aws:iam::{ACCOUNT}:role{}</Arn><RoleName>{name}</RoleName>\
             <AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>",
            escape(path.trim_end_matches(name)),
            escape(path)
        )))
    }

    fn groups(&self, call: &Call) -> Value {
        let prefix = call.text("logGroupNamePrefix");
        let named = self.log_groups.iter().filter(|(region, name)| *region == call.region && name.starts_with(prefix));
        let groups: Vec<Value> = named.take(50).map(|(_, name)| json!({"logGroupName": name})).collect();
        json!({"logGroups": groups})
    }

    fn file_system(&self, call: &Call) -> Reply {
        let id = call.text("FileSystemId");
        let state = self.file_systems.get(&(call.region.clone(), id.to_owned()));
        let none = || refusal(404, "FileSystemNotFound", format!("File system '{id}' does not exist."));
        let state = state.ok_or_else(none)?;
        Ok(Answer::json(&json!({"FileSystems": [{"FileSystemId": id, "LifeCycleState": state}]})))
    }

    fn access_point(&self, call: &Call) -> Reply {
        let id = call.text("AccessPointId");
        let of = self.access_points.get(&(call.region.clone(), id.to_owned()));
        let none = || refusal(404, "AccessPointNotFound", format!("Access point '{id}' does not exist."));
        let of = of.ok_or_else(none)?;
        let point = json!({"AccessPointId": id, "FileSystemId": of, "LifeCycleState": "available"});
        Ok(Answer::json(&json!({"AccessPoints": [point]})))
    }
}
