//! What AWS says about a denied call: which permission is missing, on what, and which policy denies it. The permission
//! may be another than that of the call itself: registering passes roles and adds tags, reading decrypts.
//!
//! Most services say `User: … is not authorized to perform: iam:PassRole on resource: arn:… because no identity-based policy
//! allows the iam:PassRole action`, or `… with an explicit deny in a service control policy`, with or without that policy's
//! ARN behind it.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use crema_base::secrecy::foreign;

/// The template's parameters that grant each permission. Permissions that are not listed are granted on every resource.
const PARAMETERS: [(&str, &[&str]); 18] = [
    ("ecs:RegisterTaskDefinition", &["FamilyArns"]),
    ("ecs:TagResource", &["FamilyArns"]),
    ("iam:PassRole", &["TaskRoleArns"]),
    ("iam:GetRole", &["TaskRoleArns"]),
    ("ecr:BatchGetImage", &["RepositoryArns"]),
    ("s3:ListBucket", &["ConfigBucket", "ConfigPrefix"]),
    // Of the configuration the caller says so itself.
    ("s3:GetObject", &["StateObjectArns"]),
    ("ssm:GetParameter", &["SsmPath"]),
    ("ssm:GetParameters", &["SsmPath"]),
    ("secretsmanager:DescribeSecret", &["SecretPrefix"]),
    ("cloudformation:DescribeStacks", &["StackPattern"]),
    ("cloudformation:ListExports", &["StackExports"]),
    ("kms:Decrypt", &["KmsKeyArns"]),
    ("events:ListRules", &["ReadSchedules"]),
    ("events:ListTargetsByRule", &["ReadSchedules"]),
    ("scheduler:ListSchedules", &["ReadSchedules"]),
    ("scheduler:GetSchedule", &["ReadSchedules"]),
    ("events:PutEvents", &["PublishOutcomes"]),
];

/// The parameters of the template that grant this permission.
pub fn parameters_of(action: &str) -> &'static [&'static str] {
    PARAMETERS.iter().find(|(name, _)| *name == action).map_or(&[], |(_, parameters)| parameters)
}

/// Calls that decrypt with a customer's key, and may not say so when they are denied.
const DECRYPTS: [&str; 3] = ["ssm:GetParameter", "ssm:GetParameters", "s3:GetObject"];

/// KMS does not say which of the three it was: its words are those for a key that does not exist or may not be used.
const CIPHERTEXT: &str = "ciphertext refers to a customer master key";

/// Which kind of policy denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    /// The policy of the function's role; if nothing denies explicitly, also one that AWS does not name.
    Role,
    /// A policy that AWS does not name.
    Unknown,
    /// A policy of the organisation: service control and resource control policies.
    Organisation(&'static str),
    Boundary,
    Session,
    /// The policy of the resource itself: a repository, a bucket, a key, a secret.
    Resource,
    Endpoint,
}

/// The kinds as AWS names them.
const POLICIES: [(&str, Policy); 8] = [
    ("service control policy", Policy::Organisation("service control policy")),
    ("resource control policy", Policy::Organisation("resource control policy")),
    ("permissions boundary", Policy::Boundary),
    ("session policy", Policy::Session),
    ("resource-based policy", Policy::Resource),
    ("identity-based policy", Policy::Role),
    ("vpc endpoint policy", Policy::Endpoint),
    ("role trust policy", Policy::Role),
];

/// What AWS says about a denied call, as far as it is known.
#[derive(Debug, PartialEq, Eq)]
pub struct Denial<'a> {
    action: Option<&'a str>,
    resource: Option<&'a str>,
    policy: Policy,
    /// Whether a statement with `Deny` is the reason, which no permission overrides.
    explicit: bool,
}

