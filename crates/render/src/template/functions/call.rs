//! What each function does.

use super::{FunctionKind, Functions};
use crate::{
    session::{
        LookError, Session, Stage,
        failure::{RenderFailure, Stop},
        protocol::Lookup,
    },
    template::builtins,
};
use crema_base::{kind_of, secrecy::foreign};
use gotmpl::TemplateError;
use serde_json::Value;
use std::ops::RangeInclusive;

impl Functions {
    /// Calls a function. The number and types of its arguments are checked here.
    ///
    /// # Errors
    /// [`Stop::Missing`] in [`Stage::Jsonnet`] if a value is not there yet (in [`Stage::Template`] the placeholder is
    /// the value); else why it failed, with the function's name in front.
    pub fn call(&self, name: &str, kind: FunctionKind, args: &[Value], stage: Stage) -> Result<Value, Stop> {
        let given = run(self, kind, args, stage);
        given.inspect(|value| self.session.give(value)).map_err(|stop| match stop {
            Stop::Missing => Stop::Missing,
            Stop::Failed(RenderFailure { kind, message }) => {
                Stop::Failed(RenderFailure { kind, message: format!("{name}: {message}") })
            }
        })
    }
}

/// Calls a function. Messages are without its name.
fn run(functions: &Functions, kind: FunctionKind, args: &[Value], stage: Stage) -> Result<Value, Stop> {
    let call = Call { session: &functions.session, args, stage };
    match kind {
        FunctionKind::Env => call.env(),
        FunctionKind::MustEnv => call.must_env(),
        FunctionKind::JsonEscape => call.json_escape(),
        FunctionKind::Ssm => call.ssm(),
        FunctionKind::SsmList => call.ssm_list(),
        FunctionKind::SecretsmanagerArn => {
            call.count(1..=1)?;
            call.look(Lookup::Secret { name: call.text(0)?.to_owned() })
        }
        FunctionKind::SecretsmanagerArnf => call.look(Lookup::Secret { name: call.formatted()? }),
        FunctionKind::CfnOutput => {
            call.count(2..=2)?;
            call.look(Lookup::CfnOutput { stack: call.text(0)?.to_owned(), key: call.text(1)?.to_owned() })
        }
        FunctionKind::CfnExport => {
            call.count(1..=1)?;
            call.look(Lookup::CfnExport { name: call.text(0)?.to_owned() })
        }
        FunctionKind::Tfstate(which) => {
            call.count(1..=1)?;
            call.tfstate(functions, which, call.text(0)?)
        }
        FunctionKind::Tfstatef(which) => call.tfstate(functions, which, &call.formatted()?),
    }
}

struct Call<'a> {
    session: &'a Session,
    args: &'a [Value],
    stage: Stage,
}

fn wrong<T>(message: String) -> Result<T, Stop> {
    Err(Stop::Failed(RenderFailure::render(message)))
}

