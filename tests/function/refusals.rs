//! What AWS refuses for good, and what it only puts off.

use crate::support::{
    Fault, When, World,
    world::{assert_failure, decision, failure, outcome},
};
use serde_json::json;

fn refused(code: &'static str, message: &'static str) -> Fault {
    Fault::Refused { status: 400, code, message }
}

#[tokio::test]
async fn too_many_registrations_of_a_family_at_once_are_ridden_out() {
    let w = World::released(1).await;
    let busy = "Too many concurrent attempts to create a new revision of the specified family.";
    w.aws.break_calls("RegisterTaskDefinition", When::First(2), refused("ClientException", busy));
    let answer = w.push("batch", "release", "v2").await.unwrap();
    assert_eq!((decision(&answer), &outcome(&answer)["revision"]), ("registered", &json!(2)), "{answer:#}");
}

#[tokio::test]
async fn a_refusal_without_a_code_says_what_there_is() {
    for (message, says) in [("", "was refused: HTTP status 400"), ("Not so.", "was refused: Not so.")] {
        let w = World::released(1).await;
        w.aws.break_calls("RegisterTaskDefinition", When::Every, refused("", message));
        let failure = failure(w.push("batch", "release", "v2").await);
        assert!(failure.error_message.ends_with(says), "{failure:?}");
    }
    let w = World::released(1).await;
    w.aws.break_calls("RegisterTaskDefinition", When::Every, refused("ClientException", ""));
    let done = w.push("batch", "release", "v2").await;
    assert_failure(done, "InvalidDefinition", &["was refused: ClientException"]);
}
