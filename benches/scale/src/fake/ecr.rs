//! ECR: `BatchGetImage`. Each repository has one tag, `release`.

use crema_testing::{
    ACCOUNT,
    aws::request::{Answer, Call, Reply, refusal, unknown},
};
use serde_json::{Value, json};
use std::collections::HashMap;

pub const TAG: &str = "release";

#[derive(Default)]
pub struct Ecr {
    /// By repository, all that were pushed, the last one last.
    digests: HashMap<String, Vec<String>>,
}

impl Ecr {
    pub fn push(&mut self, repository: &str, digest: String) {
        self.digests.entry(repository.to_owned()).or_default().push(digest);
    }

    pub fn answer(&self, call: &Call) -> Reply {
        if call.operation != "BatchGetImage" {
            return Err(unknown(call));
        }
        let name = call.text("repositoryName");
        let digests = self.digests.get(name).ok_or_else(|| {
            refusal(400, "RepositoryNotFoundException", format!("The repository with name '{name}' does not exist"))
        })?;
        let (mut images, mut failures) = (vec![], vec![]);
        for id in call.input["imageIds"].as_array().into_iter().flatten() {
            let found = match (id["imageDigest"].as_str(), id["imageTag"].as_str()) {
                (Some(digest), _) => digests.iter().find(|pushed| *pushed == digest),
                (None, Some(TAG)) => digests.last(),
                _ => None,
            };
            match found {
                Some(digest) => images.push(image(name, id, digest)),
                None => failures.push(json!({"imageId": id, "failureCode": "ImageNotFound",
                    "failureReason": "Requested image not found"})),
            }
        }
        Ok(Answer::json(&json!({"images": images, "failures": failures})))
    }
}

fn image(repository: &str, id: &Value, digest: &str) -> Value {
    let mut id = id.clone();
    id["imageDigest"] = json!(digest);
    json!({"registryId": ACCOUNT, "repositoryName": repository, "imageId": id, "imageManifest": "{\"schemaVersion\":2}",
        "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json"})
}
