//! The family that an app variant gives.

use crate::{
    config::settings::Settings, error::Error, flow::render_apps::app_variant::AppVariant, outcome::subject::Subject,
    reference::FamilyKey,
};

/// A family, and the app and variant that define it.
#[derive(Clone)]
pub struct DesiredFamily {
    /// As answers name it.
    pub subject: Subject,
    /// As messages name it: app and variant.
    pub name: String,
    pub key: FamilyKey,
    /// The `crema:source` of its revisions: those of another source carry no fingerprint that counts.
    pub source: String,
}

impl DesiredFamily {
    /// The family `family` of an app variant.
    pub fn of(app_variant: &AppVariant, family: &str, settings: &Settings) -> DesiredFamily {
        let subject = app_variant.subject(&settings.region);
        DesiredFamily {
            subject: Subject { family: Some(family.to_owned()), ..subject },
            name: app_variant.name(),
            key: FamilyKey::new(app_variant.region(&settings.region), family),
            source: settings.source(&app_variant.app),
        }
    }

    /// The error, with the name in front.
    pub fn named(&self, error: &Error) -> Error {
        error.clone().in_context(&self.name)
    }
}