impl Call<'_> {
    fn count(&self, wanted: RangeInclusive<usize>) -> Result<(), Stop> {
        let got = self.args.len();
        if wanted.contains(&got) {
            return Ok(());
        }
        let wanted = match (*wanted.start(), *wanted.end()) {
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        wrong(format!("wrong number of arguments: want {wanted}, got {got}"))
    }

    fn text(&self, i: usize) -> Result<&str, Stop> {
        match &self.args[i] {
            Value::String(text) => Ok(text),
            other => wrong(format!("argument {}: expected a string, found {}", i + 1, kind_of(other))),
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "whole, and in the range of i64")]
    fn index(&self, i: usize) -> Result<i64, Stop> {
        let value = &self.args[i];
        // Jsonnet has floats only.
        let whole = value.as_i64().or_else(|| {
            let float = value.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15)?;
            Some(float as i64)
        });
        match whole {
            Some(index) => Ok(index),
            None => wrong(format!("argument {}: expected an integer, found {}", i + 1, kind_of(value))),
        }
    }

    /// The text that a format and its arguments give. A native has two arguments: the second is what the format takes,
    /// or an array of that.
    fn formatted(&self) -> Result<String, Stop> {
        let in_template = self.stage == Stage::Template;
        self.count(if in_template { 1..=usize::MAX } else { 2..=2 })?;
        self.text(0)?;
        let args: Vec<&Value> = match self.args {
            [format, Value::Array(args)] if !in_template => std::iter::once(format).chain(args).collect(),
            args => args.iter().collect(),
        };
        let args: Vec<gotmpl::Value> = args.into_iter().map(builtins::from_json).collect();
        let print = if in_template { builtins::sprintf } else { builtins::sprintf_numbers };
        print(&args).or_else(|e| match e {
            TemplateError::Exec(why) => wrong(foreign(why).to_string()),
            other => wrong(foreign(other).to_string()),
        })
    }

    fn is_placeholder(&self, text: &str) -> bool {
        self.stage == Stage::Template && text == self.session.placeholder()
    }

    /// Whether a text was made from a missing value. Then what it leads to is missing too.
    fn is_invented(&self, text: &str) -> bool {
        let placeholder = self.session.placeholder();
        let invented = self.stage == Stage::Template && !placeholder.is_empty() && text.contains(placeholder);
        if invented {
            self.session.speculate();
        }
        invented
    }

    fn placeholder(&self) -> Value {
        Value::from(self.session.placeholder())
    }

    fn look(&self, lookup: Lookup) -> Result<Value, Stop> {
        self.session.look(&lookup, self.stage).map_err(|e| match e {
            LookError::Missing => Stop::Missing,
            LookError::Failed(why) => Stop::Failed(RenderFailure::lookup(why)),
        })
    }

    /// An environment variable. As in ecspresso, an empty one counts as undefined.
    fn env(&self) -> Result<Value, Stop> {
        match self.stage {
            Stage::Jsonnet => {
                self.count(2..=2)?;
                let value = self.session.env(self.text(0)?).filter(|value| !value.is_empty());
                Ok(value.map_or_else(|| self.args[1].clone(), Value::from))
            }
            Stage::Template => {
                self.count(1..=usize::MAX)?;
                let texts = (0..self.args.len()).map(|i| self.text(i)).collect::<Result<Vec<_>, _>>()?;
                if self.is_invented(texts[0]) {
                    return Ok(self.placeholder());
                }
                let mut values = self.session.env(texts[0]).into_iter().chain(texts[1..].iter().copied());
                Ok(Value::from(values.find(|value| !value.is_empty()).unwrap_or_default()))
            }
        }
    }

    fn must_env(&self) -> Result<Value, Stop> {
        self.count(1..=1)?;
        let name = self.text(0)?;
        match self.session.env(name) {
            Some(value) => Ok(Value::from(value)),
            None if self.is_invented(name) => Ok(self.placeholder()),
            None => wrong(format!("the environment variable {} is not defined", foreign(name))),
        }
    }

    fn json_escape(&self) -> Result<Value, Stop> {
        self.count(1..=1)?;
        let quoted = Value::from(self.text(0)?).to_string();
        let mut escaped = String::with_capacity(quoted.len());
        // Go's json.Marshal escapes these too, for HTML and JavaScript.
        for c in quoted[1..quoted.len() - 1].chars() {
            match c {
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => escaped.push(c),
            }
        }
        Ok(Value::from(escaped))
    }

    fn ssm(&self) -> Result<Value, Stop> {
        let most = if self.stage == Stage::Template { 2 } else { 1 };
        self.count(1..=most)?;
        let index = if self.args.len() == 2 { Some(self.index(1)?) } else { None };
        self.parameter(index)
    }

    fn ssm_list(&self) -> Result<Value, Stop> {
        self.count(2..=2)?;
        self.parameter(Some(self.index(1)?))
    }

    fn parameter(&self, index: Option<i64>) -> Result<Value, Stop> {
        let name = self.text(0)?;
        let value = self.look(Lookup::Ssm { name: name.to_owned() })?;
        let why = match (value, index) {
            (Value::String(text), _) if self.is_placeholder(&text) => return Ok(Value::from(text)),
            (Value::Array(list), Some(index)) => match usize::try_from(index).ok().and_then(|index| list.get(index)) {
                Some(element) => return Ok(element.clone()),
                None => format!(
                    "the parameter {name:?} is a StringList of length {}, so there is none at index {index}",
                    list.len()
                ),
            },
            (Value::Array(list), None) => {
                format!("the parameter {name:?} is a StringList of length {}; give an index", list.len())
            }
            (_, Some(_)) => format!("the parameter {name:?} is no StringList; leave the index out"),
            (value, None) => return Ok(value),
        };
        Err(Stop::Failed(RenderFailure::lookup(why)))
    }

    fn tfstate(&self, functions: &Functions, which: usize, address: &str) -> Result<Value, Stop> {
        if self.is_invented(address) {
            return Ok(self.placeholder());
        }
        let Some(source) = functions.sources.get(which) else {
            return wrong("there is no such state".to_owned());
        };
        match source.state(self.session, self.stage)? {
            Some(state) => {
                let value = state.get(address);
                let value = value.map_err(|why| Stop::Failed(RenderFailure::lookup(foreign(why).to_string())))?;
                self.session.keep(state.sensitive(&value));
                Ok(value)
            }
            None if self.stage == Stage::Template => Ok(self.placeholder()),
            None => Err(Stop::Missing),
        }
    }
}
