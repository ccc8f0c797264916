//! The table of texts: each row has a text that only it decides.

use super::{containers, shown, task};
use crate::breaker::{
    texts::{Lies, TEXTS, Text, find_in},
    verdict::verdict_by,
};
use Lies::{Elsewhere, InDefinition, Nowhere};
use crema_testing::tried;

/// As ECS and its agents write them, with what they mean: of each row the one that it is there for, in the table's order.
const EXAMPLES: [(&str, Lies); 57] = [
    ("Timeout waiting for network interface provisioning to complete.", Elsewhere),
    ("ContainerRuntimeTimedOut: could not transition to running; timed out after waiting 3m0s", Elsewhere),
    (
        "ResourceInitializationError: unable to pull secrets: AccessDenied caused by: context deadline exceeded",
        Elsewhere,
    ),
    (
        "ResourceInitializationError: unable to retrieve secrets from ssm: RequestCanceled: request context canceled caused by: AccessDenied",
        Elsewhere,
    ),
    (
        "CannotPullContainerError: Get https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/: net/http: request canceled while waiting, not found",
        Elsewhere,
    ),
    ("CannotStartContainerError: failed to initialize logging driver: RequestError: send request failed", Elsewhere),
    ("CannotPullContainerError: Could not reach any registry endpoint: not found", Elsewhere),
    ("CannotPullContainerError: dial tcp: lookup registry: no such host, manifest not found", Elsewhere),
    (
        "ResourceInitializationError: access denied or failed to resolve \"fs-0123.efs.eu-west-1.amazonaws.com\"",
        Elsewhere,
    ),
    ("CannotStartContainerError: dial tcp 10.0.0.1:443: connect: connection refused", Elsewhere),
    ("CannotStartContainerError: read tcp 10.0.0.1:443: connection reset by peer", Elsewhere),
    ("CannotPullContainerError: toomanyrequests: You have reached your pull rate limit. unauthorized", Elsewhere),
    ("CannotPullContainerError: 429 Too Many Requests; unauthorized", Elsewhere),
    ("CannotPullContainerError: Rate exceeded; manifest unknown", Elsewhere),
    ("ResourceInitializationError: ThrottlingException; not authorized", Elsewhere),
    ("CannotPullContainerError: received unexpected HTTP status: 500 Internal Server Error, not found", Elsewhere),
    ("CannotPullContainerError: received unexpected HTTP status: 503 Service Unavailable, not found", Elsewhere),
    ("CannotPullContainerError: received unexpected HTTP status: 502 Bad Gateway, not found", Elsewhere),
    ("CannotPullContainerError: API error (500): repository does not exist", Elsewhere),
    ("CannotCreateContainerError: mkdir: no space left on device", Elsewhere),
    ("Capacity is unavailable at this time. Please try again later or in a different availability zone", Elsewhere),
    ("Host EC2 (instance i-0123456789abcdef0) terminated.", Elsewhere),
    ("Your Spot Task was interrupted.", Elsewhere),
    ("CannotStopContainerError: failed sending SIGTERM to container", Elsewhere),
    ("CannotInspectContainerError: no such container", Elsewhere),
    ("InternalError: unable to allocate", Elsewhere),
    (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref shop@sha256:1: not found",
        InDefinition,
    ),
    ("CannotPullContainerError: manifest unknown: Requested image", InDefinition),
    ("CannotPullContainerError: Error response from daemon: repository does not exist", InDefinition),
    ("CannotPullContainerError: pull access denied for shop", InDefinition),
    ("CannotPullECRContainerError: AccessDeniedException", InDefinition),
    ("CannotPullContainerError: User is not authorized to perform: ecr:BatchGetImage", InDefinition),
    ("CannotPullContainerError: unexpected status code [manifests 6981141]: 403 Forbidden", InDefinition),
    ("CannotPullContainerError: unauthorized: authentication required", InDefinition),
    ("CannotPullContainerError: no basic auth credentials", InDefinition),
    ("CannotPullContainerError: no matching manifest for linux/arm64", InDefinition),
    (
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
        InDefinition,
    ),
    ("CannotPullContainerError: invalid reference format", InDefinition),
    ("CannotPullImageManifestError: failed to resolve ref", InDefinition),
    (
        "ResourceInitializationError: unable to retrieve secret from asm: ResourceNotFoundException: Secrets Manager can't find it",
        InDefinition,
    ),
    ("ResourceInitializationError: unable to retrieve secret from asm: AccessDeniedException", InDefinition),
    (
        "ResourceInitializationError: failed to invoke EFS utils commands: mount.nfs4: access denied by server",
        InDefinition,
    ),
    ("ResourceInitializationError: User is not authorized to perform: ssm:GetParameters", InDefinition),
    ("ResourceInitializationError: unable to pull secrets: invalid ssm parameters: /shop/db", InDefinition),
    (
        "ResourceInitializationError: retrieved secret from Secrets Manager did not contain json key password",
        InDefinition,
    ),
    (
        "ResourceInitializationError: failed to validate logger args: The specified log group does not exist.",
        InDefinition,
    ),
    ("Fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: /shop/db", InDefinition),
    ("Fetching secret data from AWS Secrets Manager in region eu-west-1: ResourceNotFoundException", InDefinition),
    ("Fetching secret data from AWS Secrets Manager in region eu-west-1: AccessDeniedException", InDefinition),
    ("CannotCreateContainerError: invalid mount config", InDefinition),
    ("CannotStartContainerError: exec: \"batch\": executable file not in $PATH", InDefinition),
    ("CannotCreateVolumeError: no such driver", InDefinition),
    ("OutOfMemoryError: Container killed due to memory usage", InDefinition),
    ("Task failed to start", Nowhere),
    ("Essential container in task exited", Nowhere),
    // What none of the rows knows.
    ("CannotPullContainerError: a new kind of trouble", Nowhere),
    ("SomethingNewError", Nowhere),
];

