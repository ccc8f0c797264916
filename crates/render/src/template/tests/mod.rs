mod never;

use super::*;
use crate::{session::Session, template::functions::Functions};

fn functions() -> Functions {
    let env = [("NAME", "batch"), ("EMPTY", ""), ("FLOAT", "1.5")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Functions::with_defaults(Session::new(Arc::default(), env, vec![], "PLACEHOLDER".to_owned()))
}

fn gives(source: &str) -> String {
    expand("app/def.json", source, &functions()).unwrap_or_else(|f| panic!("{source}: {}", f.message)).text
}

fn fails(source: &str) -> String {
    match expand("app/def.json", source, &functions()) {
        Ok(expanded) => panic!("{source} gives {}", expanded.text),
        Err(failure) => crema_base::secrecy::plain(&failure.message),
    }
}

/// Expectations from the documentation of Go's text/template and fmt.
#[test]
fn templates_expand_as_go_documents_it() {
    for (source, expected) in [
        ("plain {text} }}", "plain {text} }}"),
        ("{{\"output\"}} {{`raw \"quotes\"`}} {{'a'}}", "output raw \"quotes\" 97"),
        (
            r#"{{printf "%q" "output"}} {{"output" | printf "%q"}} {{printf "%q" (print "out" "put")}}"#,
            r#""output" "output" "output""#,
        ),
        (r#"{{"put" | printf "%s%s" "out" | printf "%q"}}"#, r#""output""#),
        (
            r#"{{with "output"}}{{printf "%q" .}}{{end}} {{with $x := "output" | printf "%q"}}{{$x}}{{end}}"#,
            r#""output" "output""#,
        ),
        (r#"{{with $x := "output"}}{{$x | printf "%q"}}{{end}}"#, r#""output""#),
        ("{{23 -}} < {{- 45}}", "23<45"),
        ("a {{- /* gone */ -}} b", "ab"),
        ("a\n{{- /* é\n}} {{ */}}\nb{{- /* c */}} c {{- /* d */ -}} d {{/* e */ -}} e", "a\nb cd e"),
        ("a\n{{- if true }}\nb\n{{- end }}\nc", "a\nb\nc"),
        ("{{- -1 }}", "-1"),
        ("{{if 0}}a{{else if eq 1 1}}b{{else}}c{{end}}", "b"),
        ("{{if and 1 \"\"}}a{{else}}b{{end}}{{if or 0 \"x\"}}c{{end}}{{if not 0}}d{{end}}", "bcd"),
        ("{{and 1 0 2}} {{or 0 2 3}}", "0 2"),
        ("{{with \"\"}}a{{else}}b{{end}}{{with 0}}a{{else with 5}}{{.}}{{end}}", "b5"),
        (
            "{{range 3}}{{.}},{{end}} {{range $i := 2}}{{$i}}{{else}}none{{end}} {{range 0}}x{{else}}none{{end}}",
            "0,1,2, 01 none",
        ),
        ("{{range 5}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 3}}{{break}}{{end}}{{.}}{{end}}", "02"),
        ("{{define \"T\"}}[{{.}}]{{end}}{{template \"T\" 1}}{{template \"T\"}}", "[1][<no value>]"),
        ("{{block \"B\" \"x\"}}<{{.}}>{{end}}", "<x>"),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"),
        ("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
        (
            "{{eq 1 2 1}} {{ne \"a\" \"b\"}} {{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{ge \"b\" \"a\"}}",
            "true true true true false true",
        ),
        ("{{len \"four\"}} {{index \"a\" 0}} {{slice \"hello\" 1 3}}", "4 97 el"),
        ("{{print 1 2 \"x\" 3 4}} {{println \"a\" 1}}", "1 2x3 4 a 1\n"),
        ("{{html \"<a&'\\\"\"}} {{js \"it's\"}} {{urlquery \"a b&c\"}}", "&lt;a&amp;&#39;&#34; it\\'s a+b%26c"),
        ("{{html}}{{js \"a\" 1}} {{html . 1}} {{index 1}}", "a1 &lt;no value&gt;1 1"),
        (
            r#"{{printf "%05d|%-4s|%+d|%x|%.2f|%t|%v|%%|%[2]s" 42 "ab" 7 255 1.5 true "v"}}"#,
            "00042|ab  |+7|ff|1.50|true|v|%|ab",
        ),
        (r#"{{printf "%T %T %06v %v %q" 1 "s" -5 1e6 "\u0080é"}}"#, r#"int string -00005 1e+06 "\u0080é""#),
        (
            r#"{{printf "%d %s %[5]d %z" 1.5 2}} {{printf "%d" 1 nil "x"}} {{printf "%!"}} {{printf "%"}}"#,
            r"%!d(float64=1.5) %!s(int=2) %!d(BADINDEX) %!z(MISSING) 1%!(EXTRA <nil>, string=x) %!!(MISSING) %!(NOVERB)",
        ),
        ("{{.}} {{.A.B}} {{$}} {{print nil}}", "<no value> <no value> <no value> <nil>"),
        (
            "{{1e21}} {{1e20}} {{0.00001}} {{0.0001}} {{1.5}} {{1.0}} {{print 1e21 2}}",
            "1e+21 1e+20 1e-05 0.0001 1.5 1 1e+21 2",
        ),
        ("{{\"{{\"}}{{`}}`}}", "{{}}"),
        ("{{ if (eq (env `NAME`) `batch`) -}} yes {{- end }}", "yes"),
    ] {
        assert_eq!(gives(source), expected, "{source}");
    }
}

#[test]
fn a_configuration_file_may_hold_whole_template_lines() {
    let source =
        "region: {{ must_env `NAME` }}\n{{ if (env `X` ``) }}\ncluster: x\n{{ else }}\ncluster: y\n{{ end }}\n";
    assert_eq!(gives(source), "region: batch\n\ncluster: y\n\n");
}

#[test]
fn what_go_refuses_while_parsing_is_an_error_with_its_line() {
    for (source, expected) in [
        ("a\n{{end}}b", "app/def.json:2: {{end}} without a block"),
        ("{{if 1}}\n{{end}}\n{{else}}", "app/def.json:3: {{else}} without a block"),
        ("{{if 1}}a{{else}}b\n{{else}}c{{end}}", "app/def.json:2: a second {{else}}"),
        ("\n\n{{if 1}}\n{{range 3}}\n{{end}}", "app/def.json:3: {{if}} without {{end}}"),
        ("{{define `x`}}", "app/def.json:1: {{define}} without {{end}}"),
        ("{{if 1}}{{define `x`}}{{end}}{{end}}", "app/def.json:1: {{define}} inside another block"),
        ("x\n{{ nope 1 }}", "app/def.json:2: function \"nope\" not defined"),
        ("{{if 0}}\n{{ 1 | (envv `A`) }}{{end}}", "app/def.json:2: function \"envv\" not defined (did you mean env?)"),
        ("{{define `x`}}\n{{nope}}{{end}}", "app/def.json:2: function \"nope\" not defined"),
        ("{{if 0}}\n{{$x}}{{end}}", "app/def.json:2: undefined variable \"$x\""),
        ("{{if 1}}{{$x := 1}}{{end}}\n{{$x}}", "app/def.json:2: undefined variable \"$x\""),
        ("\n{{$x = 1}}", "app/def.json:2: undefined variable \"$x\""),
        ("{{if 0}}\n{{ 1 | 2 }}{{end}}", "app/def.json:2: non executable command in pipeline stage 2"),
        ("{{break}}", "app/def.json:1: {{break}} outside of {{range}}"),
        ("{{range 0}}{{else}}\n{{continue}}{{end}}", "app/def.json:2: {{continue}} outside of {{range}}"),
        ("{{define `x`}}a{{end}}\n{{define `x`}}b{{end}}", "app/def.json:2: multiple definition of template \"x\""),
        ("\n{{if 1}}{{ 'a }}{{end}}", "app/def.json:2: "),
        ("\n{{ \"a }}", "app/def.json:2: "),
        ("a\n{{ 1", "app/def.json:2: "),
        ("{{}}", "app/def.json:1: "),
        ("{{/* x }}", "app/def.json:1: "),
        ("{{if}}a{{end}}", "app/def.json:1: "),
        ("\n{{ \"a\\q\" }}", "app/def.json:2: invalid escape in a text in quotes"),
        ("{{ \"a\nb\" }}", "app/def.json:1: unterminated quoted string"),
        ("\n{{ /* x */ }}", "app/def.json:2: a comment begins directly behind"),
        ("{{-  /* x */}}", "app/def.json:1: a comment begins directly behind"),
    ] {
        let message = fails(source);
        assert!(message.starts_with(expected), "{source}: {message}");
    }
}

#[test]
fn what_fails_while_executing_names_file_line_and_function() {
    for (source, expected) in [
        ("\n{{ must_env `NOPE` }}", "app/def.json:2: must_env: the environment variable NOPE is not defined"),
        (
            "{{if 1}}\n\n{{else if 1}}{{end}}\n{{define `T`}}\n{{must_env .}}{{end}}{{template `T` `NOPE`}}",
            "app/def.json:5: must_env: the environment variable NOPE is not defined",
        ),
        ("`\n`{{`a\nb`}}\n{{ must_env }}", "app/def.json:4: must_env: wrong number of arguments: want 1, got 0"),
        ("{{ env 1 }}", "app/def.json:1: env: argument 1: expected a string, found a number"),
        ("{{ ssm `/l` `1` }}", "app/def.json:1: ssm: argument 2: expected an integer, found a string"),
        ("{{ ssm `/l` 1.5 }}", "app/def.json:1: ssm: argument 2: expected an integer, found a number"),
        ("{{ ssm `/l` 1 2 }}", "app/def.json:1: ssm: wrong number of arguments: want 1 to 2, got 3"),
        ("\n{{ if eq 1 `a` }}{{end}}", "app/def.json:2: eq: incompatible types for comparison: int and string"),
        ("{{ index `a` 5 }}", "app/def.json:1: index: index out of range: 5"),
        ("{{ eq 1 }}", "app/def.json:1: eq: "),
        ("{{ len }}", "app/def.json:1: len: wrong number of arguments: want 1, got 0"),
        ("\n{{ template `x` }}", "app/def.json:2: template \"x\" not defined"),
        ("{{ range `abc` }}{{end}}", "app/def.json:1: range: can't iterate over string"),
        ("{{ printf 1 }}", "app/def.json:1: printf: expected a string as format, found int"),
        ("{{ printf `%65536d` 1 }}", "app/def.json:1: printf: a width or precision of a format is at most 65535"),
        ("{{ printf `%.*f` 70000 1.0 }}", "app/def.json:1: printf: a width or precision of a format is at most 65535"),
        ("{{ 1 2 }}", "app/def.json:1: can't give argument to non-function"),
    ] {
        let message = fails(source);
        assert!(message.starts_with(expected), "{source}: {message}");
    }
}

#[test]
fn a_width_of_an_indexed_argument_is_found() {
    assert!(fails("{{ printf `%[2]*d` 1 70000 2 }}").contains("at most 65535"));
    assert_eq!(gives("{{ printf `%[2]*[1]d` 70000 8 }}"), "   70000");
    assert_eq!(gives("{{ printf `%[2]*d` 70000 8 1 }}"), "       1");
    assert_eq!(gives("{{ printf `%d%%%*d` 70000 3 1 }}"), "70000%  1");
}

#[test]
fn templates_without_end_stop_with_an_error() {
    let bomb = "{{$x := `aaaaaaaa`}}{{range 100}}{{$x = printf `%s%s` $x $x}}{{end}}";
    let doubled = "{{$x := `aaaaaaaa`}}{{range 100}}{{$x = print $x $x}}{{end}}";
    let repeated = format!("{{{{$x := printf `%65535d` 1}}}}{{{{printf `{}` $x}}}}", "%[1]s".repeat(100_000));
    let blocks = "{{if 1}}".repeat(95) + &"{{end}}".repeat(95);
    let else_ifs = format!("{{{{if 0}}}}{}{{{{end}}}}", "{{else if 0}}".repeat(100_000));
    // A variable of almost the longest text, given many times.
    let many = |function: &str| {
        let grown = "{{$x := printf `%60000d` 1}}{{range 6}}{{$x = print $x $x}}{{end}}";
        format!("{grown}{{{{{function}{}}}}}", " $x".repeat(10_000))
    };
    for (source, expected) in [
        (&*many("print"), "more than 8000000 bytes"),
        (&many("println"), "more than 8000000 bytes"),
        (&many("printf ``"), "more than 8000000 bytes"),
        (&many("html"), "more than 8000000 bytes"),
        (&many("env `A`"), "more than 8000000 bytes"),
        (&many("ssm `A` 1"), "more than 8000000 bytes"),
        ("{{define `T`}}{{template `T`}}{{end}}{{template `T`}}", "too deep"),
        ("{{range 1000000000}}x{{end}}", "runs more than 100000 times"),
        ("{{range 1000}}{{range 1000}}{{end}}{{end}}", "runs more than 100000 times"),
        ("{{range 1000}}{{printf `%65535d` 1}}{{end}}", "the text grows over 8000000 bytes"),
        (bomb, "more than 8000000 bytes"),
        (doubled, "more than 8000000 bytes"),
        (&repeated, "more than 8000000 bytes"),
        (&blocks, "more than 90 deep"),
        (&else_ifs, "more than 90 deep"),
        (&"{{".repeat(100_000), ""),
        (&format!("{{{{{}1{}}}}}", "(".repeat(50_000), ")".repeat(50_000)), "nesting depth"),
    ] {
        let message = fails(source);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn values_that_are_not_there_yet_are_placeholders_and_all_of_them_are_noted() {
    let functions = functions();
    let source =
        "{{ssm `/a`}} {{ssm `/b` 1}} {{secretsmanager_arnf `x/%s` `y`}} {{ssm (ssm `/c`)}} {{must_env (ssm `/a`)}}";
    let text = expand("app/def.json", source, &functions);
    assert!(text.is_ok_and(|expanded| expanded.text == "PLACEHOLDER PLACEHOLDER PLACEHOLDER PLACEHOLDER PLACEHOLDER"));
    assert!(functions.session().is_speculative());
    assert_eq!(functions.session().missing().len(), 4);
}
