//! What is wrong with a reference that is meant to name an image of a private ECR registry.
//!
//! No sentence quotes a part of the reference: any part may come from a lookup. The reference stands beside it, masked.

use super::parts::{DIGEST_DIGITS, LONGEST_REPOSITORY, LONGEST_TAG, Parts, is_digest, is_repository, is_tag};
use crate::{
    region::is_region,
    registry::{self, Stack, in_aws, is_account, is_meant, partition, split},
    secrecy::foreign,
};

/// A region for examples.
const SOME_REGION: &str = "ap-northeast-1";

/// What is wrong, and how it is written correctly; `None` if no private registry is meant. The reference is already
/// known to be malformed.
pub fn what(reference: &str) -> Option<String> {
    if let Some(example) = of_arn(reference) {
        return Some(format!("that is an ARN and no image reference; write {example}:TAG"));
    }
    let host = meant_host(reference)?;
    let found = blanks(reference).or_else(|| before_the_host(reference)).or_else(|| about_the_host(reference, &host));
    Some(found.unwrap_or_else(|| after_the_host(reference)))
}

/// `arn:aws:ecr:ap-northeast-1:123456789012:repository/batch`: how the repository's images are referred to.
fn of_arn(reference: &str) -> Option<String> {
    let mut parts = reference.trim().splitn(6, ':');
    let mut next = || parts.next();
    let is_of_ecr = next()?.eq_ignore_ascii_case("arn") && next()?.starts_with("aws") && next()? == "ecr";
    let (region, account, resource) = (next()?, next()?, next()?);
    let name = resource.strip_prefix("repository/").and_then(|name| name.split(':').next()).unwrap_or_default();
    let is_whole = is_region(region) && is_account(account) && is_repository(name);
    let example = || format!("{account}.dkr.ecr.{region}.{}/{}", partition(region).domain, foreign(name));
    is_of_ecr.then(|| if is_whole { example() } else { format!("{}/REPOSITORY", Stack::Single.example(SOME_REGION)) })
}

/// The host that is meant, in lower case and without what does not belong there: blanks, a scheme, a user, a port.
fn meant_host(reference: &str) -> Option<String> {
    let bare: String = reference.chars().filter(|c| !is_blank(*c) && !matches!(c, '"' | '\'' | '`')).collect();
    let bare = bare.to_ascii_lowercase();
    let bare = scheme(&bare).map_or(bare.as_str(), |scheme| &bare[scheme.len()..]).trim_start_matches('/');
    let host = bare.split(['/', '\\', '?', '#']).next()?;
    host.split(['@', ':']).find(|part| is_meant(part)).map(|part| part.trim_end_matches('.').to_owned())
}

/// Blanks, line ends and invisible characters.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// `https://` of `https://host/…`.
fn scheme(reference: &str) -> Option<&str> {
    let (name, _) = reference.split_once(":/")?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-'));
    is_name.then(|| &reference[..=name.len()])
}

fn blanks(reference: &str) -> Option<String> {
    let trimmed = reference.trim_matches(is_blank);
    let place = if trimmed.len() < reference.len() { "begins or ends with" } else { "has within it" };
    let found = reference.chars().any(is_blank);
    found.then(|| format!("it {place} a blank, a line end or a character that cannot be seen; take it out"))
}

fn before_the_host(reference: &str) -> Option<String> {
    if scheme(reference).is_some() {
        return Some("it begins with a scheme such as https://; begin with the registry".to_owned());
    }
    reference.starts_with('/').then(|| "it begins with /; begin with the registry".to_owned())
}

fn about_the_host(reference: &str, host: &str) -> Option<String> {
    let written = reference.split('/').next().unwrap_or_default();
    let right = Stack::Single.example(SOME_REGION);
    let is_registry = registry::parse(host).is_some();
    if is_registry && written.eq_ignore_ascii_case(host) && written != host {
        return Some("its registry has capital letters; write it in lower case".to_owned());
    }
    // A tag or digest directly after the registry is told as the repository that is missing.
    let has_path = reference.contains('/');
    if written.contains('@') && has_path {
        return Some(format!("its registry has an @; write it without a user, as {right}"));
    }
    if written.contains(':') && has_path {
        return Some("its registry has a port; a private ECR registry is named without one".to_owned());
    }
    if is_registry {
        let around = has_path && written != host;
        let what = || format!("its registry has a character that does not belong there; write it as {right}");
        return if has_path { around.then(what) } else { Some(no_repository()) };
    }
    let (account, rest) = host.split_once('.').unwrap_or((host, ""));
    if !is_account(account) {
        return Some(about_the_account(account, &right));
    }
    let Some((stack, rest)) = split(rest) else {
        return Some(format!("its registry is none of ECR's; expected a host such as {right}"));
    };
    about_the_domain(stack, rest)
}

