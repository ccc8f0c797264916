//! Which apps a trigger concerns: derived from what they read and render, never configured.

use super::unit::{State, Unit};
use crate::{
    config::{apps::nearest, settings::Location},
    trigger::{Ask, Trigger},
};
use crema_base::image::{self, EcrImage};
use std::collections::BTreeSet;

/// Whether a trigger concerns an app and variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    Yes,
    No,
    /// It depends on lookups that are not fetched yet, or on what failed to render.
    Unknown,
}

/// What a trigger is about, as far as apps go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concerning<'a> {
    Everything,
    /// The same, but only to say how it stands.
    Overview,
    Nothing,
    App(&'a str),
    /// Keys relative to the prefix.
    Keys(Vec<&'a str>),
    Image(&'a EcrImage),
    /// No app in particular; but of each it has to be known which family it renders.
    Families,
}

impl<'a> Concerning<'a> {
    /// What this trigger is about; [`Concerning::Nothing`] where it lies outside the prefix or names no image.
    pub fn of_trigger(trigger: &'a Trigger, location: &Location) -> Concerning<'a> {
        match &trigger.ask {
            Ask::ImagePush(None) => Concerning::Nothing,
            Ask::ImagePush(Some(image)) => Concerning::Image(image),
            Ask::ConfigChange(objects) => {
                let keys: Vec<&str> = objects.iter().filter_map(|o| location.relative(&o.bucket, &o.key)).collect();
                if keys.is_empty() { Concerning::Nothing } else { Concerning::Keys(keys) }
            }
            Ask::Sweep => Concerning::Everything,
            Ask::Plan { app: None } | Ask::Status { app: None } => Concerning::Overview,
            Ask::Register { app } | Ask::Plan { app: Some(app) } | Ask::Status { app: Some(app) } => {
                Concerning::App(app)
            }
            Ask::Rollback(_) => Concerning::Families,
        }
    }

    /// Whether it concerns this unit, by all that is known of it. `folders` are those of all apps.
    pub fn of(&self, unit: &Unit, folders: &BTreeSet<String>) -> Concern {
        let known = |yes| if yes { Concern::Yes } else { Concern::No };
        match self {
            Concerning::Everything | Concerning::Overview => Concern::Yes,
            Concerning::Nothing => Concern::No,
            // A folder whose own file is broken may stand for several apps, named `folder/file`.
            Concerning::App(app) => known(unit.app == *app || unit.own.is_none() && lies_in(app, &unit.app)),
            Concerning::Keys(keys) => {
                let folders = folders.iter().map(String::as_str);
                let is_mine = |key: &&str| {
                    unit.reads.contains(key) || nearest(folders.clone(), key) == Some(unit.folder.as_str())
                };
                match (keys.iter().any(is_mine), &unit.state) {
                    (true, _) => Concern::Yes,
                    // What a missing value keeps from being evaluated may read the key. What ran out has read all that
                    // made it run out, if that is known.
                    (false, State::Missing(..) | State::NotReached) => Concern::Unknown,
                    (false, State::Failed(e)) if e.transient => Concern::Unknown,
                    (false, State::RanOut { reads: None, .. }) => Concern::Unknown,
                    (false, _) => Concern::No,
                }
            }
            Concerning::Image(pushed) => match unit.images() {
                Some(images) => known(images.iter().any(|reference| names(reference, pushed))),
                None => Concern::Unknown,
            },
            Concerning::Families => match unit.family() {
                Some(_) => Concern::No,
                None => Concern::Unknown,
            },
        }
    }

    /// Whether a unit that ran out of stack, memory or time on the same files is tried again: for the sweep, its own
    /// change and a direct call for it, and not for another app's event.
    pub fn tries_again(&self, unit: &Unit, folders: &BTreeSet<String>) -> bool {
        *self != Concerning::Overview && self.of(unit, folders) == Concern::Yes
    }
}

/// Whether an app of several in a folder is meant: `batch/prod.yml` lies in `batch`.
fn lies_in(app: &str, folder: &str) -> bool {
    app.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether an image reference names the tag that was pushed: the repository of that registry, by whichever of its hosts,
/// and the tag (no tag means `latest`). One with a digest does not follow its tag.
fn names(reference: &str, pushed: &EcrImage) -> bool {
    image::parse(reference).is_some_and(|image| image == *pushed)
}
