//! What a definition names that has to be there. No I/O.

use crate::definition::Definition;
use crema_base::image::EcrImage;
use serde_json::Value;
use std::collections::BTreeMap;

/// So many things of one definition are asked for: each is a call.
const MOST: usize = 100;

/// What is to be looked at.
pub struct Candidate<'a> {
    pub definition: &'a Definition,
    /// Where it is registered.
    pub region: &'a str,
    /// The file, as messages name it.
    pub place: &'a str,
    /// Whether its images were asked for already.
    pub is_pinned: bool,
}

/// Something that AWS can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Requirement {
    /// By name, and by its ARN where that is given; the region says the partition.
    Role {
        name: String,
        arn: Option<String>,
        region: String,
    },
    /// The name or the ARN, without key, stage and version.
    Secret {
        id: String,
        region: String,
    },
    /// The name, without version. `is_ours`: of the function's own account for sure.
    Parameter {
        name: String,
        is_ours: bool,
        region: String,
    },
    LogGroup {
        name: String,
        region: String,
    },
    FileSystem {
        id: String,
        region: String,
    },
    AccessPoint {
        id: String,
        file_system: String,
        region: String,
    },
    /// Account, region, repository and digest.
    Image([String; 4]),
}

/// All that the definition names, once each, with the path that names it first.
pub fn all(candidate: &Candidate<'_>) -> Vec<(Requirement, String)> {
    let document = candidate.definition.as_value();
    let roles = ["executionRoleArn", "taskRoleArn"].map(|member| text(document, member).map(|role| (member, role)));
    // Roles of other accounts cannot be passed to ECS, so theirs is the account in which all is.
    let account = roles.iter().flatten().find_map(|(_, role)| Some(arn(role)?.account.to_owned()));
    let mut found = Found { named: BTreeMap::new(), region: candidate.region.to_owned(), account };
    for (member, role) in roles.into_iter().flatten() {
        found.role(role, member);
    }
    for (i, container) in list(document, "containerDefinitions").enumerate() {
        found.container(container, &format!("containerDefinitions[{i}]"));
    }
    for (i, volume) in list(document, "volumes").enumerate() {
        if let Some(efs) = volume.get("efsVolumeConfiguration") {
            found.file_system(efs, &format!("volumes[{i}].efsVolumeConfiguration"));
        }
    }
    if !candidate.is_pinned {
        found.images(candidate.definition);
    }
    let mut named: Vec<_> = found.named.into_iter().collect();
    named.truncate(MOST);
    named
}

struct Found {
    named: BTreeMap<Requirement, String>,
    region: String,
    account: Option<String>,
}

impl Found {
    fn add(&mut self, named: Requirement, path: &str) {
        self.named.entry(named).or_insert_with(|| path.to_owned());
    }

    /// The name is what stands behind the last slash of a path.
    fn role(&mut self, role: &str, path: &str) {
        let Some(name) = role.rsplit('/').next().filter(|name| !name.is_empty() && !name.contains(':')) else { return };
        let arn = role.starts_with("arn:").then(|| role.to_owned());
        self.add(Requirement::Role { name: name.to_owned(), arn, region: self.region.clone() }, path);
    }

    fn container(&mut self, container: &Value, path: &str) {
        let log = container.get("logConfiguration").unwrap_or(&Value::Null);
        for (owner, member, path) in [
            (container, "secrets", format!("{path}.secrets")),
            (log, "secretOptions", format!("{path}.logConfiguration.secretOptions")),
        ] {
            for (i, secret) in list(owner, member).enumerate() {
                if let Some(from) = text(secret, "valueFrom") {
                    self.value_from(from, &format!("{path}[{i}].valueFrom"));
                }
            }
        }
        if let Some(id) = container.get("repositoryCredentials").and_then(|c| text(c, "credentialsParameter")) {
            let region = arn(id).map_or(self.region.as_str(), |arn| arn.region).to_owned();
            let path = format!("{path}.repositoryCredentials.credentialsParameter");
            self.add(Requirement::Secret { id: whole_secret(id), region }, &path);
        }
        self.log_group(log, &format!("{path}.logConfiguration.options.awslogs-group"));
    }

    fn value_from(&mut self, from: &str, path: &str) {
        let Some(arn) = arn(from) else {
            let named = Requirement::Parameter { name: unversioned(from), is_ours: true, region: self.region.clone() };
            return self.add(named, path);
        };
        let region = arn.region.to_owned();
        match (arn.service, arn.resource.strip_prefix("parameter/")) {
            ("secretsmanager", _) => self.add(Requirement::Secret { id: whole_secret(from), region }, path),
            ("ssm", Some(name)) => {
                // `/a/b` is `parameter/a/b`; of one level, `a` and `/a` are both `parameter/a`.
                let is_ours = name.contains('/') && self.account.as_deref() == Some(arn.account);
                self.add(Requirement::Parameter { name: unversioned(&format!("/{name}")), is_ours, region }, path);
            }
            _ => {}
        }
    }

    fn log_group(&mut self, log: &Value, path: &str) {
        let option = |name: &str| log.get("options").and_then(|options| text(options, name));
        let is_created = option("awslogs-create-group").is_some_and(|on| on.eq_ignore_ascii_case("true"));
        if text(log, "logDriver") != Some("awslogs") || is_created {
            return;
        }
        if let Some((name, region)) = option("awslogs-group").zip(option("awslogs-region")) {
            self.add(Requirement::LogGroup { name: name.to_owned(), region: region.to_owned() }, path);
        }
    }

    fn file_system(&mut self, efs: &Value, path: &str) {
        let Some(id) = text(efs, "fileSystemId") else { return };
        let region = self.region.clone();
        self.add(
            Requirement::FileSystem { id: id.to_owned(), region: region.clone() },
            &format!("{path}.fileSystemId"),
        );
        if let Some(point) = efs.get("authorizationConfig").and_then(|config| text(config, "accessPointId")) {
            let point = Requirement::AccessPoint { id: point.to_owned(), file_system: id.to_owned(), region };
            self.add(point, &format!("{path}.authorizationConfig.accessPointId"));
        }
    }

    fn images(&mut self, definition: &Definition) {
        for image in definition.wanted().into_keys() {
            if let EcrImage::Digest { repository: of, digest } = image {
                self.add(Requirement::Image([of.account, of.region, of.name, digest]), "containerDefinitions[].image");
            }
        }
    }
}

struct Arn<'a> {
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

fn arn(text: &str) -> Option<Arn<'_>> {
    let mut parts = text.strip_prefix("arn:")?.splitn(5, ':').skip(1);
    let mut next = || parts.next();
    Some(Arn { service: next()?, region: next()?, account: next()?, resource: next()? })
}

/// `arn:aws:secretsmanager:r:a:secret:name-AbCdEf` of that and `:key:stage:version`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>
fn whole_secret(arn: &str) -> String {
    arn.split(':').take(7).collect::<Vec<_>>().join(":")
}

/// A parameter may be named with a version or a label: `/a/b:3`.
fn unversioned(name: &str) -> String {
    name.split(':').next().unwrap_or_default().to_owned()
}

fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn list<'a>(value: &'a Value, member: &str) -> std::slice::Iter<'a, Value> {
    value.get(member).and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter()
}
