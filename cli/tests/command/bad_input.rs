//! What is missing or wrong on a desk: one sentence, what to do, and the exit code that is documented.

use crate::run::{Crema, Folder};
use crema_testing::{REGION, World};
use std::{os::unix::fs::symlink, sync::Arc};

#[tokio::test]
async fn wrong_usage_is_64_and_help_is_no_error() {
    let crema = Crema::alone();
    for wrong in [
        &[][..],
        &["chek"],
        &["check"],
        &["check", "examples", "--output", "xml"],
        &["rollback"],
        &["render", "examples", "--ext-str", "a"],
        &["status", "--stack", "a", "--function", "b"],
        &["check", "examples", "--stack", "crema"],
        &["render", "examples", "--pin", "--offline"],
        &["plan", "examples"],
        &["check", "examples", "--config-uri", "bucket/x"],
    ] {
        let said = crema.run(wrong).await;
        assert_eq!(said.code, 64, "{wrong:?}: {said:?}");
        assert!(!said.err.is_empty() && said.out.is_empty(), "{wrong:?}: {said:?}");
    }
    for good in [&["--help"][..], &["--version"], &["help", "plan"], &["rollback", "--help"], &["completions", "zsh"]] {
        let said = crema.run(good).await;
        assert!(said.code == 0 && !said.out.is_empty() && said.err.is_empty(), "{good:?}: {said:?}");
    }
}

#[tokio::test]
async fn no_credentials_a_wrong_profile_and_an_expired_session_say_what_to_do() {
    let home = Folder::of(&[(
        ".aws/config",
        "[profile team]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = r\n\
         [sso-session corp]\nsso_start_url = https://corp.invalid/start\nsso_region = eu-west-1\n\
         [profile broken]\nregion = eu-west-1\ncredential_process = /bin/false\n",
    )]);
    let crema = Crema::alone().with(&[("HOME", home.path()), ("AWS_REGION", REGION)]);
    for (arguments, says) in [
        (vec!["status"], vec!["there are no AWS credentials", "aws sso login", "--profile"]),
        (vec!["status", "--profile", "tem"], vec!["there is no profile \"tem\"", "aws configure --profile tem"]),
        (
            vec!["status", "--profile", "team"],
            vec!["the session of the profile \"team\" is over", "aws sso login --profile team"],
        ),
        (
            vec!["status", "--profile", "broken"],
            vec!["profile \"broken\"", "aws sts get-caller-identity --profile broken"],
        ),
    ] {
        let said = crema.run(&arguments).await;
        said.ended(1, &says);
        assert_eq!(said.err.trim_end().lines().count(), 1, "{said:?}");
    }
}

#[tokio::test]
async fn no_such_stack_or_function_names_the_options() {
    let world = Arc::new(World::start().await);
    let crema = Crema::of(&world);
    crema
        .run(&["status"])
        .await
        .ended(1, &["there is no function crema-operator in ap-northeast-1 (--stack crema)", "`--stack`"]);
    crema.run(&["plan", "examples", "--function", "x"]).await.ended(1, &["there is no function x", "`--function`"]);
    world.aws.break_calls("Invoke", crema_testing::When::Every, crema_testing::Fault::Denied);
    world.deploy("crema-operator");
    crema.run(&["status"]).await.ended(1, &["lambda:InvokeFunction on crema-operator is denied"]);
}

#[tokio::test]
async fn a_directory_that_holds_nothing_or_no_app_is_one_sentence() {
    let folder = Folder::new();
    let crema = Crema::alone().inside(&folder.0);
    crema.run(&["check", "."]).await.ended(1, &[". is empty; expected the directory that holds the ecspresso folders"]);
    folder.write("README.md", "nothing of crema");
    crema.run(&["check", "."]).await.ended(1, &["error: . holds no app: expected folders with an ecspresso.yml"]);
    crema.run(&["render", "."]).await.ended(1, &["error: . holds no app"]);
    crema.run(&["check", "nothing"]).await.ended(1, &["nothing: No such file or directory"]);
    crema.run(&["check", "README.md"]).await.ended(1, &["README.md: is no directory"]);
}

#[tokio::test]
async fn a_link_out_of_the_directory_is_not_followed_and_said() {
    let outside = Folder::of(&[("secret.libsonnet", "{ image: 'from-outside' }")]);
    let folder = Folder::of(&[
        ("app/ecspresso.yml", "task_definition: def.jsonnet\n"),
        ("app/def.jsonnet", "(import 'secret.libsonnet') { family: 'f' }"),
    ]);
    symlink(outside.0.join("secret.libsonnet"), folder.0.join("app/secret.libsonnet")).unwrap();
    let said = Crema::alone().inside(&folder.0).run(&["check", "."]).await;
    said.ended(1, &["warning: app/secret.libsonnet is a link that leads out of ., and was not followed"]);
    assert!(said.err.contains("secret.libsonnet") && !said.err.contains("from-outside"), "{said:?}");
}

#[tokio::test]
async fn a_file_that_is_too_large_or_unreadable_is_named() {
    let folder = Folder::of(&[("app/ecspresso.yml", "task_definition: def.json\n"), ("app/def.json", "{}")]);
    std::fs::File::create(folder.0.join("app/def.json")).unwrap().set_len(5_000_001).unwrap();
    Crema::alone().inside(&folder.0).run(&["check", "."]).await.ended(1, &["app/def.json", "too large"]);
}

#[tokio::test]
async fn lookups_need_credentials_and_nothing_else_does() {
    let folder = Folder::of(&[
        ("app/ecspresso.yml", "task_definition: def.json\n"),
        (
            "app/def.json",
            r#"{"family": "f", "containerDefinitions": [{"name": "a", "image": "x:{{ ssm `/t` }}", "memory": 128}]}"#,
        ),
        ("plain/ecspresso.yml", "task_definition: def.json\n"),
        (
            "plain/def.json",
            r#"{"family": "p", "containerDefinitions": [{"name": "a", "image": "x:1", "memory": 128}]}"#,
        ),
    ]);
    let crema = Crema::alone().with(&[("AWS_REGION", REGION)]).inside(&folder.0);
    assert_eq!(crema.run(&["render", ".", "plain"]).await.json()["family"], "p");
    crema.run(&["render", ".", "app"]).await.ended(1, &["there are no AWS credentials"]);
    crema.run(&["render", ".", "app", "--offline"]).await.ended(1, &["app: not known, it needs ssm /t"]);
}

#[tokio::test]
async fn a_desk_without_a_region_says_how_to_give_one() {
    let said = Crema::alone().run(&["check", "examples"]).await;
    said.ended(1, &["the environment variable AWS_REGION is not defined", "give `--region`"]);
    let said = Crema::alone().run(&["check", "examples", "--region", REGION]).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
}
