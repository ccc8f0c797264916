//! What a configuration file says that crema does not need, and what it says beside its task definition.

use crema_testing::{
    Fault, When, World,
    world::{assert_failure, decision, definition, failure, image, outcome},
};
use serde_json::json;

const TASK_DEFINITION: &str = "task_definition: ecs-task-def.json\n";

/// The app `a` with these lines in its configuration file.
async fn configured(lines: &str) -> World {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", "busybox"));
    w.aws.put("a/ecspresso.yml", format!("{lines}{TASK_DEFINITION}"));
    w
}

#[tokio::test]
async fn a_cluster_or_service_that_cannot_be_looked_up_is_a_warning() {
    for (lines, says) in [
        ("cluster: {{ ssm `/none` }}\n", "/none"),
        ("cluster: {{ must_env `CLUSTER` }}\n", "CLUSTER"),
        ("cluster: {{ tfstate `aws_ecs_cluster.main.name` }}\n", "tfstate"),
        ("service: {{ ssm `/none` }}\nservice_definition: {{ must_env `SD` }}\n", "`service_definition`"),
    ] {
        let w = configured(lines).await;
        let answer = w.register("a").await.unwrap();
        assert_eq!(decision(&answer), "registered", "{answer:#}");
        assert_eq!(outcome(&answer).get("cluster"), None, "{answer:#}");
        let warnings = answer["warnings"].to_string();
        assert!(warnings.contains(says) && warnings.contains("does not need this value"), "{warnings}");
        assert_eq!(decision(&w.register("a").await.unwrap()), "unchanged");
    }
}

#[tokio::test]
async fn a_parameter_that_is_throttled_or_denied_is_a_warning_where_it_is_not_needed_and_an_error_where_it_is() {
    for fault in [Fault::Throttled, Fault::Denied] {
        let w = configured("cluster: {{ ssm `/cluster` }}\n").await;
        w.aws.put_parameter("/cluster", "String", "main");
        for operation in ["GetParameters", "GetParameter"] {
            w.aws.break_calls(operation, When::Every, fault.clone());
        }
        let answer = w.register("a").await.unwrap();
        assert_eq!(decision(&answer), "registered", "{answer:#}");
        assert!(answer["warnings"].to_string().contains("/cluster"), "{answer:#}");
        w.aws.put("a/ecspresso.yml", format!("region: {{{{ ssm `/cluster` }}}}\n{TASK_DEFINITION}"));
        assert_failure(w.register("a").await, "LookupError", &["/cluster", "a/ecspresso.yml:1"]);
    }
    let w = configured("cluster: {{ ssm `/cluster` }}\n").await;
    w.aws.put_parameter("/cluster", "String", "main");
    let answer = w.register("a").await.unwrap();
    // Found, and not told.
    assert_eq!(outcome(&answer)["cluster"], "***", "{answer:#}");
}

#[tokio::test]
async fn an_express_service_is_no_app_and_a_direct_call_for_it_is_told_so() {
    for (name, text) in [
        ("ecspresso.yml", "service: web\nexpress_definition: ecs-express.json\n"),
        ("ecspresso.yml", "region: {{ must_env `NONE` }}\nexpress_definition: ecs-express.json\n"),
        ("config.yml", "service: web\nexpress_definition: ecs-express.json\n"),
        ("ecspresso.jsonnet", "{ service: 'web', express_definition: 'ecs-express.json' }"),
    ] {
        let w = World::empty(&[]).await;
        w.app("good", &definition("good", &image("good:release")));
        w.aws.put(&format!("web/{name}"), text);
        w.aws.put("web/ecs-express.json", "{}");
        w.aws.put("web/crema.json", "{\"variants\": [{\"ext_str\": {\"a\": \"1\"}}, {\"ext_str\": {\"a\": \"2\"}}]}");
        let answer = w.push("good", "release", "v1").await.unwrap();
        assert!(decision(&answer) == "registered" && !answer.to_string().contains("web"), "{answer:#}");
        for payload in [json!({"action": "sweep"}), json!({"action": "plan"}), json!({"action": "status"})] {
            let answer = w.invoke(payload).await.unwrap();
            assert_eq!(answer["warnings"], json!([]), "{answer:#}");
        }
        let answer = w.change("web/ecs-express.json", "{ }").await.unwrap();
        assert_eq!((&answer["outcomes"], &answer["warnings"]), (&json!([]), &json!([])), "{answer:#}");
        for action in ["register", "plan", "status"] {
            let answer = w.invoke(json!({"action": action, "app": "web"})).await.unwrap();
            let told = answer["warnings"].as_array().unwrap();
            assert_eq!(told.len(), 1, "{answer:#}");
            let told = told[0].as_str().unwrap();
            assert!(told.contains(&format!("web/{name}")) && told.contains("`express_definition`"), "{told}");
            let list = if action == "status" { "families" } else { "outcomes" };
            assert_eq!(answer[list], json!([]), "{answer:#}");
        }
        let taken_back = w.invoke(json!({"action": "rollback", "app": "web"})).await;
        assert_failure(taken_back, "InvalidEvent", &["`express_definition`", "nothing to take back"]);
        assert_eq!(w.aws.families(), ["good"]);
    }
}

