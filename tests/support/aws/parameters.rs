//! SSM Parameter Store: `GetParameters`, `GetParameter`.
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>

use super::{
    Aws,
    request::{Answer, Call, Reply, refusal, unknown},
};
use crate::{ACCOUNT, REGION};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone)]
struct Parameter {
    kind: String,
    /// Values of the versions 1, 2, ….
    values: Vec<String>,
}

/// By region and name.
#[derive(Default)]
pub struct Parameters(BTreeMap<(String, String), Parameter>);

impl Aws {
    /// Puts a parameter of the kind `String`, `StringList` or `SecureString`; again is its next version.
    pub fn put_parameter(&self, name: &str, kind: &str, value: &str) {
        self.put_parameter_in(REGION, name, kind, value);
    }

    pub fn put_parameter_in(&self, region: &str, name: &str, kind: &str, value: &str) {
        let mut state = self.lock();
        let new = Parameter { kind: kind.to_owned(), values: vec![] };
        let parameter = state.parameters.0.entry((region.into(), name.into())).or_insert(new);
        parameter.values.push(value.to_owned());
    }
}

impl Parameters {
    pub fn answer(&self, call: &Call) -> Reply {
        match call.operation.as_str() {
            "GetParameter" => match self.find(call, call.text("Name")) {
                Some(found) => Ok(Answer::json(&json!({"Parameter": found}))),
                None => Err(refusal(400, "ParameterNotFound", "")),
            },
            "GetParameters" => self.several(call),
            "DescribeParameters" => Ok(Answer::json(&self.described(call))),
            _ => Err(unknown(call)),
        }
    }

    /// By the names of a filter; without values.
    fn described(&self, call: &Call) -> Value {
        let names = call.input.pointer("/ParameterFilters/0/Values").and_then(Value::as_array);
        let is_there = |name: &&Value| {
            name.as_str().is_some_and(|name| self.0.contains_key(&(call.region.clone(), name.to_owned())))
        };
        let found: Vec<Value> =
            names.into_iter().flatten().filter(is_there).map(|name| json!({"Name": name, "Version": 1})).collect();
        json!({"Parameters": found})
    }

    fn several(&self, call: &Call) -> Reply {
        let names = call.input.get("Names").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        if !(1..=10).contains(&names.len()) || names.iter().collect::<BTreeSet<_>>().len() != names.len() {
            let message = "Member must have 1 to 10 different names";
            return Err(refusal(400, "ValidationException", message));
        }
        let (found, missing): (Vec<_>, Vec<_>) =
            names.iter().map(|name| (*name, self.find(call, name))).partition(|(_, found)| found.is_some());
        let found: Vec<Value> = found.into_iter().filter_map(|(_, found)| found).collect();
        let missing: Vec<&str> = missing.into_iter().map(|(name, _)| name).collect();
        Ok(Answer::json(&json!({"Parameters": found, "InvalidParameters": missing})))
    }

    /// By `name`, `name:version` or ARN.
    fn find(&self, call: &Call, asked: &str) -> Option<Value> {
        let arn = format!("arn:aws:ssm:{}:{ACCOUNT}:parameter", call.region);
        let bare = match asked.strip_prefix(&arn) {
            // `…:parameter/name` is that of `name` and of `/name`.
            Some(path) if self.0.contains_key(&(call.region.clone(), path.to_owned())) => path,
            Some(path) => path.trim_start_matches('/'),
            None => asked,
        };
        let (name, version) =
            bare.split_once(':').map_or((bare, None), |(name, version)| (name, version.parse::<usize>().ok()));
        let parameter = self.0.get(&(call.region.clone(), name.to_owned()))?;
        let version = version.unwrap_or(parameter.values.len());
        let clear = parameter.kind != "SecureString" || call.input.get("WithDecryption") == Some(&json!(true));
        let value = parameter.values.get(version.checked_sub(1)?)?;
        let mut found = json!({"Name": name, "Type": parameter.kind, "Version": version, "DataType": "text",
            "Value": if clear { value } else { "AQICAHh-encrypted" }, "LastModifiedDate": 1_795_398_874.118,
            "ARN": format!("{arn}/{}", name.trim_start_matches('/'))});
        if let Some((_, selector)) = bare.split_once(':') {
            found["Selector"] = json!(format!(":{selector}"));
        }
        Some(found)
    }
}
