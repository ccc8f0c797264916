//! Evaluating one Jsonnet file of the session.

pub mod explain;
mod gather;
pub mod imports;
pub mod library;
pub mod natives;
mod needed;
pub mod places;
pub mod spans;

use crate::{
    jsonnet::{
        explain::ErrorOrigin,
        imports::{Imports, LastImport},
        library::Library,
        natives::Ledger,
        places::{NotedPlaces, noting::Noting},
        spans::SourcePlace,
    },
    session::{
        Held,
        failure::RenderFailure,
        gaps::Gaps,
        lines::in_file,
        protocol::{FailureKind, Surroundings},
    },
    template::functions::Functions,
};
use crema_base::secrecy::foreign;
use jrsonnet_evaluator::{
    Error, IStr, State, apply_tla, error::ErrorKind, manifest::JsonFormat, stack::limit_stack_depth, tla::TlaArg,
};
use serde_json::Value;
use std::{
    collections::HashMap,
    rc::Rc,
    time::{Duration, Instant},
};

/// go-jsonnet's default limit of calls. The evaluator's frames are not go-jsonnet's calls, so what exceeds this is
/// tried again.
const MAX_CALLS: usize = 500;
/// Three frames are the most that one of go-jsonnet's calls was seen to take. An error that is passed up through that
/// many values takes memory that grows with the square of their number.
const MAX_FRAMES: usize = 1_500;
/// With `tailstrict`, which this evaluator does not make a tail call and for which go-jsonnet has no limit, the bytes
/// of the stack are the limit.
const MAX_TAILSTRICT: usize = 100_000;
/// The indentation of go-jsonnet: messages about a template over the JSON name its lines.
const INDENT: usize = 3;
/// Time for looking for the place of an error, in addition to eight times what it took to meet the error.
const MAX_LOOKING: Duration = Duration::from_millis(500);

/// What a file evaluates to.
pub enum Evaluated {
    /// The value as JSON text.
    Json(String),
    /// A value is missing; the session has noted which. This is what is known without it, with `null` for an unknown
    /// value, field or element.
    Missing(Value),
}

/// Called with a field that is passed over, and why.
type Pass<'a> = &'a mut dyn FnMut(&str, &Error, &mut Gaps);

/// A failure that is to be reported if what follows ends the process.
pub struct Otherwise {
    pub failure: RenderFailure,
    /// Whether it is to be reported also if what follows does not end in time.
    pub late: bool,
}

/// Evaluates the file `key` to JSON. Imports of external variables' code start at `folder`. With `gaps`, fields of a
/// configuration file that crema does not need are left out if they fail. `otherwise` is called with what to answer
/// before anything is tried that may take more than the process has.
///
/// # Errors
/// `file:line:col: what`, `Render` or the kind of the function that failed.
pub fn evaluate(
    key: &str,
    folder: &str,
    surroundings: &Surroundings,
    functions: &Functions,
    gaps: Option<&mut Gaps>,
    otherwise: &dyn Fn(Otherwise),
) -> Result<Evaluated, RenderFailure> {
    let missing: Rc<str> = format!("\0missing {}", functions.session().placeholder()).into();
    let program = Program { key, folder, surroundings, functions, missing };
    let start = Instant::now();
    let mut frames = MAX_CALLS;
    let mut attempt = program.attempt(frames, None, None);
    if attempt.is_too_deep() {
        otherwise(Otherwise { failure: program.failure(&attempt, None), late: false });
        let most = program.most_frames();
        let deeper = program.attempt(most, None, None);
        if !deeper.is_too_deep() {
            (frames, attempt) = (most, deeper);
        }
    }
    if attempt.result.is_err() && gaps.is_some() {
        attempt = program.attempt(frames, None, gaps);
    }
    let error = match attempt.result {
        Ok(evaluated) => return Ok(evaluated),
        Err(ref error) => error,
    };
    // A failure beside missing values is not told.
    if !NotedPlaces::are_wanted(error) || functions.session().is_speculative() {
        return Err(program.failure(&attempt, None));
    }
    otherwise(Otherwise { failure: program.failure(&attempt, None), late: true });
    let place = program.place(error, Instant::now() + start.elapsed() * 8 + MAX_LOOKING);
    Err(program.failure(&attempt, place))
}

struct Program<'a> {
    key: &'a str,
    folder: &'a str,
    surroundings: &'a Surroundings,
    functions: &'a Functions,
    /// The text of an error that means "missing".
    missing: Rc<str>,
}

struct Attempt {
    result: Result<Evaluated, Error>,
    ledger: Ledger,
    last: LastImport,
}

impl Attempt {
    fn is_too_deep(&self) -> bool {
        self.result.as_ref().is_err_and(|error| matches!(error.error(), ErrorKind::StackOverflow))
    }
}

