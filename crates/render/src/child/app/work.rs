//! What the stages of rendering one app share.

use crate::{
    jsonnet::{self, Evaluated, Otherwise, explain, imports::too_large},
    session::{
        Held, Session,
        failure::RenderFailure,
        gaps::Gaps,
        lines::line_column,
        protocol::{AppConfig, ChildAnswer, FailureKind, Said, Surroundings},
    },
    template::{self, functions::Functions, inserted::Expanded},
};
use crema_base::secrecy;

/// One app and variant, as far as it is rendered.
pub struct Work<'a> {
    pub session: Session,
    pub surroundings: Surroundings,
    pub config: Option<AppConfig>,
    pub warnings: Vec<String>,
    pub say: &'a dyn Fn(Said),
}

impl Work<'_> {
    pub fn started(&self, key: &str) {
        (self.say)(Said::Started { key: key.to_owned() });
    }

    pub fn jsonnet(
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
}

/// A file's text with its templates expanded. A template that prints a value which is not there is an error.
pub fn expand(name: &str, source: &str, functions: &Functions) -> Result<Expanded, RenderFailure> {
    let expanded = template::expand(name, source, functions)?;
    match expanded.without_value(name) {
        Some((what, _)) => Err(render_failure(what)),
        None => Ok(expanded),
    }
}

/// The answer for a rendering that failed.
pub fn failed(
    session: &Session,
    RenderFailure { kind, message }: RenderFailure,
    config: Option<AppConfig>,
) -> ChildAnswer {
    let (message, quoted) = secrecy::split(&explain::cut(message));
    let lookup = session.failed().filter(|_| kind == FailureKind::Lookup);
    let (given, kept, reads) = (session.given(), session.kept(), session.reads());
    ChildAnswer::Failed { kind, message, quoted, given, kept, lookup, config, reads }
}

/// What stands after the last dot of a key's name.
pub fn extension(key: &str) -> &str {
    let name = key.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

pub fn render_failure(message: String) -> RenderFailure {
    RenderFailure { kind: FailureKind::Render, message }
}

pub fn config_failure(message: String) -> RenderFailure {
    RenderFailure { kind: FailureKind::Config, message }
}

/// The contents of a file that must exist.
pub fn text_of<'a>(session: &'a Session, key: &str) -> Result<&'a str, RenderFailure> {
    match session.file(key) {
        Some(Held::Loaded(content)) => std::str::from_utf8(content).map_err(|error| {
            let (line, column) = line_column(content, error.valid_up_to());
            render_failure(format!("{key}:{line}:{column}: not valid UTF-8"))
        }),
        Some(Held::TooLarge(bytes)) => Err(config_failure(too_large(key, *bytes))),
        Some(Held::Later) => Err(render_failure(format!("{key}: its contents are not here yet"))),
        None => Err(config_failure(session.no_file(key))),
    }
}

/// Whether a file holds these bytes; of one that is too large, false, and of one that is not here, true.
pub fn mentions(session: &Session, key: &str, word: &[u8]) -> bool {
    match session.file(key) {
        Some(Held::Loaded(content)) => content.windows(word.len()).any(|window| window == word),
        Some(Held::TooLarge(_)) => false,
        Some(Held::Later) | None => true,
    }
}
