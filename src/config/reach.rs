//! `FAMILY_ARNS`: the families that a rollback may touch. IAM limits their registration by the same patterns;
//! deregistering has no resource-level permissions, so crema has to enforce the limit itself.

use crate::error::{Error, ErrorKind, Result};

/// The account of some emulators; no account of AWS has this id.
pub const EMULATED_ACCOUNT: &str = "000000000000";

const EXPECTED: &str = "expected ARNs of task definitions, joined by commas, with `*` and `?` as in IAM: \
                        `arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-*:*`";

/// Patterns of the ARNs of task definitions. No pattern means any family.
#[derive(Clone, Debug, Default)]
pub struct FamilyArns {
    text: String,
    patterns: Vec<String>,
}

impl FamilyArns {
    /// Reads the setting.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if a part of it cannot match the ARN of any task definition.
    pub fn parse(value: Option<&str>) -> Result<FamilyArns> {
        let Some(value) = value else { return Ok(FamilyArns::default()) };
        let patterns: Vec<String> =
            value.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()).map(str::to_owned).collect();
        if patterns.is_empty() && value.contains(',') {
            return Err(Error::new(
                ErrorKind::ConfigError,
                format!("FAMILY_ARNS is {value:?}: it names nothing; {EXPECTED}"),
            ));
        }
        if let Some(odd) = patterns.iter().find(|pattern| !may_match(pattern)) {
            return Err(Error::new(
                ErrorKind::ConfigError,
                format!("FAMILY_ARNS names {odd:?}, which is no such ARN; {EXPECTED}"),
            ));
        }
        Ok(FamilyArns { text: patterns.join(", "), patterns })
    }

    /// The setting as it was given, for a message.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the family of this revision is among them. `arn` is the ARN of the revision.
    pub fn have(&self, arn: &str) -> bool {
        if self.patterns.is_empty() {
            return true;
        }
        let Some((family, _)) = arn.rsplit_once(':') else { return false };
        let is_emulated = arn.split(':').nth(4) == Some(EMULATED_ACCOUNT);
        // As IAM sees the family when one registers: with any revision. ECS itself names it without one, too.
        let names = [family.to_owned(), format!("{family}:*")];
        self.patterns.iter().any(|pattern| {
            let pattern = if is_emulated { of_any_account(pattern) } else { pattern.clone() };
            names.iter().any(|name| matches(pattern.as_bytes(), name.as_bytes()))
        })
    }
}

/// Whether a pattern could match the ARN of a task definition: it begins like one, and contains the resource or a `*`
/// that may stand for it.
fn may_match(pattern: &str) -> bool {
    (pattern.starts_with("arn:") || pattern.starts_with('*'))
        && (pattern.contains(":task-definition/") || pattern.contains('*'))
}

/// The pattern with its account replaced by `*`.
fn of_any_account(pattern: &str) -> String {
    let mut parts: Vec<&str> = pattern.splitn(6, ':').collect();
    if let [_, _, _, _, account, _] = parts.as_mut_slice() {
        *account = "*";
    }
    parts.join(":")
}

/// Matches as IAM does: `*` is any text, colons included, and `?` is one character; case matters.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and how much of the text it takes.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pattern.get(p), star) {
            (Some(b'*'), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(c), _) if *c == b'?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            (_, Some((at, taken))) => {
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
            (_, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-batch:41";

    fn have(patterns: &str, arn: &str) -> bool {
        FamilyArns::parse(Some(patterns)).unwrap().have(arn)
    }

    #[test]
    fn a_family_is_within_by_each_way_in_which_iam_would_say_so() {
        for pattern in [
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-batch:*",
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-batch",
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-*:*",
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-*",
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop?batch:*",
            "arn:aws:ecs:ap-northeast-?:123456789012:task-definition/*-ba*ch:*",
            "arn:aws:ecs:*:123456789012:task-definition/shop-batch:*",
            "arn:*:ecs:*:*:task-definition/shop-batch:*",
            "arn:aws:ecs:*:*:*",
            "arn:aws:ecs:*",
            "*",
            "arn:aws:ecs:*:*:task-definition/other:*,arn:aws:ecs:*:*:task-definition/shop-batch:*",
            " arn:aws:ecs:*:*:task-definition/other:* , arn:aws:ecs:*:*:task-definition/shop-batch:* ,",
        ] {
            assert!(have(pattern, ARN), "{pattern}");
        }
    }

    #[test]
    fn a_family_is_outside_by_its_name_region_account_and_partition() {
        for pattern in [
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop:*",
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-batch-2:*",
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-batc?h:*",
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/SHOP-batch:*",
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/hop-batch:*",
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/?:*",
            "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-batch:*",
            "arn:aws:ecs:ap-northeast-1:210987654321:task-definition/shop-batch:*",
            "arn:aws-cn:ecs:ap-northeast-1:123456789012:task-definition/shop-batch:*",
            // Nor by one revision, by which IAM would let none be registered.
            "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-batch:41",
            "arn:aws:ecs:ap-northeast-1:123456789012:cluster/*",
        ] {
            assert!(!have(pattern, ARN), "{pattern}");
        }
    }

    #[test]
    fn nothing_said_is_any_family() {
        assert!(FamilyArns::parse(None).unwrap().have(ARN));
        for nothing in ["", " "] {
            assert!(have(nothing, ARN));
        }
    }

    #[test]
    fn what_can_be_no_familys_arn_is_said_at_once() {
        for odd in [",", " , ", "shop-batch", "task-definition/shop-*:*", "arn:aws:ecs:eu-west-1:123456789012:x", "?"] {
            let error = FamilyArns::parse(Some(odd)).expect_err(odd).to_string();
            assert!(error.contains("FAMILY_ARNS") && error.contains("task-definition/shop-*:*"), "{odd}: {error}");
        }
    }

    #[test]
    fn an_emulators_account_is_any() {
        let arn = ARN.replace("123456789012", EMULATED_ACCOUNT);
        assert!(have("arn:aws:ecs:*:123456789012:task-definition/shop-*:*", &arn));
        assert!(!have("arn:aws:ecs:*:123456789012:task-definition/other-*:*", &arn));
    }

    #[test]
    fn many_stars_end_soon() {
        let pattern = format!("arn:*{}b", "a*".repeat(200));
        assert!(!have(&pattern, &format!("arn:{}:1", "a".repeat(5_000))));
    }
}
