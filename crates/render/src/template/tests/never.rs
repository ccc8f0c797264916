//! What no template may do, at random.

use super::*;
use proptest::prelude::*;

/// Pieces of templates, put together at random.
fn source() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "{{",
        "}}",
        "{{-",
        "-}}",
        " - ",
        "if",
        "else",
        "else if",
        "end",
        "range",
        "with",
        "define",
        "block",
        "template",
        "break",
        "continue",
        "{{end}}",
        "{{else}}",
        "{{if 1}}",
        "{{range 3}}",
        "{{define `T`}}",
        "{{template `T`}}",
        "{{template `T` .}}",
        "`",
        "\"",
        "'",
        "\\",
        "(",
        ")",
        "|",
        ":=",
        "=",
        ",",
        "$",
        "$x",
        "$x.a",
        ".",
        ".A",
        "/*",
        "*/",
        "env",
        "must_env",
        "ssm",
        "`NAME`",
        "printf",
        "print",
        "`%d`",
        "\"%*d %[9]v\"",
        "eq",
        "and",
        "len",
        "index",
        "slice",
        "html",
        "js",
        "nil",
        "true",
        "0",
        "1",
        "-1",
        "1e400",
        "0x1p-2",
        "'a'",
        "99999999999999999999",
        "é",
        "\n",
        " ",
        "  ",
    ];
    let piece = prop_oneof![9 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn a_template_panics_or_gives_without_bound(source in source()) {
        if let Ok(Expanded { text, inserted }) = expand("f", &source, &functions()) {
            prop_assert!(text.len() <= MAX_TEXT);
            // What was put in is found again where it stands.
            for piece in inserted {
                prop_assert!(text.get(piece.from..piece.to).is_some_and(is_odd));
            }
        }
    }

    #[test]
    fn text_without_actions_is_changed(text in "[^{]*") {
        prop_assert_eq!(expand("f", &text, &functions()).ok().map(|expanded| expanded.text), Some(text));
    }

    #[test]
    fn text_behind_an_action_is_lost(before in "[^{}]*", after in "[^{}]*") {
        let expanded = expand("f", &format!("{before}{{{{`x`}}}}{after}"), &functions()).ok();
        prop_assert_eq!(expanded.map(|expanded| expanded.text), Some(format!("{before}x{after}")));
    }
}
