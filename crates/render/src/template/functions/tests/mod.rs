mod plugins;

use super::*;
use crate::{
    session::{
        Held, Stage,
        failure::Stop,
        protocol::{FailureKind, Fetched, Lookup},
    },
    template::expand,
};
use crema_base::secrecy::plain;
use serde_json::{Value, json};

const STATE: &str = r#"{"version": 4, "outputs": {"name": {"value": "web", "type": "string"},
    "list": {"value": ["a", "b"], "type": "x"}, "count": {"value": 3, "type": "number"}}}"#;

fn session() -> Session {
    let file = |text: &str| Held::Loaded(text.as_bytes().into());
    let files = [
        ("team/batch/terraform.tfstate", file(STATE)),
        ("team/shared.tfstate", file(STATE)),
        ("team/batch/old.tfstate", file("{\"version\": 3}")),
        ("team/batch/large.tfstate", Held::TooLarge(6_000_000)),
    ];
    let files = files.map(|(key, held)| (key.to_owned(), held)).into();
    let env = [("A", "a"), ("EMPTY", "")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let ssm = |name: &str| Lookup::Ssm { name: name.to_owned() };
    let found = |value: Value| Fetched::Found(value);
    let state = |url: &str| Lookup::State { url: url.to_owned(), region: None };
    let values = vec![
        (ssm("/text"), found(json!("s3cret"))),
        (ssm("/list"), found(json!(["x", "y"]))),
        (ssm("/gone"), Fetched::Failed("there is no SSM parameter \"/gone\" in eu-west-1".to_owned())),
        (Lookup::Secret { name: "db/prod".to_owned() }, found(json!("arn:db"))),
        (Lookup::CfnOutput { stack: "s".to_owned(), key: "k".to_owned() }, found(json!("out"))),
        (Lookup::CfnExport { name: "e".to_owned() }, found(json!("exp"))),
        (state("s3://b/k"), found(json!(STATE))),
        (state("s3://b/no"), Fetched::Failed("there is no Terraform state s3://b/no".to_owned())),
        (state("s3://b/bad"), found(json!("s3cret"))),
    ];
    Session::new(Arc::new(files), env, values, "PLACEHOLDER".to_owned())
}

fn plugin(name: &str, func_prefix: &str, path: &str, url: &str) -> Plugin {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Plugin {
        name: name.to_owned(),
        func_prefix: func_prefix.to_owned(),
        path: some(path),
        url: some(url),
        optional: false,
    }
}

fn with(plugins: &[Plugin]) -> Result<Functions, RenderFailure> {
    Functions::with_plugins(session(), "team/batch/ecspresso.yml", plugins)
}

fn functions() -> Functions {
    let plugins = [
        plugin("cloudformation", "", "", ""),
        plugin("tfstate", "", "terraform.tfstate", ""),
        plugin("TFState", "up_", "../shared.tfstate", ""),
        plugin("tfstate", "s3_", "", "s3://b/k"),
        plugin("tfstate", "no_", "", "s3://b/no"),
        plugin("tfstate", "bad_", "", "s3://b/bad"),
        plugin("tfstate", "late_", "", "s3://b/late"),
        plugin("tfstate", "old_", "old.tfstate", ""),
        plugin("tfstate", "large_", "large.tfstate", ""),
        plugin("tfstate", "none_", "./none.tfstate", ""),
        plugin("ssm", "p_", "", ""),
    ];
    with(&plugins).unwrap_or_else(|f| panic!("{}", f.message))
}

fn call(functions: &Functions, stage: Stage, name: &str, args: Value) -> Result<Value, Stop> {
    let kind = functions.table[name];
    functions.call(name, kind, args.as_array().unwrap(), stage)
}

fn why(stop: Result<Value, Stop>) -> (FailureKind, String) {
    match stop {
        Err(Stop::Failed(failure)) => (failure.kind, plain(&failure.message)),
        Err(Stop::Missing) => panic!("missing"),
        Ok(value) => panic!("gives {value}"),
    }
}

#[test]
fn templates_and_jsonnet_may_call_what_ecspresso_gives_them() {
    let functions = functions();
    let templates: Vec<&str> = functions.for_templates().map(|(name, _)| name).collect();
    let jsonnet: Vec<&str> = functions.for_jsonnet().map(|(name, _)| name).collect();
    for name in
        ["env", "must_env", "ssm", "p_ssm", "secretsmanager_arn", "cfn_output", "cfn_export", "tfstate", "up_tfstate"]
    {
        assert!(templates.contains(&name) && jsonnet.contains(&name), "{name}");
    }
    assert!(templates.contains(&"secretsmanager_arnf") && jsonnet.contains(&"secretsmanager_arnf"));
    for name in ["json_escape", "tfstatef", "up_tfstatef"] {
        assert!(templates.contains(&name) && !jsonnet.contains(&name), "{name}");
    }
    for name in ["ssm_list", "p_ssm_list"] {
        assert!(!templates.contains(&name) && jsonnet.contains(&name), "{name}");
    }
    let basic = Functions::basic(session());
    assert_eq!(basic.for_jsonnet().map(|(name, _)| name).collect::<Vec<_>>(), ["env", "must_env"]);
    let defaults = Functions::with_defaults(session());
    let names: Vec<&str> = defaults.for_templates().map(|(name, _)| name).collect();
    assert_eq!(names, ["env", "json_escape", "must_env", "secretsmanager_arn", "secretsmanager_arnf", "ssm"]);
}

#[test]
fn jsonnet_gets_values() {
    let functions = functions();
    for (name, args, expected) in [
        ("env", json!(["A", "x"]), json!("a")),
        ("env", json!(["EMPTY", "x"]), json!("x")),
        ("env", json!(["NOPE", 5]), json!(5)),
        ("must_env", json!(["EMPTY"]), json!("")),
        ("ssm", json!(["/text"]), json!("s3cret")),
        ("ssm_list", json!(["/list", 1.0]), json!("y")),
        ("p_ssm_list", json!(["/list", 0]), json!("x")),
        ("secretsmanager_arn", json!(["db/prod"]), json!("arn:db")),
        ("secretsmanager_arnf", json!(["db/%s", "prod"]), json!("arn:db")),
        ("secretsmanager_arnf", json!(["%s/%s", ["db", "prod"]]), json!("arn:db")),
        ("secretsmanager_arnf", json!(["db/prod", []]), json!("arn:db")),
        ("cfn_output", json!(["s", "k"]), json!("out")),
        ("cfn_export", json!(["e"]), json!("exp")),
        ("tfstate", json!(["output.list"]), json!(["a", "b"])),
        ("up_tfstate", json!(["output.name"]), json!("web")),
        ("s3_tfstate", json!(["output.count"]), json!(3)),
    ] {
        assert!(call(&functions, Stage::Jsonnet, name, args.clone()) == Ok(expected), "{name}{args}");
    }
    let reads = functions.session().reads();
    assert!(reads.contains("team/batch/terraform.tfstate") && reads.contains("team/shared.tfstate"));
}

#[test]
fn templates_get_texts() {
    let functions = functions();
    for (source, expected) in [
        ("{{ env `A` }}{{ env `NOPE` }}{{ env `EMPTY` `` `x` `y` }}{{ must_env `EMPTY` }}", "ax"),
        ("{{ ssm `/text` }} {{ ssm `/list` 1 }} {{ p_ssm `/list` 0 }}", "s3cret y x"),
        (
            "{{ secretsmanager_arnf `%s/%s` `db` (env `P` `prod`) }} {{ `prod` | secretsmanager_arnf `db/%s` }}",
            "arn:db arn:db",
        ),
        ("{{ cfn_output `s` `k` }}{{ cfn_export `e` }}", "outexp"),
        (
            "{{ tfstate `output.list` }} {{ tfstatef `output.list[%d]` 1 }} {{ s3_tfstate `output.count` }}",
            "[\"a\",\"b\"] b 3",
        ),
        ("{{ json_escape `a\"b\\c<&>\t` }} {{ env `A` | json_escape }}", "a\\\"b\\\\c\\u003c\\u0026\\u003e\\t a"),
    ] {
        match expand("d", source, &functions) {
            Ok(expanded) => assert_eq!(expanded.text, expected),
            Err(failure) => panic!("{source}: {}", failure.message),
        }
    }
    assert!(!functions.session().is_speculative());
}

#[test]
fn what_fails_is_named_without_its_value() {
    let functions = functions();
    use FailureKind::{Config, Lookup, Render};
    for (stage, name, args, kind, expected) in [
        (Stage::Jsonnet, "must_env", json!(["NOPE"]), Render, "must_env: the environment variable NOPE is not defined"),
        (Stage::Jsonnet, "env", json!(["A"]), Render, "env: wrong number of arguments: want 2, got 1"),
        (Stage::Jsonnet, "ssm", json!(["/list", 0]), Render, "ssm: wrong number of arguments: want 1, got 2"),
        (Stage::Template, "env", json!([]), Render, "env: wrong number of arguments: want at least 1, got 0"),
        (
            Stage::Template,
            "ssm",
            json!(["/list", "s3cret"]),
            Render,
            "ssm: argument 2: expected an integer, found a string",
        ),
        (Stage::Jsonnet, "tfstate", json!([null]), Render, "tfstate: argument 1: expected a string, found null"),
        (Stage::Jsonnet, "ssm_list", json!(["/list", 0.5]), Render, "ssm_list: argument 2: expected an integer"),
        (
            Stage::Template,
            "tfstatef",
            json!(["output.%70000d", 1]),
            Render,
            "tfstatef: a width or precision of a format is at most 65535",
        ),
        (Stage::Template, "tfstatef", json!([1]), Render, "tfstatef: argument 1: expected a string, found a number"),
        (Stage::Jsonnet, "ssm", json!(["/gone"]), Lookup, "ssm: there is no SSM parameter \"/gone\" in eu-west-1"),
        (
            Stage::Jsonnet,
            "p_ssm",
            json!(["/list"]),
            Lookup,
            "p_ssm: the parameter \"/list\" is a StringList of length 2; give an index",
        ),
        (
            Stage::Jsonnet,
            "ssm_list",
            json!(["/list", 2]),
            Lookup,
            "ssm_list: the parameter \"/list\" is a StringList of length 2, so there is none at index 2",
        ),
        (
            Stage::Jsonnet,
            "ssm_list",
            json!(["/list", -1]),
            Lookup,
            "ssm_list: the parameter \"/list\" is a StringList of length 2, so there is none at index -1",
        ),
        (Stage::Template, "ssm", json!(["/text", 0]), Lookup, "ssm: the parameter \"/text\" is no StringList"),
        (
            Stage::Jsonnet,
            "tfstate",
            json!(["output.nam"]),
            Lookup,
            "tfstate: there is no output.nam in the state; near it are output.name",
        ),
        (
            Stage::Jsonnet,
            "no_tfstate",
            json!(["output.name"]),
            Lookup,
            "no_tfstate: there is no Terraform state s3://b/no",
        ),
        (
            Stage::Jsonnet,
            "bad_tfstate",
            json!(["output.name"]),
            Lookup,
            "bad_tfstate: s3://b/bad is no Terraform state",
        ),
        (
            Stage::Jsonnet,
            "old_tfstate",
            json!(["output.name"]),
            Lookup,
            "old_tfstate: team/batch/old.tfstate is a Terraform state of version 3; only version 4",
        ),
        (
            Stage::Jsonnet,
            "large_tfstate",
            json!(["output.name"]),
            Config,
            "large_tfstate: team/batch/large.tfstate is too large to be read (6000000 bytes)",
        ),
        (
            Stage::Template,
            "none_tfstate",
            json!(["output.name"]),
            Config,
            "none_tfstate: team/batch/ecspresso.yml: there is no file \"team/batch/none.tfstate\" under the prefix",
        ),
    ] {
        let (found, message) = why(call(&functions, stage, name, args));
        assert!(found == kind && message.starts_with(expected) && !message.contains("s3cret"), "{message}");
    }
}

#[test]
fn a_value_that_is_not_there_yet_stops_jsonnet_and_is_a_placeholder_in_templates() {
    let functions = functions();
    for (name, args) in [("ssm", json!(["/new"])), ("ssm_list", json!(["/new", 7])), ("late_tfstate", json!(["a.b"]))] {
        assert!(call(&functions, Stage::Jsonnet, name, args.clone()) == Err(Stop::Missing));
        assert!(call(&functions, Stage::Template, name, args) == Ok(json!("PLACEHOLDER")));
    }
    assert_eq!(functions.session().missing().len(), 2);
    for (name, args) in [("tfstate", json!(["output.PLACEHOLDER"])), ("env", json!(["xPLACEHOLDER", "y"]))] {
        assert!(call(&functions, Stage::Template, name, args) == Ok(json!("PLACEHOLDER")));
    }
    assert_eq!(functions.session().missing().len(), 2);
    assert!(functions.session().is_speculative());
}

#[test]
fn a_key_made_from_a_placeholder_makes_the_run_speculative() {
    let functions = functions();
    assert!(call(&functions, Stage::Template, "must_env", json!(["PLACEHOLDER"])) == Ok(json!("PLACEHOLDER")));
    assert!(functions.session().is_speculative());
}
