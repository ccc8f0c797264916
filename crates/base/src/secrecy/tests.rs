use super::*;
use crate::files::File;
use proptest::prelude::*;
use serde_json::json;

fn secrets(values: Value) -> Secrets {
    let mut secrets = Secrets::default();
    secrets.keep(Source::of(vec![values]).into());
    secrets
}

fn of_many() -> Secrets {
    secrets(json!(["hunter2", "hunter2-longer", "7", "", "{\"port\": 54321, \"lines\": \"one\\ntwo\"}", "true"]))
}

fn quoted(secrets: &Secrets, text: &str) -> String {
    secrets.told(&foreign(text).to_string())
}

#[test]
fn a_value_is_not_told_and_a_short_one_only_where_it_stands_alone() {
    let secrets = of_many();
    assert_eq!(quoted(&secrets, "--token=hunter2-longer --old=hunter2 7"), "--token=*** --old=*** 7");
    assert_eq!(quoted(&secrets, "7"), "***");
    assert_eq!(quoted(&secrets, "expected one of 'a', got '7'"), "expected one of 'a', got '***'");
    assert_eq!((secrets.hides("17"), secrets.hides("x hunter2"), secrets.hides("")), (false, true, false));
    assert_eq!(quoted(&secrets, "it is true"), "it is true");
}

#[test]
fn parts_of_four_characters_are_not_told_whatever_stands_around_them() {
    let secrets = secrets(json!("hunter2-marked-value"));
    for (text, told) in [
        ("no such field: marked", "no such field: ***"),
        ("xmarkedx", "x***x"),
        ("hunt", "***"),
        ("hun", "hun"),
        ("hunter2markedvalue", "***"),
        ("ter2-ma and rked-v", "*** and ***"),
        ("HUNTER2", "HUNTER2"),
    ] {
        assert_eq!(quoted(&secrets, text), told);
    }
}

#[test]
fn the_members_of_a_text_that_is_json_are_kept_too_and_escapes_are_seen_through() {
    let secrets = of_many();
    assert_eq!(quoted(&secrets, "at port 54321"), "at *** ***");
    assert_eq!(quoted(&secrets, "no such key \"one\\ntwo\""), "no such key \"***\"");
    let odd = self::secrets(json!("a\u{1f525}\u{e9}\"\\b\tc"));
    for written in ["a🔥é\"\\b\tc", "a\\ud83d\\udd25\\u00e9\\\"\\\\b\\tc", "a\\u{1f525}\\u{e9}\\\"\\\\b\\u0009c"] {
        assert_eq!(quoted(&odd, &format!("got <{written}>")), "got <***>", "{written}");
    }
    assert!(!format!("{secrets:?}").contains("hunter2"));
}

#[test]
fn crema_s_own_words_stay_though_they_stand_in_a_value() {
    let secrets = secrets(json!(["the definition is expected to hold a string", "configuration", "shop-batch-12"]))
        .naming(Some("shop-batch-12"));
    let message = format!("shop-batch-12: expected a string of the configuration, got {}", foreign("expected"));
    assert_eq!(secrets.told(&message), "shop-batch-12: expected a string of the configuration, got ***");
}

#[test]
fn a_whole_value_is_not_told_in_crema_s_own_words_either_nor_what_stands_in_double_quotes() {
    let secrets = secrets(json!(["hunter2-marked-value", "s3cr3t"]));
    assert_eq!(secrets.told("it is hunter2-marked-value."), "it is ***.");
    assert_eq!(secrets.told("there is no \"marked\" here, marked"), "there is no \"***\" here, marked");
    assert_eq!(secrets.clone().veiling(Some("marked")).told("marked:3 is gone"), "***:3 is gone");
}

