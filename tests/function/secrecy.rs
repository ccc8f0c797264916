//! No value of a variable reaches a log line, an answer or an error.

use crate::support::{Fault, When, World, tried, world::definition};
use serde_json::{Value, json};

const SECRET: &str = "hunter2-marked-value";

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
    for credential in ["secret-key-for-tests-only", "session-token-for-tests-only"] {
        assert!(!log.contains(credential), "a credential is in the log");
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
