//! Where the Terraform states of the plugin entries lie, and reading each of them once.

use super::{Failure, Plugin, Stop};
use crate::render::{
    paths::{self, Outside},
    protocol::Lookup,
    session::{Held, LookError, Session, Stage},
    tfstate::State,
};
use std::sync::{Arc, OnceLock};

/// One state: its place, and what it says once it was read.
pub struct Source {
    place: Place,
    read: OnceLock<Result<Arc<State>, Failure>>,
}

enum Place {
    /// The key of a file under the prefix.
    File(String),
    /// `s3://bucket/key`.
    Url(String),
}

impl Source {
    /// The state that a plugin entry names.
    ///
    /// # Errors
    /// No place, one outside the prefix, or one that only a foreign program could read.
    pub fn of(config: &str, plugin: &Plugin) -> Result<Source, String> {
        let place = match (&plugin.path, &plugin.url) {
            (Some(path), _) => Place::File(key_of(config, path)?),
            (None, Some(url)) => Place::Url(s3(url)?),
            (None, None) => return Err("tfstate needs `path:` or `url:` in its `config:`".to_owned()),
        };
        Ok(Source { place, read: OnceLock::new() })
    }

    /// The state. `Ok(None)`: it is not there yet.
    pub fn state(&self, session: &Session, stage: Stage) -> Result<Option<Arc<State>>, Stop> {
        let read = match &self.place {
            Place::File(key) => self.read.get_or_init(|| from_file(session, key)),
            Place::Url(url) => {
                let lookup = Lookup::State { url: url.clone() };
                match session.look(&lookup, stage) {
                    Err(LookError::Missing) => return Ok(None),
                    Err(LookError::Failed(why)) => return Err(Stop::Failed(Failure::lookup(why))),
                    Ok(value) => match value.as_str() {
                        Some(text) if stage == Stage::Template && text == session.placeholder() => return Ok(None),
                        text => self.read.get_or_init(|| from_text(url, text.unwrap_or_default().as_bytes())),
                    },
                }
            }
        };
        read.clone().map(Some).map_err(Stop::Failed)
    }
}

fn from_file(session: &Session, key: &str) -> Result<Arc<State>, Failure> {
    match session.file(key) {
        None => Err(Failure::config(format!("there is no file {key}"))),
        Some(Held::TooLarge(bytes)) => {
            Err(Failure::config(format!("{key} is too large to be read ({bytes} bytes); give it as `url: s3://…`")))
        }
        Some(Held::Loaded(contents)) => from_text(key, contents),
    }
}

fn from_text(place: &str, text: &[u8]) -> Result<Arc<State>, Failure> {
    State::parse(text).map(Arc::new).map_err(|why| Failure::lookup(format!("{place} {why}")))
}

/// The key of a path relative to the folder of `config`.
fn key_of(config: &str, path: &str) -> Result<String, String> {
    if path.contains("://") {
        return Err(format!("the path {path:?} of tfstate is a URL; give it as `url:`"));
    }
    paths::resolve(paths::folder(config), path).map_err(|outside| match outside {
        Outside::Absolute => format!("the path {path:?} of tfstate is absolute; expected one relative to {config}"),
        Outside::AbovePrefix => format!("the path {path:?} of tfstate leaves the configuration prefix"),
    })
}

fn s3(url: &str) -> Result<String, String> {
    match url.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
        Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => Ok(url.to_owned()),
        _ if url.starts_with("s3://") => {
            Err(format!("the url {url:?} of tfstate is incomplete; expected `s3://bucket/key`"))
        }
        _ => {
            let scheme = url.split_once("://").map_or("no scheme", |(scheme, _)| scheme);
            Err(format!("the url {url:?} of tfstate has {scheme}; only `s3://bucket/key` can be read"))
        }
    }
}
