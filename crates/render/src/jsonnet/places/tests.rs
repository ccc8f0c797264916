//! Faulty programs, each in a library that the main file imports. `§` stands before the fault, and is removed.

use crate::{
    child::app,
    session::{
        FileSet, Held,
        protocol::{ChildAnswer, Surroundings},
    },
};
use std::sync::Arc;

const MAIN: &str = "// A comment.\nlocal lib = import '../lib/lib.libsonnet';\n{\n  family: lib.out,\n}\n";

/// The message of evaluating a main file that imports this library, and the library's `file:line:column`.
pub fn told(library: &str) -> (String, String) {
    let fault = library.find('§').unwrap_or(0);
    let before = &library[..fault];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (
        message(&[("app/td.jsonnet", MAIN), ("lib/lib.libsonnet", &library.replace('§', ""))]),
        format!("lib/lib.libsonnet:{line}:{column}"),
    )
}

fn message(files: &[(&str, &str)]) -> String {
    let more = [("lib/other.libsonnet", "{ v: 1 }"), ("lib/syntax.libsonnet", "{\n  a: 1\n  b: 2,\n}")];
    let held = |content: &str| Held::Loaded(content.as_bytes().into());
    let all = files.iter().chain(&more);
    let mut files: FileSet = all.map(|(key, content)| ((*key).to_owned(), held(content))).collect();
    files.insert("lib/bytes".to_owned(), Held::Loaded(Arc::from([0xff, 0xfe])));
    let surroundings = Surroundings {
        ext_code: [("code".to_owned(), "{\n  bad: self.nothing,\n  good(x): x + 1,\n}".to_owned())].into(),
        ..Default::default()
    };
    match app::evaluate(&Arc::new(files), "app/td.jsonnet", &surroundings) {
        ChildAnswer::Failed { message, .. } => message,
        ChildAnswer::Evaluated { value, .. } => format!("no error: {value}"),
        other => format!("{other:?}"),
    }
}

