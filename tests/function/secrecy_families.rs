//! A looked-up value as the name of a family: what ECS has registered is shown to everybody, what it has not is not told.

use crate::secrecy_parts::{SECRET, WAYS, container, put, searched, silent, world};
use crema_testing::{Fault, When, world::outcome};
use serde_json::{Value, json};
use time::Duration;

#[tokio::test]
async fn not_as_a_family_that_is_refused_nor_through_its_rollback() {
    let w = world().await;
    let message = format!("Invalid family {SECRET}");
    let message: &'static str = message.leak();
    for way in WAYS {
        for part in ["s", "s[8:18]"] {
            put(&w, way, part, &container("").replace("'a'", "p"));
            for (status, code) in [(400, "ClientException"), (500, "ServerException"), (403, "AccessDeniedException")] {
                w.aws.break_calls("RegisterTaskDefinition", When::Every, Fault::Refused { status, code, message });
                let answer = silent(&w, code, json!({"action": "register", "app": "a"})).await;
                assert!(answer.is_err(), "{answer:?}");
                w.aws.mend();
            }
            for payload in [
                json!({"action": "rollback", "app": "a"}),
                json!({"action": "rollback", "app": "a", "revision": 7}),
                json!({"action": "rollback", "app": "a", "to": 7}),
            ] {
                let answer = silent(&w, "rollback", payload).await;
                assert!(answer.is_err(), "{answer:?}");
            }
        }
    }
    searched(&w);
}

#[tokio::test]
async fn not_through_a_rollback_that_is_refused() {
    let w = world().await;
    put(&w, WAYS[0], "s", &container("").replace("'a'", "p"));
    w.register("a").await.unwrap();
    w.age(SECRET, Duration::HOUR);
    w.function.forget_log();
    // Only one is there: nothing would be left to run.
    let answer = silent(&w, "refused", json!({"action": "rollback", "app": "a"})).await.unwrap();
    assert_eq!((&outcome(&answer)["decision"], &outcome(&answer)["family"]), (&json!("refused"), &Value::Null));
    assert!(outcome(&answer)["reason"].as_str().unwrap().contains("***"), "{answer:#}");
    searched(&w);
}

#[tokio::test]
async fn not_as_a_family_or_a_container_that_a_plan_or_status_says_would_be_there() {
    let w = world().await;
    for way in WAYS {
        for part in ["s", "s[8:18]"] {
            put(&w, way, part, &container("").replace("'a'", "p").replace("'app'", "p"));
            for action in ["plan", "status"] {
                let answer = silent(&w, action, json!({"action": action, "app": "a"})).await.unwrap();
                let list = if action == "plan" { "outcomes" } else { "families" };
                assert_eq!((&answer[list][0]["family"], &answer[list][0]["app"]), (&Value::Null, &json!("a")));
            }
        }
    }
    // Of schedules AWS may say something, too.
    let message: &'static str = format!("no {} and no {SECRET}", &SECRET[..9]).leak();
    w.aws.break_calls("ListRules", When::Every, Fault::Refused { status: 400, code: "ValidationException", message });
    let status = silent(&w, "rules", json!({"action": "status"})).await.unwrap();
    assert!(status["warnings"][0].as_str().unwrap().contains("ValidationException: no *** and no ***"), "{status:#}");
    searched(&w);
}

#[tokio::test]
async fn a_family_that_ecs_has_keeps_its_name_and_so_does_what_the_files_say_word_for_word() {
    let w = world().await;
    w.aws.put("a/.env", "FAMILY=shop-batch\nCLUSTER=production\nTAG=v1.2.3\n");
    w.aws.put("a/ecspresso.yml", "task_definition: td.jsonnet\ncluster: production\n");
    put(&w, "std.native('must_env')('FAMILY')", "s", &container("user: 'production'").replace("'a'", "s"));
    let answer = w.register("a").await.unwrap();
    assert_eq!(
        (&outcome(&answer)["family"], &outcome(&answer)["cluster"]),
        (&json!("shop-batch"), &json!("production"))
    );
    assert!(answer["warnings"].to_string().contains("shop-batch:1 is the first revision"), "{answer:#}");
    let plan = w.invoke(json!({"action": "plan", "app": "a"})).await.unwrap();
    assert_eq!(outcome(&plan)["family"], "shop-batch");
}