/// What the table makes of an example, as a verdict.
fn verdict_of(table: &[Text], text: &str) -> String {
    let shown = shown(&verdict_by(table, &task("TaskFailedToStart", text, vec![]), &containers()));
    shown.split(':').next().unwrap_or_default().to_owned()
}

/// The examples of which this table makes something else than they mean.
fn wrong(table: &[Text]) -> usize {
    let known = EXAMPLES.iter().take(TEXTS.len());
    let unknown = EXAMPLES.iter().skip(TEXTS.len());
    let expected = known.map(|(text, lies)| (*text, if *lies == InDefinition { "bad" } else { "neutral" }));
    expected
        .chain(unknown.map(|(text, _)| (*text, "unknown")))
        .filter(|(text, is)| verdict_of(table, text) != *is)
        .count()
}

#[test]
fn each_row_decides_a_text_of_its_own() {
    assert_eq!(TEXTS.len() + 2, EXAMPLES.len());
    for (row, (text, lies)) in TEXTS.iter().zip(EXAMPLES) {
        let found = find_in(TEXTS, text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((found.says, found.lies), (row.says, lies), "{text}");
    }
    assert_eq!(wrong(TEXTS), 0);
}

/// Every row left out, turned round, and each of its words made another: some example then means something else.
#[test]
fn each_row_of_the_table_of_texts_that_is_changed_is_noticed() {
    let mut mutations = 0;
    let mut notice = |table: Vec<Text>, what: &str| {
        mutations += 1;
        assert!(wrong(&table) > 0, "{what}");
    };
    for (i, row) in TEXTS.iter().enumerate() {
        let with = |changed: Option<Text>| {
            let mut table = TEXTS.to_vec();
            table.splice(i..=i, changed);
            table
        };
        notice(with(None), &format!("{:?} left out", row.says));
        let other = if row.lies == InDefinition { Elsewhere } else { InDefinition };
        notice(with(Some(Text { lies: other, ..*row })), &format!("{:?} turned round", row.says));
        notice(with(Some(Text { says: &["\0"], ..*row })), &format!("{:?} never fits", row.says));
        notice(with(Some(Text { says: &[], lies: other, ..*row })), &format!("{:?} always fits", row.says));
    }
    tried(mutations, "mutations of the table of texts");
}

#[test]
fn each_row_says_what_is_wrong_and_who_says_so() {
    for row in TEXTS {
        assert!(!row.what.is_empty() && !row.source.is_empty(), "{:?}", row.says);
        assert!(row.says.iter().all(|words| *words == words.to_lowercase()), "{:?}", row.says);
    }
}
