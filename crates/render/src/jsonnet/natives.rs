//! The folder's functions as `std.native(name)`.

use crate::{
    session::{
        Stage,
        failure::{RenderFailure, Stop},
    },
    template::functions::{FunctionKind, Functions},
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

/// What the natives of one evaluation report about its end.
#[derive(Clone, Default)]
pub struct Ledger(Rc<RefCell<Entries>>);

#[derive(Default)]
struct Entries {
    /// The failures that natives raised: an error of Jsonnet carries a text and nothing else.
    raised: Vec<RenderFailure>,
}

impl Ledger {
    /// The failure with this text, if a native raised it.
    pub fn raised(&self, message: &str) -> Option<RenderFailure> {
        self.0.borrow().raised.iter().find(|failure| failure.message == message).cloned()
    }
}

/// One function. It holds no Jsonnet value, so the collector may pass it by.
#[derive(Trace)]
#[trace(skip)]
pub struct Native {
    name: String,
    kind: FunctionKind,
    functions: Functions,
    ledger: Ledger,
    /// The text of an error that means "missing".
    missing: Rc<str>,
}

impl Native {
    pub fn new(name: &str, kind: FunctionKind, functions: &Functions, ledger: &Ledger, missing: &Rc<str>) -> Native {
        Native {
            name: name.to_owned(),
            kind,
            functions: functions.clone(),
            ledger: ledger.clone(),
            missing: missing.clone(),
        }
    }

    fn raise(&self, failure: RenderFailure) -> Error {
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
            FunctionKind::Env => &["name", "default"],
            FunctionKind::MustEnv | FunctionKind::Ssm | FunctionKind::CfnExport => &["name"],
            FunctionKind::SsmList => &["name", "index"],
            FunctionKind::SecretsmanagerArn => &["id"],
            FunctionKind::SecretsmanagerArnf => &["format", "args"],
            FunctionKind::CfnOutput => &["stackName", "outputKey"],
            FunctionKind::Tfstate(_) => &["address"],
            // Template functions: never given to Jsonnet.
            FunctionKind::JsonEscape | FunctionKind::Tfstatef(_) => &[],
        };
        let param = |name: &&str| ParamParse::new(ParamName::Named((*name).into()), ParamDefault::None);
        FunctionSignature::new(names.iter().map(param).collect())
    }

    fn call(&self, _: CallLocation<'_>, args: &[Option<Thunk<Val>>]) -> Result<Val> {
        let args: Vec<Value> = args.iter().flatten().map(|arg| plain(&arg.evaluate()?)).collect::<Result<_>>()?;
        match self.functions.call(&self.name, self.kind, &args, Stage::Jsonnet) {
            Ok(value) => {
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

/// Converts through the text: a direct conversion saturates numbers at 64-bit integers.
fn plain(value: &Val) -> Result<Value> {
    let text = value.manifest(JsonFormat::minify())?;
    serde_json::from_str(&text).map_err(|e| runtime(&e.to_string()))
}
