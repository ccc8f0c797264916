//! A state that only says where the state is stored, as `terraform init` leaves one in `.terraform/terraform.tfstate`.

use crema_base::region;
use serde_json::{Map, Value};

/// The workspace that has no folder of its own in the bucket.
pub const DEFAULT_WORKSPACE: &str = "default";
/// The folder of the other workspaces' states, if the backend does not name one.
/// <https://developer.hashicorp.com/terraform/language/backend/s3>
const WORKSPACES: &str = "env:";

/// The backend that a state points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    kind: String,
    config: Map<String, Value>,
}

/// A state in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// `s3://bucket/key`.
    pub url: String,
    /// The region of the bucket, if the backend names it.
    pub region: Option<String>,
    /// Whether Terraform reads it with another role, which crema does not assume.
    pub has_role: bool,
}

impl Backend {
    /// Reads the `backend` of a state.
    ///
    /// # Errors
    /// If it has no type; the message is a sentence about the state that begins with `is`.
    pub fn read(value: Value) -> Result<Backend, String> {
        let Value::Object(mut backend) = value else {
            return Err("is no Terraform state: its `backend` is no object".to_owned());
        };
        match (backend.remove("type"), backend.remove("config")) {
            (Some(Value::String(kind)), config) if !kind.is_empty() => {
                let config = config.and_then(|config| config.as_object().cloned()).unwrap_or_default();
                Ok(Backend { kind, config })
            }
            _ => Err("is no Terraform state: its `backend` has no `type`".to_owned()),
        }
    }

    /// Where the state of this workspace is stored.
    ///
    /// # Errors
    /// If the backend is another one than S3, or does not say where the state is stored; the message is a sentence that
    /// begins with `points`.
    pub fn of(&self, workspace: &str) -> Result<Remote, String> {
        if self.kind != "s3" {
            return Err(format!(
                "points to a backend of the type {:?}; only states in S3 are followed: give this one as `url: \
                 s3://bucket/key`, or upload it and give it as `path:`",
                self.kind
            ));
        }
        let (Some(bucket), Some(key)) = (self.text("bucket"), self.text("key")) else {
            return Err("points to a backend of the type \"s3\" without `bucket` and `key`".to_owned());
        };
        if bucket.contains('/') {
            return Err(format!("points to the bucket {bucket:?}, which is no name of a bucket"));
        }
        if self.has_own_endpoint() {
            return Err(
                "points to a backend with an endpoint of its own; only states in AWS's S3 are followed".to_owned()
            );
        }
        let region = self.text("region").map(str::to_owned);
        if let Some(why) = region.as_deref().and_then(|region| region::check(region).err()) {
            return Err(format!("points to a backend whose `region` is {why}"));
        }
        let key = match workspace {
            "" | DEFAULT_WORKSPACE => key.to_owned(),
            // Empty counts here: the folder of the workspace then lies in the bucket itself.
            workspace => {
                let prefix = self.config.get("workspace_key_prefix").and_then(Value::as_str).unwrap_or(WORKSPACES);
                joined([prefix, workspace, key])
            }
        };
        let has_role = self.text("role_arn").is_some() || self.holds("assume_role", "role_arn");
        Ok(Remote { url: format!("s3://{bucket}/{key}"), region, has_role })
    }

