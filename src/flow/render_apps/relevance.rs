//! Which apps a trigger concerns: derived from what they read and render, never configured.

use crate::{
    config::{apps::nearest, settings::Location},
    flow::render_apps::app_variant::{AppVariant, VariantState},
    trigger::{Ask, Trigger},
};
use crema_base::image::{self, EcrImage};
use std::collections::BTreeSet;

/// Whether a trigger concerns an app and variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relevance {
    Yes,
    No,
    /// It depends on lookups that are not fetched yet, or on what failed to render.
    Unknown,
}

/// The apps that a trigger is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    Everything,
    /// All apps, but only to say how they stand.
    Overview,
    Nothing,
    App(&'a str),
    /// These apps, to say how they stand.
    Apps(&'a BTreeSet<String>),
    /// Keys relative to the prefix.
    Keys(Vec<&'a str>),
    Image(&'a EcrImage),
    /// No app in particular, but the family of each has to be known.
    Families,
}

impl<'a> Scope<'a> {
    /// What this trigger is about; [`Scope::Nothing`] if it is outside the prefix or names no image.
    pub fn of_trigger(trigger: &'a Trigger, location: &Location) -> Scope<'a> {
        Scope::of_ask(&trigger.ask, location)
    }

    fn of_ask(ask: &'a Ask, location: &Location) -> Scope<'a> {
        match ask {
            Ask::WorkLeft(work) => Scope::of_ask(&work.ask, location),
            Ask::ImagePush(None) => Scope::Nothing,
            Ask::ImagePush(Some(image)) => Scope::Image(image),
            Ask::ConfigChange(objects) => {
                let keys: Vec<&str> = objects.iter().filter_map(|o| location.relative(&o.bucket, &o.key)).collect();
                if keys.is_empty() { Scope::Nothing } else { Scope::Keys(keys) }
            }
            Ask::Sweep => Scope::Everything,
            Ask::Plan { app: None } | Ask::Status { app: None } | Ask::Expire { app: None, .. } | Ask::Doctor => {
                Scope::Overview
            }
            Ask::Register { app }
            | Ask::Plan { app: Some(app) }
            | Ask::Status { app: Some(app) }
            | Ask::Expire { app: Some(app), .. } => Scope::App(app),
            Ask::Rollback(_) => Scope::Families,
            Ask::TaskStopped(_) => Scope::Nothing,
            Ask::Page(_) => Scope::Families,
        }
    }

    /// Whether it concerns this app variant, as far as that is known. `folders` are those of all apps.
    pub fn of(&self, app_variant: &AppVariant, folders: &BTreeSet<String>) -> Relevance {
        let known = |yes| if yes { Relevance::Yes } else { Relevance::No };
        match self {
            Scope::Everything | Scope::Overview => Relevance::Yes,
            Scope::Nothing => Relevance::No,
            // A folder whose own file is broken may stand for several apps, named `folder/file`.
            Scope::App(app) => {
                known(app_variant.app == *app || app_variant.own.is_none() && lies_in(app, &app_variant.app))
            }
            Scope::Apps(apps) => known(apps.contains(&app_variant.app)),
            Scope::Keys(keys) => {
                let is_mine = |key: &&str| {
                    app_variant.reads.contains(key) || nearest(folders, key) == Some(app_variant.folder.as_str())
                };
                match (keys.iter().any(is_mine), &app_variant.state) {
                    (true, _) => Relevance::Yes,
                    // What a missing value keeps from being evaluated may read the key. What ran out has read all that
                    // made it run out, if that is known.
                    (false, VariantState::Missing(..) | VariantState::NotReached) => Relevance::Unknown,
                    (false, VariantState::Failed(e)) if e.transient => Relevance::Unknown,
                    (false, VariantState::RanOut { reads: None, .. }) => Relevance::Unknown,
                    (false, _) => Relevance::No,
                }
            }
            Scope::Image(pushed) => match app_variant.images() {
                Some(images) => known(images.iter().any(|reference| names(reference, pushed))),
                None => Relevance::Unknown,
            },
            Scope::Families => match app_variant.family() {
                Some(_) => Relevance::No,
                None => Relevance::Unknown,
            },
        }
    }

    /// Whether an app variant that ran out of stack, memory or time with the same files is tried again: for the sweep,
    /// its own change and a direct call for it, and not for another app's event.
    pub fn tries_again(&self, app_variant: &AppVariant, folders: &BTreeSet<String>) -> bool {
        !matches!(self, Scope::Overview | Scope::Apps(_)) && self.of(app_variant, folders) == Relevance::Yes
    }
}

/// Whether an app in a folder with several is meant: `batch/prod.yml` lies in `batch`.
fn lies_in(app: &str, folder: &str) -> bool {
    app.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether an image reference names the tag that was pushed: the repository of that registry, by any of its hosts, and
/// the tag (no tag means `latest`). A reference with a digest does not follow its tag.
fn names(reference: &str, pushed: &EcrImage) -> bool {
    // There may be thousands, and hardly one of them is meant.
    let may_be_it = |(_, rest): (&str, &str)| rest.starts_with(&pushed.repository().name);
    reference.split_once('/').is_some_and(may_be_it) && image::parse(reference).is_some_and(|image| image == *pushed)
}
