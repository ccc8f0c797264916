//! What is denied: the permission that AWS names is the one that is told, with the parameter of the template that gives it,
//! and an explicit deny is told as one.

use crema_testing::{
    Fault, When, World,
    world::{failure, image},
};
use serde_json::json;

const USER: &str =
    "User: arn:aws:sts::123456789012:assumed-role/crema-registrar/crema-registrar is not authorized to perform: ";
const ROLE: &str = "arn:aws:iam::123456789012:role/shop-task";
const FAMILY: &str = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/batch:*";
const KEY: &str = "arn:aws:kms:ap-northeast-1:123456789012:key/0a1b2c3d";

/// The fault of a call that is denied with these words, for as long as the test runs.
fn denied(words: String) -> Fault {
    Fault::Refused { status: 400, code: "AccessDeniedException", message: words.leak() }
}

async fn message_of_a_registration(words: String) -> String {
    let w = World::released(1).await;
    w.aws.break_calls("RegisterTaskDefinition", When::Every, denied(words));
    let failure = failure(w.push("batch", "release", "v2").await);
    assert_eq!(failure.error_type, "AwsError", "{failure:?}");
    assert_eq!(w.aws.calls_of("RegisterTaskDefinition").len(), 1);
    assert!(failure.error_message.contains("ecs:RegisterTaskDefinition on batch"), "{failure:?}");
    failure.error_message
}

#[tokio::test]
async fn the_permission_that_aws_names_is_told_with_the_parameter_that_gives_it() {
    for (action, resource, parameter, others) in [
        ("iam:PassRole", ROLE, "TaskRoleArns", ["FamilyArns", "needs `ecs:RegisterTaskDefinition`"]),
        ("ecs:TagResource", FAMILY, "FamilyArns", ["TaskRoleArns", "needs `ecs:RegisterTaskDefinition`"]),
        ("ecs:RegisterTaskDefinition", FAMILY, "FamilyArns", ["TaskRoleArns", "KmsKeyArns"]),
    ] {
        let why = format!(" because no identity-based policy allows the {action} action");
        for tail in ["", why.as_str()] {
            let message = message_of_a_registration(format!("{USER}{action} on resource: {resource}{tail}")).await;
            let own = "arn:aws:ecs:ap-northeast-1:*:task-definition/batch:*";
            let needed = if action == "ecs:RegisterTaskDefinition" { own } else { resource };
            for says in [format!("needs `{action}` on `{needed}`"), format!("`{parameter}`"), resource.to_owned()] {
                assert!(message.contains(&says), "{says}: {message}");
            }
            assert!(others.iter().all(|other| !message.contains(other)), "{message}");
        }
    }
}

#[tokio::test]
async fn an_explicit_deny_is_told_as_one_and_no_parameter_is_offered_for_it() {
    for (policy, says) in [
        ("a service control policy", "service control policy of the organisation"),
        (
            "a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1",
            "of the organisation",
        ),
        ("a resource control policy", "resource control policy of the organisation"),
        ("a permissions boundary", "permissions boundary of the function's role"),
        ("a session policy", "session policy"),
        ("a resource-based policy", "resource-based policy"),
        ("an identity-based policy", "policy of the function's role"),
    ] {
        let words = format!("{USER}iam:PassRole on resource: {ROLE} with an explicit deny in {policy}");
        let message = message_of_a_registration(words).await;
        assert!(message.contains("an explicit deny in ") && message.contains(says), "{policy}: {message}");
        assert!(message.contains(&format!("`iam:PassRole` on `{ROLE}`")), "{policy}: {message}");
        assert!(!message.contains("stack's parameter"), "{policy}: {message}");
    }
}

#[tokio::test]
async fn what_the_organisation_does_not_allow_is_told_as_such() {
    for (policy, says) in [("service control policy", "of the organisation"), ("permissions boundary", "boundary")] {
        let why = format!("because no {policy} allows the iam:PassRole action");
        let message = message_of_a_registration(format!("{USER}iam:PassRole on resource: {ROLE} {why}")).await;
        assert!(message.contains("is not allowed by") && message.contains(says), "{policy}: {message}");
        assert!(!message.contains("stack's parameter"), "{policy}: {message}");
    }
}

/// ECS words a missing permission as a fault of the caller sometimes.
#[tokio::test]
async fn a_missing_permission_is_one_whatever_its_code() {
    let words = format!("{USER}iam:PassRole on resource: {ROLE}");
    let w = World::released(1).await;
    let fault = Fault::Refused { status: 400, code: "ClientException", message: words.leak() };
    w.aws.break_calls("RegisterTaskDefinition", When::Every, fault);
    let failure = failure(w.push("batch", "release", "v2").await);
    assert_eq!(failure.error_type, "AwsError", "{failure:?}");
    assert!(failure.error_message.contains("`TaskRoleArns`"), "{failure:?}");
}

