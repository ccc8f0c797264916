//! The folder's functions as `std.native(name)`.

use crate::render::{
    functions::{Failure, Functions, Kind, Stop},
    session::Stage,
};
use jrsonnet_evaluator::{
    Error, Result, Thunk, Val,
    error::ErrorKind,
    function::{CallLocation, FunctionSignature, ParamDefault, ParamName, ParamParse, builtin::Builtin},
    manifest::JsonFormat,
};
use jrsonnet_gcmodule::Trace;
use serde_json::Value;
use std::{any::Any, cell::RefCell, collections::BTreeSet, rc::Rc};

/// What the natives of one evaluation tell its end.
#[derive(Clone, Default)]
pub struct Ledger(Rc<RefCell<Entries>>);

#[derive(Default)]
struct Entries {
    /// An error of Jsonnet carries a text and nothing else.
    raised: Vec<Failure>,
    /// Texts that were given out.
    given: BTreeSet<String>,
}

/// A shorter text may be part of any word, so it is not masked.
const MIN_SECRET: usize = 3;

impl Ledger {
    /// The failure with this text, if a native raised it.
    pub fn raised(&self, message: &str) -> Option<Failure> {
        self.0.borrow().raised.iter().find(|failure| failure.message == message).cloned()
    }

    /// A message of the evaluator's own without the values that it may quote, as `std.parseInt` does.
    pub fn without_values(&self, message: &str) -> String {
        let entries = self.0.borrow();
        let mut given: Vec<&String> = entries.given.iter().collect();
        given.sort_by_key(|text| std::cmp::Reverse(text.len()));
        given.iter().fold(message.to_owned(), |message, text| {
            let quoted = format!("{text:?}");
            message.replace(&quoted[1..quoted.len() - 1], "***").replace(text.as_str(), "***")
        })
    }

    fn give(&self, value: &Value) {
        match value {
            Value::String(text) if text.len() >= MIN_SECRET => {
                // A secret often is a JSON object of several.
                if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                    self.give(&inner);
                }
                self.0.borrow_mut().given.insert(text.clone());
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.give(element)),
            Value::Object(fields) => fields.values().for_each(|field| self.give(field)),
            _ => {}
        }
    }
}

/// One function. It holds no Jsonnet value, so the collector may pass it by.
#[derive(Trace)]
#[trace(skip)]
pub struct Native {
    name: String,
    kind: Kind,
    functions: Functions,
    ledger: Ledger,
    /// The text of an error that means "missing".
    missing: Rc<str>,
}

impl Native {
    pub fn new(name: &str, kind: Kind, functions: &Functions, ledger: &Ledger, missing: &Rc<str>) -> Native {
        Native {
            name: name.to_owned(),
            kind,
            functions: functions.clone(),
            ledger: ledger.clone(),
            missing: missing.clone(),
        }
    }

    fn raise(&self, failure: Failure) -> Error {
        let error = ErrorKind::RuntimeError(failure.message.as_str().into()).into();
        self.ledger.0.borrow_mut().raised.push(failure);
        error
    }
}

impl Builtin for Native {
    fn name(&self) -> &str {
        &self.name
    }

    fn params(&self) -> FunctionSignature {
        // As ecspresso's: arguments may be given by name.
        let names: &[&str] = match self.kind {
            Kind::Env => &["name", "default"],
            Kind::MustEnv | Kind::Ssm | Kind::CfnExport => &["name"],
            Kind::SsmList => &["name", "index"],
            Kind::SecretsmanagerArn => &["id"],
            Kind::SecretsmanagerArnf => &["format", "args"],
            Kind::CfnOutput => &["stackName", "outputKey"],
            Kind::Tfstate(_) => &["address"],
            // Template functions: never given to Jsonnet.
            Kind::JsonEscape | Kind::Tfstatef(_) => &[],
        };
        let param = |name: &&str| ParamParse::new(ParamName::Named((*name).into()), ParamDefault::None);
        FunctionSignature::new(names.iter().map(param).collect())
    }

    fn call(&self, _: CallLocation<'_>, args: &[Option<Thunk<Val>>]) -> Result<Val> {
        let args: Vec<Value> = args.iter().flatten().map(|arg| plain(&arg.evaluate()?)).collect::<Result<_>>()?;
        match self.functions.call(&self.name, self.kind, &args, Stage::Jsonnet) {
            Ok(value) => {
                self.ledger.give(&value);
                // Not `Val::from_serde`: it turns integers into strings.
                serde_json::from_value(value).map_err(|e| runtime(&format!("{}: {e}", self.name)))
            }
            Err(Stop::Missing) => Err(runtime(&self.missing)),
            Err(Stop::Failed(failure)) => Err(self.raise(failure)),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn runtime(text: &str) -> Error {
    ErrorKind::RuntimeError(text.into()).into()
}

/// By way of the text: converting directly saturates numbers at 64-bit integers.
fn plain(value: &Val) -> Result<Value> {
    let text = value.manifest(JsonFormat::minify())?;
    serde_json::from_str(&text).map_err(|e| runtime(&e.to_string()))
}
