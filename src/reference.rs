//! How families and their revisions are named.

use crema_base::region;
use std::fmt;

/// Maximum characters of the name of a family.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html>
const LONGEST_FAMILY: usize = 255;

/// A family, in the one region that it is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyKey {
    pub region: String,
    pub family: String,
}

impl FamilyKey {
    pub fn new(region: impl Into<String>, family: impl Into<String>) -> FamilyKey {
        FamilyKey { region: region.into(), family: family.into() }
    }

    /// `family:revision`, as ECS accepts it.
    pub fn at(&self, revision: u32) -> String {
        format!("{}:{revision}", self.family)
    }
}

/// What a text that somebody else wrote names: a family, `family:revision`, or
/// `arn:aws:ecs:region:account:task-definition/` and either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskDefinitionRef {
    /// Region and account; only an ARN has them.
    pub place: Option<ArnPlace>,
    pub family: String,
    /// The revision; without one, the latest ACTIVE revision is meant.
    pub revision: Option<u32>,
}

/// Where an ARN says that a family is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArnPlace {
    pub region: String,
    pub account: String,
}

/// Why a text is no reference to a task definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// It has none of the three forms, the family's name is invalid, or the revision is not a positive number.
    Form,
    /// Its region is invalid; the text says why.
    Region { region: String, why: String },
}

impl TaskDefinitionRef {
    /// # Errors
    /// If the text has none of these forms.
    pub fn parse(text: &str) -> Result<TaskDefinitionRef, Malformed> {
        let (place, rest) = match text.strip_prefix("arn:") {
            None => (None, text),
            Some(arn) => {
                let parts: Vec<&str> = arn.splitn(5, ':').collect();
                let [_, "ecs", region, account, resource] = parts[..] else { return Err(Malformed::Form) };
                region::check(region).map_err(|why| Malformed::Region { region: region.to_owned(), why })?;
                let place = ArnPlace { region: region.to_owned(), account: account.to_owned() };
                (Some(place), resource.strip_prefix("task-definition/").ok_or(Malformed::Form)?)
            }
        };
        let (family, revision) = match rest.split_once(':') {
            None => (rest, None),
            Some((family, number)) => (family, Some(number.parse().ok().and_then(positive).ok_or(Malformed::Form)?)),
        };
        if !is_family(family) {
            return Err(Malformed::Form);
        }
        Ok(TaskDefinitionRef { place, family: family.to_owned(), revision })
    }
}

impl fmt::Display for FamilyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.family, self.region)
    }
}

/// A revision number as ECS counts: from 1, a 32-bit integer.
pub fn positive(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|n| (1..=i32::MAX.cast_unsigned()).contains(n))
}

/// Whether this may be the name of a family.
pub fn is_family(name: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (1..=LONGEST_FAMILY).contains(&name.len()) && name.bytes().all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_definition_is_named_by_arn_or_family_with_and_without_its_revision() {
        let arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/batch";
        let place = || Some(ArnPlace { region: "eu-west-1".into(), account: "123456789012".into() });
        let named = |place, revision| Ok(TaskDefinitionRef { place, family: "batch".into(), revision });
        assert_eq!(TaskDefinitionRef::parse(arn), named(place(), None));
        assert_eq!(TaskDefinitionRef::parse(&format!("{arn}:41")), named(place(), Some(41)));
        assert_eq!(TaskDefinitionRef::parse("batch"), named(None, None));
        assert_eq!(TaskDefinitionRef::parse("batch:41"), named(None, Some(41)));
    }

    #[test]
    fn what_names_no_task_definition_is_malformed() {
        for text in [
            "",
            "batch:",
            "batch:latest",
            "batch:0",
            "batch:2147483648",
            "batch:-1",
            "batch:1:2",
            "a batch",
            &"b".repeat(256),
            "arn:aws:ecs:eu-west-1:123456789012:cluster/batch",
            "arn:aws:sqs:eu-west-1:123456789012:task-definition/batch",
            "arn:aws:ecs:eu-west-1:123456789012",
        ] {
            assert_eq!(TaskDefinitionRef::parse(text), Err(Malformed::Form), "{text}");
        }
        let zone = TaskDefinitionRef::parse("arn:aws:ecs:eu-west-1a:123456789012:task-definition/batch");
        assert!(
            matches!(zone, Err(Malformed::Region { region, why }) if region == "eu-west-1a" && why.contains("eu-west-1"))
        );
    }
}
