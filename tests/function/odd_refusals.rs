//! Refusals that say nothing of what was asked: of credentials, clocks, quotas, of a malformed request. None of them is an
//! answer: no read takes one for "there is none", and no change for a fault of the definition.

use crema_testing::{
    Fault, When, World, side_by_side, tried,
    world::{assert_failure, decision, failure, image, outcome, words},
};
use serde_json::{Value, json};
use time::Duration;

/// Status, code and words, as AWS has them.
const ODD: [(u16, &str, &str); 12] = [
    (400, "UnrecognizedClientException", "The security token included in the request is invalid."),
    (403, "ExpiredTokenException", "The security token included in the request is expired"),
    (400, "InvalidSignatureException", "Signature expired: 20261128T010000Z is now earlier than 20261128T011500Z"),
    (400, "RequestExpired", "Request has expired."),
    (400, "IncompleteSignature", "Authorization header requires 'Signature' parameter."),
    (403, "MissingAuthenticationToken", "Missing Authentication Token"),
    (400, "ValidationException", "1 validation error detected"),
    (400, "InvalidParameterException", "The specified parameter is invalid."),
    (400, "LimitExceededException", "The limit for the resource was exceeded."),
    (400, "ClientException", "An error occurred on your side."),
    (403, "OptInRequired", "The AWS Access Key Id needs a subscription for the service"),
    (404, "", ""),
];

/// Those that say nothing of a definition or a revision.
fn not_about_it() -> impl Iterator<Item = (u16, &'static str, &'static str)> {
    let about = ["ValidationException", "InvalidParameterException", "ClientException"];
    ODD.into_iter().filter(move |(_, code, _)| !about.contains(code))
}

fn refused((status, code, message): (u16, &'static str, &'static str)) -> Fault {
    Fault::Refused { status, code, message }
}

const READS: [&str; 2] = ["DescribeTaskDefinition", "ListTaskDefinitions"];

/// What was taken back, and a function that has read nothing yet.
async fn on_hold() -> World {
    let mut w = World::released(2).await;
    assert_eq!(decision(&w.rollback("batch", json!({})).await.unwrap()), "rolled_back");
    w.function.restart().await;
    w.aws.forget_calls();
    w
}

/// Each operation's calls of an event, counted without a fault.
async fn positions(payload: impl Fn(&World) -> Value, decided: &str) -> Vec<(&'static str, usize)> {
    let w = on_hold().await;
    assert_eq!(decision(&w.invoke(payload(&w)).await.unwrap()), decided);
    let of = |operation: &'static str| (1..=w.aws.calls_of(operation).len()).map(move |n| (operation, n));
    READS.into_iter().flat_map(of).collect()
}

/// At each position each refusal ends the event in an error and changes nothing; the retry of the event decides as ever.
async fn no_read_is_taken_for_an_answer(payload: impl Fn(&World) -> Value, decided: &str) -> usize {
    let mut runs = vec![];
    for position in positions(&payload, decided).await {
        // A quota the SDK takes for throttling, and asks again.
        let odd = ODD.iter().filter(|(_, code, _)| *code != "LimitExceededException");
        runs.extend(odd.map(move |odd| (position, *odd)));
    }
    assert!(runs.len() > 3 * ODD.len(), "{}", runs.len());
    let runs = runs.into_iter().map(|((operation, position), odd)| {
        let payload = &payload;
        async move {
            let about = format!("{operation} {position} {odd:?}");
            let w = on_hold().await;
            let event = payload(&w);
            w.aws.break_calls(operation, When::Nth(position), refused(odd));
            let failure = match w.invoke(event.clone()).await {
                Err(failure) => failure,
                Ok(answer) => panic!("{about}: {answer:#}"),
            };
            assert_eq!(failure.error_type, "AwsError", "{about}: {failure:?}");
            assert!(failure.error_message.contains(&format!("ecs:{operation}")), "{about}: {failure:?}");
            assert!(failure.error_message.contains(odd.2), "{about}: {failure:?}");
            assert!(w.aws.changes().is_empty(), "{about}: {:?}", w.aws.changes());
            let answer = w.invoke(event).await.unwrap_or_else(|e| panic!("{about}: {e:?}"));
            assert_eq!(decision(&answer), decided, "{about}: {answer:#}");
            assert_eq!(w.aws.active("batch"), [1], "{about}");
        }
    });
    side_by_side(runs).await
}

#[tokio::test]
async fn an_odd_refusal_of_any_read_ends_no_hold() {
    let pushed = no_read_is_taken_for_an_answer(|w| w.push_event("batch", "release"), "held").await;
    let swept = no_read_is_taken_for_an_answer(|_| json!({"action": "sweep"}), "held").await;
    tried(pushed + swept, "reads of a family on hold that are refused oddly");
}

