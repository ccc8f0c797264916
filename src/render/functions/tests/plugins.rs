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
        (vec![plugin("tfstate", "", "", "x/y")], "the url \"x/y\" of tfstate has no scheme; only"),
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
        let Err(Failure { kind, message }) = with(&plugins) else { panic!("{expected}") };
        assert!(kind == FailureKind::Config, "{message}");
        let expected = format!("team/batch/ecspresso.yml: plugins: {expected}");
        assert!(message.starts_with(&expected), "{message}");
    }
    // ecspresso has these by itself, and lets them be named once more.
    assert!(with(&[plugin("ssm", "", "", ""), plugin("secretsmanager", "", "", "")]).is_ok());
}