/// The library, and the message after the place.
const FAULTS: &[(&str, &str)] = &[
    // Fields and elements.
    ("{\n  local sizes = { small: 1 },\n  out: sizes.§large,\n}", "no such field: large"),
    ("{\n  local f(sizes) = sizes.§large,\n  out: f({ small: 1 }),\n}", "no such field: large"),
    ("{ out: self.a,\n  a: self.b,\n  b: $.c.§d,\n  c: { e: 1 } }", "no such field: d"),
    ("{ local o = { a: { b: {} } },\n  out: o\n    .a\n    .b\n    .§c }", "no such field: c"),
    ("{ local k = 'no' + 'pe',\n  out: { a: 1 }[§k] }", "no such field: nope"),
    ("{ out: [1, 2][§2] }", "array out of bounds: 2 is not within [0,2)"),
    ("{ local xs = [],\n  out: std.length('x') + xs[§0] }", "array out of bounds: 0"),
    ("{ local xs = [1],\n  out: xs[§-1] }", "array out of bounds: -1"),
    ("{ out: 'abc'[§7] }", "string out of bounds: 7"),
    ("{ out: [1, 2][§0.5] }", "fractional value"),
    ("{ out: [1][§'a'] }", "an element of array is named by a number, got string"),
    ("{ out: { a: 1 }[§1] }", "a field of an object is named by a string, got number"),
    ("{ local nothing = null,\n  out: nothing.§field }", "cannot index null"),
    ("{ out: (1).§field }", "cannot index number"),
    ("{ out: (function(x) x).§field }", "cannot index function"),
    ("{ out: true[§0] }", "cannot index boolean"),
    // The standard library.
    ("{ out: std.§nope(1) }", "no such field: nope"),
    ("{ out: 1,\n  local f = std.§lengthh,\n  assert f('x') == 1 }", "no such field: lengthh"),
    ("{ out: std.length§(1) }", "type error"),
    ("{ out: std.parseInt§('x') }", "is not a base 10 integer"),
    ("{ out: std.join§(',', 'abc') }", "type error"),
    ("{ local f(x) = std.split§(x, ','),\n  out: f(1) }", "type error"),
    ("{ out: std.map(function(x) x.§a, [{}])[0] }", "no such field: a"),
    ("{ out: std.foldl(function(a, x) a + x.§n, [{ n: 1 }, {}], 0) }", "no such field: n"),
    ("{ out: std.sort([{ a: 1 }, {}], function(x) x.§a) }", "no such field: a"),
    ("{ out: std.filter(function(x) x §> 1, [1, null]) }", "binary operation null > number"),
    ("{ out: std.parseJson§('{') }", ""),
    ("{ out: std.base64Decode§('?') }", ""),
    ("{ out: std.format§('%d', ['x']) }", ""),
    ("{ out: std.assertEqual§(1, 2) }", ""),
    ("{ out: std.extVar§('nothing') }", "external variable is not defined: nothing"),
    ("{ out: std.native§('nothing')('x') }", "there is no function \"nothing\""),
    ("{ out: std.native('must_env')§('NOTHING') }", "NOTHING"),
    ("{ out: std.native('must_env')§(1) }", "must_env"),
    ("{ local must = std.native('must_env'),\n  f(name):: must§(name),\n  out: self.f('NOTHING') }", "NOTHING"),
    // Conditions.
    ("{ out: if §1 then 2 else 3 }", "expected boolean, got number"),
    ("{ local f(x) = if §x.on then 1 else 2,\n  out: f({ on: 'yes' }) }", "expected boolean, got string"),
    ("{ out: [x for x in [1] if §x] }", "expected boolean, got number"),
    ("{ out: { [k]: 1 for k in ['a'] if §null } }", "expected boolean, got null"),
    ("{ out: 1 §&& true }", ""),
    ("{ out: true §&& 'x' }", ""),
    ("{ local on = null,\n  out: false\n    §|| on }", ""),
    ("{ out: §!1 }", "operator ! does not operate on type number"),
    ("{ out: assert §'x'; 1 }", "expected boolean"),
    ("{ assert §1,\n  out: 1 }", "expected boolean"),
    // Operands.
    ("{ out: {} §+ 1 }", "binary operation object + number is not implemented"),
    ("{ local a = { n: 1 },\n  out: 'x' + (a.n §- 'y') }", "binary operation number - string"),
    ("{ out: 1\n  + 2\n  §+ null\n  + 3 }", "binary operation number + null"),
    ("{ out: [1] §* 2 }", ""),
    ("{ out: 1 §/ 0 }", "divide by zero"),
    ("{ local none = 0,\n  out: 1 §% none }", "divide by zero"),
    ("{ out: 1 §< 'a' }", ""),
    ("{ out: {} §<= {} }", ""),
    ("{ out: [1] §> ['a'] }", ""),
    ("{ out: null §>= 1 }", ""),
    ("{ out: 'a' §in [] }", ""),
    ("{ out: 1 §in {} }", ""),
    ("{ out: 1 §<< -1 }", ""),
    ("{ out: 'a' §& 1 }", ""),
    ("{ out: 1 §^ null }", ""),
    ("{ out: §-'a' }", "operator - does not operate on type string"),
    ("{ out: 3 + §-{} }", "operator - does not operate on type object"),
    ("{ out: §~'a' }", "operator ~ does not operate on type string"),
    ("{ out: 1e308 §* 10 }", ""),
    ("{ out: '%d' §% 'x' }", "expected number, got string"),
    ("{ out: '%s %s' §% ['x'] }", "format"),
    ("{ out: '%(no)s' §% { yes: 1 } }", "subfield not found"),
    ("{ out: 'x' §+ (function(x) x) }", "function"),
    ("{ out: self.base §{ a: 1 },\n  base:: [] }", "expected object, got array"),
    ("{ out: ({ a: {} } + { §a+: 1 }).a }", "binary operation object + number"),
    ("{ out: { a: {} } + { b: 1,\n  §a+: 1 } }", "binary operation object + number"),
    ("{ out: { a: {} } + { [§'a']+: 1 } }", "binary operation object + number"),
    // Calls.
    ("{ local f = 1,\n  out: f§(2) }", "only functions can be called, got number"),
    ("{ out: { f: null }.f§() }", "only functions can be called, got null"),
    ("{ local f(x, y) = x,\n  out: f§(1) }", "function argument is not passed: y"),
    ("{ local f(x) = x + 1,\n  out: f§(1, 2) }", "too many args, function has 1"),
    ("{ local f(x) = x + 1,\n  out: f§(z=2) }", "parameter z is not defined"),
    ("{ local f(x) = x + 1,\n  out: f§(1, x=2) }", "argument x is already bound"),
    ("{ local g(f) = f§(1, 2),\n  out: g(function(x) x * 2) }", "too many args"),
    ("{ m(x, y):: x,\n  out: self.m§(1) }", "function argument is not passed: y"),
    ("{ local f(x=1 §+ {}) = x,\n  out: f() }", "binary operation number + object"),
    ("{ local f(x) = x + 1,\n  out: f({}.§no) }", "no such field: no"),
    ("{ out: std.substr§('x') }", "function argument is not passed"),
    ("{ out: std.map§(1, 2, 3) }", "too many args"),
    // super, self and $.
    ("{ out: { a: super.§b } }", ""),
    ("{ out: ({ a: 1 } + { b: super.§c }).b }", "no such field: c"),
    ("{ out: ({ a: 1 } + { b: super[§'x' + 'y'] }).b }", "no such field: xy"),
    // Fields of objects.
    ("{ out: { a: 1,\n    §a: 2 } }", "duplicate field name: a"),
    ("{ out: { a: 1, b: 2,\n    §'a': 2 } }", "duplicate field name: a"),
    ("{ local k = 'a',\n  out: { a: 1, [§k]: 2 } }", "duplicate field name: a"),
    ("{ local k = 'a',\n  out: { [k]: 1, §a: 2 } }", "duplicate field name: a"),
    ("{ local k = 'a',\n  out: { [k]: 1, b: 1, [§k]: 2 } }", "duplicate field name: a"),
    ("{ local k = 'a',\n  out: { b: 1, [k]: 1, §b: 2 } }", "duplicate field name: b"),
    ("{ out: { [§k]: 1 for k in ['a', 'a'] } }", "duplicate field name: a"),
    ("{ out: {} + { a: {}, b: { c: 1 } { d: 1, §d: 2 } } }", "duplicate field name: d"),
    ("{ out: { [§1]: 2 } }", "expected string, got number"),
    ("{ local k = [],\n  out: { a: 1, [§k]: 2 } }", "expected string, got array"),
    ("{ out: { [§k + 1]: 2 for k in [1] } }", "expected string, got number"),
    ("{ out: { ['x' + {}.§no]: 2 } }", "no such field: no"),
    // Comprehensions.
    ("{ out: [x for x in §5] }", "only iterate over arrays"),
    ("{ out: [x + y for x in [1] for y in §x] }", "only iterate over arrays"),
    ("{ out: { [x]: 1 for x in §{} } }", "only iterate over arrays"),
    ("{ out: [x.§a for x in [{}]] }", "no such field: a"),
    ("{ local unused = [{}.b for x in [1]],\n  out: [{}.§a for x in [1]] }", "no such field: a"),
    // Slices.
    ("{ out: (5)§[0:1] }", ""),
    ("{ out: [1, 2]§['a':] }", ""),
    ("{ out: [1, 2]§[0:2:0] }", ""),
    // Errors that name their place themselves.
    ("{ out: §error 'no' }", "no"),
    ("{ out: error 'no' + {} + null.§b }", "cannot index null"),
    ("{ local f(x) =\n    §error 'no ' + x,\n  out: f(1) }", "no 1"),
    ("{ assert §1 == 2 : 'not equal',\n  out: 1 }", "assert failed: not equal"),
    ("{ local f(x) = assert §x > 1; x,\n  out: f(1) }", "assert failed"),
    ("{ assert 1 == 2 : {}.§no,\n  out: 1 }", "no such field: no"),
    // Imports.
    ("{ out: import §'nothing.libsonnet' }", "import of \"nothing.libsonnet\""),
    (
        "// import 'nothing.libsonnet'\n{ a:: import 'nothing.libsonnet',\n  out: (import §'nothing.libsonnet').x }",
        "import of \"nothing",
    ),
    ("{ out: importstr §'nothing.txt' }", "import of \"nothing.txt\""),
    ("{ out: importbin §@'nothing.bin' }", "import of \"nothing.bin\""),
    ("{ local o = import 'other.libsonnet',\n  out: o.§w }", "no such field: w"),
    (
        "{ local text = importstr 'other.libsonnet', local o = import 'other.libsonnet',\n  out: std.length(text) + o.§w }",
        "no such field: w",
    ),
    // What was found before evaluating.
    ("{ out: §nothing }", "undefined local: nothing"),
    ("local a = 1, §a = 2;\n{ out: a }", "already defined"),
    ("local x = §self;\n{ out: x }", "`self` used outside of object"),
    ("local x = 1;\n{ out: x,\n  [§$.a]: 1 }", ""),
    ("// self\nlocal f(x) = { a: self }, y = §super.x;\n{ out: y }", "`super` used outside of object"),
    ("{ out: §import 1 }", "import path must be"),
    ("{ out: 1\n  §b: 2 }", "syntax error"),
    // Values that have no end, or no JSON.
    ("{ local a = §a,\n  out: a }", "infinite recursion"),
    ("{ out: self.§out }", "infinite recursion"),
    ("{ out: self.b, b: self.c + 1, c: self.§b }", "infinite recursion"),
    ("local me = §import 'lib.libsonnet';\nme { out: 1 }", "infinite recursion"),
    ("({ a: 1 } + { a+: 2 } + { §a+: {} }) { out: self.a }", ""),
    ("({ a: 1 } + { a+: 2 } + { §a+: null }) { out: self.a }", ""),
    ("{ out: { a: { f: §function(x) x + 1 } } }", "function"),
    ("{ out: { a: { §f(x): x + 1 } } }", "function"),
    ("{ out: { a: [1, §std.length] } }", "function"),
    ("{ local f(x) = x + 1,\n  out: { b: §f } }", "function"),
];

#[test]
fn every_error_of_a_library_names_the_place_in_the_library() {
    let wrong = FAULTS.iter().filter_map(|(library, what)| {
        let (message, place) = told(library);
        let line = message.lines().next().unwrap_or_default();
        let is_right = line.starts_with(&format!("{place}: ")) && line.contains(what);
        (!is_right).then(|| format!("{library}\n  => {place}: {what}\n{message}\n"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FAULTS.len(), wrong.join("\n"));
}