#[tokio::test]
async fn an_odd_refusal_of_any_read_does_not_take_back_two() {
    // A second delivery of what was done a moment ago.
    let again = |w: &World| json!({"action": "rollback", "family": "batch", "time": w.at(-Duration::MINUTE)});
    let count = no_read_is_taken_for_an_answer(again, "already_rolled_back").await;
    tried(count, "reads of a rollback delivered twice that are refused oddly");
}

#[tokio::test]
async fn what_does_not_exist_is_not_there_in_each_of_its_words() {
    for words in [
        "Unable to describe task definition.",
        "Unable to describe task definition: batch:2",
        "The specified task definition does not exist. Specify a valid account, family, revision and try again.",
        "TaskDefinition not found.",
    ] {
        let w = on_hold().await;
        w.aws.break_calls_about(
            "DescribeTaskDefinition",
            "batch:2",
            When::Every,
            refused((400, "ClientException", words)),
        );
        // The hold is lost with the revision, and nothing else.
        let answer = w.invoke(w.push_event("batch", "release")).await.unwrap();
        assert_eq!(decision(&answer), "registered", "{words}: {answer:#}");
    }
}

#[tokio::test]
async fn registering_that_is_refused_for_credentials_clock_or_quota_is_no_fault_of_the_definition() {
    let count = side_by_side(not_about_it().map(|odd| async move {
        let w = World::released(1).await;
        w.aws.break_calls("RegisterTaskDefinition", When::Every, refused(odd));
        let failure = failure(w.push("batch", "release", "v2").await);
        assert_eq!(failure.error_type, "AwsError", "{odd:?}: {failure:?}");
        assert!(failure.error_message.contains("ecs:RegisterTaskDefinition"), "{odd:?}: {failure:?}");
        // Nothing happened, and it is not tried again until the event is.
        assert_eq!(w.aws.calls_of("RegisterTaskDefinition").len(), 1, "{odd:?}");
        w.aws.mend();
        assert_eq!(decision(&w.invoke(w.push_event("batch", "release")).await.unwrap()), "registered", "{odd:?}");
        assert_eq!(w.aws.active("batch"), [1, 2], "{odd:?}");
    }))
    .await;
    tried(count, "ways in which RegisterTaskDefinition is refused oddly");
    for code in ["ClientException", "InvalidParameterException", "ValidationException", "SerializationException"] {
        let w = World::released(1).await;
        w.aws.break_calls("RegisterTaskDefinition", When::Every, refused((400, code, "Fargate requires more memory.")));
        assert_failure(w.push("batch", "release", "v2").await, "InvalidDefinition", &["more memory"]);
    }
}

#[tokio::test]
async fn deregistering_that_is_refused_oddly_says_so_and_is_done_by_the_retry() {
    let count = side_by_side(ODD.into_iter().map(|odd| async move {
        let w = World::released(3).await;
        w.aws.break_calls("DeregisterTaskDefinition", When::Nth(1), refused(odd));
        let failure = failure(w.rollback("batch", json!({})).await);
        assert_eq!(failure.error_type, "AwsError", "{odd:?}: {failure:?}");
        assert!(failure.error_message.contains("ecs:DeregisterTaskDefinition"), "{odd:?}: {failure:?}");
        assert_eq!(w.aws.active("batch"), [1, 2, 3], "{odd:?}");
        assert_eq!(decision(&w.rollback("batch", json!({})).await.unwrap()), "rolled_back", "{odd:?}");
        assert_eq!(w.aws.active("batch"), [1, 2], "{odd:?}");
    }))
    .await;
    tried(count, "ways in which DeregisterTaskDefinition is refused oddly");
}

#[tokio::test]
async fn credentials_clock_and_quota_are_told_as_such() {
    for (odd, says) in
        [(ODD[0], "credentials"), (ODD[1], "credentials"), (ODD[2], "clock"), (ODD[3], "clock"), (ODD[8], "quota")]
    {
        let w = World::released(1).await;
        w.aws.break_calls("RegisterTaskDefinition", When::Every, refused(odd));
        let failure = failure(w.push("batch", "release", "v2").await);
        assert!(failure.error_message.contains(says), "{odd:?}: {failure:?}");
        assert!(!failure.error_message.contains("role needs"), "{odd:?}: {failure:?}");
    }
}

#[tokio::test]
async fn an_odd_refusal_of_ecr_is_no_missing_image() {
    let count = side_by_side(ODD.into_iter().map(|odd| async move {
        let w = World::released(2).await;
        w.aws.push_image("batch", "release", "v3");
        w.aws.break_calls("BatchGetImage", When::Every, refused(odd));
        assert_failure(w.invoke(w.push_event("batch", "release")).await, "AwsError", &["ecr:BatchGetImage", odd.2]);
        // Nor is the one to go back to gone: a rollback goes on, and tells.
        let answer = w.rollback("batch", json!({})).await.unwrap_or_else(|e| panic!("{odd:?}: {e:?}"));
        assert_eq!(decision(&answer), "rolled_back", "{odd:?}: {answer:#}");
        assert!(words(&answer["warnings"]).contains("is not known"), "{odd:?}: {answer:#}");
    }))
    .await;
    tried(count, "ways in which BatchGetImage is refused oddly");
}

