//! Words that stay readable although a value contains them: the parts of ARNs and of ECR's hosts that say where
//! something lies, regions, the names of permissions, and words of AWS and of the evaluators of which only a part
//! stands in a value (`authoriza·tion` beside a value `production`).

use crate::{region::is_region, registry};
use std::ops::Range;

/// Services as ARNs and permissions name them.
const SERVICES: [&str; 21] = [
    "cloudformation",
    "dynamodb",
    "ecr",
    "ecs",
    "elasticfilesystem",
    "events",
    "firehose",
    "fsx",
    "iam",
    "kms",
    "lambda",
    "logs",
    "rds",
    "s3",
    "scheduler",
    "secretsmanager",
    "servicediscovery",
    "sns",
    "sqs",
    "ssm",
    "sts",
];
/// Kinds of resources, as ARNs begin them.
const KINDS: [&str; 18] = [
    "alias/",
    "assumed-role/",
    "cluster/",
    "federated-user/",
    "file-system/",
    "function:",
    "key/",
    "log-group:",
    "parameter/",
    "repository/",
    "role/",
    "rule/",
    "schedule/",
    "secret:",
    "service/",
    "stack/",
    "task-definition/",
    "user/",
];
/// How the names of calls begin.
const VERBS: [&str; 20] = [
    "Assume",
    "Batch",
    "Create",
    "Decrypt",
    "Delete",
    "Deregister",
    "Describe",
    "Encrypt",
    "Execute",
    "Generate",
    "Get",
    "List",
    "Pass",
    "Pull",
    "Put",
    "Register",
    "Run",
    "Start",
    "Tag",
    "Update",
];
/// Words that errors are made of, in lower case.
const WORDS: &str = "accepted access account action actions allowed allows already argument arguments array arrays assertion \
    assumed attempt authorization authorized available based because binary boolean bounded boundary builtin call called \
    cannot character characters client command condition configuration conflict connection container containers \
    conversion could credentials default defined definition definitions delete denied describe digest directory document \
    duplicate element elements empty encryption endpoint entity error evaluation exception exceeded execute execution \
    exists expected explicit expression external failed failure family field fields format found function functions \
    given identifier identity image images implemented index infinite initialization initializtion input instance integer \
    internal invalid invocation json jsonnet limit list location manifest mismatch missing module must native network \
    number object objects operand operation operator option options organization output parameter parameters parse parsed \
    pass perform permission permissions policies policy position preparation recursion reference region \
    register registration registry repository request required resource resources response role roles runtime schema \
    secret secrets section security server service session should signature signing size source specified stack start \
    statement static status string structure subfield supported symbol syntax system tag task template tenant throttled \
    throttling timeout token trust type undefined unexpected unknown unsupported user validation value variable \
    version volume within yaml";

/// The ranges without the words that stay readable, and without remainders that say nothing.
pub fn without_known(text: &str, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    if ranges.is_empty() {
        return ranges;
    }
    let mut known = places(text);
    known.extend(words(text).filter(|word| {
        let is_whole = ranges.iter().any(|range| range.start <= word.start && word.end <= range.end);
        !is_whole && is_word(&text[word.clone()])
    }));
    known.sort_by_key(|known| known.start);
    ranges.into_iter().flat_map(|range| left_of(text, range, &known)).collect()
}

/// Whether crema's own words may contain it: an account or a region.
pub fn is_place(text: &str) -> bool {
    registry::is_account(text) || is_region(text)
}

fn left_of(text: &str, range: Range<usize>, known: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut left = vec![];
    let mut at = range.start;
    for known in known.iter().filter(|known| known.start < range.end && known.end > range.start) {
        left.push(at..known.start.clamp(at, range.end));
        at = at.max(known.end.min(range.end));
    }
    left.push(at..range.end);
    if left.len() == 1 {
        return left;
    }
    let is_edge = |c: char| matches!(c, '/' | ':' | '.');
    let trimmed = |left: Range<usize>| {
        let start = left.end - text[left.clone()].trim_start_matches(is_edge).len();
        start..start + text[start..left.end].trim_end_matches(is_edge).len()
    };
    let says = |left: &Range<usize>| text[left.clone()].chars().any(char::is_alphanumeric);
    left.into_iter().map(trimmed).filter(says).collect()
}

/// Regions, and parts of ARNs, hosts and permissions.
fn places(text: &str) -> Vec<Range<usize>> {
    let mut found = vec![];
    for word in split(text, |c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))) {
        let zone = text[word.clone()].strip_suffix(|c: char| c.is_ascii_lowercase());
        if is_region(&text[word.clone()]) || zone.is_some_and(is_region) {
            found.push(word);
        }
    }
    for word in split(text, |c| !(c.is_ascii_alphanumeric() || "-_:/.*".contains(c))) {
        let (start, word) = (word.start, &text[word]);
        for (at, _) in word.match_indices("arn:").filter(|(at, _)| !ends_in_letter(&word[..*at])) {
            found.push(start + at..start + at + of_arn(&word[at..]));
        }
        found.extend(of_permission(word).map(|length| start..start + length));
        found.extend(of_host(word).into_iter().map(|part| start + part.start..start + part.end));
    }
    found
}

