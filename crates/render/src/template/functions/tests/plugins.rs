use super::*;

#[test]
fn plugins_that_cannot_be_used_are_refused_by_name() {
    for (plugins, expected) in [
        (vec![plugin("external", "", "", "")], "`external` cannot be used: crema runs no foreign command"),
        (
            vec![plugin("tfstat", "", "", "")],
            "there is no plugin \"tfstat\" (did you mean tfstate?); there are cloudformation",
        ),
        (vec![plugin("vault", "", "", "")], "there is no plugin \"vault\"; there are cloudformation"),
        (vec![plugin("tfstate", "", "", "")], "tfstate needs `path:` or `url:`"),
        (
            vec![plugin("tfstate", "", "../../../x", "")],
            "the path \"../../../x\" of tfstate leaves the configuration prefix",
        ),
        (vec![plugin("tfstate", "", "/x", "")], "the path \"/x\" of tfstate is absolute"),
        (vec![plugin("tfstate", "", "s3://b/k", "")], "the path \"s3://b/k\" of tfstate is a URL"),
        (
            vec![plugin("tfstate", "", "", "https://x/y")],
            "the url \"https://x/y\" of tfstate has https; only `s3://bucket/key`",
        ),
        (
            vec![plugin("tfstate", "", "", "../../../x")],
            "the url \"../../../x\" of tfstate leaves the configuration prefix",
        ),
        (vec![plugin("tfstate", "", "", "%2e%2e/../../x")], "the url \"%2e%2e/../../x\" of tfstate leaves the"),
        (vec![plugin("tfstate", "", "", "file://../../../x")], "the url \"file://../../../x\" of tfstate leaves the"),
        (
            vec![plugin("tfstate", "", "", "file:///x")],
            "the url \"file:///x\" of tfstate is absolute; expected one relative to",
        ),
        (vec![plugin("tfstate", "", "", "//host/x")], "the url \"//host/x\" of tfstate is absolute"),
        (vec![plugin("tfstate", "", "", "REMOTE://a/b")], "the url \"REMOTE://a/b\" of tfstate has remote; only"),
        (vec![plugin("tfstate", "", "", "env:/prod/x")], "the url \"env:/prod/x\" of tfstate has env; only"),
        (vec![plugin("tfstate", "", "", "s3://b/")], "the url \"s3://b/\" of tfstate is incomplete"),
        (
            vec![plugin("tfstate", "", "a", ""), plugin("tfstate", "", "b", "")],
            "the function tfstate already exists; set another func_prefix to tfstate",
        ),
        (
            vec![plugin("cloudformation", "a-", "", "")],
            "the func_prefix \"a-\" of cloudformation makes \"a-cfn_output\"",
        ),
    ] {
        let Err(RenderFailure { kind, message }) = with(&plugins) else { panic!("{expected}") };
        let message = plain(&message);
        assert!(kind == FailureKind::Config, "{message}");
        let expected = format!("team/batch/ecspresso.yml: plugins: {expected}");
        assert!(message.starts_with(&expected), "{message}");
    }
    // ecspresso has these by itself, and lets them be named once more.
    assert!(with(&[plugin("ssm", "", "", ""), plugin("secretsmanager", "", "", "")]).is_ok());
}

/// By the URL of an entry, the key or URL that it means.
#[test]
fn a_url_is_a_path_from_the_folder_or_an_object_of_s3() {
    use crate::template::functions::states::place::StateLocation;
    for (url, expected) in [
        ("terraform.tfstate", "team/batch/terraform.tfstate"),
        ("./x", "team/batch/x"),
        ("../infra/x.tfstate", "team/infra/x.tfstate"),
        ("../../x", "x"),
        (".terraform/terraform.tfstate", "team/batch/.terraform/terraform.tfstate"),
        ("./env:/prod/x", "team/batch/env:/prod/x"),
        ("my%20state.tfstate?x=1#y", "team/batch/my state.tfstate"),
        ("file://terraform.tfstate", "team/batch/terraform.tfstate"),
        ("file://./x", "team/batch/x"),
        ("FILE://../infra/x", "team/infra/x"),
        ("file:x", "team/batch/x"),
        ("s3://b/k", "s3://b/k"),
        ("S3://b/env:/prod/a%20b", "s3://b/env:/prod/a b"),
    ] {
        let place = StateLocation::of_url("team/batch/ecspresso.yml", url);
        assert_eq!(place.map(|place| place.to_string()), Ok(expected.to_owned()), "{url}");
    }
}
