//! What templates put into definitions: values that break the JSON, and values that are not there.

use crema_testing::{
    World,
    world::{assert_failure, decision, failure},
};
use serde_json::json;

/// An app of a template, whose one variable has this between the quotes, in line 3.
fn app(w: &World, value: &str) {
    let variable = format!(r#"{{"name": "A", "value": "{value}"}}"#);
    let container =
        format!("{{\"name\": \"app\", \"image\": \"busybox\", \"memory\": 128, \"environment\": [\n{variable}]}}");
    w.aws.put(
        "a/ecspresso.yml",
        "task_definition: ecs-task-def.json\nplugins: [{name: tfstate, config: {path: x.tfstate}}]\n",
    );
    w.aws.put("a/ecs-task-def.json", format!("{{\"family\": \"a\",\n\"containerDefinitions\": [{container}]}}"));
}

#[tokio::test]
async fn a_value_that_breaks_the_json_is_told_with_json_escape() {
    for value in
        ["hunter2\"x", "hunter2\\x", "hunter2\nx", "hunter2\r\n", "hunter2\tx", "hunter2\\", "{\"hunter2\": 1}"]
    {
        let w = World::empty(&[("VALUE", value)]).await;
        w.aws.put_parameter("/p", "SecureString", value);
        let output = json!({"v": {"value": value, "type": "string"}});
        w.aws.put("a/x.tfstate", json!({"version": 4, "outputs": output}).to_string());
        for call in ["must_env `VALUE`", "env `VALUE` ``", "ssm `/p`", "tfstate `output.v`"] {
            app(&w, &format!("{{{{ {call} }}}}"));
            let failed = w.register("a").await;
            let message = failure(failed.clone()).error_message;
            assert!(!message.contains("hunter2"), "{message}");
            assert_failure(
                failed,
                "RenderError",
                &["a/ecs-task-def.json:3: ", call.split(' ').next().unwrap(), "json_escape"],
            );
            assert!(w.aws.changes().is_empty());
            app(&w, &format!("{{{{ {call} | json_escape }}}}"));
            let answer = w.invoke(json!({"action": "plan", "app": "a"})).await.unwrap();
            assert_eq!(decision(&answer), "planned", "{value:?} {call}");
        }
    }
}

#[tokio::test]
async fn no_value_is_never_registered_unless_it_is_written_on_purpose() {
    for missing in
        ["{{ .Tag }}", "x-{{ . }}", "{{ define `t` }}{{ . }}{{ end }}{{ template `t` }}", "{{ must_env `VALUE` }}"]
    {
        let w = World::empty(&[("VALUE", "<no value>")]).await;
        app(&w, missing);
        let says = ["a/ecs-task-def.json:3: <no value>", "containerDefinitions[0].environment[0].value", "json_escape"];
        assert_failure(w.register("a").await, "RenderError", &says);
        assert!(w.aws.changes().is_empty());
    }
    for meant in ["{{ json_escape `<no value>` }}", "\\u003cno value\\u003e", "{{ must_env `VALUE` | json_escape }}"] {
        let w = World::empty(&[("VALUE", "<no value>")]).await;
        app(&w, meant);
        w.register("a").await.unwrap();
        let environment = &w.aws.revision("a", 1).definition["containerDefinitions"][0]["environment"];
        assert_eq!(environment[0]["value"], "<no value>", "{meant}");
    }
}

#[tokio::test]
async fn no_value_in_a_configuration_is_an_error_with_its_line() {
    let w = World::empty(&[]).await;
    app(&w, "x");
    w.aws.put("a/ecspresso.yml", "task_definition: ecs-task-def.json\nregion: \"{{ .Region }}\"\n");
    assert_failure(w.register("a").await, "RenderError", &["a/ecspresso.yml:2: <no value>", "json_escape"]);
}
