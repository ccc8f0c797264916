//! Tags of a revision: crema's own keys, and what ECS takes.

/// The fingerprint of the definition.
pub const FINGERPRINT: &str = "crema:fingerprint";
/// `CONFIG_URI` and app.
pub const SOURCE: &str = "crema:source";
/// Kind and id of the trigger.
pub const TRIGGER: &str = "crema:trigger";
/// The time of the trigger, RFC 3339 in UTC.
pub const REQUESTED_AT: &str = "crema:requested-at";
/// The time when crema registered the revision, RFC 3339 in UTC.
pub const REGISTERED_AT: &str = "crema:registered-at";

/// What `circuit_breaker` of crema's own file says: `off`, or the container that does the work. Only where it says anything.
pub const CIRCUIT_BREAKER: &str = "crema:circuit-breaker";
/// When a task of the revision ran well, RFC 3339 in UTC. Given later than the others, and no part of the fingerprint.
pub const PROVEN_AT: &str = "crema:proven-at";

/// A prefix that no user's tag may have.
pub const PREFIX: &str = "crema:";
/// Maximum tags of a user: ECS accepts 50, and five are crema's.
pub const MOST: usize = 45;
/// So many are kept free for what is given to a revision later: `crema:proven-at`, and what may come.
pub const KEPT_FREE: usize = 3;
/// Maximum characters of a tag's value that ECS accepts.
const LONGEST_VALUE: usize = 256;

/// The value as ECS accepts it in a tag: other characters become `_`, and it is cut to 256 characters.
pub fn sanitised(value: &str) -> String {
    value.chars().take(LONGEST_VALUE).map(|c| if is_surely_allowed(c) { c } else { '_' }).collect()
}

/// Whether ECS accepts the character in a tag, as far as the standard library can tell: letters, separators, numbers
/// and `_.:/=+-@` (`[\p{L}\p{Z}\p{N}_.:/=+\-@]*` in the service model). Some marks of Indic scripts are accepted here
/// and not by ECS.
pub fn is_allowed(c: char) -> bool {
    let is_separator = c.is_whitespace() && !c.is_control();
    c.is_alphanumeric() || is_separator || matches!(c, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
}

/// Whether a letter is in a block in which `char::is_alphabetic` and `\p{L}` agree.
fn is_surely_allowed(c: char) -> bool {
    let agreed = matches!(c,
        '\0'..='\u{344}' | '\u{370}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}' | '\u{3000}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffdc}' | '\u{20000}'..='\u{3ffff}');
    is_allowed(c) && (agreed || !c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_ecs_does_not_take_become_underscores() {
        assert_eq!(sanitised("s3://bucket/prefix/ team/batch+1=a@b"), "s3://bucket/prefix/ team/batch+1=a@b");
        assert_eq!(sanitised("a,b\t\"c\"\n{d}~é"), "a_b__c___d__é");
        assert_eq!(sanitised("夜間バッチ・ー"), "夜間バッチ_ー");
        // A vowel sign of Devanagari is alphabetic, but no letter.
        assert_eq!(sanitised("का"), "__");
        assert_eq!(sanitised("🍵"), "_");
    }

    #[test]
    fn a_long_value_is_cut_to_256_characters() {
        assert_eq!(sanitised(&"夜".repeat(300)).chars().count(), 256);
    }
}
