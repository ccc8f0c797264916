//! ECR: `BatchGetImage`.
//! <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html>

use super::{
    Aws,
    request::{Answer, Call, Reply, refusal, unknown},
};
use crate::{ACCOUNT, REGION};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
struct Repository {
    digests: BTreeSet<String>,
    tags: BTreeMap<String, String>,
}

#[derive(Default)]
pub struct Ecr {
    /// By account, region and name.
    repositories: BTreeMap<(String, String, String), Repository>,
    /// Why no image can be told of, where that is so.
    fails: Option<&'static str>,
}

/// A digest that is that of `content`, for `sha256:…`.
pub fn digest(content: &str) -> String {
    let hex: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

impl Aws {
    /// Pushes an image whose bytes are `content`, under a tag; creates the repository. Gives its digest.
    pub fn push_image(&self, repository: &str, tag: &str, content: &str) -> String {
        self.push_image_to(ACCOUNT, REGION, repository, tag, content)
    }

    pub fn push_image_to(&self, account: &str, region: &str, repository: &str, tag: &str, content: &str) -> String {
        let digest = digest(content);
        let mut state = self.lock();
        let repository = state.ecr.repositories.entry((account.into(), region.into(), repository.into())).or_default();
        repository.digests.insert(digest.clone());
        repository.tags.insert(tag.to_owned(), digest.clone());
        digest
    }

    /// Lets a tag be answered with this as its digest, whatever it is.
    pub fn tag_as(&self, repository: &str, tag: &str, digest: &str) {
        self.repository(repository, |r| drop(r.tags.insert(tag.to_owned(), digest.to_owned())));
    }

    /// Takes a tag away; the image stays.
    pub fn untag(&self, repository: &str, tag: &str) {
        self.repository(repository, |r| {
            r.tags.remove(tag);
        });
    }

    /// Deletes an image with its tags, as a lifecycle rule does.
    pub fn expire_image(&self, repository: &str, digest: &str) {
        self.repository(repository, |r| {
            r.digests.remove(digest);
            r.tags.retain(|_, tagged| tagged != digest);
        });
    }

    /// Each image is a failure with this code from now on: whether it is there cannot be told.
    pub fn fail_images(&self, code: &'static str) {
        self.lock().ecr.fails = Some(code);
    }

    fn repository(&self, name: &str, change: impl FnOnce(&mut Repository)) {
        let mut state = self.lock();
        change(state.ecr.repositories.get_mut(&(ACCOUNT.into(), REGION.into(), name.into())).unwrap());
    }
}

impl Ecr {
    pub fn answer(&self, call: &Call) -> Reply {
        if call.operation != "BatchGetImage" {
            return Err(unknown(call));
        }
        let account = call.input.get("registryId").and_then(Value::as_str).unwrap_or(ACCOUNT);
        let name = call.text("repositoryName");
        let repository =
            self.repositories.get(&(account.into(), call.region.clone(), name.into())).ok_or_else(|| {
                let message =
                    format!("The repository with name '{name}' does not exist in the registry with id '{account}'");
                refusal(400, "RepositoryNotFoundException", message)
            })?;
        let ids = call.input.get("imageIds").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if !(1..=100).contains(&ids.len()) {
            return Err(refusal(400, "InvalidParameterException", "imageIds must have 1 to 100 members"));
        }
        let (mut images, mut failures) = (vec![], vec![]);
        for id in ids {
            let text = |name: &str| id.get(name).and_then(Value::as_str);
            if let Some(code) = self.fails {
                failures.push(json!({"imageId": id, "failureCode": code, "failureReason": "as a test asked"}));
                continue;
            }
            let digest = match (text("imageDigest"), text("imageTag")) {
                (Some(digest), _) => repository.digests.get(digest),
                (None, tag) => tag.and_then(|tag| repository.tags.get(tag)),
            };
            match digest {
                Some(digest) => {
                    let mut found = id.clone();
                    found["imageDigest"] = json!(digest);
                    images.push(json!({"registryId": account, "repositoryName": name, "imageId": found,
                        "imageManifest": "{\"schemaVersion\":2}",
                        "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json"}));
                }
                None => failures.push(json!({"imageId": id, "failureCode": "ImageNotFound",
                    "failureReason": "Requested image not found"})),
            }
        }
        Ok(Answer::json(&json!({"images": images, "failures": failures})))
    }
}
