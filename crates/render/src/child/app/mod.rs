//! The order of work for one app and variant, as ecspresso has it.

mod configuration;

use crate::{
    child::{
        bounds, document,
        known::{self, Known},
        paths,
        protocol::{AppConfig, ChildAnswer, FailureKind, RenderAsk, Said, Surroundings},
        session::{FileSet, Held, Session},
    },
    ecspresso::{envfile, gaps::Gaps, ignore, inserted::Expanded},
    jsonnet::{self, Evaluated, Otherwise, explain, imports::too_large},
    template::{
        self,
        functions::{Functions, RenderFailure},
    },
};
use configuration::Configured;
use crema_base::secrecy::{self, foreign};
use serde_json::Value;
use std::sync::Arc;

/// That one evaluation may ask for at once.
const MAX_LOOKUPS: usize = 1_000;

/// What is told while an evaluation goes on, for where it does not come to its end.
pub struct Telling<'a> {
    /// Each file that is about to be evaluated, and what to answer where that ends the process.
    pub say: &'a dyn Fn(Said),
    /// Each key that is asked for the first time.
    pub read: fn(&str),
}

impl Telling<'_> {
    /// Nobody listens.
    pub const NOTHING: Telling<'static> = Telling { say: &|_| (), read: |_| () };
}

/// Renders one variant of one app.
pub fn render(files: &Arc<FileSet>, ask: RenderAsk) -> ChildAnswer {
    render_telling(files, ask, &Telling::NOTHING)
}

/// As [`render`].
pub fn render_telling(files: &Arc<FileSet>, ask: RenderAsk, telling: &Telling<'_>) -> ChildAnswer {
    let session = Session::new(files.clone(), ask.surroundings.env.clone(), ask.values, ask.placeholder);
    let (session, say) = (session.telling(telling.read), telling.say);
    let mut work = Work { session, surroundings: ask.surroundings, config: None, warnings: vec![], say };
    let end = work.run(&ask.config, &ask.envfiles, ask.own_file.as_deref());
    work.answer(end)
}

/// Evaluates one Jsonnet file with `env` and `must_env`.
pub fn evaluate(files: &Arc<FileSet>, key: &str, surroundings: &Surroundings) -> ChildAnswer {
    evaluate_telling(files, key, surroundings, &Telling::NOTHING)
}

/// As [`evaluate`].
pub fn evaluate_telling(
    files: &Arc<FileSet>,
    key: &str,
    surroundings: &Surroundings,
    telling: &Telling<'_>,
) -> ChildAnswer {
    (telling.say)(Said::Started { key: key.to_owned() });
    let session = Session::new(files.clone(), surroundings.env.clone(), vec![], String::new()).telling(telling.read);
    let failed = |failure: RenderFailure| failed(&session, failure, None);
    let otherwise = |Otherwise { failure, late }| {
        (telling.say)(Said::Otherwise { answer: Box::new(failed(failure)), late });
    };
    let functions = Functions::basic(session.clone());
    let evaluated = text_of(&session, key)
        .and_then(|_| jsonnet::evaluate(key, paths::folder(key), surroundings, &functions, None, &otherwise))
        .and_then(|evaluated| match evaluated {
            Evaluated::Json(text) => bounds::check(text.as_bytes())
                .map_err(|what| config_failure(format!("{key}: {what}")))
                .and_then(|()| document::read(key, &text)),
            Evaluated::Missing(_) => Err(render_failure(format!("{key}: lookups have no place in this file"))),
        });
    match evaluated {
        Ok(value) => ChildAnswer::Evaluated { value, reads: session.reads() },
        Err(failure) => failed(failure),
    }
}

/// Where a rendering ended, if not in a failure.
enum End {
    Rendered(Value),
    Missing(Known),
    NotAnApp { express: bool, why: String },
}

struct Work<'a> {
    session: Session,
    surroundings: Surroundings,
    config: Option<AppConfig>,
    warnings: Vec<String>,
    say: &'a dyn Fn(Said),
}