#[test]
fn what_an_author_has_written_down_is_told_and_so_is_the_name_of_a_file() {
    let content = "{ family: 'shop-batch', user: f('other') }";
    let file = File { etag: String::new(), bytes: 0, content: Some(content.as_bytes().into()) };
    let texts = Arc::new(Texts::new(Arc::new([("a/td.jsonnet".to_owned(), file)].into())));
    let all = json!(["shop-batch", "a/td.jsonnet", "other-value", "batch"]);
    let secrets = secrets(all).with_files(texts, vec!["a/td.jsonnet".to_owned()]);
    for told in ["shop-batch", "a/td.jsonnet", "other"] {
        assert_eq!(secrets.member(told), told);
    }
    assert_eq!(secrets.member("shop-batch-"), "***-");
    assert_eq!(
        secrets.told("a/td.jsonnet:3:5: a/td.jsonnet of shop-batch"),
        "a/td.jsonnet:3:5: a/td.jsonnet of shop-batch"
    );
}

#[test]
fn values_of_environment_are_not_told_as_a_whole() {
    let definition = json!({"containerDefinitions": [{"environment": [{"name": "A", "value": "hunter2-marked-value"},
        {"name": "B", "value": "42"}, {"name": "C", "value": "true"}]}]});
    let secrets = Secrets::default().with_environment(&definition);
    let said = "Invalid value 'hunter2-marked-value' for '42' of a marked value: true, 142";
    assert_eq!(quoted(&secrets, said), "Invalid value '***' for '***' of a marked value: true, 142");
    assert_eq!(secrets.told("crema's own hunter2-marked-value"), "crema's own hunter2-marked-value");
}

#[test]
fn what_functions_gave_is_not_told_in_what_an_evaluator_says_and_is_in_a_member() {
    let mut secrets = Secrets::default();
    secrets.give(Source::of(vec![json!("production")]).into());
    assert_eq!(secrets.told(&format!("no {} in {}", foreign("production"), "production")), "no *** in production");
    assert_eq!(secrets.member("production"), "production");
}

#[test]
fn a_value_of_many_megabytes_takes_a_bounded_amount_of_memory_and_is_found() {
    let secrets =
        secrets(json!((0..200_000_u64).map(|i| format!("value-{i:x}-{:016x}", i * 0x9e37_79b9)).collect::<Vec<_>>()));
    assert_eq!(quoted(&secrets, &format!("it is value-3039-{:016x}", 12345u64 * 0x9e37_79b9)), "it is ***");
    assert_eq!(quoted(&secrets, "Grüße aus der Ferne"), "Grüße aus der Ferne");
}

proptest! {
    #[test]
    fn no_part_of_a_value_is_told_however_it_is_cut_and_written(
        value in "[ -~éü夜\n\t]{4,40}",
        from in 0..36usize,
        length in 4..40usize,
        before in "[a-z =:'\"]{0,6}",
        after in "[a-z =:'\"]{0,6}",
        style in 0..3usize,
    ) {
        let chars: Vec<char> = value.chars().collect();
        let from = from.min(chars.len() - 4);
        let part: String = chars[from..(from + length).min(chars.len())].iter().collect();
        let core = part.trim_matches(|c: char| c.is_whitespace() || "\"'`,{}[]".contains(c));
        prop_assume!(core.chars().count() >= 4 && !matches!(core, "true" | "false"));
        let secrets = secrets(json!(value));
        let debug = format!("{core:?}");
        let written = match style {
            0 => core.to_owned(),
            1 => debug[1..debug.len() - 1].to_owned(),
            _ => json!(core).to_string().trim_matches('"').to_owned(),
        };
        let told = quoted(&secrets, &format!("{before}{written}{after}"));
        prop_assert!(!told.contains(&written), "{written:?} of {value:?} is told in {told:?}");
    }

    #[test]
    fn no_text_makes_it_panic_and_what_holds_nothing_stays(text in "\\PC{0,60}", value in "[0-9]{4,12}") {
        let secrets = secrets(json!(value));
        let (plain, told) = (plain(&text), secrets.told(&text));
        prop_assert!(told == plain || plain.chars().any(|c| c.is_ascii_digit() || c == '\\'), "{told:?}");
        quoted(&secrets, &text);
    }
}
