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
use std::{any::Any, cell::RefCell, rc::Rc};

/// What the natives of one evaluation tell its end: an error of Jsonnet carries a text and nothing else.
#[derive(Clone, Default)]
pub struct Raised(Rc<RefCell<Vec<Failure>>>);

impl Raised {
    /// The failure with this text, if a native raised it.
    pub fn by_message(&self, message: &str) -> Option<Failure> {
        self.0.borrow().iter().find(|failure| failure.message == message).cloned()
    }
}

/// One function. It holds no Jsonnet value, so the collector may pass it by.
#[derive(Trace)]
#[trace(skip)]
pub struct Native {
    name: String,
    kind: Kind,
    functions: Functions,
    raised: Raised,
    /// The text of an error that means "missing".
    missing: Rc<str>,
}

impl Native {
    pub fn new(name: &str, kind: Kind, functions: &Functions, raised: &Raised, missing: &Rc<str>) -> Native {
        Native {
            name: name.to_owned(),
            kind,
            functions: functions.clone(),
            raised: raised.clone(),
            missing: missing.clone(),
        }
    }

    fn raise(&self, failure: Failure) -> Error {
        let error = ErrorKind::RuntimeError(failure.message.as_str().into()).into();
        self.raised.0.borrow_mut().push(failure);
        error
    }
}

impl Builtin for Native {
    fn name(&self) -> &str {
        &self.name
    }

    fn params(&self) -> FunctionSignature {
        let names: &[&str] = match self.kind {
            Kind::Env => &["name", "default"],
            Kind::MustEnv | Kind::Ssm | Kind::SecretsmanagerArn | Kind::CfnExport => &["name"],
            Kind::SsmList => &["name", "index"],
            Kind::CfnOutput => &["stack", "key"],
            Kind::Tfstate(_) => &["address"],
            // Template functions: never given to Jsonnet.
            Kind::JsonEscape | Kind::SecretsmanagerArnf | Kind::Tfstatef(_) => &[],
        };
        let param = |name: &&str| ParamParse::new(ParamName::Named((*name).into()), ParamDefault::None);
        FunctionSignature::new(names.iter().map(param).collect())
    }

    fn call(&self, _: CallLocation<'_>, args: &[Option<Thunk<Val>>]) -> Result<Val> {
        let args: Vec<Value> = args.iter().flatten().map(|arg| plain(&arg.evaluate()?)).collect::<Result<_>>()?;
        match self.functions.call(&self.name, self.kind, &args, Stage::Jsonnet) {
            // Not `Val::from_serde`: it turns integers into strings.
            Ok(value) => serde_json::from_value(value).map_err(|e| runtime(&format!("{}: {e}", self.name))),
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
