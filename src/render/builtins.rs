//! The functions of Go templates that are written anew here: they bound what they give, print floats as Go does, and
//! refuse what gotmpl would silently cut.

use gotmpl::{FuncMap, Template, TemplateError, Value};
use std::{fmt::Write, sync::Arc};

/// No text that a template makes is longer, in bytes.
pub const MAX_TEXT: usize = 8_000_000;
/// gotmpl cuts larger widths and precisions to this.
const MAX_WIDTH: u64 = 65_535;
/// Prints a value as an action does. No template can name it.
pub const SHOW: &str = "@show";

type Result<T> = std::result::Result<T, TemplateError>;

/// By name.
pub fn all() -> FuncMap {
    let mut map = FuncMap::new();
    let mut add = |name: &str, give: fn(&[Value]) -> Result<String>| {
        map.insert(name.to_owned(), Arc::new(move |args: &[Value]| give(args).and_then(bounded)));
    };
    add("print", |args| Ok(sprint(args)));
    add("println", |args| Ok(args.iter().map(go_text).collect::<Vec<_>>().join(" ") + "\n"));
    add("printf", |args| match args.first() {
        Some(Value::String(_)) => sprintf(args),
        Some(other) => fail(format!("printf: expected a string as format, found {}", other.type_name())),
        None => fail("printf: wrong number of arguments: want at least 1, got 0".to_owned()),
    });
    add("html", |args| Ok(gotmpl::html_escape(&escapable(args)?)));
    add("js", |args| Ok(gotmpl::js_escape(&escapable(args)?)));
    add("urlquery", |args| Ok(gotmpl::url_encode(&escapable(args)?)));
    map.insert("index".to_owned(), Arc::new(index));
    map.insert(SHOW.to_owned(), Arc::new(|args: &[Value]| Ok(shown(args))));
    map
}

fn fail<T>(message: String) -> Result<T> {
    Err(TemplateError::Exec(message))
}

fn bounded(text: String) -> Result<Value> {
    match text.len() > MAX_TEXT {
        true => fail(format!("gives a text of more than {MAX_TEXT} bytes")),
        false => Ok(Value::String(text.into())),
    }
}

/// As Go's: without an index it is the value itself.
fn index(args: &[Value]) -> Result<Value> {
    match args.split_first() {
        None => fail("index: wrong number of arguments: want at least 1, got 0".to_owned()),
        Some((Value::Nil, _)) => fail("index of untyped nil".to_owned()),
        Some((value, indexes)) => indexes.iter().try_fold(value.clone(), |value, index| value.index(index)),
    }
}

/// Only floats look otherwise than gotmpl prints them.
fn shown(args: &[Value]) -> Value {
    match args.first() {
        Some(float @ Value::Float(_)) => Value::String(go_text(float).into()),
        Some(value) => value.clone(),
        None => Value::Nil,
    }
}

/// A value as Go's `%v` prints it.
fn go_text(value: &Value) -> String {
    let Value::Float(float) = value else { return value.to_string() };
    let exponential = format!("{float:e}");
    match exponential.split_once('e').and_then(|(digits, e)| Some((digits, e.parse::<i32>().ok()?))) {
        Some((digits, e)) if *float != 0.0 && !(-4..21).contains(&e) => {
            let sign = if e < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", e.abs())
        }
        _ => float.to_string(),
    }
}

/// As Go's `Sprint`: a blank between two that are both no strings.
fn sprint(args: &[Value]) -> String {
    let is_text = |value: &Value| matches!(value, Value::String(_));
    let mut text = String::new();
    for (i, arg) in args.iter().enumerate() {
        if i > 0 && !is_text(arg) && !is_text(&args[i - 1]) {
            text.push(' ');
        }
        text.push_str(&go_text(arg));
    }
    text
}

fn escapable(args: &[Value]) -> Result<String> {
    let printable = |value: &Value| match value {
        Value::Nil => Value::String("<no value>".into()),
        value => value.clone(),
    };
    let text = sprint(&args.iter().map(printable).collect::<Vec<_>>());
    // Six bytes is the most that one may become.
    match text.len() > MAX_TEXT / 6 {
        true => fail(format!("gets a text of more than {} bytes", MAX_TEXT / 6)),
        false => Ok(text),
    }
}

/// Go's `Sprintf`, by gotmpl's own `printf`: `args` are the format and what it prints.
///
/// # Errors
/// A width or precision that would be cut, or a text that would grow too long.
pub fn sprintf(args: &[Value]) -> Result<String> {
    let Some((Value::String(format), values)) = args.split_first() else {
        return fail("expected a string as format".to_owned());
    };
    check_widths(format, values)?;
    let longest = values.iter().map(|value| value.len().unwrap_or_default()).max().unwrap_or_default();
    let widest = longest.saturating_add(usize::try_from(MAX_WIDTH).unwrap_or_default());
    let verbs = format.matches('%').count();
    // Quoting may make four bytes of one. A width counts only where there can be one.
    let each = if format.contains(|c: char| c.is_ascii_digit() || c == '*') { widest } else { longest + 32 };
    if verbs.saturating_mul(each).saturating_add(format.len()) > 8 * MAX_TEXT {
        return fail(format!("may give a text of more than {MAX_TEXT} bytes"));
    }
    let mut call = String::from("{{printf");
    for i in 0..args.len() {
        let _ = write!(call, " (index . {i})");
    }
    Template::new("").parse(&(call + "}}"))?.execute_to_string(&Value::List(args.into()))
}

/// Refuses widths and precisions over what gotmpl can print, and a second `[n]` in one verb, which it does not know.
fn check_widths(format: &str, values: &[Value]) -> Result<()> {
    let mut chars = format.chars().peekable();
    let mut next = 0_usize;
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        let mut indexed = false;
        loop {
            match chars.next() {
                Some(digit) if digit.is_ascii_digit() => {
                    let mut width = u64::from(digit.to_digit(10).unwrap_or_default());
                    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                        width = width.saturating_mul(10).saturating_add(u64::from(digit));
                        chars.next();
                    }
                    check_width(width)?;
                }
                Some('[') if indexed => return fail("a verb of a format has at most one `[n]`".to_owned()),
                Some('[') => {
                    indexed = true;
                    let number: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    next = number.parse::<usize>().unwrap_or_default().saturating_sub(1);
                }
                Some('*') => {
                    if let Some(Value::Int(width)) = values.get(next) {
                        check_width(width.unsigned_abs())?;
                    }
                    next += 1;
                }
                Some('+' | '-' | '#' | ' ' | '.') => {}
                Some('%') | None => break,
                Some(_) => {
                    next += 1;
                    break;
                }
            }
        }
    }
    Ok(())
}

fn check_width(width: u64) -> Result<()> {
    match width > MAX_WIDTH {
        true => fail(format!("a width or precision of a format is at most {MAX_WIDTH}, found {width}")),
        false => Ok(()),
    }
}

/// A JSON value as templates have it. Arrays and objects are their JSON text.
pub fn from_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => Value::String(text.as_str().into()),
        other => Value::String(other.to_string().into()),
    }
}

/// A template's value as JSON.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Nil => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(int) => (*int).into(),
        Value::Uint(int) => (*int).into(),
        Value::Float(float) => (*float).into(),
        Value::String(text) => (**text).into(),
        other => other.to_string().into(),
    }
}