fn about_the_account(account: &str, right: &str) -> String {
    match account {
        "undefined" | "null" | "none" | "nil" | "false" | "" => format!(
            "where its registry's account should stand, a value was not set (undefined, null, nothing); expected 12 digits, as \
             {right}"
        ),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
            format!("its registry's account has {} digits; expected 12, as {right}", digits.len())
        }
        _ => format!("its registry does not begin with an account; expected 12 digits, as {right}"),
    }
}

/// What follows `dkr.ecr.`: region and domain.
fn about_the_domain(stack: Stack, rest: &str) -> Option<String> {
    let (before, domain) = match in_aws(rest) {
        Some((before, domain)) => (before, Some(domain)),
        None => (rest.split('.').next().unwrap_or_default(), None),
    };
    if !is_region(before) {
        let zone = before.strip_suffix(|c: char| c.is_ascii_lowercase()).is_some_and(is_region);
        let what = if zone {
            "has an Availability Zone where the region should stand; leave its last letter out"
        } else {
            "has no region, or none that is one"
        };
        return Some(format!("its registry {what}; expected one such as {}", stack.example(SOME_REGION)));
    }
    match domain {
        Some(domain) if domain != stack => {
            let (single, dual) = (Stack::Single.example(before), Stack::Dual.example(before));
            Some(format!("its registry mixes two forms; expected {single}, or for dual stack {dual}"))
        }
        Some(_) => None,
        None => Some(format!("its registry is in no domain of AWS; expected {}", stack.example(before))),
    }
}

fn no_repository() -> String {
    "it names a registry and no repository; expected REGISTRY/REPOSITORY:TAG".to_owned()
}

fn after_the_host(reference: &str) -> String {
    let rest = reference.split_once('/').map_or("", |(_, rest)| rest);
    let Parts { repository, tag, digest } = Parts::of(rest);
    match (tag, digest) {
        _ if repository.is_empty() => no_repository(),
        _ if !is_repository(repository) => about_the_repository(repository),
        (Some(tag), _) if !is_tag(tag) => about_the_tag(tag),
        (_, Some(digest)) if !is_digest(digest) => about_the_digest(digest),
        _ => "it is malformed; expected REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@sha256:DIGEST".to_owned(),
    }
}

fn about_the_repository(name: &str) -> String {
    if name.len() > LONGEST_REPOSITORY {
        format!("its repository's name has {} characters; ECR takes {LONGEST_REPOSITORY}", name.len())
    } else if is_repository(&name.to_ascii_lowercase()) {
        "its repository has capital letters; ECR takes lower case only".to_owned()
    } else if name.split('/').any(str::is_empty) {
        "its repository has a / too many; expected REGISTRY/REPOSITORY:TAG".to_owned()
    } else {
        "its repository's name is none of ECR's; expected lower-case letters, digits and . _ - /, each part beginning with \
         a letter or digit"
            .to_owned()
    }
}

fn about_the_tag(tag: &str) -> String {
    if tag.is_empty() {
        "nothing follows the colon where the tag should stand; name a tag, or leave the colon out for latest".to_owned()
    } else if tag.len() > LONGEST_TAG {
        format!("its tag has {} characters; ECR takes {LONGEST_TAG}", tag.len())
    } else if tag.contains(':') {
        "it has two tags; leave one of them".to_owned()
    } else if tag.contains('/') {
        "a / follows the tag; expected REGISTRY/REPOSITORY:TAG".to_owned()
    } else {
        "its tag has a character that no tag has; expected letters, digits and . _ -, the first none of . and -"
            .to_owned()
    }
}

fn about_the_digest(digest: &str) -> String {
    let Some((algorithm, hex)) = digest.split_once(':') else {
        return format!("what follows the @ is no digest; expected sha256: and {DIGEST_DIGITS} hexadecimal digits");
    };
    if algorithm != "sha256" {
        format!(
            "its digest is none of sha256, and ECR has no other; expected sha256: and {DIGEST_DIGITS} hexadecimal digits"
        )
    } else if hex.len() != DIGEST_DIGITS {
        let length = hex.chars().count();
        format!("its digest has {length} hexadecimal digits after sha256:; expected {DIGEST_DIGITS}")
    } else if is_digest(&digest.to_ascii_lowercase()) {
        "its digest has capital letters; write it in lower case".to_owned()
    } else {
        format!("its digest is not hexadecimal; expected sha256: and {DIGEST_DIGITS} digits of 0-9 and a-f")
    }
}