fn ends_in_letter(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// The part of an ARN that says only where it lies: partition, service, region, account and the kind of resource.
fn of_arn(arn: &str) -> usize {
    let is_part = |i: usize, part: &str| match i {
        0 => part == "arn",
        1 => registry::is_partition(part),
        2 => SERVICES.contains(&part),
        3 => matches!(part, "" | "*") || is_region(part),
        _ => matches!(part, "" | "*") || registry::is_account(part),
    };
    let mut length = 0;
    for (i, part) in arn.splitn(6, ':').enumerate() {
        if i == 5 {
            return length + KINDS.iter().find(|kind| part.starts_with(**kind)).map_or(0, |kind| kind.len());
        }
        if !is_part(i, part) {
            break;
        }
        length = arn.len().min(length + part.len() + 1);
    }
    length
}

/// `iam:PassRole`.
fn of_permission(word: &str) -> Option<usize> {
    let (service, call) = word.split_once(':')?;
    let letters = call.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(call.len());
    let is_call = VERBS.iter().any(|verb| call.starts_with(verb));
    (is_call && SERVICES.contains(&service)).then(|| service.len() + 1 + letters)
}

/// The part of a private registry's host that says only where it lies.
fn of_host(word: &str) -> Vec<Range<usize>> {
    let host = &word[..word.find(['/', ':']).unwrap_or(word.len())];
    let Some(at) = [".dkr.ecr", ".dkr-ecr"].iter().find_map(|stack| host.find(stack)) else { return vec![] };
    let from = if registry::is_account(&host[..at]) { 0 } else { at };
    let Some((_, rest)) = registry::split(&host[at + 1..]) else { return vec![] };
    let region = host.len() - rest.len();
    let end = match registry::in_aws(rest) {
        Some((before, _)) if is_region(before) => region,
        Some((before, _)) => region + before.len(),
        None => host.len(),
    };
    vec![from..region, end..host.len()]
}

/// Words, and the words that names such as `ClientException` are made of.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    split(text, |c| !c.is_ascii_alphabetic()).flat_map(|word| {
        let (start, letters) = (word.start, text[word].as_bytes());
        let is_inner = |i: &usize| letters[*i].is_ascii_uppercase() && letters[i - 1].is_ascii_lowercase();
        let starts: Vec<usize> = std::iter::once(0).chain((1..letters.len()).filter(is_inner)).collect();
        let ends = starts[1..].iter().copied().chain([letters.len()]);
        starts.iter().zip(ends).map(|(from, to)| start + from..start + to).collect::<Vec<_>>()
    })
}

fn is_word(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    WORDS.split_ascii_whitespace().any(|known| known == word)
}

/// The pieces between separating characters.
fn split(text: &str, separates: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut ranges = vec![];
    let mut from = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| separates(*c)) {
        ranges.push(from..at);
        from = at + c.len_utf8();
    }
    ranges.push(from..text.len());
    ranges.into_iter().filter(|range| !range.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::{Secrets, Source, foreign};
    use serde_json::json;

    fn told(text: &str) -> String {
        let values = json!([
            "arn:aws:iam::123456789012:role/shop-task-role",
            "123456789012",
            "ap-northeast-1",
            "production",
            "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/quokka",
            "quokka7-zebrafinch"
        ]);
        let mut secrets = Secrets::default();
        secrets.keep(Source::of(vec![values]).into());
        secrets.told(&foreign(text).to_string())
    }

    #[test]
    fn where_something_lies_and_which_permission_is_missing_stay_to_be_read() {
        for (text, expected) in [
            (
                "ClientException: User: arn:aws:sts::123456789012:assumed-role/crema/crema is not authorized to perform: \
                 iam:PassRole on resource: arn:aws:iam::123456789012:role/shop-task-role because no identity-based policy \
                 allows the iam:PassRole action",
                "ClientException: User: arn:aws:sts::123456789012:assumed-role/crema/crema is not authorized to perform: \
                 iam:PassRole on resource: arn:aws:iam::123456789012:role/*** because no identity-based policy \
                 allows the iam:PassRole action",
            ),
            (
                "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/quokka:v1",
                "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/***:v1",
            ),
            (
                "123456789012.dkr.ecr.zebrafinch.amazonaws.com/web and zebrafinch.dkr.ecr.ap-northeast-1.amazonaws.com/web",
                "123456789012.dkr.ecr.***.amazonaws.com/web and ***.dkr.ecr.ap-northeast-1.amazonaws.com/web",
            ),
            ("in ap-northeast-1, zone ap-northeast-1a", "in ap-northeast-1, zone ap-northeast-1a"),
            (
                "a resource-based policy, an authorization, a definition",
                "a resource-based policy, an authorization, a definition",
            ),
        ] {
            assert_eq!(told(text), expected);
        }
    }

    #[test]
    fn what_only_looks_like_that_is_not_told() {
        for (text, expected) in [
            ("arn:aws:quokka7:zebrafinch:production:web", "arn:aws:***:***:***:web"),
            ("ecs:quokka7 and quokka7:PassRole", "ecs:*** and ***:PassRole"),
            ("production, a product, my-production-db", "***, a ***, my-***-db"),
            ("xzebrafinchy in quokka7-zebrafinch", "x***y in ***"),
            ("123456789012.dkr.ecr.quokka7", "123456789012.dkr.ecr.***"),
        ] {
            assert_eq!(told(text), expected);
        }
    }
}
