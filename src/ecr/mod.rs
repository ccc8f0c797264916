//! ECR: which digest a tag has now, and whether a digest is still there.
//!
//! It uses `BatchGetImage`, which answers in part if one tag is missing (`DescribeImages` fails as a whole), and whose
//! permission the roles that pull images have already.

use crate::{
    aws::{CallLimits, Clients, fault::Fault},
    error::{Error, ErrorKind, Result},
};
use aws_sdk_ecr::types::{Image, ImageFailure, ImageFailureCode, ImageIdentifier};
use crema_base::{
    image::{EcrImage, Repository, is_digest},
    registry::partition,
    secrecy::foreign,
};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// Maximum image ids of one `BatchGetImage`.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html>
const BATCH: usize = 100;

/// All manifest types that a registry may hold: without them ECR could convert a manifest, and the digest would be
/// another one.
const MEDIA_TYPES: [&str; 5] = [
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
];

/// Maximum characters that are quoted of what ECR answers as a digest.
const LONGEST_DIGEST: usize = 100;

/// Prefixes of repositories that a pull-through cache rule makes: those that the console proposes and other usual ones,
/// with the names of their registries.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html>
const CACHES: [&str; 19] = [
    "docker-hub/",
    "dockerhub/",
    "docker.io/",
    "docker/",
    "ecr-public/",
    "public.ecr.aws/",
    "github/",
    "ghcr/",
    "ghcr.io/",
    "quay/",
    "quay.io/",
    "kubernetes/",
    "k8s/",
    "registry.k8s.io/",
    "gitlab/",
    "registry.gitlab.com/",
    "azure/",
    "chainguard/",
    "mcr/",
];

/// The result of one batch: images and failures, or why the call failed.
type Batch = std::result::Result<(Vec<Image>, Vec<ImageFailure>), Fault>;

/// The digest of each of these images, or why there is none: tags and digests of one repository in one call, all
/// repositories at once. An image by its digest is thereby known to be there.
pub async fn digests(
    clients: &Clients,
    limits: &CallLimits,
    images: impl IntoIterator<Item = EcrImage>,
) -> BTreeMap<EcrImage, Result<String>> {
    let mut wanted: BTreeMap<Repository, BTreeSet<EcrImage>> = BTreeMap::new();
    for image in images {
        wanted.entry(image.repository().clone()).or_default().insert(image);
    }
    let answers = join_all(batches(wanted).map(|(repository, images)| async move {
        let batch = batch_get(clients, limits, &repository, images.iter().map(id).collect()).await;
        let answer = |image: EcrImage| (image.clone(), digest_of(&batch, &image, &repository));
        images.into_iter().map(answer).collect::<Vec<_>>()
    }))
    .await;
    answers.into_iter().flatten().collect()
}

/// Which of these images do not exist any more. `Err` if ECR cannot be asked.
pub async fn missing(clients: &Clients, limits: &CallLimits, images: &[EcrImage]) -> Result<Vec<EcrImage>> {
    let mut missing = vec![];
    for (image, digest) in digests(clients, limits, images.iter().cloned()).await {
        match digest {
            Ok(_) => {}
            Err(Error { kind: ErrorKind::ImageNotFound, .. }) => missing.push(image),
            Err(e) => return Err(e),
        }
    }
    Ok(missing)
}

fn id(image: &EcrImage) -> ImageIdentifier {
    let id = ImageIdentifier::builder();
    match image {
        EcrImage::Tag { tag, .. } => id.image_tag(tag).build(),
        EcrImage::Digest { digest, .. } => id.image_digest(digest).build(),
    }
}

/// The images of each repository, in batches that one call takes.
fn batches<T: Clone>(wanted: BTreeMap<Repository, BTreeSet<T>>) -> impl Iterator<Item = (Repository, Vec<T>)> {
    wanted.into_iter().flat_map(|(repository, wanted)| {
        let wanted: Vec<T> = wanted.into_iter().collect();
        wanted.chunks(BATCH).map(|chunk| (repository.clone(), chunk.to_vec())).collect::<Vec<_>>()
    })
}

