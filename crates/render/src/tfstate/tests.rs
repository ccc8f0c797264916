use super::{Content, TerraformState};
use serde_json::{Value, json};

/// The shapes of tfstate-lookup's own test state.
fn text() -> Value {
    let instance = |attributes: Value| json!({"schema_version": 0, "attributes": attributes, "private": "bnVsbA=="});
    let keyed = |key: Value, attributes: Value| json!({"index_key": key, "attributes": attributes});
    let managed = |module: &str, kind: &str, name: &str, instances: Vec<Value>| json!({"module": module, "mode": "managed", "type": kind, "name": name, "provider": "p", "instances": instances});
    let data = |kind: &str, name: &str, instances: Vec<Value>| json!({"mode": "data", "type": kind, "name": name, "provider": "p", "instances": instances});
    json!({
        "version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "check_results": null,
        "outputs": {
            "foo": {"value": "FOO", "type": "string"},
            "bar": {"value": ["A", "B", "C"], "type": ["tuple", ["string", "string", "string"]]},
            "map": {"value": {"a": {"list": [1, 2]}, "b-c": true}, "type": ["object", {}], "sensitive": true},
            "nothing": {"value": null, "type": "string"},
        },
        "resources": [
            data("terraform_remote_state", "hyphenated-id", vec![instance(json!({
                "backend": "s3", "defaults": null,
                "outputs": {"value": {"repository-uri": "123.dkr.ecr/app", "mylist": [1, 2, 3]}, "type": ["object", {}]},
            }))]),
            data("aws_caller_identity", "current", vec![instance(json!({"account_id": "123456789012"}))]),
            data("aws_lb_target_group", "app", vec![
                keyed(json!("dev1"), json!({"name": "dev-dev1-app"})), keyed(json!("dev2"), json!({"name": "dev-dev2-app"})),
            ]),
            managed("", "aws_acm_certificate", "main", vec![instance(json!({
                "validation_method": "DNS", "subject_alternative_names": ["*.example.com"], "private_key": null,
                "tags": {"Name": "main", "kubernetes.io/role": "x"}, "options": [{"preference": "ENABLED"}],
            }))]),
            managed("module.logs", "aws_cloudwatch_log_group", "main", vec![
                instance(json!({"name": "/main/vanish"})),
                keyed(json!("app"), json!({"id": "/main/app", "retention_in_days": 30})),
                keyed(json!("web"), json!({"id": "/main/web", "retention_in_days": 30})),
            ]),
            managed("", "aws_iam_role_policy_attachment", "ec2", vec![
                keyed(json!(0), json!({"id": "ec2-0"})), keyed(json!(1), json!({"id": "ec2-1"})),
            ]),
            managed("module.webapp.module.roles", "aws_iam_role", "task", vec![instance(json!({"name": "task-role"}))]),
            managed("module.subnets[0].module.zone[\"ap.a\"]", "aws_subnet", "main", vec![
                keyed(json!("a"), json!({"id": "subnet-a"})), keyed(json!("0"), json!({"id": "subnet-0"})),
            ]),
            managed("", "aws_iam_user", "users", vec![
                keyed(json!("foo.bar"), json!({"name": "foo.bar"})), keyed(json!("it's \"x\""), json!({"name": "odd"})),
            ]),
            managed("", "aws_instance", "old", vec![
                json!({"deposed": "00000001", "attributes": {"id": "i-old"}}), json!({"attributes": {"id": "i-new"}}),
                json!({"deposed": "00000002", "attributes": {"id": "i-older"}}),
            ]),
            managed("", "aws_flat", "x", vec![json!({"attributes_flat": {"id": "flat"}})]),
        ],
    })
}

fn parsed(text: &str) -> TerraformState {
    match TerraformState::parse(text.as_bytes()) {
        Ok(Content::TerraformState(state)) => state,
        Ok(Content::Elsewhere(backend)) => panic!("{backend:?}"),
        Err(why) => panic!("{why}"),
    }
}

fn state() -> TerraformState {
    parsed(&text().to_string())
}

