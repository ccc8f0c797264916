//! Go's text/template over a file of the folder, by gotmpl behind [`parse`].
//!
//! What remains different from Go:
//! - blocks lie at most 90 deep in each other, templates call each other at most 200 deep, all `range` together run at
//!   most 100,000 times, and no text has more than 8 MB;
//! - `printf` refuses widths over 65,535, `%O`, and floats under `%b` and `%x`; `#` of floats, `#` and blanks of `%x` of texts, and
//!   precisions of `%b`, `%o`, `%x` and `%U` do nothing;
//! - an assignment to a variable that is not there is an error also where it is not executed;
//! - `slice` cuts strings between characters only, `js` leaves rare control characters as they are, imaginary numbers are
//!   not known, `{{block}}` may stand without a value.

pub mod bounded;
pub mod builtins;
pub mod functions;
pub mod inserted;
pub mod parse;
pub mod past;
pub mod printf;
#[cfg(test)]
mod tests;

use crate::{
    session::{
        Stage,
        failure::{RenderFailure, Stop},
    },
    template::{
        bounded::MAX_TEXT,
        builtins::SHOW,
        functions::{FunctionKind, Functions},
        inserted::{Expanded, Inserted, NO_VALUE, is_odd},
        parse::{AT, Parsed, Wrong},
    },
};
use crema_base::secrecy::foreign;
use gotmpl::{Template, TemplateError, Value};
use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

const MAX_RANGES: u64 = 100_000;
/// The name under which the file itself is executed. No template can name it.
const MAIN: &str = "@main";
/// How gotmpl refuses an action with the escapes that JSON, Jsonnet's too, makes of quotes and line ends.
const BACKSLASH: &str = "unexpected character: '\\\\'";
const BACKQUOTES: &str = "; in JSON an action stands on one line and has its texts in backquotes, {{ must_env `NAME` }} \
                          (a value with quotes or line ends passes through json_escape)";
/// The functions that Go's templates have.
const GO: [&str; 19] = [
    "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or", "print", "printf",
    "println", "slice", "urlquery",
];

/// Expands `source`. `file` is its key, for messages.
///
/// # Errors
/// `file:line: function: what is wrong`, of the kind that the function gave or `Render`.
pub fn expand(file: &str, source: &str, functions: &Functions) -> Result<Expanded, RenderFailure> {
    // Most files of a folder hold no action at all.
    if !source.contains("{{") {
        return Ok(Expanded { text: source.to_owned(), inserted: vec![] });
    }
    execute(file, parse(file, source, functions, None)?, functions).map_err(|stopped| stopped.failure)
}

/// Where an action that only prints stands in its source.
type Action = usize;

/// Why an execution stopped, and which action failed, if that action only prints.
struct Stopped {
    failure: RenderFailure,
    action: Option<Action>,
}

/// Parses a source. With `broken`, an action that only prints may call unknown functions; it is added to that list.
fn parse(
    file: &str,
    source: &str,
    functions: &Functions,
    broken: Option<&mut Vec<(Action, RenderFailure)>>,
) -> Result<Parsed, RenderFailure> {
    let own = functions.for_templates().map(|(name, _)| name);
    let known: Vec<&str> = own.chain(GO).collect();
    let failure = |Wrong { line, message }| {
        let remedy = if message == BACKSLASH { BACKQUOTES } else { "" };
        RenderFailure::render(match line {
            0 => format!("{file}: {}{remedy}", foreign(message)),
            line => format!("{file}:{line}: {}{remedy}", foreign(message)),
        })
    };
    let mut passed = vec![];
    let parsed = parse::parse(source, &known, broken.is_some().then_some(&mut passed)).map_err(failure)?;
    if let Some(broken) = broken {
        broken.extend(passed.into_iter().map(|(action, wrong)| (action, failure(wrong))));
    }
    Ok(parsed)
}

fn execute(file: &str, parsed: Parsed, functions: &Functions) -> Result<Expanded, Stopped> {
    let run = Run::default();
    let mut text = Bounded { text: String::new(), length: run.length.clone() };
    match template(parsed, functions, &run).execute_template_fmt(&mut text, MAIN, &Value::Nil) {
        Ok(()) => Ok(Expanded { text: text.text, inserted: std::mem::take(&mut run.lock().inserted) }),
        Err(e) => {
            let failure = run.failure(file, &e);
            // These are met between actions.
            let is_anothers =
                matches!(e, TemplateError::RecursionLimit | TemplateError::RangeIterLimit | TemplateError::Write);
            Err(Stopped { failure, action: run.lock().action.filter(|_| !is_anothers) })
        }
    }
}

