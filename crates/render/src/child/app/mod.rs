//! The order of work for one app and variant, as in ecspresso.

mod configuration;
mod work;

use crate::{
    child::{
        bounds, document,
        known::{self, Known},
    },
    ecspresso::{envfile, ignore},
    jsonnet::{self, Evaluated, Otherwise},
    session::{
        FileSet, Session,
        failure::RenderFailure,
        paths,
        protocol::{AppConfig, ChildAnswer, RenderAsk, Said, Surroundings},
    },
    template::functions::Functions,
};
use configuration::Configured;
use crema_base::secrecy::foreign;
use serde_json::Value;
use std::sync::Arc;
use work::{Work, config_failure, expand, extension, failed, render_failure, text_of};

/// Maximum lookups that one evaluation may ask for at once.
const MAX_LOOKUPS: usize = 1_000;

/// Called while an evaluation goes on, for the case that it does not come to its end.
pub struct Telling<'a> {
    /// Called with each file that is about to be evaluated, and with what to answer if that ends the process.
    pub say: &'a dyn Fn(Said),
    /// Called with each key when it is asked for the first time.
    pub read: fn(&str),
}

impl Telling<'_> {
    /// Tells nobody.
    pub const NOTHING: Telling<'static> = Telling { say: &|_| (), read: |_| () };
}

/// Renders one variant of one app.
pub fn render(files: &Arc<FileSet>, ask: RenderAsk) -> ChildAnswer {
    render_telling(files, ask, &Telling::NOTHING)
}

/// Does the same as [`render`], and tells what it does.
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

/// Does the same as [`evaluate`], and tells what it does.
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
        // Beside contents that are not here it would be none.
        if !session.is_speculative() {
            (telling.say)(Said::Otherwise { answer: Box::new(failed(failure)), late });
        }
    };
    let functions = Functions::basic(session.clone());
    let evaluated = text_of(&session, key)
        .and_then(|_| jsonnet::evaluate(key, paths::folder(key), surroundings, &functions, None, &otherwise))
        .and_then(|evaluated| match evaluated {
            Evaluated::Json(text) => bounds::check(text.as_bytes())
                .map_err(|what| config_failure(format!("{key}: {what}")))
                .and_then(|()| document::read(key, &text)),
            // Of a file's contents, if not of a lookup.
            Evaluated::Missing(_) => Err(render_failure(format!("{key}: lookups have no place in this file"))),
        });
    match evaluated {
        _ if !session.lacking().is_empty() => missing(&session, None, Known::default()),
        Ok(value) => ChildAnswer::Evaluated { value, reads: session.reads() },
        Err(failure) => failed(failure),
    }
}

/// How a rendering ended, if not in a failure.
enum End {
    Rendered(Value),
    Missing(Known),
    NotAnApp { express: bool, why: String },
}

impl Work<'_> {
    fn run(&mut self, config: &str, envfiles: &[String], own_file: Option<&str>) -> Result<End, RenderFailure> {
        self.started(config);
        for key in envfiles {
            if !self.session.has_file(key) {
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
        if !self.session.has_file(&key) {
            return Err(wrong(self.session.no_file(&key)));
        }
        match self.definition(&key, paths::folder(config), &functions)? {
            End::Rendered(document) => Ok(End::Rendered(ignore::without_tags(document, &read.ignored_tags))),
            end => Ok(end),
        }
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
        let document = expand(&name, &text, functions).and_then(|expanded| {
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
            _ if !self.session.lacking().is_empty() => missing(&self.session, config, Known::default()),
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

fn missing(session: &Session, config: Option<AppConfig>, Known { images, family }: Known) -> ChildAnswer {
    let (lookups, reads) = (session.missing(), session.reads());
    if lookups.len() > MAX_LOOKUPS {
        let message = format!("{} lookups are asked for at once; the limit is {MAX_LOOKUPS}", lookups.len());
        return failed(session, render_failure(message), config);
    }
    ChildAnswer::Missing { lookups, files: session.lacking(), config, images, family, reads }
}

#[cfg(test)]
mod tests;
