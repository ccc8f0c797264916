//! `std` as an ecspresso folder sees it, with the folder's external variables and functions.

use crate::{
    jsonnet::{
        imports::ext_code_path,
        natives::{Ledger, Native},
        places::{NAME, noting::Noting},
    },
    session::protocol::Surroundings,
    template::functions::{Functions, remedy},
};
use jrsonnet_evaluator::{
    ContextInitializer, IStr, InitialContextBuilder, ObjValue, ObjValueBuilder, Result, Source, Thunk, Val, bail,
    function::{CallLocation, FuncVal, builtin},
    tla::TlaArg,
    trace::PathResolver,
};
use jrsonnet_gcmodule::{Acyclic, Cc, Trace};
use jrsonnet_ir::SourceFile;
use jrsonnet_stdlib::{Settings, TracePrinter, stdlib_uncached};
use std::{
    any::Any,
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

/// `std.trace` may print secrets, and its output has no reader.
#[derive(Acyclic)]
struct NoTrace;

impl TracePrinter for NoTrace {
    fn print_trace(&self, _: CallLocation, _: IStr) {}
}

#[derive(Trace)]
pub struct Library {
    std: ObjValue,
    /// The function by which the place of an error is found.
    noting: Option<FuncVal>,
}

impl Library {
    pub fn new(
        surroundings: &Surroundings,
        functions: &Functions,
        ledger: &Ledger,
        missing: &Rc<str>,
        noting: Option<Noting>,
    ) -> Library {
        #[allow(clippy::mutable_key_type, reason = "an interned text never changes")]
        let mut ext_vars: HashMap<IStr, TlaArg> = HashMap::new();
        for (name, text) in &surroundings.ext_str {
            ext_vars.insert(name.as_str().into(), TlaArg::String(text.as_str().into()));
        }
        for name in surroundings.ext_code.keys() {
            ext_vars.insert(name.as_str().into(), TlaArg::Import(ext_code_path(name)));
        }
        let native = |(name, kind): (&str, _)| {
            let native = Native::new(name, kind, functions, ledger, missing);
            (name.to_owned(), FuncVal::builtin(native))
        };
        let natives = functions.for_jsonnet().map(native).collect();
        let mut std = ObjValueBuilder::new();
        std.with_super(standard(settings(ext_vars)));
        std.method("native", by_name { natives });
        Library { std: std.build(), noting: noting.map(FuncVal::builtin) }
    }
}

thread_local! {
    /// `std`, and the settings that its functions look at. It is a tenth of an evaluation to make, and always the same.
    static STANDARD: (Cc<RefCell<Settings>>, ObjValue) = {
        let settings = Cc::new(RefCell::new(settings(HashMap::new())));
        (settings.clone(), stdlib_uncached(settings))
    };
}

/// `std` with these settings. One evaluation is made after the other, each with its own.
fn standard(settings: Settings) -> ObjValue {
    STANDARD.with(|(cell, std)| {
        *cell.borrow_mut() = settings;
        std.clone()
    })
}

#[allow(clippy::mutable_key_type, reason = "an interned text never changes")]
fn settings(ext_vars: HashMap<IStr, TlaArg>) -> Settings {
    Settings {
        ext_vars,
        ext_natives: HashMap::new(),
        trace_printer: Rc::new(NoTrace),
        path_resolver: PathResolver::Absolute,
    }
}

impl ContextInitializer for Library {
    fn populate(&self, source: Source, builder: &mut InitialContextBuilder) {
        let path = source.source_path();
        let this_file = path
            .downcast_ref::<SourceFile>()
            .map_or_else(|| path.to_string(), |file| file.path().to_string_lossy().into_owned());
        let mut std = ObjValueBuilder::new();
        std.with_super(self.std.clone());
        std.field("thisFile").hide().value(Val::string(this_file));
        builder.bind("std", Thunk::evaluated(Val::Obj(std.build())));
        if let Some(noting) = &self.noting {
            builder.bind(NAME, Thunk::evaluated(Val::Func(noting.clone())));
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

// The evaluator's own gives null for an unknown name, and calling that is an error without name and place.
#[builtin(fields(natives: BTreeMap<String, FuncVal>))]
fn by_name(this: &by_name, name: IStr) -> Result<FuncVal> {
    if let Some(native) = this.natives.get(&*name) {
        return Ok(native.clone());
    }
    let names = this.natives.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    bail!("std.native: there is no function {:?}{}; there are {names}", &*name, remedy(&name))
}