/// What each call names where it is denied in the fake's words, and the parameters that give it.
#[tokio::test]
async fn every_call_that_is_denied_names_the_parameter_of_the_template() {
    for (operation, parameters) in [
        ("ListObjectsV2", vec!["`ConfigBucket`", "`ConfigPrefix`"]),
        ("GetObject", vec!["`ConfigBucket`", "`ConfigPrefix`"]),
        ("BatchGetImage", vec!["`RepositoryArns`"]),
        ("RegisterTaskDefinition", vec!["`FamilyArns`"]),
        ("DescribeTaskDefinition", vec![]),
    ] {
        let w = World::released(1).await;
        w.aws.put("batch/more.json", "{}");
        w.aws.push_image("batch", "release", "v2");
        w.aws.break_calls(operation, When::Every, Fault::Denied);
        let message = failure(w.invoke(w.push_event("batch", "release")).await).error_message;
        assert!(parameters.iter().all(|parameter| message.contains(parameter)), "{operation}: {message}");
        assert_eq!(message.contains("stack's parameter"), !parameters.is_empty(), "{operation}: {message}");
    }
}

#[tokio::test]
async fn a_lookup_that_is_denied_names_its_parameter_and_that_of_the_key_where_it_is_the_keys() {
    let decrypt =
        format!("{USER}kms:Decrypt on resource: {KEY} because no identity-based policy allows the kms:Decrypt action");
    let key_policy =
        format!("{USER}kms:Decrypt on resource: {KEY} because no resource-based policy allows the kms:Decrypt action");
    let ciphertext =
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you \
                      are not allowed to access."
            .to_owned();
    let own = |action: &str| {
        format!("{USER}{action} on resource: arn:aws:x because no identity-based policy allows the {action} action")
    };
    for (operation, call, words, says, not) in [
        ("GetParameter", "std.native('ssm')('/p')", own("ssm:GetParameter"), "`SsmPath`", "KmsKeyArns"),
        ("GetParameter", "std.native('ssm')('/p')", decrypt.clone(), "`kms:Decrypt` on `arn:aws:kms:", "SsmPath"),
        ("GetParameter", "std.native('ssm')('/p')", decrypt.clone(), "`KmsKeyArns`", "SsmPath"),
        ("GetParameter", "std.native('ssm')('/p')", ciphertext, "`KmsKeyArns`", "SsmPath"),
        ("GetParameter", "std.native('ssm')('/p')", key_policy, "itself has to allow `kms:Decrypt`", "SsmPath"),
        (
            "DescribeSecret",
            "std.native('secretsmanager_arn')('s')",
            own("secretsmanager:DescribeSecret"),
            "`SecretPrefix`",
            "Kms",
        ),
        (
            "DescribeStacks",
            "std.native('cfn_output')('s', 'k')",
            own("cloudformation:DescribeStacks"),
            "`StackPattern`",
            "Kms",
        ),
        ("ListExports", "std.native('cfn_export')('e')", own("cloudformation:ListExports"), "`StackExports`", "Kms"),
        ("GetObject", "std.native('tfstate')('output.x')", own("s3:GetObject"), "`StateObjectArns`", "ConfigPrefix"),
        ("GetObject", "std.native('tfstate')('output.x')", decrypt, "`KmsKeyArns`", "StateObjectArns"),
    ] {
        let w = World::empty(&[]).await;
        w.aws.push_image("a", "release", "v1");
        let definition = format!(
            "{{ family: 'a', containerDefinitions: [{{ name: 'app', image: '{}', memory: 128, command: [{call}] }}] }}",
            image("a:release")
        );
        w.jsonnet_app("a", &definition);
        let plugins = "plugins:\n  - name: cloudformation\n  - name: tfstate\n    config: {url: s3://states/a}\n";
        w.aws.put("a/ecspresso.yml", format!("task_definition: ecs-task-def.jsonnet\n{plugins}"));
        let about = if operation == "GetObject" { "states" } else { "" };
        w.aws.break_calls_about(operation, about, When::Every, denied(words.clone()));
        let failure = failure(w.register("a").await);
        assert_eq!(failure.error_type, "LookupError", "{words}: {failure:?}");
        let message = &failure.error_message;
        assert!(message.contains(says) && !message.contains(not), "{words}: {message}");
    }
}

#[tokio::test]
async fn taking_back_that_the_organisation_denies_is_told_as_that() {
    let w = World::released(2).await;
    let words =
        format!("{USER}ecs:DeregisterTaskDefinition on resource: * with an explicit deny in a service control policy");
    w.aws.break_calls("DeregisterTaskDefinition", When::Every, denied(words));
    let failure = failure(w.rollback("batch", json!({})).await);
    assert_eq!(failure.error_type, "AwsError", "{failure:?}");
    assert!(failure.error_message.contains("service control policy of the organisation"), "{failure:?}");
    assert_eq!(w.aws.active("batch"), [1, 2]);
}