impl<'a> Denial<'a> {
    pub fn read(said: &'a str) -> Denial<'a> {
        let of_key = Denial::is_of_a_key(said);
        let after = |text: &'a str, label: &str| text.find(label).map(|at| &text[at + label.len()..]);
        let authorized =
            after(said, "not authorized to perform: ").or_else(|| after(said, "not authorized to perform "));
        let action = authorized.and_then(|rest| rest.split([' ', ',']).next()).map(bare).filter(|a| a.contains(':'));
        let about = authorized.and_then(|rest| after(rest, "on resource: ").or_else(|| after(rest, "on resource ")));
        let resource = about.map(|rest| bare(until(rest, &[" with an explicit deny", " because ", " (Service:"])));
        let (explicit, policy) = policy_of(&said.to_ascii_lowercase());
        Denial {
            action: action.or(of_key.then_some("kms:Decrypt")),
            resource: resource.filter(|resource| !resource.is_empty()),
            policy,
            explicit,
        }
    }

    /// Whether KMS says that a key may not be used (or does not exist), without naming a permission.
    pub fn is_of_a_key(said: &str) -> bool {
        said.to_ascii_lowercase().contains(CIPHERTEXT)
    }

    /// What has to be done about it, as a clause. `call` was made on `resource`, and `parameters` grant its permission.
    pub fn told(&self, call: &str, resource: &str, parameters: &[&str]) -> String {
        let action = self.action.unwrap_or(call);
        let is_call = action == call;
        let parameters = if is_call { parameters } else { parameters_of(action) };
        // Of its own call crema knows the pattern that a policy needs; AWS names what was asked for just now.
        let resource = match self.resource {
            _ if is_call && !matches!(resource, "" | "*") => resource.to_owned(),
            Some(named) => foreign(named).to_string(),
            None if is_call => "*".to_owned(),
            None => "the key that it is encrypted with".to_owned(),
        };
        let what = format!("`{action}` on `{resource}`");
        let by = by(parameters);
        let whose = self.policy.named();
        match (self.explicit, self.policy) {
            (true, policy) => format!(
                "an explicit deny in {whose} forbids {what}, which no permission of the function's role and no parameter \
                 overrides: {}",
                policy.exempting()
            ),
            (false, Policy::Role) => {
                // Where AWS names no permission it may be the key's.
                let is_mute = self.action.is_none() && DECRYPTS.contains(&call);
                let key = format!("; where a key of yours encrypts it, also `kms:Decrypt` on that key{}", by_key());
                format!("the function's role needs {what}{by}{}", if is_mute { key.as_str() } else { "" })
            }
            (false, Policy::Resource) => format!(
                "the policy of `{resource}` itself has to allow `{action}` to the function's role, which needs it as well{by}"
            ),
            (false, _) => format!(
                "{what} is not allowed by {whose}, without which a permission of the function's role does not help: whoever \
                 keeps that policy has to allow it"
            ),
        }
    }
}

impl Policy {
    fn named(self) -> String {
        match self {
            Policy::Role => "a policy of the function's role".to_owned(),
            Policy::Unknown => "a policy".to_owned(),
            Policy::Organisation(kind) => format!("a {kind} of the organisation"),
            Policy::Boundary => "the permissions boundary of the function's role".to_owned(),
            Policy::Session => "the session policy of the function's role".to_owned(),
            Policy::Resource => "the resource-based policy of the resource itself".to_owned(),
            Policy::Endpoint => "the policy of a VPC endpoint".to_owned(),
        }
    }

    /// What lifts an explicit deny.
    fn exempting(self) -> &'static str {
        match self {
            Policy::Organisation(_) => "whoever keeps the organisation's policies has to exempt the role",
            Policy::Resource => "whoever keeps the resource has to exempt the role in its policy",
            _ => "whoever keeps that policy has to take the statement out",
        }
    }
}

/// Whether a policy denies explicitly, and which one it is, in lower case.
fn policy_of(said: &str) -> (bool, Policy) {
    let named = |text: &str| {
        let first = |name: &str| text.find(name);
        POLICIES.iter().filter_map(|(name, policy)| Some((first(name)?, *policy))).min_by_key(|(at, _)| *at)
    };
    if let Some((_, rest)) = said.split_once("with an explicit deny") {
        return (true, named(rest).map_or(Policy::Unknown, |(_, policy)| policy));
    }
    let rest = said.split_once("because no ").map(|(_, rest)| rest);
    (false, rest.and_then(named).map_or(Policy::Role, |(_, policy)| policy))
}

fn until<'a>(text: &'a str, ends: &[&str]) -> &'a str {
    let end = ends.iter().filter_map(|end| text.find(end)).min();
    &text[..end.unwrap_or(text.len())]
}

/// A name without the punctuation around it. S3 quotes its resources.
fn bare(text: &str) -> &str {
    text.trim().trim_end_matches(['.', ',', ';']).trim_matches('"')
}

/// `, by the stack's parameter `TaskRoleArns``; nothing if no parameter grants it.
fn by(parameters: &[&str]) -> String {
    match parameters {
        [] => String::new(),
        [one] => format!(", by the stack's parameter `{one}`"),
        several => format!(", by the stack's parameters `{}`", several.join("` and `")),
    }
}

fn by_key() -> String {
    by(parameters_of("kms:Decrypt"))
}

#[cfg(test)]
mod tests;