#[test]
fn addresses_lead_where_tfstate_lookup_says() {
    let state = state();
    for (address, expected) in [
        ("data.aws_caller_identity.current.account_id", json!("123456789012")),
        ("aws_acm_certificate.main.validation_method", json!("DNS")),
        ("aws_acm_certificate.main.subject_alternative_names", json!(["*.example.com"])),
        ("aws_acm_certificate.main.subject_alternative_names[0]", json!("*.example.com")),
        ("aws_acm_certificate.main.subject_alternative_names[-1]", json!("*.example.com")),
        ("aws_acm_certificate.main.tags.Name", json!("main")),
        ("aws_acm_certificate.main.tags[\"kubernetes.io/role\"]", json!("x")),
        ("aws_acm_certificate.main.tags['Name']", json!("main")),
        ("aws_acm_certificate.main.tags.[\"Name\"]", json!("main")),
        ("aws_acm_certificate.main.options[0].preference", json!("ENABLED")),
        ("module.logs.aws_cloudwatch_log_group.main[\"app\"].id", json!("/main/app")),
        ("module.logs.aws_cloudwatch_log_group.main['web'].retention_in_days", json!(30)),
        ("module.logs.aws_cloudwatch_log_group.main.name", json!("/main/vanish")),
        ("module.logs.aws_cloudwatch_log_group.main", json!({"name": "/main/vanish"})),
        ("aws_iam_role_policy_attachment.ec2[1].id", json!("ec2-1")),
        ("aws_iam_role_policy_attachment.ec2", json!([{"id": "ec2-0"}, {"id": "ec2-1"}])),
        ("data.aws_lb_target_group.app", json!({"dev1": {"name": "dev-dev1-app"}, "dev2": {"name": "dev-dev2-app"}})),
        ("data.aws_lb_target_group.app[\"dev1\"].name", json!("dev-dev1-app")),
        ("module.webapp.module.roles.aws_iam_role.task.name", json!("task-role")),
        ("module.subnets[0].module.zone['ap.a'].aws_subnet.main['a'].id", json!("subnet-a")),
        ("module.subnets[0].module.zone[\"ap.a\"].aws_subnet.main[\"0\"].id", json!("subnet-0")),
        ("aws_iam_user.users[\"foo.bar\"].name", json!("foo.bar")),
        ("aws_iam_user.users['it\\'s \"x\"'].name", json!("odd")),
        ("aws_iam_user.users[\"it's \\\"x\\\"\"].name", json!("odd")),
        ("aws_instance.old.id", json!("i-new")),
        ("aws_flat.x.id", json!("flat")),
        ("output.foo", json!("FOO")),
        ("output.bar[1]", json!("B")),
        ("output.bar", json!(["A", "B", "C"])),
        ("output.map.a.list[0]", json!(1)),
        ("output.map.b-c", json!(true)),
        ("data.terraform_remote_state.hyphenated-id.outputs.repository-uri", json!("123.dkr.ecr/app")),
        ("data.terraform_remote_state.hyphenated-id.outputs.mylist[1]", json!(2)),
        ("  output.foo ", json!("FOO")),
    ] {
        assert_eq!(state.get(address), Ok(expected), "{address}");
    }
}

#[test]
fn what_is_not_there_is_named_with_what_is_near() {
    let state = state();
    for (address, expected) in [
        (
            "data.aws_caller_identity.curent.account_id",
            "there is no data.aws_caller_identity.curent.account_id in the state; near it",
        ),
        (
            "aws_acm_certificate.main2",
            "there is no aws_acm_certificate.main2 in the state; near it is aws_acm_certificate.main",
        ),
        (
            "aws_acm_certificate.main.validation_metod",
            "aws_acm_certificate.main has no \"validation_metod\" in the state; near it is validation_method",
        ),
        (
            "aws_acm_certificate.main.subject_alternative_names[2]",
            "aws_acm_certificate.main.subject_alternative_names is an array of length 1 in the state, so there is none at [2]",
        ),
        (
            "aws_acm_certificate.main.subject_alternative_names[-2]",
            "aws_acm_certificate.main.subject_alternative_names is an array of length 1 in the state, so there is none at [-2]",
        ),
        ("aws_acm_certificate.main.private_key", "aws_acm_certificate.main.private_key is null in the state"),
        ("output.nothing", "output.nothing is null in the state"),
        ("aws_acm_certificate.main[0]", "aws_acm_certificate.main is an object in the state and has no [0]"),
        (
            "aws_acm_certificate.main.options.preference",
            "aws_acm_certificate.main.options is an array in the state and has no \"preference\"; give an index",
        ),
        ("output.foo.x", "output.foo is no object in the state and has no \"x\""),
        ("output.foo[0]", "output.foo is no array in the state and has no [0]"),
        ("output.fooo", "there is no output.fooo in the state; near it are output.foo, "),
        (
            "aws_iam_role_policy_attachment.ec2[2].id",
            "there is no aws_iam_role_policy_attachment.ec2[2] in the state; near it are \
          aws_iam_role_policy_attachment.ec2[0], aws_iam_role_policy_attachment.ec2[1]",
        ),
        (
            "aws_iam_role_policy_attachment.ec2.id",
            "aws_iam_role_policy_attachment.ec2 has 2 instances; name one, such as aws_iam_role_policy_attachment.ec2[0]",
        ),
        (
            "data.aws_lb_target_group.app['dev3']",
            "there is no data.aws_lb_target_group.app[\"dev3\"] in the state; near it are data.aws_lb_target_group.app[\"dev1\"]",
        ),
        ("zzz.q", "there is no zzz.q in the state"),
        ("module.logs", "there is no module.logs in the state"),
        ("", "the address \"\" cannot be read at character 1: expected a name"),
        ("a..b", "the address \"a..b\" cannot be read at character 3: expected a name"),
        ("a.b[", "the address \"a.b[\" cannot be read at character 5: expected an index or a key in quotes"),
        ("a.b[0", "the address \"a.b[0\" cannot be read at character 6: expected `]`"),
        ("a.b[99999999999999999999]", "the address \"a.b[99999999999999999999]\" cannot be read at character 5: "),
        ("a.b[\"x]", "the address \"a.b[\\\"x]\" cannot be read at character 8: the quote is never closed"),
        ("a.b | keys", "the address \"a.b | keys\" cannot be read at character 4: expected `.` or `[`"),
        (&"a.".repeat(600), "an address has at most 1000 bytes, this one has 1200"),
    ] {
        let why = state.get(address).err().unwrap_or_else(|| panic!("{address} is there"));
        assert!(why.starts_with(expected), "{address}: {why}");
    }
}

