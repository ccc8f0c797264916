//! Folders, and the apps that their files make.

use super::*;
use serde_json::json;

fn files(keys: &[&str]) -> Files {
    let file = File { etag: "e".into(), bytes: 0, content: Some(std::sync::Arc::from(&b"{}"[..])) };
    keys.iter().map(|key| ((*key).to_owned(), file.clone())).collect()
}

#[test]
fn a_folder_is_an_app_by_the_first_of_the_names_of_its_configuration_file() {
    let files = files(&[
        "ecspresso.yml",
        "team/batch/config.yml",
        "team/batch/ecspresso.jsonnet",
        "team/web/config.yaml",
        "lib/x.libsonnet",
    ]);
    let found: Vec<(String, Option<String>)> =
        folders(&files).iter().map(|f| (f.name().to_owned(), f.config.clone())).collect();
    let key = |k: &str| Some(k.to_owned());
    assert_eq!(
        found,
        [
            (".".to_owned(), key("ecspresso.yml")),
            ("team/batch".to_owned(), key("team/batch/ecspresso.jsonnet")),
            ("team/web".to_owned(), key("team/web/config.yaml")),
        ]
    );
}

fn apps(own: Value) -> Result<Vec<App>> {
    let files = files(&["a/ecspresso.yml", "a/prod.yml", "a/dev.yml", "a/crema.json", "a/.env"]);
    folders(&files)[0].apps(Some(own), &files)
}

#[test]
fn a_list_of_configuration_files_is_a_list_of_apps() {
    let names = |own| apps(own).unwrap().into_iter().map(|a| (a.name, a.config)).collect::<Vec<_>>();
    assert_eq!(names(json!({})), [("a".into(), "a/ecspresso.yml".into())]);
    assert_eq!(names(json!({"config": "prod.yml"})), [("a".into(), "a/prod.yml".into())]);
    assert_eq!(
        names(json!({"config": ["prod.yml", "dev.yml"]})),
        [("a/prod.yml".into(), "a/prod.yml".into()), ("a/dev.yml".into(), "a/dev.yml".into())]
    );
}

#[test]
fn variants_lie_on_top_and_an_empty_list_leaves_the_app_alone() {
    let one = &apps(json!({"variants": [{"ext_str": {"type": "batch"}}, {"ext_code": {"n": "1"}}]})).unwrap()[0];
    assert_eq!(one.variants[0].ext_str["type"], "batch");
    assert_eq!(one.variants[1].ext_code["n"], "1");
    assert!(apps(json!({"variants": []})).unwrap()[0].variants.is_empty());
    assert_eq!(*apps(json!({})).unwrap()[0].variants, [Variant::default()]);
}

#[test]
fn what_is_wrong_in_cremas_own_file_is_named_with_the_file() {
    for (own, what) in [
        (json!({"variant": []}), "unknown field `variant`"),
        (json!({"variants": [{"type": "batch"}]}), "unknown field `variants[0].type`"),
        (json!({"unknown_keys": "ignore"}), "ignore"),
        (json!({"unknown_keys": {"drop": null}}), "`unknown_keys`: expected \"error\" or \"drop\", found an object"),
        (json!({"pin_images": "yes"}), "`pin_images`: expected true or false, found a string"),
        (json!({"variants": {}}), "`variants`: expected an array, found an object"),
        (json!({"variants": [{}, []]}), "`variants[1]`: expected an object, found an array"),
        (json!({"variants": [{"ext_str": {"n": 1}}]}), "`variants[0].ext_str.n`: expected a string, found a number"),
        (json!({"envfile": 3}), "`envfile`: expected the name of a file or an array of names, found a number"),
        (json!({"config": [true]}), "`config`: expected the name of a file or an array of names, found an array"),
        (json!({"envfile": "../x/.env"}), "no file of this folder"),
        (json!({"envfile": "/etc/passwd"}), "no file of this folder"),
        (json!({"config": "nope.yml"}), "`config`: there is no file \"a/nope.yml\" under the prefix"),
        (json!({"config": "prd.yml"}), "did you mean \"a/prod.yml\"?"),
        (json!({"variant": []}), "did you mean variants?"),
        (json!({"pinImages": false}), "did you mean pin_images?"),
        (json!({"variants": [{"ext-str": {}}]}), "did you mean ext_str?"),
        (json!({"circuit_breaker": true}), "CIRCUIT_BREAKER"),
        (json!({"circuit_breaker": "app"}), "expected false or {\"container\": name}, found a string"),
        (json!({"circuit_breaker": {}}), "`circuit_breaker.container` is missing"),
        (json!({"circuit_breaker": {"container": ""}}), "expected the name of a container, found a string"),
        (json!({"circuit_breaker": {"container": "off"}}), "give it another name"),
        (json!({"circuit_breaker": {"contaner": "app"}}), "did you mean container?"),
        (json!({"colour": 1}), "unknown field `colour`; expected one of variants, "),
        (json!([]), "expected an object, found an array"),
    ] {
        let error = apps(own.clone()).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("a/crema.json"), "{own}: {error}");
    }
}

#[test]
fn a_file_makes_at_most_500_apps_and_variants() {
    let variant = json!({"ext_str": {"a": "1"}});
    let of = |configs: usize, variants: usize| {
        apps(json!({"config": vec!["prod.yml"; configs], "variants": vec![variant.clone(); variants]}))
    };
    assert_eq!(of(1, 500).unwrap()[0].variants.len(), 500);
    assert_eq!(of(2, 250).unwrap().len(), 2);
    assert!(of(1, 501).unwrap_err().to_string().contains("a/crema.json: `variants` has 501 elements"));
    let both = of(20, 26).unwrap_err().to_string();
    assert!(both.contains("20 files and there are 26 `variants`: 520 together"), "{both}");
    assert!(of(501, 1).is_err());
    let long = json!({"variants": [{"ext_str": {"a": "x".repeat(10_000)}}], "config": vec!["prod.yml"; 401]});
    assert!(apps(long).unwrap_err().to_string().contains("the variables have 4010401 bytes"));
}

#[test]
fn a_key_lies_in_the_nearest_app_above_it() {
    let of = |folders: &[&str]| folders.iter().map(|folder| (*folder).to_owned()).collect::<BTreeSet<String>>();
    let folders = &of(&["", "team", "team/batch"]);
    assert_eq!(nearest(folders, "team/batch/env/x.env"), Some("team/batch"));
    assert_eq!(nearest(folders, "team/batch2/x"), Some("team"));
    assert_eq!(nearest(folders, "lib/x"), Some(""));
    assert_eq!(nearest(&of(&["team"]), "lib/x"), None);
}
