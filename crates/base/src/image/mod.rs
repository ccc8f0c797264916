//! Image references: which of them name a private ECR registry, which have to be resolved there, and what is wrong with
//! those that are meant to name one but do not.

mod parts;
#[cfg(test)]
mod tests;
mod wrong;

use crate::{
    registry::{self, partition},
    secrecy::foreign,
};
pub use parts::is_digest;
use parts::{Parts, is_repository, is_tag};

/// A repository of a private ECR registry. However the registry's host is written (with or without FIPS, dual stack), one
/// registry is one account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repository {
    /// The registry's id: twelve digits.
    pub account: String,
    pub region: String,
    pub name: String,
}

/// An image of a private ECR registry, identified by tag or digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EcrImage {
    /// The image that has the tag now. A reference with neither tag nor digest means `latest`.
    Tag { repository: Repository, tag: String },
    /// The digest, `sha256:…`. A tag beside it in a reference has no effect.
    Digest { repository: Repository, digest: String },
}

/// How crema treats an image reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    Ecr(EcrImage),
    /// An image of another registry: it stays as it is written.
    Elsewhere,
    /// Meant to name an image of a private ECR registry, but malformed: what is wrong, and how it is written correctly.
    Wrong(String),
}

/// Reads an image reference.
pub fn read(reference: &str) -> Reference {
    match parse(reference) {
        Some(image) => Reference::Ecr(image),
        None => wrong::what(reference).map_or(Reference::Elsewhere, Reference::Wrong),
    }
}

/// The image of a private ECR registry that `reference` names; `None` if it names another registry's image or is
/// malformed.
pub fn parse(reference: &str) -> Option<EcrImage> {
    let (host, rest) = reference.split_once('/')?;
    let (account, region) = registry::parse(host)?;
    let Parts { repository, tag, digest } = Parts::of(rest);
    let well_formed = is_repository(repository) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest);
    let repository = Repository { account: account.to_owned(), region: region.to_owned(), name: repository.to_owned() };
    well_formed.then(|| match digest {
        Some(digest) => EcrImage::Digest { repository, digest: digest.to_owned() },
        None => EcrImage::Tag { repository, tag: tag.unwrap_or("latest").to_owned() },
    })
}

/// A warning if the host of a private registry lies in the domain of another partition than its region.
pub fn other_domain(reference: &str, region: &str) -> Option<String> {
    let host = reference.split('/').next()?;
    let partition = partition(region);
    let right = [partition.domain, partition.dual_stack];
    let lies_in = |domain: &str| host.strip_suffix(domain).is_some_and(|before| before.ends_with('.'));
    (!right.iter().any(|domain| lies_in(domain))).then(|| {
        format!("the registries of {region} lie in {} (dual stack: {}), and this one does not", right[0], right[1])
    })
}

impl std::fmt::Display for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of the registry {} in {}", foreign(&self.name), self.account, self.region)
    }
}

/// The image within its registry: `team/batch:release`, or `team/batch@sha256:…`.
impl std::fmt::Display for EcrImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = &self.repository().name;
        match self {
            EcrImage::Tag { tag, .. } => write!(f, "{name}:{tag}"),
            EcrImage::Digest { digest, .. } => write!(f, "{name}@{digest}"),
        }
    }
}

impl EcrImage {
    pub fn repository(&self) -> &Repository {
        match self {
            EcrImage::Tag { repository, .. } | EcrImage::Digest { repository, .. } => repository,
        }
    }

    /// The digest that a reference names; none if its tag has to be resolved.
    pub fn digest(&self) -> Option<&str> {
        match self {
            EcrImage::Tag { .. } => None,
            EcrImage::Digest { digest, .. } => Some(digest),
        }
    }
}

/// `…/batch:release` → `…/batch@sha256:…`; the registry's host stays as written.
pub fn pinned(reference: &str, digest: &str) -> String {
    let name = reference.split('@').next().unwrap_or_default();
    // A colon before the last slash would be the host's port.
    let repository = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    };
    format!("{repository}@{digest}")
}
