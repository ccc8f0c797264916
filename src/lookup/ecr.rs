//! ECR: which digest a tag has now, and whether a digest is still there.
//!
//! By `BatchGetImage`: it answers in part where one tag is missing (`DescribeImages` fails as a whole), and the roles that
//! pull images have it already.

use crate::{
    aws::{Clients, Limits, fault::Fault},
    definition::image::{EcrImage, EcrTag},
    error::{Error, Result},
};
use aws_sdk_ecr::types::{Image, ImageFailure, ImageFailureCode, ImageIdentifier};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// `BatchGetImage` takes so many image ids.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html>
const BATCH: usize = 100;

/// All that a registry may hold: without them ECR could convert a manifest, and the digest would be another's.
const MEDIA_TYPES: [&str; 5] = [
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
];

/// A repository of a private registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Repository {
    account: String,
    region: String,
    name: String,
}

impl std::fmt::Display for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of the registry {} in {}", self.name, self.account, self.region)
    }
}

/// What came of one batch: images and failures, or why the call failed.
type Batch = std::result::Result<(Vec<Image>, Vec<ImageFailure>), Fault>;

/// The digest of each of these tags, or why there is none: one call a repository, all at once.
pub async fn digests(
    clients: &Clients,
    limits: &Limits,
    tags: impl IntoIterator<Item = EcrTag>,
) -> BTreeMap<EcrTag, Result<String>> {
    let mut wanted: BTreeMap<Repository, BTreeSet<EcrTag>> = BTreeMap::new();
    for tag in tags {
        let (account, region, name) = (tag.account.clone(), tag.region.clone(), tag.repository.clone());
        wanted.entry(Repository { account, region, name }).or_default().insert(tag);
    }
    let answers = join_all(batches(wanted).map(|(repository, tags)| async move {
        let ids = tags.iter().map(|tag| ImageIdentifier::builder().image_tag(&tag.tag).build()).collect();
        let batch = batch_get(clients, limits, &repository, ids).await;
        tags.into_iter().map(|tag| (tag.clone(), digest_of(&batch, &tag, &repository))).collect::<Vec<_>>()
    }))
    .await;
    answers.into_iter().flatten().collect()
}

/// Which of these images are gone. `Err` where ECR cannot be asked.
pub async fn gone(clients: &Clients, limits: &Limits, images: &[EcrImage]) -> Result<Vec<EcrImage>> {
    let mut gone = vec![];
    for (image, there) in there(clients, limits, images.iter().cloned()).await {
        if !there? {
            gone.push(image);
        }
    }
    Ok(gone)
}

/// Whether each of these images that has a digest is still there, or why ECR does not tell: one call a repository, all at
/// once.
pub async fn there(
    clients: &Clients,
    limits: &Limits,
    images: impl IntoIterator<Item = EcrImage>,
) -> BTreeMap<EcrImage, Result<bool>> {
    let mut wanted: BTreeMap<Repository, BTreeSet<EcrImage>> = BTreeMap::new();
    for image in images.into_iter().filter(|image| image.digest.is_some()) {
        let (account, region, name) = (image.account.clone(), image.region.clone(), image.repository.clone());
        wanted.entry(Repository { account, region, name }).or_default().insert(image);
    }
    let answers = join_all(batches(wanted).map(|(repository, images)| async move {
        let digests = images.iter().filter_map(|image| image.digest.clone()).collect::<BTreeSet<_>>();
        let ids = digests.iter().map(|digest| ImageIdentifier::builder().image_digest(digest).build()).collect();
        let batch = match batch_get(clients, limits, &repository, ids).await {
            Err(Fault::Refused { code, .. }) if code == "RepositoryNotFoundException" => Ok((vec![], vec![])),
            batch => batch,
        };
        let is_there = |image: &EcrImage| {
            let (found, failures) = batch.as_ref().map_err(|fault| error(fault.clone(), &repository))?;
            let is_it = |id: Option<&ImageIdentifier>| id.and_then(|id| id.image_digest()) == image.digest.as_deref();
            if found.iter().any(|found| is_it(found.image_id())) {
                return Ok(true);
            }
            let failure = failures.iter().find(|failure| is_it(failure.image_id()));
            failure.and_then(|failure| unanswered(failure, &repository)).map_or(Ok(false), Err)
        };
        images.into_iter().map(|image| (image.clone(), is_there(&image))).collect::<Vec<_>>()
    }))
    .await;
    answers.into_iter().flatten().collect()
}

