//! Where the Terraform states of the plugin entries lie, and reading each of them once.

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

/// One that points to another that points to another… ends here.
const MOST_HOPS: usize = 10;

/// The state of one plugin entry: its place, and what it says once it was read.
pub struct StateSource {
    optional: bool,
    walk: Mutex<Walk>,
}

/// The way to a state: a file may only say where it lies.
struct Walk {
    /// The places that were come by, as a message names them, the one at hand last.
    way: Vec<String>,
    /// The same by name alone.
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
    /// No place; unless the state is optional, also one outside the prefix, or one that only a foreign program could read.
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

    /// What is to be told of an optional state that is known to be missing.
    pub fn warning(&self, session: &Session) -> Option<String> {
        let walk = self.walk.lock().unwrap_or_else(PoisonError::into_inner);
        let why = match (&walk.end, &walk.at) {
            _ if !self.optional => return None,
            (Some(Err(failure)), _) => failure.message.clone(),
            (None, StateLocation::File(key)) if session.file(key).is_none() => session.no_file(key),
            _ => return None,
        };
        Some(format!("a tfstate is empty, as it is optional: {why}"))
    }

    /// The state. `Ok(None)`: it is not there yet.
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
    /// Reads what lies at hand. False where that is not there yet.
    fn step(&mut self, session: &Session, stage: Stage) -> bool {
        let content = match self.at.read(session, stage) {
            Ok(Some(content)) => content,
            Ok(None) => return false,
            Err(RenderFailure { kind, mut message }) => {
                if matches!(&self.at, StateLocation::File(key) if session.file(key).is_none()) {
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

    /// With the way that led to a place that is not the entry's own.
    fn told(&self, RenderFailure { kind, message }: RenderFailure) -> RenderFailure {
        match self.way.as_slice() {
            [] | [_] => RenderFailure { kind, message },
            way => RenderFailure { kind, message: format!("{}: {message}", way.join(", which points to ")) },
        }
    }
}
