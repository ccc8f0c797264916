//! One thing, one call. None of them reads a value.

use super::{
    named::Requirement,
    services::{DESCRIBE_ACCESS_POINTS, DESCRIBE_FILE_SYSTEMS, LOGS, SSM, efs, get_role},
    sights::Sight,
};
use crate::{
    aws::{CallLimits, Clients, calls::json_call, fault::Fault, raw::element},
    ecr,
    error::{Error, ErrorKind},
};
use crema_base::{
    image::{EcrImage, Repository},
    secrecy::foreign,
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// Who assumes the roles of tasks.
const TASKS: &str = "ecs-tasks.amazonaws.com";

/// The stack's parameter that gives the permissions.
const GIVEN_BY: &[&str] = &["Preflight"];

/// Asks for one thing.
pub async fn ask(clients: &Clients, limits: &CallLimits, named: &Requirement) -> Sight {
    if let Requirement::Image(image) = named {
        return by_digest(clients, limits, image.clone()).await;
    }
    let _permit = limits.lookups.acquire().await;
    match named {
        Requirement::Role { name, arn, region } => role(clients, name, arn.as_deref(), region).await,
        Requirement::Secret { id, region } => secret(clients, id, region).await,
        Requirement::Parameter { name, is_ours, region } => parameter(clients, name, region, *is_ours).await,
        Requirement::LogGroup { name, region } => log_group(clients, name, region).await,
        Requirement::FileSystem { id, region } => file_system(clients, id, region).await,
        Requirement::AccessPoint { id, file_system, region } => access_point(clients, id, file_system, region).await,
        Requirement::Image(_) => Sight::Good,
    }
}

/// What became of a call that failed otherwise than by saying that there is no such thing.
fn failed(fault: &Fault, call: &str, on: &str, resource: &str) -> Sight {
    Sight::of(fault, |fault| fault.sentence_by(call, on, resource, GIVEN_BY))
}

async fn role(clients: &Clients, name: &str, arn: Option<&str>, region: &str) -> Sight {
    let shown = arn.unwrap_or(name);
    match get_role(clients, name, region).await {
        Ok(xml) => judged_role(&xml, shown, arn),
        Err(Fault::Refused { code, .. }) if code == "NoSuchEntity" => {
            Sight::Missing(format!("there is no role {shown:?}; create it, or correct the name"))
        }
        Err(fault) => failed(&fault, "iam:GetRole", &format!("the role {shown:?}"), arn.unwrap_or("*")),
    }
}

/// Whether it is the role that is meant, and ECS may assume it for tasks.
pub fn judged_role(xml: &str, shown: &str, arn: Option<&str>) -> Sight {
    let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
    if let Some((arn, found)) = arn.zip(element(xml, "Arn")).filter(|(arn, found)| arn != found) {
        // Only the own account's roles can be asked for.
        if account(arn) != account(&found) {
            return Sight::Unseen(format!("the role {shown:?} is another account's"));
        }
        let found = foreign(found);
        return Sight::Missing(format!(
            "there is no role {shown:?}, the one of that name is {found}; correct the path"
        ));
    }
    let policy = element(xml, "AssumeRolePolicyDocument").unwrap_or_default();
    let policy = percent_decode_str(&policy).decode_utf8_lossy().into_owned();
    match serde_json::from_str::<Value>(&policy) {
        Ok(policy) if trusts_tasks(&policy) => Sight::Good,
        Ok(_) => Sight::Missing(format!(
            "the role {shown:?} does not let {TASKS} assume it; allow it sts:AssumeRole in the role's trust policy"
        )),
        Err(_) => Sight::Unseen(format!("the trust policy of the role {shown:?} could not be read")),
    }
}

/// Whether some statement lets tasks assume the role; its conditions are not weighed.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
fn trusts_tasks(policy: &Value) -> bool {
    let statements: Vec<&Value> = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one) => vec![one],
        None => vec![],
    };
    let has = |value: Option<&Value>, fits: &dyn Fn(&str) -> bool| match value {
        Some(Value::String(text)) => fits(text),
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).any(fits),
        _ => false,
    };
    let is_assume = |action: &str| {
        let action = action.to_ascii_lowercase();
        action == "sts:assumerole" || action.strip_suffix('*').is_some_and(|start| "sts:assumerole".starts_with(start))
    };
    statements.iter().any(|statement| {
        let principal = statement.get("Principal").unwrap_or(&Value::Null);
        let is_named = has(principal.get("Service"), &|name| name == TASKS || name == "*") || principal == "*";
        // What excludes others may include this.
        let is_open = statement.get("NotPrincipal").is_some() || statement.get("NotAction").is_some();
        let allows = statement.get("Effect").is_some_and(|effect| effect == "Allow");
        allows && (is_open || (is_named && has(statement.get("Action"), &is_assume)))
    })
}