impl Program<'_> {
    fn attempt(&self, frames: usize, places: Option<(NotedPlaces, Instant)>, gaps: Option<&mut Gaps>) -> Attempt {
        // What an earlier attempt left.
        jrsonnet_gcmodule::collect_thread_cycles();
        let (ledger, last) = (Ledger::default(), LastImport::default());
        let noting = places.as_ref().map(|(places, until)| Noting::new(places, *until));
        let mut state = State::builder();
        state.import_resolver(Imports::new(
            self.functions.session().clone(),
            self.surroundings.ext_code.clone(),
            (self.folder, self.missing.clone()),
            places.map(|(places, _)| places),
            last.clone(),
        ));
        state.context_initializer(Library::new(self.surroundings, self.functions, &ledger, &self.missing, noting));
        let state = state.build();
        // Without it the code of external variables is asked of a default state, which panics.
        let _entered = state.enter();
        let _limit = limit_stack_depth(frames);
        let mut passed = |field: &str, error: &Error, gaps: &mut Gaps| {
            gaps.pass_field(field, self.failure_of(error, &ledger, &last, None));
        };
        let result = self.evaluated(&state, gaps.map(|gaps| (gaps, &mut passed as Pass<'_>)));
        Attempt { result, ledger, last }
    }

    fn evaluated(&self, state: &State, gaps: Option<(&mut Gaps, Pass<'_>)>) -> Result<Evaluated, Error> {
        #[allow(clippy::mutable_key_type, reason = "an interned text never changes")]
        let no_arguments: HashMap<IStr, TlaArg> = HashMap::new();
        let value = match state.import(self.key).and_then(|value| apply_tla(&no_arguments, value)) {
            Err(error) if self.is_missing(&error) => return Ok(Evaluated::Missing(Value::Null)),
            value => value?,
        };
        let manifested = value.manifest(JsonFormat::cli(INDENT));
        let rest = match (&manifested, gaps) {
            (Err(error), Some((gaps, pass))) if !self.is_missing(error) => {
                let mut pass = |field: &str, error: &Error| pass(field, error, gaps);
                needed::without_failing(&value, error, &|error| self.is_missing(error), &mut pass)
            }
            _ => None,
        };
        let (value, manifested) = match rest {
            Some(rest) => {
                let manifested = rest.manifest(JsonFormat::cli(INDENT));
                (rest, manifested.inspect(|_| drop(self.functions.session().forget_failed())))
            }
            None => (value, manifested),
        };
        match manifested {
            Err(error) if self.is_missing(&error) => {
                Ok(Evaluated::Missing(gather::known(&value, &|error| self.is_missing(error))))
            }
            text => text.map(Evaluated::Json),
        }
    }

    fn is_missing(&self, error: &Error) -> bool {
        match error.error() {
            ErrorKind::RuntimeError(text) => **text == *self.missing,
            other => other.to_string().contains(&*self.missing),
        }
    }

    /// Maximum nesting of calls in this program.
    fn most_frames(&self) -> usize {
        let session = self.functions.session();
        let says = |text: &[u8]| text.windows(b"tailstrict".len()).any(|word| word == b"tailstrict");
        let in_file = |key: &String| matches!(session.file(key), Some(Held::Loaded(content)) if says(content));
        let in_code = self.surroundings.ext_code.values().any(|code| says(code.as_bytes()));
        if in_code || session.reads().iter().any(in_file) { MAX_TAILSTRICT } else { MAX_FRAMES }
    }

    /// The place of an error. The same evaluation, repeated, has to end in the same error.
    fn place(&self, error: &Error, until: Instant) -> Option<SourcePlace> {
        let places = NotedPlaces::of(error);
        let again = self.attempt(MAX_TAILSTRICT, Some((places.clone(), until)), None);
        match &again.result {
            Err(again) if again.error().to_string() == error.error().to_string() => places.place(again, error),
            // Anything else is another error.
            _ => None,
        }
    }

    /// The failure of an attempt.
    fn failure(&self, attempt: &Attempt, place: Option<SourcePlace>) -> RenderFailure {
        match &attempt.result {
            Err(error) => self.failure_of(error, &attempt.ledger, &attempt.last, place),
            Ok(_) => RenderFailure { kind: FailureKind::Render, message: String::new() },
        }
    }

    fn failure_of(
        &self,
        error: &Error,
        ledger: &Ledger,
        last: &LastImport,
        place: Option<SourcePlace>,
    ) -> RenderFailure {
        let session = self.functions.session();
        let raised = match error.error() {
            ErrorKind::RuntimeError(text) => ledger.raised(text),
            _ => None,
        };
        // What a function says is marked already; all else may quote values.
        let told = |text: &str| match &raised {
            Some(failure) if failure.message == text => text.to_owned(),
            _ => foreign(text).to_string(),
        };
        if explain::is_authors(error) {
            session.forget_given();
        }
        let source = match session.file(self.key) {
            Some(Held::Loaded(content)) => String::from_utf8_lossy(content),
            _ => "".into(),
        };
        let (file, code) = last.get();
        let entry = in_file(self.key, &source, places::start(&source));
        RenderFailure {
            message: explain::error(error, &ErrorOrigin { entry: &entry, place, file: (&file, &code) }, &told),
            kind: raised.as_ref().map_or(FailureKind::Render, |failure| failure.kind),
        }
    }
}
