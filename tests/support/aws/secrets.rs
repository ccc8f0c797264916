//! Secrets Manager: `DescribeSecret`.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>

use super::{
    Aws,
    request::{Answer, Call, Reply, refusal, unknown},
};
use crate::{ACCOUNT, REGION};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// ARNs by region and name, and those that are being deleted.
#[derive(Default)]
pub struct Secrets(BTreeMap<(String, String), String>, BTreeSet<String>);

impl Aws {
    /// Creates a secret. Gives its ARN, which ends in six characters of AWS's own.
    pub fn create_secret(&self, name: &str) -> String {
        let arn = format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf");
        self.lock().secrets.0.insert((REGION.into(), name.into()), arn.clone());
        arn
    }

    /// Schedules the deletion of a secret by its ARN.
    pub fn delete_secret(&self, arn: &str) {
        self.lock().secrets.1.insert(arn.to_owned());
    }
}

impl Secrets {
    pub fn answer(&self, call: &Call) -> Reply {
        if call.operation != "DescribeSecret" {
            return Err(unknown(call));
        }
        let id = call.text("SecretId");
        let mut all = self.0.iter().filter(|((region, _), _)| *region == call.region);
        let found = all.find(|((_, name), arn)| name == id || *arn == id);
        let ((_, name), arn) = found.ok_or_else(|| {
            refusal(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        })?;
        let mut secret = json!({"ARN": arn, "Name": name, "CreatedDate": 1_795_398_874.5, "Tags": [],
            "VersionIdsToStages": {"EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE": ["AWSCURRENT"]}});
        if self.1.contains(arn) {
            secret["DeletedDate"] = json!(1_795_398_874.5);
        }
        Ok(Answer::json(&secret))
    }
}