impl Work<'_> {
    fn run(&mut self, config: &str, envfiles: &[String], own_file: Option<&str>) -> Result<End, RenderFailure> {
        self.started(config);
        for key in envfiles {
            if self.session.file(key).is_none() {
                let asked_by = own_file.map(|own| format!("{own}: `envfile`: ")).unwrap_or_default();
                return Err(config_failure(asked_by + &self.session.no_file(key)));
            }
            let variables = envfile::parse(key, text_of(&self.session, key)?)?;
            self.session = self.session.clone().with_env(variables);
        }
        let read = match self.configured(config)? {
            Configured::App(read) => *read,
            Configured::Waits => return Ok(End::Missing(Known::default())),
            Configured::NotAnApp { express, why } => return Ok(End::NotAnApp { express, why }),
        };
        self.config = Some(read.app);
        let functions = Functions::with_plugins(self.session.clone(), config, &read.plugins)?;
        let told = functions.warnings().into_iter().map(|what| format!("{config}: {}", foreign(what)));
        self.warnings.extend(told);
        let path = read.task_definition.unwrap_or_default();
        let wrong = |why: String| config_failure(format!("{config}: `task_definition: {}`: {why}", foreign(&path)));
        let key = paths::resolve(paths::folder(config), &path).map_err(|why| wrong(why.to_string()))?;
        self.config.get_or_insert_default().definition = Some(key.clone());
        if self.session.file(&key).is_none() {
            return Err(wrong(self.session.no_file(&key)));
        }
        match self.definition(&key, paths::folder(config), &functions)? {
            End::Rendered(document) => Ok(End::Rendered(ignore::without_tags(document, &read.ignored_tags))),
            end => Ok(end),
        }
    }

    /// A file's text, with a value wherever the template wants one.
    fn expand(&self, name: &str, source: &str, functions: &Functions) -> Result<Expanded, RenderFailure> {
        let expanded = template::expand(name, source, functions)?;
        match expanded.without_value(name) {
            Some((what, _)) => Err(render_failure(what)),
            None => Ok(expanded),
        }
    }

    fn started(&self, key: &str) {
        (self.say)(Said::Started { key: key.to_owned() });
    }

    fn jsonnet(
        &self,
        key: &str,
        folder: &str,
        functions: &Functions,
        gaps: Option<&mut Gaps>,
    ) -> Result<Evaluated, RenderFailure> {
        let otherwise = |Otherwise { failure, late }| {
            // Beside missing values it would be none.
            if !self.session.is_speculative() {
                let answer = Box::new(failed(&self.session, failure, self.config.clone()));
                (self.say)(Said::Otherwise { answer, late });
            }
        };
        jsonnet::evaluate(key, folder, &self.surroundings, functions, gaps, &otherwise)
    }

    fn definition(&self, key: &str, folder: &str, functions: &Functions) -> Result<End, RenderFailure> {
        self.started(key);
        let source = text_of(&self.session, key)?;
        let text = match extension(key) {
            "jsonnet" => match self.jsonnet(key, folder, functions, None)? {
                Evaluated::Json(text) => text,
                Evaluated::Missing(partial) => return Ok(End::Missing(known::before_template(&partial))),
            },
            "json" if source.starts_with('\u{feff}') => {
                let what = "the file starts with a byte-order mark; save it as UTF-8 without one";
                return Err(render_failure(format!("{key}:1:1: {what}")));
            }
            "json" => source.to_owned(),
            _ => {
                let what = "a task definition's name has to end in .json or .jsonnet";
                return Err(config_failure(format!("{key}: {what}")));
            }
        };
        // Lines and columns are then those of the JSON that Jsonnet made.
        let name = if extension(key) == "json" { key.to_owned() } else { format!("{key} (its JSON)") };
        let document = self.expand(&name, &text, functions).and_then(|expanded| {
            document::read(&name, &expanded.text)
                .map_err(|failure| expanded.breaks_json(&name).map_or(failure, render_failure))
        });
        if !self.session.is_speculative() {
            return document.map(End::Rendered);
        }
        let known = document.map(|document| known::after_template(&document, &text, self.session.placeholder()));
        Ok(End::Missing(known.unwrap_or_default()))
    }

    fn answer(self, end: Result<End, RenderFailure>) -> ChildAnswer {
        let (reads, config) = (self.session.reads(), self.config);
        match end {
            Ok(End::Rendered(document)) => {
                let (config, kept) = (config.unwrap_or_default(), self.session.kept());
                ChildAnswer::Rendered { config, document, reads, warnings: self.warnings, kept }
            }
            Ok(End::NotAnApp { express, why }) => ChildAnswer::NotAnApp { express, why, reads },
            Ok(End::Missing(known)) => missing(&self.session, config, known),
            // A failure that came of a placeholder is none.
            Err(_) if self.session.is_speculative() => missing(&self.session, config, Known::default()),
            Err(failure) => failed(&self.session, failure, config),
        }
    }
}

fn failed(session: &Session, RenderFailure { kind, message }: RenderFailure, config: Option<AppConfig>) -> ChildAnswer {
    let (message, quoted) = secrecy::split(&explain::cut(message));
    let lookup = session.failed().filter(|_| kind == FailureKind::Lookup);
    let (given, kept, reads) = (session.given(), session.kept(), session.reads());
    ChildAnswer::Failed { kind, message, quoted, given, kept, lookup, config, reads }
}

fn missing(session: &Session, config: Option<AppConfig>, Known { images, family }: Known) -> ChildAnswer {
    let (lookups, reads) = (session.missing(), session.reads());
    if lookups.len() > MAX_LOOKUPS {
        let message = format!("{} lookups are asked for at once; the limit is {MAX_LOOKUPS}", lookups.len());
        return failed(session, render_failure(message), config);
    }
    ChildAnswer::Missing { lookups, config, images, family, reads }
}

fn extension(key: &str) -> &str {
    let name = key.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn render_failure(message: String) -> RenderFailure {
    RenderFailure { kind: FailureKind::Render, message }
}

fn config_failure(message: String) -> RenderFailure {
    RenderFailure { kind: FailureKind::Config, message }
}

/// The contents of a file that has to be there.
fn text_of<'a>(session: &'a Session, key: &str) -> Result<&'a str, RenderFailure> {
    match session.file(key) {
        Some(Held::Loaded(content)) => std::str::from_utf8(content).map_err(|error| {
            let (line, column) = explain::line_column(content, error.valid_up_to());
            render_failure(format!("{key}:{line}:{column}: not valid UTF-8"))
        }),
        Some(Held::TooLarge(bytes)) => Err(config_failure(too_large(key, *bytes))),
        None => Err(config_failure(session.no_file(key))),
    }
}

/// Whether a file that is there was loaded and holds these bytes.
fn mentions(session: &Session, key: &str, word: &[u8]) -> bool {
    match session.file(key) {
        Some(Held::Loaded(content)) => content.windows(word.len()).any(|window| window == word),
        Some(Held::TooLarge(_)) => false,
        None => true,
    }
}

#[cfg(test)]
mod tests;
