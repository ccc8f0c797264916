//! Files whose contents come when they are asked for, against all of them there from the start.

use super::*;
use crema_testing::tried;

const STATE: &str = r#"{"version": 4, "outputs": {"arn": {"value": "arn:x", "type": "string"}}, "resources": []}"#;
const PLUGIN: &str = "task_definition: td.jsonnet\nplugins: [{name: tfstate, config: {path: t.tfstate}}]";
const OPTIONAL: &str =
    "task_definition: td.jsonnet\nplugins: [{name: tfstate, config: {path: no.tfstate, optional: true}}]";

/// Configuration file and definition; the rest is in [`beside`].
fn apps() -> Vec<(&'static str, &'static str, String)> {
    let yml = |td: &str| ("a/ecspresso.yml", "task_definition: td.jsonnet", td.to_owned());
    vec![
        yml("{ family: 'a' }"),
        yml("(import '../lib/one.libsonnet') + (import '../lib/two.libsonnet')"),
        yml("{ a: importstr 'text.txt', b: import '../lib/one.libsonnet', c: [import '../lib/two.libsonnet'] }"),
        yml("{ a: if (import '../lib/one.libsonnet').one == 1 then 'yes' else importstr 'never.txt' }"),
        yml("{ a: std.extVar('n').own, b: std.native('must_env')('FROM_FILE') }"),
        yml("{ a: importstr 'no such file' }"),
        yml("{ a: (import '../lib/broken.libsonnet') }"),
        yml("{ a: error importstr 'text.txt' }"),
        yml("local f(n) = if n == 0 then importstr 'text.txt' else f(n - 1); { a: f(600) }"),
        yml("{ a: importstr 'large.bin' }"),
        yml("{ a: '{{ must_env `FROM_FILE` }}', b: '{{ ssm `/x` }}', c: importstr 'text.txt' }"),
        ("a/ecspresso.yml", PLUGIN, "{ a: std.native('tfstate')('output.arn'), b: importstr 'text.txt' }".to_owned()),
        ("a/ecspresso.yml", PLUGIN, "{ a: '{{ tfstate `output.arn` }}', b: '{{ tfstate `output.no` }}' }".to_owned()),
        ("a/ecspresso.yml", OPTIONAL, "{ a: 1 }".to_owned()),
        (
            "a/ecspresso.jsonnet",
            "{ task_definition: importstr 'name.txt', cluster: importstr 'text.txt' }",
            "{}".to_owned(),
        ),
        ("a/config.yml", "something: else", "{}".to_owned()),
        ("a/config.yml", "task_definition: td.jsonnet", "import '../lib/one.libsonnet'".to_owned()),
        ("a/ecspresso.yml", "task_definition: no.jsonnet", "{}".to_owned()),
        ("a/ecspresso.yml", "{", "{}".to_owned()),
    ]
}

fn beside() -> FileSet {
    let all = files_of(&[
        ("a/own.libsonnet", "7"),
        ("a/text.txt", "some text"),
        ("a/name.txt", "td.jsonnet"),
        ("a/never.txt", "never"),
        ("a/file.env", "FROM_FILE=x"),
        ("a/t.tfstate", STATE),
        ("lib/one.libsonnet", "{ one: 1 }"),
        ("lib/two.libsonnet", "(import 'three.libsonnet') + { two: 2 }"),
        ("lib/three.libsonnet", "{ three: 3 }"),
        ("lib/broken.libsonnet", "{ a: "),
    ]);
    let mut all = (*all).clone();
    all.insert("a/large.bin".to_owned(), Held::TooLarge(6_000_000));
    all
}

/// Loads what is asked for, until nothing is; gives the last answer and what was loaded.
fn in_rounds(all: &FileSet, render: impl Fn(&Arc<FileSet>) -> ChildAnswer) -> (ChildAnswer, BTreeSet<String>) {
    let later = |held: &Held| if matches!(held, Held::Loaded(_)) { Held::Later } else { held.clone() };
    let mut files: FileSet = all.iter().map(|(key, held)| (key.clone(), later(held))).collect();
    let mut loaded = BTreeSet::new();
    loop {
        let answer = render(&Arc::new(files.clone()));
        match answer {
            ChildAnswer::Missing { files: lacking, .. } if !lacking.is_empty() => {
                for key in lacking {
                    files.insert(key.clone(), all[&key].clone());
                    assert!(loaded.insert(key.clone()), "{key} again");
                }
            }
            answer => return (answer, loaded),
        }
    }
}

#[test]
fn an_answer_is_the_same_whenever_the_contents_came_and_nothing_else_is_asked_for() {
    let apps = apps();
    for (config, text, definition) in &apps {
        let mut all = beside();
        all.extend((*files_of(&[(config, text), ("a/td.jsonnet", definition)])).clone());
        let ask = RenderAsk {
            config: (*config).to_owned(),
            envfiles: vec!["a/file.env".to_owned()],
            ..ask(&[("/x", json!("parameter"))])
        };
        let (answer, loaded) = in_rounds(&all, |files| render(files, ask.clone()));
        let whole = render(&Arc::new(all.clone()), ask.clone());
        assert!(answer == whole, "{config} {text}: {definition}");
        let (ChildAnswer::Rendered { reads, .. }
        | ChildAnswer::Failed { reads, .. }
        | ChildAnswer::NotAnApp { reads, .. }) = whole
        else {
            panic!("{definition}")
        };
        let held = |key: &&String| matches!(all.get(*key), Some(Held::Loaded(_)));
        assert_eq!(loaded, reads.iter().filter(held).cloned().collect(), "{config} {text}: {definition}");
    }
    tried(apps.len(), "apps whose files come when they are asked for");
}

#[test]
fn cremas_own_file_is_the_same_whenever_the_contents_came() {
    let sources =
        ["import '../lib/two.libsonnet'", "[importstr 'text.txt', import '../lib/one.libsonnet']", "{", "error 'x'"];
    for source in sources {
        let mut all = beside();
        all.extend((*files_of(&[("a/crema.jsonnet", source)])).clone());
        let evaluated = |files: &Arc<FileSet>| evaluate(files, "a/crema.jsonnet", &Surroundings::default());
        assert!(in_rounds(&all, evaluated).0 == evaluated(&Arc::new(all.clone())), "{source}");
    }
}

#[test]
fn what_does_not_depend_on_each_other_is_asked_for_at_once() {
    let definition = "{ a: importstr 'text.txt', b: [import '../lib/one.libsonnet', { c: importstr 'name.txt' }] }";
    let mut all = beside();
    for key in ["a/text.txt", "lib/one.libsonnet", "a/name.txt"] {
        all.insert(key.to_owned(), Held::Later);
    }
    all.extend(
        (*files_of(&[("a/ecspresso.yml", "task_definition: td.jsonnet"), ("a/td.jsonnet", definition)])).clone(),
    );
    let ChildAnswer::Missing { files, .. } = render(&Arc::new(all), ask(&[])) else { panic!("nothing is missing") };
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["a/name.txt", "a/text.txt", "lib/one.libsonnet"]);
}