async fn secret(clients: &Clients, id: &str, region: &str) -> Sight {
    let on = format!("the secret {id:?} in {region}");
    match clients.secrets(region).describe_secret().secret_id(id).send().await {
        Ok(answer) if answer.deleted_date().is_some() => {
            Sight::Missing(format!("{on} is being deleted; restore it, or name another"))
        }
        Ok(_) => Sight::Good,
        Err(e) => match Fault::of(&e) {
            Fault::Refused { code, .. } if code == "ResourceNotFoundException" => {
                Sight::Missing(format!("{on} is not there; create it, or correct the ARN"))
            }
            fault => failed(&fault, "secretsmanager:DescribeSecret", &on, &foreign(id).to_string()),
        },
    }
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html>
async fn parameter(clients: &Clients, name: &str, region: &str, is_ours: bool) -> Sight {
    let on = format!("the SSM parameter {name:?} in {region}");
    let filter = json!({"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": [name]}]});
    match json_call(clients, SSM, "1.1", region, "AmazonSSM.DescribeParameters", &filter).await {
        Ok(answer) if answer["Parameters"].as_array().is_some_and(|all| !all.is_empty()) => Sight::Good,
        // Others' parameters are not listed, and a page may be empty before the last.
        Ok(answer) if !is_ours || answer["NextToken"].is_string() => {
            Sight::Unseen(format!("{on} is not listed, and may be another account's"))
        }
        Ok(_) => Sight::Missing(format!("{on} is not there; create it, or correct the name")),
        Err(fault) => failed(&fault, "ssm:DescribeParameters", &on, "*"),
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>
async fn log_group(clients: &Clients, name: &str, region: &str) -> Sight {
    let on = format!("the log group {name:?} in {region}");
    let prefix = json!({"logGroupNamePrefix": name});
    match json_call(clients, LOGS, "1.1", region, "Logs_20140328.DescribeLogGroups", &prefix).await {
        // Sorted by name: the one that is the prefix itself comes first.
        Ok(answer) => {
            let mut groups = answer["logGroups"].as_array().into_iter().flatten();
            if groups.any(|group| group["logGroupName"] == name) {
                return Sight::Good;
            }
            Sight::Missing(format!("{on} is not there; create it, or write \"awslogs-create-group\": \"true\""))
        }
        Err(fault) => failed(&fault, "logs:DescribeLogGroups", &on, "*"),
    }
}

async fn file_system(clients: &Clients, id: &str, region: &str) -> Sight {
    let on = format!("the file system {id:?} in {region}");
    match efs(clients, region, DESCRIBE_FILE_SYSTEMS, id).await {
        Ok(answer) => there(&answer["FileSystems"][0], &on),
        Err(Fault::Refused { code, .. }) if code == "FileSystemNotFound" => none(&on),
        Err(fault) => failed(&fault, "elasticfilesystem:DescribeFileSystems", &on, "*"),
    }
}

async fn access_point(clients: &Clients, id: &str, file_system: &str, region: &str) -> Sight {
    let on = format!("the access point {id:?} in {region}");
    match efs(clients, region, DESCRIBE_ACCESS_POINTS, id).await {
        Ok(answer) => {
            let point = &answer["AccessPoints"][0];
            match point["FileSystemId"].as_str() {
                Some(of) if of != file_system => {
                    let of = foreign(of);
                    Sight::Missing(format!("{on} is one of the file system {of}; name that, or another access point"))
                }
                _ => there(point, &on),
            }
        }
        Err(Fault::Refused { code, .. }) if code == "AccessPointNotFound" => none(&on),
        Err(fault) => failed(&fault, "elasticfilesystem:DescribeAccessPoints", &on, "*"),
    }
}

fn none(on: &str) -> Sight {
    Sight::Missing(format!("{on} is not there; create it, or correct the id"))
}

/// Whether EFS shows it, and not as one that goes.
fn there(shown: &Value, on: &str) -> Sight {
    match shown["LifeCycleState"].as_str() {
        Some(state @ ("deleting" | "deleted" | "error")) => {
            Sight::Missing(format!("{on} is in the state {}; name another", foreign(state)))
        }
        Some(_) => Sight::Good,
        None => none(on),
    }
}

async fn by_digest(clients: &Clients, limits: &CallLimits, image: [String; 4]) -> Sight {
    let [account, region, name, digest] = image;
    let image = EcrImage::Digest { repository: Repository { account, region, name }, digest };
    match ecr::digests(clients, limits, [image]).await.into_values().next() {
        None | Some(Ok(_)) => Sight::Good,
        Some(Err(Error { kind: ErrorKind::ImageNotFound, message, .. })) => Sight::Missing(message),
        Some(Err(e)) if e.transient => Sight::Later(e.message),
        Some(Err(e)) => Sight::Unseen(e.message),
    }
}