    /// A text that is not empty.
    fn text(&self, name: &str) -> Option<&str> {
        self.config.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Whether a part of the configuration has this text; nested blocks are an object or a list with one object.
    fn holds(&self, block: &str, name: &str) -> bool {
        self.nested(block, name).is_some()
    }

    fn nested(&self, block: &str, name: &str) -> Option<&str> {
        let block = match self.config.get(block)? {
            Value::Array(blocks) => blocks.first()?,
            block => block,
        };
        block.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Whether the bucket is not on AWS: one with the same name there belongs to somebody else.
    fn has_own_endpoint(&self) -> bool {
        let endpoints = [self.text("endpoint"), self.nested("endpoints", "s3")];
        endpoints.into_iter().flatten().any(|endpoint| !is_aws(endpoint))
    }
}

fn is_aws(endpoint: &str) -> bool {
    const DOMAINS: [&str; 8] = [
        "amazonaws.com",
        "amazonaws.com.cn",
        "amazonaws.eu",
        "api.aws",
        "c2s.ic.gov",
        "sc2s.sgov.gov",
        "cloud.adc-e.uk",
        "csp.hci.ic.gov",
    ];
    let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = host.split(['/', ':', '?', '#']).next().unwrap_or_default();
    DOMAINS.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Joins as Go's `path.Join`, by which Terraform makes the key of a workspace.
fn joined(parts: [&str; 3]) -> String {
    let whole = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let root = if whole.starts_with('/') { "/" } else { "" };
    let mut kept: Vec<&str> = vec![];
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => drop(kept.pop()),
            ".." if !root.is_empty() => {}
            part => kept.push(part),
        }
    }
    format!("{root}{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn backend(config: Value) -> Backend {
        Backend::read(json!({"type": "s3", "config": config, "hash": 1})).unwrap()
    }

    #[test]
    fn the_state_of_a_workspace_lies_where_terraform_puts_it() {
        let base = json!({"bucket": "b", "key": "app/x.tfstate", "region": "us-west-2", "role_arn": null});
        let with = |name: &str, value: Value| {
            let mut config = base.clone();
            config[name] = value;
            config
        };
        for (config, workspace, expected) in [
            (base.clone(), "default", "s3://b/app/x.tfstate"),
            (base.clone(), "", "s3://b/app/x.tfstate"),
            (base.clone(), "prod", "s3://b/env:/prod/app/x.tfstate"),
            (with("workspace_key_prefix", json!(null)), "prod", "s3://b/env:/prod/app/x.tfstate"),
            (with("workspace_key_prefix", json!("ws")), "prod", "s3://b/ws/prod/app/x.tfstate"),
            (with("workspace_key_prefix", json!("ws/")), "prod", "s3://b/ws/prod/app/x.tfstate"),
            (with("workspace_key_prefix", json!("")), "prod", "s3://b/prod/app/x.tfstate"),
            (with("workspace_key_prefix", json!("ws")), "default", "s3://b/app/x.tfstate"),
        ] {
            let remote = backend(config).of(workspace).unwrap();
            assert_eq!((remote.url.as_str(), remote.region.as_deref()), (expected, Some("us-west-2")), "{workspace}");
            assert!(!remote.has_role);
        }
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        for (value, expected) in [
            (
                json!({"type": "gcs", "config": {"bucket": "b"}}),
                "points to a backend of the type \"gcs\"; only states in S3",
            ),
            (json!({"type": "remote", "config": {}}), "points to a backend of the type \"remote\""),
            (json!({"type": "cloud", "config": null}), "points to a backend of the type \"cloud\""),
            (json!({"type": "local"}), "points to a backend of the type \"local\""),
            (json!({"type": "s3"}), "points to a backend of the type \"s3\" without `bucket` and `key`"),
            (
                json!({"type": "s3", "config": {"bucket": "b", "key": ""}}),
                "points to a backend of the type \"s3\" without",
            ),
            (
                json!({"type": "s3", "config": {"bucket": 1, "key": "k"}}),
                "points to a backend of the type \"s3\" without",
            ),
            (json!({"type": "s3", "config": {"bucket": "a/b", "key": "k"}}), "points to the bucket \"a/b\""),
            (
                json!({"type": "s3", "config": {"bucket": "b", "key": "k", "region": "evil.example/"}}),
                "points to a backend whose `region` is no region; expected one such as",
            ),
            (
                json!({"type": "s3", "config": {"bucket": "b", "key": "k", "endpoint": "http://minio:9000"}}),
                "points to a backend with an endpoint of its own",
            ),
            (
                json!({"type": "s3", "config": {"bucket": "b", "key": "k", "endpoints": {"s3": "https://x.r2.example"}}}),
                "points to a backend with an endpoint of its own",
            ),
            (json!({"config": {}}), "is no Terraform state: its `backend` has no `type`"),
            (json!({"type": ""}), "is no Terraform state: its `backend` has no `type`"),
            (json!("s3"), "is no Terraform state: its `backend` is no object"),
        ] {
            let why = Backend::read(value.clone()).and_then(|backend| backend.of("default")).err().unwrap_or_default();
            assert!(why.starts_with(expected), "{value}: {why}");
        }
    }

    #[test]
    fn an_endpoint_of_aws_and_empty_blocks_are_nothing_odd() {
        for more in [
            json!({"endpoint": "https://s3.ap-northeast-1.amazonaws.com"}),
            json!({"endpoint": "", "endpoints": {"s3": null}}),
            json!({"endpoints": [], "assume_role": null}),
            json!({"endpoints": [{"s3": "s3.cn-north-1.amazonaws.com.cn"}], "assume_role": []}),
        ] {
            let mut config = json!({"bucket": "b", "key": "k"});
            config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            assert_eq!(backend(config).of("default").map(|remote| remote.has_role), Ok(false), "{more}");
        }
        for role in [
            json!({"role_arn": "arn:r"}),
            json!({"assume_role": {"role_arn": "arn:r"}}),
            json!({"assume_role": [{"role_arn": "r"}]}),
        ] {
            let mut config = json!({"bucket": "b", "key": "k"});
            config.as_object_mut().unwrap().extend(role.as_object().unwrap().clone());
            assert!(backend(config).of("default").unwrap().has_role, "{role}");
        }
        assert!(!is_aws("https://notamazonaws.com") && !is_aws("https://amazonaws.com.example.org"));
    }

    #[test]
    fn keys_are_joined_as_go_joins_paths() {
        for (parts, expected) in [
            (["env:", "ws", "a/b"], "env:/ws/a/b"),
            (["", "ws", "k"], "ws/k"),
            (["a//b/", "./ws", "k/../l"], "a/b/ws/l"),
            (["a", "../../x", "k"], "../x/k"),
            (["/a", "..", "../k"], "/k"),
        ] {
            assert_eq!(joined(parts), expected, "{parts:?}");
        }
    }
}
