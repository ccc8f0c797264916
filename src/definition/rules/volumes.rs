//! Volumes and storage.

use super::{
    rule::{Breaches, Rule, Verdict::Refuse},
    task::{Task, Tasks, is_set, list, text},
};
use crate::definition::report::quoted;
use crema_base::secrecy::foreign;
use serde_json::Value;

/// GiB of ephemeral storage that can be asked for.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EphemeralStorage.html>
const STORAGE: (i64, i64) = (21, 200);

pub const RULES: &[Rule] = &[
    Rule {
        name: "ephemeral-storage",
        verdict: Refuse,
        tasks: Tasks::Usual,
        path: "ephemeralStorage.sizeInGiB",
        condition: "outside 21 to 200",
        message: "{0} lies outside 21 to 200",
        remedy: "write one between them, or take it out for FARGATE's own 20",
        source: "API_EphemeralStorage",
        find: storage,
    },
    Rule {
        name: "efs-encryption",
        verdict: Refuse,
        tasks: Tasks::Usual,
        path: "volumes[].efsVolumeConfiguration.transitEncryption",
        condition: "not ENABLED, with `authorizationConfig` of IAM or an access point",
        message: "not ENABLED, and {0} requires it",
        remedy: "write \"transitEncryption\": \"ENABLED\"",
        source: "ECS: “EFS IAM authorization requires TransitEncryption to be enabled”; API_EFSAuthorizationConfig",
        find: encryption,
    },
    Rule {
        name: "efs-port",
        verdict: Refuse,
        tasks: Tasks::Usual,
        path: "volumes[].efsVolumeConfiguration.transitEncryptionPort",
        condition: "set without `transitEncryption` ENABLED",
        message: "set, and transitEncryption is not ENABLED",
        remedy: "write \"transitEncryption\": \"ENABLED\", or take the port out",
        source: "ECS: “TransitEncryptionPort requires that TransitEncryption is enabled”",
        find: port,
    },
    Rule {
        name: "efs-root",
        verdict: Refuse,
        tasks: Tasks::Usual,
        path: "volumes[].efsVolumeConfiguration.rootDirectory",
        condition: "other than / with an access point",
        message: "{0} beside an access point, which has its own",
        remedy: "take it out, or write \"/\"",
        source: "ECS: “When using an EFS access point, the root directory must either be set to \"/\" or be omitted”",
        find: root,
    },
];

fn storage(task: &Task<'_>, places: &mut Breaches<'_>) {
    let size = task.document.pointer("/ephemeralStorage/sizeInGiB").and_then(Value::as_i64);
    if let Some(size) = size.filter(|size| !(STORAGE.0..=STORAGE.1).contains(size)) {
        places.at("ephemeralStorage.sizeInGiB", &[&foreign(size)]);
    }
}

/// Each EFS volume with its path.
fn efs<'a>(task: &Task<'a>) -> Vec<(String, &'a Value)> {
    let volumes = list(task.document, "volumes").enumerate();
    let efs = |(i, volume): (usize, &'a Value)| {
        Some((format!("volumes[{i}].efsVolumeConfiguration"), volume.get("efsVolumeConfiguration")?))
    };
    volumes.filter_map(efs).collect()
}

fn is_encrypted(efs: &Value) -> bool {
    text(efs, "transitEncryption") == Some("ENABLED")
}

fn encryption(task: &Task<'_>, places: &mut Breaches<'_>) {
    for (path, efs) in efs(task).into_iter().filter(|(_, efs)| !is_encrypted(efs)) {
        let Some(authorization) = efs.get("authorizationConfig") else { continue };
        let uses = if text(authorization, "iam") == Some("ENABLED") {
            "authorizationConfig.iam"
        } else if is_set(authorization.get("accessPointId")) {
            "authorizationConfig.accessPointId"
        } else {
            continue;
        };
        places.at(format_args!("{path}.transitEncryption"), &[&uses]);
    }
}

fn port(task: &Task<'_>, places: &mut Breaches<'_>) {
    for (path, efs) in efs(task).into_iter().filter(|(_, efs)| !is_encrypted(efs)) {
        if efs.get("transitEncryptionPort").is_some() {
            places.at(format_args!("{path}.transitEncryptionPort"), &[]);
        }
    }
}

fn root(task: &Task<'_>, places: &mut Breaches<'_>) {
    for (path, efs) in efs(task) {
        let has_point = is_set(efs.pointer("/authorizationConfig/accessPointId"));
        if let Some(root) = text(efs, "rootDirectory").filter(|root| has_point && *root != "/") {
            places.at(format_args!("{path}.rootDirectory"), &[&quoted(root)]);
        }
    }
}