#[tokio::test]
async fn ignored_tags_are_registered_by_nobody_and_an_old_one_goes_with_the_next_revision() {
    let w = World::empty(&[]).await;
    let mut tagged = definition("a", "busybox");
    tagged["tags"] = json!([{"key": "Team", "value": "t"}, {"key": "CreatedBy", "value": "me"}]);
    w.app("a", &tagged);
    w.register("a").await.unwrap();
    assert!(w.aws.revision("a", 1).tags.iter().any(|(key, _)| key == "CreatedBy"));
    w.aws.put("a/ecspresso.yml", format!("{TASK_DEFINITION}ignore:\n  tags: [CreatedBy, aws:tag]\n"));
    let answer = w.invoke(json!({"action": "plan", "app": "a"})).await.unwrap();
    assert!(outcome(&answer)["diff"].as_str().unwrap().contains("-      \"key\": \"CreatedBy\""), "{answer:#}");
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    let tags: Vec<String> = w.aws.revision("a", 2).tags.keys().cloned().collect();
    let own = tags.iter().filter(|key| !key.starts_with("crema:")).collect::<Vec<_>>();
    assert_eq!(own, ["Team"]);
    tagged["tags"][1]["value"] = json!("you");
    w.aws.put("a/ecs-task-def.json", tagged.to_string());
    assert_eq!(decision(&w.register("a").await.unwrap()), "unchanged");
}

#[tokio::test]
async fn a_required_version_that_excludes_what_crema_is_compatible_with_is_a_warning() {
    for (required, says) in [
        (">= 2.0, < 3", None),
        ("~> 2.3", None),
        (">= 3.0", Some("excludes 2.8")),
        ("~> 1.7", Some("excludes 2.8")),
        ("!= 2.8.0", Some("excludes 2.8")),
        ("the newest", Some("cannot be read")),
    ] {
        let w = configured(&format!("required_version: '{required}'\n")).await;
        let answer = w.register("a").await.unwrap();
        assert_eq!(decision(&answer), "registered", "{answer:#}");
        let warnings = answer["warnings"].to_string();
        assert_eq!(warnings.contains("required_version"), says.is_some(), "{required}: {warnings}");
        assert!(warnings.contains(says.unwrap_or_default()), "{required}: {warnings}");
    }
}

#[tokio::test]
async fn a_region_that_is_none_is_told_with_what_one_looks_like_and_no_call_is_made_there() {
    for region in ["no", "ap-northeast-1a", "AP-NORTHEAST-1", "ap-northest-1", "127.0.0.1:80/"] {
        let w = configured(&format!("region: {region}\n")).await;
        assert_failure(
            w.register("a").await,
            "ConfigError",
            &["a/ecspresso.yml", "`region`", "expected", "ap-northeast-1"],
        );
        let rollback = w.rollback("a", json!({"region": region})).await;
        assert_failure(rollback, "InvalidEvent", &["`region`", "expected", "ap-northeast-1"]);
        assert_eq!(w.aws.calls_of("DescribeTaskDefinition").len() + w.aws.calls_of("ListTaskDefinitions").len(), 0);
    }
    for region in ["us-gov-west-1", "eusc-de-east-1", "eu-isoe-west-1", "cn-north-1", "mx-central-1", "ap-southeast-7"]
    {
        let w = configured(&format!("region: {region}\n")).await;
        let answer = w.register("a").await.unwrap();
        assert_eq!((decision(&answer), &outcome(&answer)["region"]), ("registered", &json!(region)), "{answer:#}");
    }
}

#[tokio::test]
async fn what_may_have_been_meant_is_told_of_fields_and_of_files() {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", "busybox"));
    w.aws.put("a/release.env", "A=1\n");
    for (own, config, error_type, says) in [
        ("{}", "task_defintion: ecs-task-def.json\n", "ConfigError", "did you mean task_definition"),
        ("{}", "task_definition: ecs-taskdef.json\n", "ConfigError", "did you mean \"a/ecs-task-def.json\"?"),
        ("{\"envfiles\": \".env\"}", TASK_DEFINITION, "ConfigError", "`envfiles` (did you mean envfile?)"),
        ("{\"envfile\": \"relase.env\"}", TASK_DEFINITION, "ConfigError", "did you mean \"a/release.env\"?"),
        ("{\"config\": \"ecspreso.yml\"}", TASK_DEFINITION, "ConfigError", "did you mean \"a/ecspresso.yml\"?"),
    ] {
        w.aws.put("a/crema.json", own);
        w.aws.put("a/ecspresso.yml", config);
        let failure = failure(w.register("a").await);
        let asked_by = if config == TASK_DEFINITION { "a/crema.json: " } else { "a/ecspresso.yml: " };
        assert_eq!(failure.error_type, error_type, "{}", failure.error_message);
        for text in [asked_by, says] {
            assert!(failure.error_message.contains(text), "{text:?} is not in: {}", failure.error_message);
        }
    }
    w.aws.put("a/crema.json", "{\"envfile\": \"late.env\"}");
    w.aws.put("a/ecspresso.yml", TASK_DEFINITION);
    assert_failure(w.register("a").await, "ConfigError", &["a/crema.json: `envfile`: there is no file \"a/late.env\""]);
    // Asked for and not found counts as read.
    let answer = w.change("a/late.env", "A=1\n").await.unwrap();
    assert_eq!(decision(&answer), "registered", "{answer:#}");
}
