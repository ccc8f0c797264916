//! No value of a variable reaches a log line, an answer or an error.

use crema_testing::{
    Fault, When, World, tried,
    world::{definition, failure},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

const SECRET: &str = "hunter2-marked-value";

/// Of the function's environment.
const CREDENTIALS: [&str; 3] = ["AKIDFORTESTSONLY", "secret-key-for-tests-only", "session-token-for-tests-only"];

fn secret_definition(family: &str) -> Value {
    let mut definition = definition(family, "busybox");
    definition["containerDefinitions"][0]["environment"] = json!([{"name": "PASSWORD", "value": SECRET}]);
    definition
}

/// Tells in how many answers and log lines of these worlds a marked value was looked for.
pub fn searched(worlds: &[World]) {
    let invoked: u32 = worlds.iter().map(|w| w.function.invoked()).sum();
    let lines: usize = worlds.iter().map(|w| w.function.log().lines().count()).sum();
    tried(invoked as usize, &format!("invocations, whose answers and {lines} log lines were searched"));
}

async fn assert_silent(w: &World, payload: Value) {
    let answer = w.invoke(payload).await;
    assert!(!format!("{answer:?}").contains(SECRET), "{answer:?}");
    let log = w.function.log();
    let line = log.lines().find(|line| line.contains(SECRET)).unwrap_or_default();
    assert!(line.is_empty(), "{line}");
    for credential in CREDENTIALS {
        assert!(!log.contains(credential) && !format!("{answer:?}").contains(credential), "{credential} is told");
    }
}

#[tokio::test]
async fn not_through_registering_planning_or_sweeping_whatever_the_log_level() {
    let mut worlds = vec![];
    for level in ["info", "debug", "trace"] {
        let w = World::empty(&[("RUST_LOG", level)]).await;
        w.app("a", &secret_definition("a"));
        for payload in
            [json!({"action": "plan"}), json!({"action": "register", "app": "a"}), json!({"action": "sweep"})]
        {
            assert_silent(&w, payload).await;
        }
        w.app("a", &definition("a", "busybox:2"));
        assert_silent(&w, json!({"action": "plan"})).await;
        assert_eq!(w.aws.active("a"), [1]);
        worlds.push(w);
    }
    searched(&worlds);
}

#[tokio::test]
async fn not_through_what_the_check_or_ecs_says() {
    let w = World::empty(&[("RUST_LOG", "trace")]).await;
    let mut wrong = secret_definition("a");
    wrong["containerDefinitions"][0]["environment"] = json!([{"name": "PASSWORD", "value": {"x": SECRET}}]);
    w.app("a", &wrong);
    assert_silent(&w, json!({"action": "register", "app": "a"})).await;
    w.app("a", &secret_definition("a"));
    let message = "Invalid value 'hunter2-marked-value' of PASSWORD";
    for fault in [
        Fault::Refused { status: 400, code: "ClientException", message },
        Fault::Refused { status: 500, code: "ServerException", message },
        Fault::Refused { status: 403, code: "AccessDeniedException", message },
        Fault::Cut,
    ] {
        w.aws.break_calls("RegisterTaskDefinition", When::Nth(1), fault);
        assert_silent(&w, json!({"action": "register", "app": "a"})).await;
        w.aws.mend();
    }
    searched(&[w]);
}

#[tokio::test]
async fn not_through_variables_that_jsonnet_reads() {
    let w = World::empty(&[("RUST_LOG", "trace"), ("PASSWORD", SECRET)]).await;
    w.jsonnet_app("a", "{ family: 'a', containerDefinitions: std.native('env')('PASSWORD', '') }");
    assert_silent(&w, json!({"action": "register", "app": "a"})).await;
    searched(&[w]);
}

#[tokio::test]
async fn no_credential_is_told_whatever_is_asked_whatever_goes_wrong_and_whatever_is_to_be_logged() {
    let libraries = "trace,aws_config=trace,aws_runtime=trace,aws_sigv4=trace,aws_smithy_runtime=trace,hyper=trace";
    let operations = ["ListObjectsV2", "BatchGetImage", "DescribeTaskDefinition", "RegisterTaskDefinition"];
    let each = ["trace", libraries].into_iter().flat_map(|level| operations.map(|operation| (level, operation)));
    let worlds = join_all(each.map(|(level, operation)| async move {
        let w = World::with(&[("RUST_LOG", level)]).await;
        for payload in [
            json!({"action": "plan"}),
            json!({"action": "status"}),
            json!({"action": "rollback", "family": "batch"}),
            json!({"action": "register", "app": "none"}),
            json!({"action": "deploy"}),
            json!({"action": "sweep"}),
        ] {
            assert_silent(&w, payload).await;
        }
        for fault in [Fault::Denied, Fault::Reset, Fault::Error, Fault::Throttled] {
            w.aws.push_image("batch", "release", &format!("{fault:?}"));
            w.aws.break_calls(operation, When::First(2), fault);
            assert_silent(&w, w.push_event("batch", "release")).await;
            w.aws.mend();
        }
        w
    }))
    .await;
    searched(&worlds);
}

#[tokio::test]
async fn a_family_that_is_named_like_a_value_keeps_its_name_in_an_error() {
    let w = World::empty(&[("RUST_LOG", "trace")]).await;
    w.aws.put("a/.env", "APP=shop-batch\nREGION=ap-northeast-1\n");
    w.aws.put("a/crema.json", r#"{"envfile": ".env"}"#);
    let mut named = secret_definition("shop-batch");
    let variables = json!([{"name": "KIND", "value": "batch"}, {"name": "PASSWORD", "value": SECRET},
        {"name": "CALL", "value": "RegisterTaskDefinition"}]);
    named["containerDefinitions"][0]["environment"] = variables;
    w.app("a", &named);
    let message = "Invalid value 'hunter2-marked-value' of KIND";
    for fault in [
        Fault::Refused { status: 400, code: "ClientException", message },
        Fault::Refused { status: 403, code: "AccessDeniedException", message },
    ] {
        w.aws.break_calls("RegisterTaskDefinition", When::Every, fault);
        let said = failure(w.register("a").await).error_message;
        assert!(said.starts_with("a: ecs:RegisterTaskDefinition on shop-batch in ap-northeast-1"), "{said}");
        assert!(said.contains("Invalid value '***' of KIND"), "{said}");
        assert_silent(&w, json!({"action": "register", "app": "a"})).await;
        w.aws.mend();
    }
    searched(&[w]);
}
