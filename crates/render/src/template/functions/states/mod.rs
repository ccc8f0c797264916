//! Where the Terraform states of the plugin entries are stored, and reading each of them once.

use super::plugin::Plugin;
use crate::{
    session::{
        Session, Stage,
        failure::{RenderFailure, Stop},
    },
    tfstate::{Content, Remote, TerraformState},
};
use crema_base::secrecy::foreign;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) mod place;

use place::StateLocation;

/// Maximum states that may point to one another in a row.
const MOST_HOPS: usize = 10;

/// The state of one plugin entry: where it is stored, and what it says once it was read.
pub struct StateSource {
    optional: bool,
    walk: Mutex<Walk>,
}

/// The way to a state: a state file may only say where the state is stored.
struct Walk {
    /// The places passed so far, as a message names them; the current one comes last.
    way: Vec<String>,
    /// The same places, by their names alone.
    seen: Vec<String>,
    at: StateLocation,
    end: Option<Result<Arc<TerraformState>, RenderFailure>>,
    /// The file that named it.
    config: String,
}

impl StateSource {
    /// The state that a plugin entry names.
    ///
    /// # Errors
    /// If the entry names no place; unless the state is optional, also if the place is outside the prefix or only a
    /// foreign program could read it.
    pub fn of(config: &str, plugin: &Plugin) -> Result<StateSource, String> {
        let place = match (&plugin.path, &plugin.url) {
            (Some(path), _) => StateLocation::of_path(config, path),
            (None, Some(url)) => StateLocation::of_url(config, url),
            (None, None) => return Err("tfstate needs `path:` or `url:` in its `config:`".to_owned()),
        };
        let (at, end) = match place {
            Ok(place) => (place, None),
            // As ecspresso: what is optional may lie where it cannot be read.
            Err(why) if plugin.optional => (StateLocation::Nowhere, Some(Err(RenderFailure::config(why)))),
            Err(why) => return Err(why),
        };
        let walk = Walk { way: vec![at.to_string()], seen: vec![at.to_string()], at, end, config: config.to_owned() };
        Ok(StateSource { optional: plugin.optional, walk: Mutex::new(walk) })
    }

    /// The message about an optional state that is known to be missing.
    pub fn warning(&self, session: &Session) -> Option<String> {
        let walk = self.walk.lock().unwrap_or_else(PoisonError::into_inner);
        let why = match (&walk.end, &walk.at) {
            _ if !self.optional => return None,
            (Some(Err(failure)), _) => failure.message.clone(),
            (None, StateLocation::File(key)) if !session.has_file(key) => session.no_file(key),
            _ => return None,
        };
        Some(format!("a tfstate is empty, as it is optional: {why}"))
    }

    /// The state; `Ok(None)` if it is not there yet.
    pub fn state(&self, session: &Session, stage: Stage) -> Result<Option<Arc<TerraformState>>, Stop> {
        let mut walk = self.walk.lock().unwrap_or_else(PoisonError::into_inner);
        while walk.end.is_none() {
            if !walk.step(session, stage) {
                return Ok(None);
            }
        }
        match walk.end.clone().transpose() {
            Err(RenderFailure { message, .. }) if self.optional => {
                let what = "nothing is found in a state that is optional and cannot be read";
                Err(Stop::Failed(RenderFailure::lookup(format!("{what}: {message}"))))
            }
            read => read.map_err(Stop::Failed),
        }
    }
}

impl Walk {
    /// Reads the current place. False if its contents are not there yet.
    fn step(&mut self, session: &Session, stage: Stage) -> bool {
        let content = match self.at.read(session, stage) {
            Ok(Some(content)) => content,
            Ok(None) => return false,
            Err(RenderFailure { kind, mut message }) => {
                if matches!(&self.at, StateLocation::File(key) if !session.has_file(key)) {
                    message = format!("{}: {message}", self.config);
                }
                self.end = Some(Err(self.told(RenderFailure { kind, message })));
                return true;
            }
        };
        match content {
            Content::TerraformState(state) => self.end = Some(Ok(Arc::new(state))),
            Content::Elsewhere(backend) => {
                let (workspace, whence) = self.at.workspace(session);
                match backend.of(&workspace) {
                    Ok(remote) => self.follow(remote, &whence),
                    Err(why) => {
                        self.end = Some(Err(self.told(RenderFailure::lookup(format!("{} {why}", foreign(&self.at))))));
                    }
                }
            }
        }
        true
    }

    fn follow(&mut self, remote: Remote, whence: &str) {
        let next = StateLocation::S3(remote);
        let named = next.to_string();
        let again = self.seen.contains(&named);
        self.way.push(format!("{}{whence}", foreign(&named)));
        self.seen.push(named);
        if again || self.way.len() > MOST_HOPS {
            let what = if again { "in a circle" } else { "without end" };
            let why = format!("states point to each other {what}, and none of them holds anything");
            self.end = Some(Err(self.told(RenderFailure::lookup(why))));
        }
        self.at = next;
    }

    /// The message, with the way that led to a place that is not the entry's own.
    fn told(&self, RenderFailure { kind, message }: RenderFailure) -> RenderFailure {
        match self.way.as_slice() {
            [] | [_] => RenderFailure { kind, message },
            way => RenderFailure { kind, message: format!("{}: {message}", way.join(", which points to ")) },
        }
    }
}
