//! Image references: which of them name a private ECR registry, and what of them has to be resolved.

use crate::trigger::PushedImage;

/// A tag of a repository of a private ECR registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EcrTag {
    pub account: String,
    pub region: String,
    pub repository: String,
    pub tag: String,
}

impl EcrTag {
    /// Whether this is the tag that was pushed, of that repository of that registry.
    pub fn is(&self, pushed: &PushedImage) -> bool {
        self.account == pushed.account
            && self.region == pushed.region
            && self.repository == pushed.repository
            && self.tag == pushed.tag
    }
}

/// An image of a private ECR registry as it was referred to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EcrImage {
    pub account: String,
    pub region: String,
    pub repository: String,
    /// `latest` where the reference has neither tag nor digest.
    pub tag: Option<String>,
    /// `sha256:…`
    pub digest: Option<String>,
}

/// The image of a private ECR registry that `reference` names; `None` where it names another registry's, or is malformed.
pub fn parse(reference: &str) -> Option<EcrImage> {
    let (host, rest) = reference.split_once('/')?;
    let (account, region) = registry(host)?;
    let (name, digest) = match rest.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (rest, None),
    };
    let (repository, tag) = match name.split_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (name, None),
    };
    let well_formed = is_repository(repository) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest);
    well_formed.then(|| EcrImage {
        account: account.to_owned(),
        region: region.to_owned(),
        repository: repository.to_owned(),
        tag: tag.or(if digest.is_none() { Some("latest") } else { None }).map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

/// Whether the reference names a private ECR registry, well-formed or not.
pub fn is_private_ecr(reference: &str) -> bool {
    registry(reference.split('/').next().unwrap_or_default()).is_some()
}

impl EcrImage {
    /// The tag that has to be resolved; `None` where a digest stands there already.
    pub fn wanted(&self) -> Option<EcrTag> {
        if self.digest.is_some() {
            return None;
        }
        Some(EcrTag {
            account: self.account.clone(),
            region: self.region.clone(),
            repository: self.repository.clone(),
            tag: self.tag.clone()?,
        })
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

/// Account and region of a private registry's host: `<account>.dkr.ecr[-fips].<region>.amazonaws.com[.cn]`, and
/// dual-stack `<account>.dkr-ecr[-fips].<region>.on.aws` or `….on.amazonwebservices.com.cn`.
/// <https://docs.aws.amazon.com/general/latest/gr/ecr.html>
fn registry(host: &str) -> Option<(&str, &str)> {
    let (account, rest) = host.split_once('.')?;
    let single = [".amazonaws.com", ".amazonaws.com.cn"];
    let dual = [".on.aws", ".on.amazonwebservices.com.cn"];
    let (rest, suffixes) = match rest.strip_prefix("dkr.ecr") {
        Some(rest) => (rest, single),
        None => (rest.strip_prefix("dkr-ecr")?, dual),
    };
    let rest = rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?;
    let region = suffixes.iter().find_map(|suffix| rest.strip_suffix(suffix))?;
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let is_region = !region.is_empty() && region.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    (is_account && is_region).then_some((account, region))
}

fn is_repository(name: &str) -> bool {
    let is_part = |part: &str| {
        let inside = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        !part.is_empty() && part.bytes().all(inside) && !part.starts_with(['.', '_', '-'])
    };
    name.split('/').all(is_part)
}

fn is_tag(tag: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=128).contains(&tag.len()) && tag.bytes().all(inside) && !tag.starts_with(['.', '-'])
}

fn is_digest(digest: &str) -> bool {
    digest.strip_prefix("sha256:").is_some_and(|hex| !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com";

    fn tag_of(reference: &str) -> Option<String> {
        parse(reference)?.wanted().map(|tag| format!("{} {} {}:{}", tag.account, tag.region, tag.repository, tag.tag))
    }

    #[test]
    fn every_form_of_a_private_registrys_host_is_known() {
        for (host, region) in [
            (REGISTRY, "ap-northeast-1"),
            ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1"),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
            ("123456789012.dkr-ecr-fips.us-gov-west-1.on.aws", "us-gov-west-1"),
            ("123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", "cn-north-1"),
        ] {
            let expected = format!("123456789012 {region} team/batch:v1.2");
            assert_eq!(tag_of(&format!("{host}/team/batch:v1.2")), Some(expected), "{host}");
        }
    }

    #[test]
    fn other_registries_are_none_of_ours() {
        for reference in [
            "nginx",
            "nginx:latest",
            "public.ecr.aws/docker/library/busybox:1",
            "ghcr.io/acme/batch:1",
            "12345.dkr.ecr.ap-northeast-1.amazonaws.com/batch:1",
            "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com.example.org/batch:1",
            "123456789012.dkr.ecr.ap-northeast-1.on.aws/batch:1",
            "123456789012.dkr-ecr.ap-northeast-1.amazonaws.com/batch:1",
            "123456789012.dkr.ecr..amazonaws.com/batch:1",
            "",
            "/",
        ] {
            assert_eq!(parse(reference), None, "{reference}");
            assert!(!is_private_ecr(reference), "{reference}");
        }
    }

    #[test]
    fn a_malformed_reference_to_a_private_registry_is_no_image() {
        for rest in ["", "/", "/batch:", "/Batch", "/batch:a b", "/batch@sha256:", "/batch@", "/batch//x", "/b:c:d"] {
            let reference = format!("{REGISTRY}{rest}");
            assert_eq!(parse(&reference), None, "{reference}");
            assert!(is_private_ecr(&reference), "{reference}");
        }
    }

    #[test]
    fn no_tag_means_latest() {
        let expected = "123456789012 ap-northeast-1 batch:latest";
        assert_eq!(tag_of(&format!("{REGISTRY}/batch")).as_deref(), Some(expected));
    }

    #[test]
    fn a_digest_needs_no_resolving_whether_or_not_a_tag_stands_beside_it() {
        let both = parse(&format!("{REGISTRY}/batch:v1@sha256:ab12")).unwrap();
        assert_eq!((both.tag.as_deref(), both.digest.as_deref()), (Some("v1"), Some("sha256:ab12")));
        assert_eq!(both.wanted(), None);
        let digest = parse(&format!("{REGISTRY}/batch@sha256:ab12")).unwrap();
        assert_eq!((digest.tag.as_deref(), digest.wanted()), (None, None));
    }

    #[test]
    fn pinning_keeps_the_host_as_written() {
        for rest in ["batch", "batch:release", "batch:release@sha256:cd", "batch@sha256:cd"] {
            assert_eq!(
                pinned(&format!("{REGISTRY}/team/{rest}"), "sha256:ab"),
                format!("{REGISTRY}/team/batch@sha256:ab")
            );
        }
        assert_eq!(pinned("localhost:5000/batch", "sha256:ab"), "localhost:5000/batch@sha256:ab");
    }
}
