//! The parts of an image reference behind its registry, and what each may look like.

/// Maximum length of a tag, in characters.
pub const LONGEST_TAG: usize = 128;
/// Maximum length of a repository's name, in characters.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html>
pub const LONGEST_REPOSITORY: usize = 256;
/// The hexadecimal digits of a SHA-256.
pub const DIGEST_DIGITS: usize = 64;

/// What follows the registry in a reference, separated by `:` and `@`.
pub struct Parts<'a> {
    pub repository: &'a str,
    pub tag: Option<&'a str>,
    pub digest: Option<&'a str>,
}

impl Parts<'_> {
    pub fn of(rest: &str) -> Parts<'_> {
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (rest, None),
        };
        let (repository, tag) = match name.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (name, None),
        };
        Parts { repository, tag, digest }
    }
}

/// Whether a text is a digest as ECR gives them: `sha256:` and 64 hexadecimal digits in lower case.
pub fn is_digest(digest: &str) -> bool {
    let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    digest.strip_prefix("sha256:").is_some_and(|hex| hex.len() == DIGEST_DIGITS && hex.bytes().all(is_hex))
}

/// Whether ECR takes a text as a repository's name.
pub fn is_repository(name: &str) -> bool {
    let is_part = |part: &str| {
        let inside = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        !part.is_empty() && part.bytes().all(inside) && !part.starts_with(['.', '_', '-'])
    };
    name.len() <= LONGEST_REPOSITORY && name.split('/').all(is_part)
}

/// Whether ECR takes a text as a tag.
pub fn is_tag(tag: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=LONGEST_TAG).contains(&tag.len()) && tag.bytes().all(inside) && !tag.starts_with(['.', '-'])
}