/// Of some images ECR says that it cannot tell, in an answer that is a success.
#[tokio::test]
async fn an_image_that_ecr_cannot_tell_of_is_not_gone() {
    for code in ["KmsError", "UpstreamUnavailable", "UpstreamAccessDenied", "ImageInaccessible"] {
        let w = World::released(2).await;
        w.aws.fail_images(code);
        assert_failure(w.push("batch", "release", "v3").await, "AwsError", &["ecr:BatchGetImage", code, "\"release\""]);
        let answer = w.rollback("batch", json!({})).await.unwrap();
        assert_eq!(decision(&answer), "rolled_back", "{code}: {answer:#}");
        assert!(words(&answer["warnings"]).contains(code), "{code}: {answer:#}");
    }
}

#[tokio::test]
async fn an_odd_refusal_of_a_lookup_is_no_missing_value() {
    const LOOKUPS: [(&str, &str); 5] = [
        ("GetParameter", "std.native('ssm')('/p')"),
        ("DescribeSecret", "std.native('secretsmanager_arn')('s')"),
        ("DescribeStacks", "std.native('cfn_output')('stack', 'Key')"),
        ("ListExports", "std.native('cfn_export')('e')"),
        ("GetObject", "std.native('tfstate')('output.x')"),
    ];
    let plugins = "plugins:\n  - name: cloudformation\n  - name: tfstate\n    config: {url: s3://states/a}\n";
    // A stack that does not exist is a `ValidationError`, which says so.
    let stack = (400, "ClientException", "The caller's account does not exist");
    let odd = ODD.into_iter().chain([stack]);
    let runs = LOOKUPS.into_iter().flat_map(|lookup| odd.clone().map(move |odd| (lookup, odd)));
    let count = side_by_side(runs.map(|((operation, call), odd)| async move {
        let w = World::empty(&[]).await;
        let image = image("a:release");
        w.aws.push_image("a", "release", "v1");
        w.jsonnet_app(
            "a",
            &format!(
                "{{ family: 'a', containerDefinitions: [{{ name: 'app', image: '{image}', memory: 128, command: [{call}] }}] }}"
            ),
        );
        w.aws.put("a/ecspresso.yml", format!("task_definition: ecs-task-def.jsonnet\n{plugins}"));
        let about = if operation == "GetObject" { "states" } else { "" };
        w.aws.break_calls_about(operation, about, When::Every, refused(odd));
        let failure = failure(w.register("a").await);
        assert_eq!(failure.error_type, "LookupError", "{operation} {odd:?}: {failure:?}");
        assert!(failure.error_message.contains(odd.2), "{operation} {odd:?}: {failure:?}");
        assert!(!failure.error_message.contains("there is no"), "{operation} {odd:?}: {failure:?}");
    }))
    .await;
    tried(count, "lookups that are refused oddly");
}

#[tokio::test]
async fn an_odd_refusal_of_the_bucket_is_no_missing_file() {
    let count = side_by_side(not_about_it().filter(|(status, ..)| *status != 404).map(|odd| async move {
        let w = World::released(1).await;
        w.aws.put("batch/more.json", "{}");
        for operation in ["ListObjectsV2", "GetObject"] {
            w.aws.break_calls(operation, When::Every, refused(odd));
            let failure = failure(w.invoke(w.push_event("batch", "release")).await);
            assert_eq!(failure.error_type, "AwsError", "{operation} {odd:?}: {failure:?}");
            assert!(failure.error_message.contains(odd.2), "{operation} {odd:?}: {failure:?}");
            w.aws.mend();
        }
    }))
    .await;
    tried(count, "ways in which S3 refuses oddly");
}

#[tokio::test]
async fn a_status_says_what_it_could_not_read_and_takes_nothing_for_missing() {
    for odd in [ODD[0], ODD[3], ODD[9]] {
        for operation in READS {
            let w = on_hold().await;
            w.aws.break_calls(operation, When::Every, refused(odd));
            let answer = w.invoke(json!({"action": "status"})).await.unwrap();
            let family = &answer["families"][0];
            assert_eq!(family["state"], "failed", "{operation} {odd:?}: {answer:#}");
            assert!(words(&answer).contains(odd.2), "{operation} {odd:?}: {answer:#}");
        }
    }
    let w = on_hold().await;
    assert!(outcome(&w.invoke(w.push_event("batch", "release")).await.unwrap())["reason"].is_string());
}
