//! Values of lookups that a person gives, so that AWS need not be asked for them.

use super::result::LookupResult;
use crate::error::{Error, ErrorKind, Result};
use crema_base::kind_of;
use crema_render::session::protocol::Lookup;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is known without asking. Of the function it is nothing, and all else is asked for.
#[derive(Default)]
pub struct Given {
    values: Values,
    /// Whether AWS is asked for nothing: what is not given is missing then.
    pub is_all: bool,
}

/// By the functions of ecspresso that look them up.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Values {
    /// By the name of the parameter: a text, or a list of texts for a `StringList`.
    ssm: BTreeMap<String, Value>,
    /// By the name of the secret.
    secretsmanager_arn: BTreeMap<String, String>,
    /// By stack and output.
    cfn_output: BTreeMap<String, BTreeMap<String, String>>,
    cfn_export: BTreeMap<String, String>,
    /// By `s3://bucket/key`: the state, or its text.
    tfstate: BTreeMap<String, Value>,
}

impl Given {
    /// Reads the values of a file: `{"ssm": {"/shop/points": "on"}}`. `place` is the file, as messages name it.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] with the place in the file. Values are never quoted.
    pub fn read(place: &str, text: &str) -> Result<Given> {
        let values: Values = serde_json::from_str(text).map_err(|e| {
            let what = match e.classify() {
                serde_json::error::Category::Data if e.to_string().starts_with("unknown field") => {
                    e.to_string().split(" at line").next().unwrap_or_default().to_owned()
                }
                serde_json::error::Category::Data => "expected texts by name".to_owned(),
                _ => "this is no JSON".to_owned(),
            };
            let example = r#"expected such as {"ssm": {"/shop/points": "on"}}"#;
            wrong(place, &format!("{}:{}: {what}; {example}", e.line(), e.column()))
        })?;
        let is_text = |value: &Value| value.is_string();
        let is_list = |value: &Value| value.as_array().is_some_and(|texts| texts.iter().all(is_text));
        if let Some((name, value)) = values.ssm.iter().find(|(_, value)| !is_text(value) && !is_list(value)) {
            let what = format!(" `ssm.{name}`: expected a text or a list of texts, got {}", kind_of(value));
            return Err(wrong(place, &what));
        }
        Ok(Given { values, is_all: false })
    }

    fn value(&self, lookup: &Lookup) -> Option<Value> {
        let text = |text: &String| Value::from(text.as_str());
        match lookup {
            Lookup::Ssm { name } => self.values.ssm.get(name).cloned(),
            Lookup::Secret { name } => self.values.secretsmanager_arn.get(name).map(text),
            Lookup::CfnOutput { stack, key } => self.values.cfn_output.get(stack)?.get(key).map(text),
            Lookup::CfnExport { name } => self.values.cfn_export.get(name).map(text),
            Lookup::State { url, .. } => self.values.tfstate.get(url).map(|state| match state {
                Value::String(text) => Value::from(text.as_str()),
                state => Value::from(state.to_string()),
            }),
        }
    }

    /// Whether these can be had.
    pub fn may_have(&self, lookups: &[Lookup]) -> bool {
        !self.is_all || self.missing(lookups).next().is_none()
    }

    /// Those that are not given.
    pub fn missing<'a>(&self, lookups: &'a [Lookup]) -> impl Iterator<Item = &'a Lookup> {
        lookups.iter().filter(|lookup| self.value(lookup).is_none())
    }

    /// The results of those that are given, and all that have to be asked for.
    pub fn take(&self, lookups: BTreeSet<Lookup>) -> (Vec<LookupResult>, Vec<Lookup>) {
        let (mut given, mut rest) = (vec![], vec![]);
        for lookup in lookups {
            match self.value(&lookup) {
                Some(value) => given.push(LookupResult::found(lookup, value)),
                None => rest.push(lookup),
            }
        }
        (given, rest)
    }
}

fn wrong(place: &str, what: &str) -> Error {
    Error::new(ErrorKind::ConfigError, format!("{place}:{what}"))
}

/// A lookup as the files spell it: `ssm /shop/points`.
pub fn spelled(lookup: &Lookup) -> String {
    match lookup {
        Lookup::Ssm { name } => format!("ssm {name}"),
        Lookup::Secret { name } => format!("secretsmanager_arn {name}"),
        Lookup::CfnOutput { stack, key } => format!("cfn_output {stack} {key}"),
        Lookup::CfnExport { name } => format!("cfn_export {name}"),
        Lookup::State { url, .. } => format!("tfstate {url}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_of_lookup_has_its_place() {
        let text = json!({
            "ssm": {"/a": "1", "/list": ["x", "y"]}, "secretsmanager_arn": {"token": "arn:…"},
            "cfn_output": {"net": {"Vpc": "vpc-1"}}, "cfn_export": {"zone": "z"},
            "tfstate": {"s3://b/k": {"version": 4}, "s3://b/text": "{}"},
        });
        let given = Given::read("l.json", &text.to_string()).unwrap();
        let ssm = |name: &str| Lookup::Ssm { name: name.into() };
        let state = |url: &str| Lookup::State { url: url.into(), region: Some("eu-west-1".into()) };
        let lookups = [
            ssm("/a"),
            ssm("/list"),
            Lookup::Secret { name: "token".into() },
            Lookup::CfnOutput { stack: "net".into(), key: "Vpc".into() },
            Lookup::CfnExport { name: "zone".into() },
            state("s3://b/k"),
            state("s3://b/text"),
        ];
        let values: Vec<Value> = lookups.iter().filter_map(|lookup| given.value(lookup)).collect();
        assert_eq!(
            values,
            [
                json!("1"),
                json!(["x", "y"]),
                json!("arn:…"),
                json!("vpc-1"),
                json!("z"),
                json!("{\"version\":4}"),
                json!("{}")
            ]
        );
        let (found, rest) = given.take([ssm("/a"), ssm("/b")].into());
        assert_eq!((found.len(), rest), (1, vec![ssm("/b")]));
    }

    #[test]
    fn what_is_wrong_with_the_file_is_said_with_its_place_and_without_values() {
        for (text, says) in [
            ("{", "l.json:1:1: this is no JSON"),
            (r#"{"smm": {}}"#, "l.json:1:6: unknown field `smm`, expected one of `ssm`"),
            (r#"{"cfn_export": {"a": 7000}}"#, "expected texts by name"),
            (
                r#"{"ssm": {"/a": {"hidden": 1}}}"#,
                "l.json: `ssm./a`: expected a text or a list of texts, got an object",
            ),
        ] {
            let error = Given::read("l.json", text).map(|_| ()).unwrap_err().message;
            assert!(error.starts_with("l.json:") && error.contains(says), "{error}");
            assert!(!error.contains("7000") && !error.contains("hidden"), "{error}");
        }
    }
}