/// What is wanted of each repository, in portions that one call takes.
fn batches<T: Clone>(wanted: BTreeMap<Repository, BTreeSet<T>>) -> impl Iterator<Item = (Repository, Vec<T>)> {
    wanted.into_iter().flat_map(|(repository, wanted)| {
        let wanted: Vec<T> = wanted.into_iter().collect();
        wanted.chunks(BATCH).map(|chunk| (repository.clone(), chunk.to_vec())).collect::<Vec<_>>()
    })
}

async fn batch_get(clients: &Clients, limits: &Limits, repository: &Repository, ids: Vec<ImageIdentifier>) -> Batch {
    let _permit = limits.ecr.acquire().await;
    let answer = clients
        .ecr(&repository.region)
        .batch_get_image()
        .registry_id(&repository.account)
        .repository_name(&repository.name)
        .set_image_ids(Some(ids))
        .set_accepted_media_types(Some(MEDIA_TYPES.map(str::to_owned).to_vec()))
        .send()
        .await;
    match answer {
        Ok(answer) => Ok((answer.images.unwrap_or_default(), answer.failures.unwrap_or_default())),
        Err(e) => Err(Fault::of(&e)),
    }
}

fn digest_of(batch: &Batch, tag: &EcrTag, repository: &Repository) -> Result<String> {
    let (images, failures) = match batch {
        Ok(answer) => answer,
        Err(Fault::Refused { code, .. }) if code == "RepositoryNotFoundException" => {
            return Err(Error::ImageNotFound(format!(
                "there is no repository {repository} (wanted: its tag {:?})",
                tag.tag
            )));
        }
        Err(fault) => return Err(error(fault.clone(), repository)),
    };
    let named = |id: Option<&ImageIdentifier>| id.and_then(|id| id.image_tag()) == Some(tag.tag.as_str());
    let image = images.iter().find(|image| named(image.image_id()));
    if let Some(digest) = image.and_then(|image| image.image_id()?.image_digest()) {
        return Ok(digest.to_owned());
    }
    let failure = failures.iter().find(|failure| named(failure.image_id()));
    Err(failure.and_then(|failure| unanswered(failure, repository)).unwrap_or_else(|| {
        Error::ImageNotFound(format!(
            "the repository {repository} has no tag {:?}: push the image, or correct the tag in the definition",
            tag.tag
        ))
    }))
}

/// What ECR says of one image other than that it is not there: then whether it is there is not known.
fn unanswered(failure: &ImageFailure, repository: &Repository) -> Option<Error> {
    use ImageFailureCode as Code;
    let code = failure.failure_code()?;
    if matches!(
        code,
        Code::ImageNotFound | Code::ImageTagDoesNotMatchDigest | Code::InvalidImageTag | Code::InvalidImageDigest
    ) {
        return None;
    }
    let id = failure.image_id();
    let name = id.and_then(|id| id.image_tag().or(id.image_digest())).unwrap_or_default();
    let said = failure.failure_reason().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let message = format!("ecr:BatchGetImage of {name:?} of the repository {repository} failed: {code}{said}");
    Some(Error::AwsError { message, passing: true })
}

fn error(fault: Fault, repository: &Repository) -> Error {
    let Repository { account, region, name } = repository;
    let resource = format!("arn:aws:ecr:{region}:{account}:repository/{name}");
    fault.into_error("ecr:BatchGetImage", &format!("the repository {repository}"), &resource)
}
