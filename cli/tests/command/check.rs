//! `crema check`: exit codes and each form of output, and that all faults are told.

use crate::{
    golden::{assert_golden, without},
    run::{Crema, Folder, Said},
};

const GOOD: &str =
    r#"{"family": "good", "containerDefinitions": [{"name": "app", "image": "nginx:1", "memory": 128}]}"#;

/// Two apps that are well, two that are not, one of which nothing is known.
fn folder() -> Folder {
    let config = "task_definition: def.json\n";
    Folder::of(&[
        ("good/ecspresso.yml", config),
        ("good/def.json", GOOD),
        ("syntax/ecspresso.yml", "task_definition: def.jsonnet\n"),
        ("syntax/def.jsonnet", "{\n  family: 'syntax',\n  containerDefinitions: [oops],\n}\n"),
        ("shape/ecspresso.yml", config),
        (
            "shape/def.json",
            r#"{"family": "shape", "cpu": 256, "containerDefinitions": [{"name": "app", "imagee": "nginx:1", "memory": 128}]}"#,
        ),
        ("rules/ecspresso.yml", config),
        (
            "rules/def.json",
            r#"{"family": "rules", "containerDefinitions": [{"name": "app", "image": "nginx:1"}, {"name": "app", "image": "nginx:1"}]}"#,
        ),
        ("waits/ecspresso.yml", config),
        (
            "waits/def.json",
            r#"{"family": "waits", "containerDefinitions": [{"name": "app", "image": "nginx:{{ ssm `/waits/tag` }}", "memory": 128}]}"#,
        ),
    ])
}

async fn check(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let crema = Crema::alone().with(variables).inside(&folder.0);
    crema.run(&[&["check", "."], arguments].concat()).await
}

#[tokio::test]
async fn all_faults_of_all_apps_are_told_in_each_form() {
    let folder = folder();
    let text = check(&folder, &[], &[]).await;
    assert_eq!(text.code, 1, "{text:?}");
    assert_golden("check.txt", &format!("{}---\n{}", text.out, text.err));
    let json = check(&folder, &["--output", "json"], &[]).await;
    assert_eq!((json.code, json.err.as_str()), (1, ""));
    assert_golden("check.json", &json.out);
    let summary = folder.0.join("summary.md");
    let github = check(&folder, &["--output", "github"], &[("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())]).await;
    assert_eq!((github.code, github.err.as_str()), (1, ""));
    let token = github.out.lines().next().unwrap().strip_prefix("::stop-commands::").unwrap().to_owned();
    assert_golden("check.github", &without(&github.out, &[(&token, "TOKEN")]));
}

#[tokio::test]
async fn what_depends_on_a_lookup_is_no_fault_and_known_with_its_value() {
    let folder = folder();
    for app in ["syntax", "shape", "rules"] {
        std::fs::remove_dir_all(folder.0.join(app)).unwrap();
    }
    let unknown = check(&folder, &[], &[]).await;
    assert_eq!(unknown.code, 0, "{unknown:?}");
    assert!(unknown.out.contains("waits: not known, it needs ssm /waits/tag\n"), "{unknown:?}");
    folder.write("lookups.json", r#"{"ssm": {"/waits/tag": "1"}}"#);
    let known = check(&folder, &["--lookups", "lookups.json"], &[]).await;
    assert_eq!((known.code, known.out.as_str()), (0, "2 variants: 2 ok\n"), "{known:?}");
    folder.write("lookups.json", r#"{"ssm": {"/waits/tag": 1}}"#);
    check(&folder, &["--lookups", "lookups.json"], &[]).await.ended(1, &["expected a text or a list of texts"]);
}

#[tokio::test]
async fn many_apps_are_rendered_side_by_side_to_the_same_as_one_by_one() {
    let folder = Folder::new();
    let body = |i: usize| {
        format!(
            "local f = std.foldl(function(a, x) a + x, std.range(1, {i}), 0);\n\
             {{ family: 'f{i}', containerDefinitions: [{{ name: 'a', image: 'x:' + f, memory: 128 }}] }}"
        )
    };
    for i in 0..60 {
        folder.write(&format!("a{i}/ecspresso.yml"), "task_definition: def.jsonnet\n");
        folder.write(&format!("a{i}/def.jsonnet"), &body(i));
    }
    let crema = Crema::alone().inside(&folder.0);
    let all = crema.run(&["render", ".", "--offline"]).await.json();
    assert_eq!(all.as_array().map(Vec::len), Some(60));
    for i in [0, 17, 59] {
        let one = crema.run(&["render", ".", &format!("a{i}"), "--offline"]).await.json();
        assert!(all.as_array().unwrap().contains(&one), "{one:#}");
    }
    let checked = check(&folder, &["--output", "json"], &[]).await.json();
    assert_eq!(checked["counts"]["ok"], 60);
}

#[tokio::test]
async fn a_definition_sees_what_is_named_of_the_shell_and_of_env_files() {
    let folder = Folder::of(&[
        ("app/ecspresso.yml", "task_definition: def.jsonnet\n"),
        ("app/def.jsonnet", "error 'it was ' + std.native('must_env')('TOKEN')"),
        ("secrets.env", "TOKEN=hunter2-hunter2\n"),
    ]);
    let said = check(&folder, &["--env-file", "secrets.env"], &[]).await;
    // An error of Jsonnet is the author's own text, but for what it quotes of such a value.
    said.ended(1, &["it was ***"]);
    assert!(!said.err.contains("hunter2"), "{said:?}");
    let said = check(&folder, &["--env", "TOKEN"], &[("TOKEN", "shown-by-its-author")]).await;
    said.ended(1, &["shown-by-its-author"]);
    check(&folder, &["--env", "NOPE"], &[]).await.ended(64, &["`--env NOPE`: the shell has no such variable"]);
}
