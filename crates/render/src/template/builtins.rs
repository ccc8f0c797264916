//! The functions of Go templates that are implemented here: they limit what they return, print floats as Go does, and
//! refuse what gotmpl would silently cut.

use crate::template::{
    bounded::{FunctionResult, MAX_TEXT, bounded, fail},
    inserted::NO_VALUE,
    printf,
};
use gotmpl::{FuncMap, Value};
use std::sync::Arc;

/// Prints a value as an action does. No template can name it.
pub const SHOW: &str = "@show";

/// The functions by their names.
pub fn all() -> FuncMap {
    let mut map = FuncMap::new();
    let mut add = |name: &str, give: fn(&[Value]) -> FunctionResult<String>| {
        map.insert(
            name.to_owned(),
            Arc::new(move |args: &[Value]| {
                let text = give(args)?;
                bounded(&text)?;
                Ok(Value::String(text.into()))
            }),
        );
    };
    add("print", |args| sprint(args, false));
    add("println", |args| Ok(sprint(args, true)? + "\n"));
    add("printf", |args| match args.first() {
        Some(Value::String(_)) => sprintf(args),
        Some(other) => fail(format!("printf: expected a string as format, found {}", other.type_name())),
        None => fail("printf: wrong number of arguments: want at least 1, got 0".to_owned()),
    });
    add("html", |args| Ok(gotmpl::html_escape(&escapable(args)?)));
    add("js", |args| Ok(gotmpl::js_escape(&escapable(args)?)));
    add("urlquery", |args| Ok(gotmpl::url_encode(&escapable(args)?)));
    map.insert("index".to_owned(), Arc::new(index));
    map
}

/// Go's `index`: without an index it returns the value itself.
fn index(args: &[Value]) -> FunctionResult<Value> {
    match args.split_first() {
        None => fail("index: wrong number of arguments: want at least 1, got 0".to_owned()),
        Some((Value::Nil, _)) => fail("index of untyped nil".to_owned()),
        Some((value, indexes)) => indexes.iter().try_fold(value.clone(), |value, index| value.index(index)),
    }
}

/// What an action prints. Only floats look different from what gotmpl prints.
pub fn shown(args: &[Value]) -> Value {
    match args.first() {
        Some(float @ Value::Float(_)) => Value::String(go_text(float).into()),
        Some(value) => value.clone(),
        None => Value::Nil,
    }
}

/// A value as Go's `%v` prints it: floats with an exponent from 1e+06 on and below 1e-04.
fn go_text(value: &Value) -> String {
    let Value::Float(float) = value else { return value.to_string() };
    let exponential = format!("{float:e}");
    match exponential.split_once('e').and_then(|(digits, e)| Some((digits, e.parse::<i32>().ok()?))) {
        Some((digits, e)) if *float != 0.0 && !(-4..6).contains(&e) => {
            let sign = if e < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", e.abs())
        }
        _ => float.to_string(),
    }
}

/// Go's `Sprint`: a blank between two operands that are both no strings; with `blanks`, between all.
fn sprint(args: &[Value], blanks: bool) -> FunctionResult<String> {
    let is_text = |value: &Value| matches!(value, Value::String(_));
    let mut text = String::new();
    for (i, arg) in args.iter().enumerate() {
        if i > 0 && (blanks || !is_text(arg) && !is_text(&args[i - 1])) {
            text.push(' ');
        }
        text.push_str(&go_text(arg));
        bounded(&text)?;
    }
    Ok(text)
}

fn escapable(args: &[Value]) -> FunctionResult<String> {
    let printable = |value: &Value| match value {
        Value::Nil => Value::String(NO_VALUE.into()),
        value => value.clone(),
    };
    let text = sprint(&args.iter().map(printable).collect::<Vec<_>>(), false)?;
    // Six bytes is the most that one may become.
    match text.len() > MAX_TEXT / 6 {
        true => fail(format!("gets a text of more than {} bytes", MAX_TEXT / 6)),
        false => Ok(text),
    }
}

/// Go's `Sprintf`: `args` are the format and what it prints.
///
/// # Errors
/// Those of [`printf::sprintf`], or if the format is no string.
pub fn sprintf(args: &[Value]) -> FunctionResult<String> {
    print_by(args, printf::sprintf)
}

/// Does the same for the numbers of Jsonnet, which fit both verbs of floats and of integers.
///
/// # Errors
/// As [`sprintf`].
pub fn sprintf_numbers(args: &[Value]) -> FunctionResult<String> {
    print_by(args, printf::sprintf_numbers)
}

fn print_by(args: &[Value], print: fn(&str, &[Value]) -> FunctionResult<String>) -> FunctionResult<String> {
    match args.split_first() {
        Some((Value::String(format), values)) => print(format, values),
        _ => fail("expected a string as format".to_owned()),
    }
}

/// A JSON value as templates see it. Arrays and objects become their JSON text.
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
