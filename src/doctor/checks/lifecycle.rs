//! Whether a lifecycle policy of a repository would delete images that revisions are pinned to: a tag that moves leaves them
//! untagged.

use super::super::diagnosis::Several;
use crate::{
    aws::{
        calls::{Service, json_call},
        fault::Fault,
    },
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
};
use crema_base::image::Repository;
use futures_util::future::join_all;
use serde_json::{Value, json};

pub const CHECK: Check = Check { name: "lifecycle", reads: true, look: |patient| Box::pin(look(patient)) };

const ECR: Service = Service { signed: "ecr", variable: "ECR" };
/// So many repositories are looked at.
const LOOKED_AT: usize = 25;
/// So many images have to stay, where nothing says how many revisions are kept.
const NEEDED: usize = 10;
const FIX: &str = "let the policy expire untagged images by count, of more than are gone back to: docs/OPERATE.md, “Keep the images to go back to”";

async fn look(patient: &Patient<'_>) -> Diagnosis {
    let files = match patient.files() {
        Ok(files) => files,
        Err(unknown) => return unknown,
    };
    let some = files.repositories.iter().take(LOOKED_AT);
    let mut several = Several::default();
    let looked = join_all(some.map(|repository| one(patient, repository))).await;
    let count = looked.len();
    looked.into_iter().for_each(|diagnosis| several.take(diagnosis));
    several.diagnosis(
        format!(
            "no lifecycle policy of {count} of {} repositories deletes what is gone back to",
            files.repositories.len()
        ),
        FIX,
    )
}

/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicy.html>
async fn one(patient: &Patient<'_>, repository: &Repository) -> Diagnosis {
    let Repository { account, region, name } = repository;
    let asked = json!({"registryId": account, "repositoryName": name});
    let target = "AmazonEC2ContainerRegistry_V20150921.GetLifecyclePolicy";
    match json_call(patient.clients, ECR, "1.1", region, target, &asked).await {
        Ok(answer) => {
            let policy =
                serde_json::from_str(answer["lifecyclePolicyText"].as_str().unwrap_or("{}")).unwrap_or_default();
            match deletes(&policy, patient.settings.keep_revisions.unwrap_or(NEEDED)) {
                Some(how) => Diagnosis::warn(format!("the lifecycle policy of {name} {how}"), FIX),
                None => Diagnosis::ok(""),
            }
        }
        Err(Fault::Refused { code, .. }) if code == "LifecyclePolicyNotFoundException" => Diagnosis::ok(""),
        // A repository that is not there is what `images` tells.
        Err(Fault::Refused { code, .. }) if code == "RepositoryNotFoundException" => Diagnosis::ok(""),
        Err(fault) => {
            let resource = format!("arn:aws:ecr:{region}:{account}:repository/{name}");
            Diagnosis::of_fault(&fault, "ecr:GetLifecyclePolicy", &format!("the repository {name}"), &resource, FIX)
        }
    }
}

/// How it deletes untagged images that may be needed.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html>
fn deletes(policy: &Value, needed: usize) -> Option<String> {
    policy["rules"].as_array()?.iter().find_map(|rule| {
        let selection = &rule["selection"];
        let number = selection["countNumber"].as_u64().unwrap_or_default();
        let of = match selection["tagStatus"].as_str()? {
            "untagged" => "untagged images",
            "any" => "images",
            _ => return None,
        };
        match selection["countType"].as_str()? {
            "imageCountMoreThan" if usize::try_from(number).is_ok_and(|number| number < needed) => {
                Some(format!("keeps {number} {of}, and {needed} may be gone back to"))
            }
            "sinceImagePushed" => {
                Some(format!("deletes {of} {number} days after their push, whatever runs: a job that is released seldom loses its image"))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(status: &str, kind: &str, number: u64) -> Value {
        json!({"rules": [{"rulePriority": 1, "action": {"type": "expire"},
            "selection": {"tagStatus": status, "countType": kind, "countNumber": number}}]})
    }

    #[test]
    fn what_deletes_too_soon_is_told_and_nothing_else() {
        assert_eq!(deletes(&rule("untagged", "imageCountMoreThan", 50), 30), None);
        assert_eq!(deletes(&rule("tagged", "sinceImagePushed", 1), 30), None);
        assert_eq!(deletes(&rule("untagged", "sinceImagePulled", 1), 30), None);
        assert_eq!(deletes(&json!({}), 30), None);
        assert!(deletes(&rule("untagged", "imageCountMoreThan", 3), 30).unwrap().contains("keeps 3"));
        assert!(deletes(&rule("any", "sinceImagePushed", 14), 30).unwrap().contains("14 days"));
    }
}
