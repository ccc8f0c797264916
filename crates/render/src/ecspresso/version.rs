//! `required_version`: constraints on the version of ecspresso, in the form of HashiCorp's go-version, with which
//! ecspresso reads them: `>= 2.0, < 3`, `~> 2.3`, `!= 2.5.0`.

use std::cmp::Ordering;

/// The version of ecspresso that crema is compatible with.
pub const COMPATIBLE: &str = "2.8";
const MAJOR: i64 = 2;
const MINOR: i64 = 8;

/// As go-version reads a version.
struct Version {
    /// At least three numbers; missing ones are zero.
    segments: Vec<i64>,
    /// How many numbers were written.
    written: usize,
    is_prerelease: bool,
}

struct Constraint {
    operator: &'static str,
    version: Version,
}

/// Whether these constraints exclude what crema is compatible with: they fit no release of it, or exclude its first
/// one. `None` if they cannot be read.
pub fn excludes(constraints: &str) -> Option<bool> {
    let constraints: Vec<Constraint> = constraints.split(',').map(Constraint::read).collect::<Option<_>>()?;
    let is_unwanted = |c: &Constraint| c.operator == "!=" && c.version.order(&release(0)) == Ordering::Equal;
    // What is allowed changes only at releases that are named.
    let named = constraints.iter().filter_map(|c| c.version.segments.get(2).copied());
    let patches = named.flat_map(|patch| [patch.saturating_sub(1).max(0), patch, patch.saturating_add(1)]).chain([0]);
    let mut releases = patches.map(release);
    let fits = releases.any(|release| constraints.iter().all(|constraint| constraint.takes(&release)));
    Some(!fits || constraints.iter().any(is_unwanted))
}

fn release(patch: i64) -> Version {
    Version { segments: vec![MAJOR, MINOR, patch], written: 3, is_prerelease: false }
}

impl Constraint {
    fn read(text: &str) -> Option<Constraint> {
        let text = text.trim_matches([' ', '\t', '\n', '\r', '\x0c']);
        let operators = ["!=", ">=", "<=", "~>", "=", ">", "<", ""];
        let operator = operators.into_iter().find(|operator| text.starts_with(operator))?;
        let version = Version::read(text[operator.len()..].trim_start())?;
        Some(Constraint { operator, version })
    }

    /// Whether the constraint allows a release (no pre-release).
    fn takes(&self, release: &Version) -> bool {
        let order = release.order(&self.version);
        match self.operator {
            "!=" => order != Ordering::Equal,
            ">=" => order != Ordering::Less,
            "<=" => order != Ordering::Greater,
            ">" => order == Ordering::Greater,
            "<" => order == Ordering::Less,
            "~>" => !self.version.is_prerelease && order != Ordering::Less && self.has_its_beginning(release),
            _ => order == Ordering::Equal,
        }
    }

    /// What `~>` asks besides: all written numbers but the last are equal, the last is not higher than the release's,
    /// and the constraint has no more numbers than the release.
    fn has_its_beginning(&self, release: &Version) -> bool {
        let Version { segments, written, .. } = &self.version;
        let last = segments.len() - 1;
        segments.len() <= release.segments.len()
            && segments.iter().zip(&release.segments).take(written - 1).all(|(a, b)| a == b)
            && segments[last] <= release.segments[last]
    }
}

impl Version {
    /// `v2`, `2.8`, `2.8.1-rc.1+build`.
    fn read(text: &str) -> Option<Version> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, metadata) = text.split_once('+').map_or((text, None), |(text, metadata)| (text, Some(metadata)));
        let is_identifier =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-~".contains(c));
        let is_identifiers = |text: &str| text.split('.').all(is_identifier);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (numbers, prerelease) = text.split_at(end);
        // `2.8-1` and `2.8beta`, but not `2.8.beta`.
        let is_read = prerelease.is_empty() || is_identifiers(prerelease.strip_prefix('-').unwrap_or(prerelease));
        if !is_read || !metadata.is_none_or(is_identifiers) {
            return None;
        }
        let mut segments: Vec<i64> = numbers.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let written = segments.len();
        segments.resize(written.max(3), 0);
        Some(Version { segments, written, is_prerelease: !prerelease.is_empty() })
    }

    /// The order of a release and any version: a pre-release comes before its release.
    fn order(&self, other: &Version) -> Ordering {
        let longest = self.segments.len().max(other.segments.len());
        let segment = |version: &Version, i: usize| version.segments.get(i).copied().unwrap_or(0);
        let numbers = (0..longest).map(|i| segment(self, i).cmp(&segment(other, i))).find(|order| order.is_ne());
        numbers.unwrap_or(if other.is_prerelease { Ordering::Greater } else { Ordering::Equal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_that_take_a_release_of_what_crema_is_compatible_with_are_silent() {
        for constraints in [
            "2.8",
            "2.8.0",
            "= 2.8",
            "=2.8.3",
            "v2.8",
            ">= 2",
            ">=2.0.0",
            ">= 2.0, < 3",
            ">= 2.0,<3.0.0",
            "~> 2",
            "~> 2.3",
            "~> 2.3.0, >= 2.3, ~> 2.3, != 2.7",
            "~> 2.8.0",
            "~>2.8.5",
            ">= 2.8.17",
            "> 2.8",
            "<= 2.8",
            "< 2.8.1",
            "!= 2.7",
            "!= 2.8.4",
            "> 1.0",
            "~> 1",
            ">= 2.8.0-beta.1",
            "<= 2.9-rc1",
            "\t>= 2.0 , < 3 \n",
            ">= 2.0.0+build.1",
            "2.8.0.0",
        ] {
            let expected = constraints.starts_with("~> 2.3.0");
            assert_eq!(excludes(constraints), Some(expected), "{constraints:?}");
        }
    }

    #[test]
    fn constraints_that_leave_it_out_are_told() {
        for constraints in [
            "2.7",
            "= 2.8.0-rc1",
            "< 2.8",
            "< 2",
            ">= 2.9",
            ">= 3",
            "> 2.9",
            "<= 2.7.9",
            "~> 2.7.0",
            "~> 2.9",
            "~> 3.0",
            "~> 1.7",
            "!= 2.8",
            "!= 2.8.0",
            ">= 2.0, != 2.8.0",
            ">= 2.0, < 2.8",
            "> 2.8, < 2.8.1",
            "~> 2.8.0-rc1",
            "~> 2.8.0.1",
            "2.8.1.5",
            "1.99.9223372036854775807",
        ] {
            assert_eq!(excludes(constraints), Some(true), "{constraints:?}");
        }
    }

    #[test]
    fn what_is_no_constraint_is_none() {
        for text in [
            "",
            " ",
            ",",
            ">= 2.0,",
            "latest",
            ">= 2.x",
            "2.*",
            "^2.8",
            "~2.8",
            "=> 2.8",
            ">= 2 < 3",
            "== 2.8",
            "2.8.",
            ".8",
            "2..8",
            ">",
            "2.8-",
            "2.8+",
            "2.8 .1",
            "2.8.beta",
            "99999999999999999999",
            "2.8-rc..1",
            "> = 2",
            "≥ 2",
        ] {
            assert_eq!(excludes(text), None, "{text:?}");
        }
    }
}