#[test]
fn only_a_state_of_version_4_is_read() {
    for (text, expected) in [
        ("{\"version\": 3, \"modules\": []}", "is a Terraform state of version 3; only version 4 can be read"),
        ("{\"version\": 3, \"backend\": {}}", "is no Terraform state: its `backend` has no `type`"),
        ("{}", "is no Terraform state: it has no `version`"),
        ("\"s3cret", "is no Terraform state: it cannot be read at line 1, column 7"),
        ("{\"version\": 4, \"resources\": \"s3cret\"}", "is no Terraform state: it cannot be read at line 1"),
    ] {
        let why = TerraformState::parse(text.as_bytes()).err().unwrap();
        assert!(why.starts_with(expected) && !why.contains("s3cret"), "{why}");
    }
    assert!(TerraformState::parse(br#"{"version": 4, "outputs": {}, "resources": [], "backend": null}"#).is_ok());
    assert!(TerraformState::parse(br#"{"version": 4}"#).is_ok());
    let deep = format!("{{\"version\": 4, \"outputs\": {{\"x\": {}{}}}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(TerraformState::parse(deep.as_bytes()).is_err());
}

/// tfstate-lookup puts each instance at its index, with nil between.
#[test]
fn a_counted_resource_with_a_hole_keeps_its_indexes() {
    let counted = |indexes: &[i64]| {
        let instances: Vec<Value> =
            indexes.iter().map(|i| json!({"index_key": i, "attributes": {"id": format!("i-{i}")}})).collect();
        json!({"version": 4, "resources": [{"mode": "managed", "type": "t", "name": "n", "instances": instances}]})
    };
    let state = parsed(&counted(&[3, 0]).to_string());
    assert_eq!(state.get("t.n"), Ok(json!([{"id": "i-0"}, null, null, {"id": "i-3"}])));
    assert_eq!(state.get("t.n[3].id"), Ok(json!("i-3")));
    for hole in ["t.n[1]", "t.n[2].id", "t.n[4]", "t.n[-1]"] {
        let why = state.get(hole).err().unwrap_or_else(|| panic!("{hole} is there"));
        assert!(why.starts_with(&format!("there is no {} in the state", &hole[..=hole.find(']').unwrap()])), "{why}");
    }
    assert_eq!(parsed(&counted(&[2]).to_string()).get("t.n"), Ok(json!([null, null, {"id": "i-2"}])));
    for far in [100_000, i64::MAX, -1] {
        let state = parsed(&counted(&[0, far]).to_string());
        let why = state.get("t.n").err().unwrap();
        assert_eq!(why, format!("t.n has the index {far}; all instances are given up to 99999"));
        assert_eq!(state.get(&format!("t.n[{far}].id")), Ok(json!(format!("i-{far}"))));
    }
}

mod never {
    use super::*;
    use proptest::prelude::*;

    fn address() -> impl Strategy<Value = String> {
        const WORDS: &[&str] = &[
            "output",
            "foo",
            "bar",
            "map",
            "module",
            "logs",
            "data",
            "aws_iam_user",
            "users",
            "aws_acm_certificate",
            "main",
            "aws_cloudwatch_log_group",
            ".",
            "[",
            "]",
            "[0]",
            "[-1]",
            "['",
            "']",
            "[\"app\"]",
            "\"",
            "'",
            "\\",
            " ",
            "é",
            "0",
        ];
        let piece = prop_oneof![9 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<String>()];
        prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn an_address_panics_or_gives_a_message_without_bound(address in address()) {
            if let Err(why) = state().get(&address) {
                prop_assert!(why.len() < 20_000);
            }
        }

        #[test]
        fn a_key_is_lost_on_its_way_into_an_address(key in "[^\\p{C}]{0,20}") {
            let text = json!({"version": 4, "resources": [{"mode": "managed", "type": "t", "name": "n", "instances": [
                {"index_key": key, "attributes": {"id": "x"}}]}]});
            let state = parsed(&text.to_string());
            for quote in ['"', '\''] {
                let escaped = key.replace('\\', "\\\\").replace(quote, &format!("\\{quote}"));
                prop_assert_eq!(state.get(&format!("t.n[{quote}{escaped}{quote}].id")), Ok(json!("x")));
            }
        }

        #[test]
        fn a_text_that_is_no_state_panics(text in any::<Vec<u8>>()) {
            let _ = TerraformState::parse(&text);
        }
    }
}
