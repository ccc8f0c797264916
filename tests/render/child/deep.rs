//! Recursion that ends, as deep as go-jsonnet takes it; values are what go-jsonnet 0.22 gives with its limit of 500.

use super::{ask, files, put, renderer, renders, soon};
use crema::renderer::Renderer;
use crema_render::session::protocol::ChildAnswer;
use serde_json::{Value, json};

/// What an app whose definition is this program renders to.
async fn outcome(renderer: &mut Renderer, program: &str) -> Result<Value, String> {
    let mut files = files();
    put(&mut files, "bad/td.jsonnet", program);
    match renderer.ask(&files, &ask("bad"), soon(60)).await {
        Ok(ChildAnswer::Rendered { document, .. }) => Ok(document),
        Ok(ChildAnswer::Failed { message, .. }) => Err(message),
        other => Err(format!("{other:?}")),
    }
}

const SUM: &str = "local sum(n, of) = if n == 0 then of else sum(n - 1, of + n) tailstrict;";
const COUNT: &str = "local count(n) = if n == 0 then 0 else 1 + count(n - 1);";

#[tokio::test]
async fn recursion_that_ends_renders_as_deep_as_in_go_jsonnet() {
    let programs = [
        // tailstrict.
        (format!("{SUM} {{ a: sum(10000, 0) }}"), json!(50_005_000)),
        (format!("{SUM} local same(x) = x; {{ a: same(sum(10000, 0)) }}"), json!(50_005_000)),
        (format!("{SUM} {{ assert sum(10000, 0) > 0, a: 1 }}"), json!(1)),
        (format!("{SUM} {{ a: if sum(10000, 0) > 0 then [sum(i, 0) for i in [9000, 10000]][1] }}"), json!(50_005_000)),
        (
            "local f(n, of) = assert n >= 0; if n == 0 then of else f(n - 1, of + n) tailstrict; { a: f(10000, 0) }"
                .to_owned(),
            json!(50_005_000),
        ),
        (
            "local f(n, of) = local m = n - 1; if n == 0 then of else f(m, of + 'x') tailstrict; \
             { a: std.length(f(10000, '')) }"
                .to_owned(),
            json!(10_000),
        ),
        (
            "{ f(n, of):: if n == 0 then of else self.f(n - 1, of + 1) tailstrict, a: self.f(10000, 0) }".to_owned(),
            json!(10_000),
        ),
        (
            "local even(n) = if n == 0 then true else odd(n - 1) tailstrict, \
             odd(n) = if n == 0 then false else even(n - 1) tailstrict; { a: even(10000) }"
                .to_owned(),
            json!(true),
        ),
        (
            "local f(n, of) = if n == 0 then of else f(n - 1, of + [n]) tailstrict; { a: std.length(f(10000, [])) }"
                .to_owned(),
            json!(10_000),
        ),
        // Plain calls.
        (format!("{COUNT} {{ a: count(480) }}"), json!(480)),
        (format!("{COUNT} local same(x) = x; {{ a: same(std.max(count(470), 1)) }}"), json!(470)),
        (format!("{COUNT} {{ assert count(480) == 480, a: 1 }}"), json!(1)),
        ("local f(n) = assert n == 0 || f(n - 1) >= 0; n; { a: f(480) }".to_owned(), json!(480)),
        ("local f(n) = { assert n == 0 || f(n - 1).v >= 0, v: n }; { a: f(160).v }".to_owned(), json!(160)),
        ("local same(x) = x, f(n) = if n == 0 then 0 else same(1 + f(n - 1)); { a: f(160) }".to_owned(), json!(160)),
        ("local f(n) = if n == 0 then 0 else (local r = f(n - 1); r + 1); { a: f(240) }".to_owned(), json!(240)),
        ("local f(n) = if n == 0 then [] else [n] + f(n - 1); { a: std.length(f(480)) }".to_owned(), json!(480)),
        ("{ f(n):: if n == 0 then 0 else 1 + self.f(n - 1), a: self.f(480) }".to_owned(), json!(480)),
        (
            "local f(n) = if n == 0 then 'x' else std.join('', [f(n - 1), 'y']); { a: std.length(f(100)) }".to_owned(),
            json!(101),
        ),
    ];
    let mut renderer = renderer();
    for (program, expected) in programs {
        assert_eq!(outcome(&mut renderer, &program).await, Ok(json!({"a": expected})), "{program}");
    }
}

#[tokio::test]
async fn recursion_that_never_ends_says_so_and_names_its_place() {
    let programs = [
        "local f(n) =\n  f(n + 1);\n{ a: f(0) }",
        "local f(n) =\n  1 + f(n + 1);\n{ a: f(0) }",
        "local f(n) =\n  f(n + 1) tailstrict;\n{ a: f(0) }",
        "{ f(n)::\n  self.f(n + 1) tailstrict,\na: self.f(0) }",
        "local f(n) =\n  { assert f(n + 1).a == 1, a: 1 };\n{ a: f(0).a }",
    ];
    let mut renderer = renderer();
    for program in programs {
        let message = outcome(&mut renderer, program).await.expect_err(program);
        assert!(message.starts_with("bad/td.jsonnet:2:"), "{program}: {message}");
        assert!(message.contains("ran out of stack"), "{program}: {message}");
        assert!(message.len() < 2_000, "{program}: {message}");
        renders(&mut renderer, &files()).await;
    }
}