fn template(parsed: Parsed, functions: &Functions, run: &Run) -> Template {
    let mut template = Template::new("").max_range_iters(MAX_RANGES).funcs(builtins::all());
    let at = run.clone();
    template = template.func(AT, move |args| {
        if let [Value::Int(line), Value::String(called), Value::Int(action)] = args {
            let mut place = at.lock();
            (place.line, place.called, place.action) = (*line, Arc::clone(called), Action::try_from(*action).ok());
        }
        Ok(Value::String("".into()))
    });
    let printing = run.clone();
    template = template.func(SHOW, move |args| {
        let shown = builtins::shown(args);
        // Without an argument it stands for the data of another template, and prints nothing.
        if !args.is_empty() {
            printing.note(&shown);
        }
        Ok(shown)
    });
    for (name, kind) in functions.for_templates() {
        let (functions, run, owned) = (functions.clone(), run.clone(), name.to_owned());
        template = template.func(name, move |args| call(&functions, &run, &owned, kind, args));
    }
    for (name, body) in parsed.defines {
        template = template.add_parse_tree(&name, body);
    }
    template.add_parse_tree(MAIN, parsed.main)
}

fn call(functions: &Functions, run: &Run, name: &str, kind: FunctionKind, args: &[Value]) -> gotmpl::Result<Value> {
    if args.iter().filter_map(Value::len).sum::<usize>() > MAX_TEXT {
        return Err(TemplateError::Exec(format!("{name}: gets more than {MAX_TEXT} bytes")));
    }
    let args: Vec<serde_json::Value> = args.iter().map(builtins::to_json).collect();
    match functions.call(name, kind, &args, Stage::Template) {
        Ok(serde_json::Value::String(text)) => Ok(Value::String(text.into())),
        Ok(other) => Ok(Value::String(other.to_string().into())),
        Err(stop) => {
            let failure = match stop {
                Stop::Failed(failure) => failure,
                Stop::Missing => RenderFailure::render(format!("{name}: a value is missing")),
            };
            let told = TemplateError::Exec(failure.message.clone());
            run.lock().failure = Some(failure);
            Err(told)
        }
    }
}

/// Where an execution is, and what stopped it: the errors of gotmpl say neither.
#[derive(Clone, Default)]
struct Run {
    place: Arc<Mutex<Place>>,
    /// How many bytes are written so far.
    length: Arc<AtomicUsize>,
}

struct Place {
    line: i64,
    called: Arc<str>,
    action: Option<Action>,
    failure: Option<RenderFailure>,
    inserted: Vec<Inserted>,
}

impl Default for Place {
    fn default() -> Place {
        Place { line: 0, called: "".into(), action: None, failure: None, inserted: vec![] }
    }
}

impl Run {
    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a value that is about to be printed.
    fn note(&self, shown: &Value) {
        let value: &str = match shown {
            Value::Nil => NO_VALUE,
            Value::String(text) if is_odd(text) => text,
            _ => return,
        };
        let from = self.length.load(Ordering::Relaxed);
        let mut place = self.lock();
        let (line, called, action) = (place.line, place.called.clone(), place.action);
        let next = Inserted { from, to: from + value.len(), line, called, action };
        Expanded::note(&mut place.inserted, next);
    }

    fn failure(&self, file: &str, e: &TemplateError) -> RenderFailure {
        let place = self.lock();
        let lead = format!("{file}:{}: ", place.line);
        if let Some(RenderFailure { kind, message }) = &place.failure {
            return RenderFailure { kind: *kind, message: lead + message };
        }
        let what = match e {
            TemplateError::Exec(message) => message.clone(),
            TemplateError::ArgCount { name, expected, got } => {
                format!("{name}: wrong number of arguments: want {expected}, got {got}")
            }
            TemplateError::RecursionLimit => "templates call each other too deep (more than 200)".to_owned(),
            TemplateError::RangeIterLimit => format!("range: runs more than {MAX_RANGES} times"),
            TemplateError::Write => format!("the text grows over {MAX_TEXT} bytes"),
            TemplateError::UndefinedTemplate(name) => format!("template {name:?} not defined"),
            TemplateError::NotIterable(what) => format!("range: can't iterate over {what}"),
            other => other.to_string(),
        };
        let named = place.called.split(", ").any(|name| what.starts_with(&format!("{name}: ")));
        RenderFailure::render(match place.called.is_empty() || named {
            // gotmpl quotes values it cannot work with.
            true => format!("{lead}{}", foreign(what)),
            false => format!("{lead}{}: {}", place.called, foreign(what)),
        })
    }
}

/// A text that refuses to grow over [`MAX_TEXT`].
struct Bounded {
    text: String,
    length: Arc<AtomicUsize>,
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.text.len() + more.len() > MAX_TEXT {
            return Err(fmt::Error);
        }
        self.text.push_str(more);
        self.length.store(self.text.len(), Ordering::Relaxed);
        Ok(())
    }
}