async fn batch_get(
    clients: &Clients,
    limits: &CallLimits,
    repository: &Repository,
    ids: Vec<ImageIdentifier>,
) -> Batch {
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

fn digest_of(batch: &Batch, image: &EcrImage, repository: &Repository) -> Result<String> {
    let (images, failures) = match batch {
        Ok(answer) => answer,
        Err(Fault::Refused { code, .. }) if code == "RepositoryNotFoundException" => {
            return Err(Error::new(
                ErrorKind::ImageNotFound,
                format!(
                    "there is no repository {repository} (wanted: its {}): create it and push the image, or correct the name in \
                 the definition; {}",
                    shown(image),
                    pull_once(image)
                ),
            ));
        }
        Err(fault) => return Err(error(fault.clone(), repository)),
    };
    let is_it = |id: Option<&ImageIdentifier>| match image {
        EcrImage::Digest { digest, .. } => id.and_then(|id| id.image_digest()) == Some(digest),
        EcrImage::Tag { tag, .. } => id.and_then(|id| id.image_tag()) == Some(tag),
    };
    if let Some(found) = images.iter().find(|found| is_it(found.image_id())) {
        let digest = found.image_id().and_then(|id| id.image_digest()).unwrap_or_default();
        return is_digest(digest).then(|| digest.to_owned()).ok_or_else(|| odd(digest, image, repository));
    }
    let failure = failures.iter().find(|failure| is_it(failure.image_id()));
    let unanswered = failure.and_then(|failure| unanswered(failure, image, repository));
    Err(unanswered.unwrap_or_else(|| Error::new(ErrorKind::ImageNotFound, not_found(image, repository))))
}

/// An error of one image other than that it does not exist: whether it exists is then unknown.
fn unanswered(failure: &ImageFailure, image: &EcrImage, repository: &Repository) -> Option<Error> {
    use ImageFailureCode as Code;
    let code = failure.failure_code()?;
    if matches!(
        code,
        Code::ImageNotFound | Code::ImageTagDoesNotMatchDigest | Code::InvalidImageTag | Code::InvalidImageDigest
    ) {
        return None;
    }
    let said = failure.failure_reason().map(|reason| format!(" ({})", foreign(reason))).unwrap_or_default();
    let message = format!("ecr:BatchGetImage of the {} of {repository} failed: {code}{said}", shown(image));
    // Credentials that a pull-through cache rule has for its upstream registry do not come back by themselves.
    Some(Error { transient: *code != Code::UpstreamAccessDenied, ..Error::new(ErrorKind::AwsError, message) })
}

/// The message that the repository exists and the image does not.
fn not_found(image: &EcrImage, repository: &Repository) -> String {
    let remedy = match image {
        EcrImage::Digest { .. } => {
            "push the image again, or correct the digest in the definition (did a lifecycle rule delete it?)"
        }
        EcrImage::Tag { .. } => "push the image, or correct the tag in the definition",
    };
    let is_cache = CACHES.iter().any(|prefix| repository.name.starts_with(prefix));
    let pull = if is_cache { format!("; {}", pull_once(image)) } else { String::new() };
    format!("the repository {repository} has no {}: {remedy}{pull}", shown(image))
}

/// What to do if a pull-through cache rule is to make the image: it does so at the first pull.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-working-pulling.html>
fn pull_once(image: &EcrImage) -> String {
    let Repository { account, region, .. } = image.repository();
    format!(
        "if it comes through a pull-through cache, ECR has it only after the first pull, so pull it once: docker pull \
         {account}.dkr.ecr.{region}.{}/{}",
        partition(region).domain,
        foreign(image)
    )
}

/// Checks a digest: it ends up in a definition, so anything that is no digest is refused.
fn odd(digest: &str, image: &EcrImage, repository: &Repository) -> Error {
    let digest: String = digest.chars().take(LONGEST_DIGEST).collect();
    let message = format!(
        "ecr:BatchGetImage of the {} of {repository} answered the digest {digest:?}; expected sha256: and 64 hexadecimal \
         digits in lower case, so it was not used",
        shown(image)
    );
    Error::transient(ErrorKind::AwsError, message)
}

fn shown(image: &EcrImage) -> String {
    match image {
        EcrImage::Digest { digest, .. } => format!("image {digest}"),
        EcrImage::Tag { tag, .. } => format!("tag {tag:?}"),
    }
}

fn error(fault: Fault, repository: &Repository) -> Error {
    let Repository { account, region, name } = repository;
    let resource = format!("arn:{}:ecr:{region}:{account}:repository/{}", partition(region).id, foreign(name));
    fault.into_error("ecr:BatchGetImage", &format!("the repository {repository}"), &resource)
}
