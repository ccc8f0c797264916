//! The place of one Terraform state.

use crate::{
    session::{
        Held, LookError, Session, Stage,
        failure::RenderFailure,
        paths::{self, Outside},
        protocol::Lookup,
    },
    tfstate::{Content, DEFAULT_WORKSPACE, Remote, TerraformState},
};
use crema_base::secrecy::foreign;
use percent_encoding::percent_decode_str;
use std::fmt;

/// The file in which `terraform workspace select` writes the name of the workspace, beside the state that points to the
/// backend.
const ENVIRONMENT: &str = "environment";
/// The environment variable that overrides that file, as for Terraform itself.
const WORKSPACE: &str = "TF_WORKSPACE";

/// Where a state is stored.
pub enum StateLocation {
    /// The key of a file under the prefix.
    File(String),
    S3(Remote),
    /// A place where crema reads nothing. Why has been said already.
    Nowhere,
}

impl fmt::Display for StateLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StateLocation::File(key) => key,
            StateLocation::S3(remote) => &remote.url,
            StateLocation::Nowhere => "nowhere",
        })
    }
}

impl StateLocation {
    /// What `path:` means in the configuration file `config`.
    ///
    /// # Errors
    /// If it is a URL, is absolute, or leaves the prefix.
    pub fn of_path(config: &str, path: &str) -> Result<StateLocation, String> {
        if path.contains("://") {
            return Err(format!("the path {path:?} of tfstate is a URL; give it as `url:`"));
        }
        file(config, path, &format!("the path {path:?}"))
    }

    /// What `url:` means: without a scheme, a path from the folder of `config`.
    ///
    /// # Errors
    /// As [`StateLocation::of_path`]; or if it is incomplete, or has a scheme that crema cannot read.
    pub fn of_url(config: &str, url: &str) -> Result<StateLocation, String> {
        let what = format!("the url {url:?}");
        let (scheme, rest) = match url.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), url),
        };
        // As any reader of URLs: what stands behind these marks is no part of the path.
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let decoded = percent_decode_str(&rest[..end]).decode_utf8();
        let Ok(path) = decoded else { return Err(format!("{what} of tfstate is not UTF-8")) };
        match scheme.as_str() {
            "" => file(config, &path, &what),
            "file" => file(config, path.strip_prefix("//").unwrap_or(&path), &what),
            "s3" => match path.strip_prefix("//").and_then(|rest| rest.split_once('/')) {
                Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
                    Ok(StateLocation::S3(Remote { url: format!("s3://{bucket}/{key}"), region: None, has_role: false }))
                }
                _ => Err(format!("{what} of tfstate is incomplete; expected `s3://bucket/key`")),
            },
            scheme => Err(format!(
                "{what} of tfstate has {scheme}; only `s3://bucket/key` can be read, and files under the prefix"
            )),
        }
    }

    /// The contents of the place; `Ok(None)` if they are not fetched yet.
    pub fn read(&self, session: &Session, stage: Stage) -> Result<Option<Content>, RenderFailure> {
        match self {
            StateLocation::File(key) => from_file(session, key).map(Some),
            StateLocation::Nowhere => Err(RenderFailure::config("there is no place to read it from".to_owned())),
            StateLocation::S3(remote) => {
                let lookup = Lookup::State { url: remote.url.clone(), region: remote.region.clone() };
                match session.look(&lookup, stage) {
                    Err(LookError::Missing) => Ok(None),
                    Err(LookError::Failed(why)) if remote.has_role => Err(RenderFailure::lookup(format!(
                        "{why} (crema asks with its own role, not with the `role_arn` of the backend)"
                    ))),
                    Err(LookError::Failed(why)) => Err(RenderFailure::lookup(why)),
                    Ok(value) => match value.as_str() {
                        Some(text) if stage == Stage::Template && text == session.placeholder() => Ok(None),
                        text => parse(&remote.url, text.unwrap_or_default().as_bytes()).map(Some),
                    },
                }
            }
        }
    }

    /// The workspace that is meant if the state here names a backend, and a clause for messages that says what selects
    /// it. For a state in S3 it is the default one.
    pub fn workspace(&self, session: &Session) -> (String, String) {
        let StateLocation::File(key) = self else { return (DEFAULT_WORKSPACE.to_owned(), String::new()) };
        let told = |name: &str, whence: &str| match name {
            "" | DEFAULT_WORKSPACE => (DEFAULT_WORKSPACE.to_owned(), String::new()),
            name => (name.to_owned(), format!(" (the workspace {name:?} of {whence})")),
        };
        if let Some(name) = session.env(WORKSPACE).map(str::trim).filter(|name| !name.is_empty()) {
            return told(name, WORKSPACE);
        }
        let beside = match paths::folder(key) {
            "" => ENVIRONMENT.to_owned(),
            folder => format!("{folder}/{ENVIRONMENT}"),
        };
        match session.file(&beside) {
            Some(Held::Loaded(content)) => told(String::from_utf8_lossy(content).trim(), &beside),
            _ => told(DEFAULT_WORKSPACE, ""),
        }
    }
}

/// Whether a text is a scheme as in RFC 3986.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// The file of a path relative to the folder of `config`.
fn file(config: &str, path: &str, what: &str) -> Result<StateLocation, String> {
    let key = paths::resolve(paths::folder(config), path).map_err(|outside| match outside {
        Outside::Absolute => format!("{what} of tfstate is absolute; expected one relative to {config}"),
        Outside::AbovePrefix => format!("{what} of tfstate leaves the configuration prefix"),
    })?;
    Ok(StateLocation::File(key))
}

fn from_file(session: &Session, key: &str) -> Result<Content, RenderFailure> {
    match session.file(key) {
        None => Err(RenderFailure::config(session.no_file(key))),
        Some(Held::TooLarge(bytes)) => Err(RenderFailure::config(format!(
            "{} is too large to be read ({bytes} bytes); give it as `url: s3://…`",
            foreign(key)
        ))),
        Some(Held::Later) => Err(RenderFailure::config(format!("{}: its contents are not here yet", foreign(key)))),
        Some(Held::Loaded(contents)) => parse(key, contents),
    }
}

fn parse(place: &str, text: &[u8]) -> Result<Content, RenderFailure> {
    TerraformState::parse(text).map_err(|why| RenderFailure::lookup(format!("{} {why}", foreign(place))))
}
