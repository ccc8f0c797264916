//! Checks rendered documents, on another thread, because it may take long.

use crate::{
    config::apps::UnknownKeys,
    definition::{
        Definition, images_of,
        rules::{self, Findings},
    },
    error::{Error, ErrorKind, Result},
    flow::{
        aside::aside,
        render_apps::{
            app_variant::{AppVariant, VariantState},
            renderings::Rendering,
            selected::Selected,
        },
    },
};
use crema_render::session::protocol::ChildAnswer;
use serde_json::Value;
use std::sync::Arc;
use tokio::time::Instant;

/// Container name and image reference, of each container.
pub type Images = Vec<(String, String)>;

/// An app variant that was rendered, and how its document is to be checked.
struct Job {
    rendering: Arc<Rendering>,
    unknown: UnknownKeys,
    place: String,
    /// Rules that are not looked at, and the file that says so.
    skipped: Arc<[String]>,
    own_file: String,
}

/// A definition that has the shape of the API.
pub struct CheckedDocument {
    pub definition: Definition,
    pub findings: Findings,
    pub warnings: Vec<String>,
}

impl Job {
    /// `place` is the file, as messages name it.
    fn of(app_variant: &AppVariant, place: &str) -> Option<Job> {
        let VariantState::Rendered(rendering) = &app_variant.state else { return None };
        let own = app_variant.own.as_ref();
        Some(Job {
            rendering: rendering.clone(),
            unknown: own.map(|own| own.unknown_keys).unwrap_or_default(),
            place: place.to_owned(),
            skipped: own.map(|own| own.skip_rules.clone()).unwrap_or_default(),
            own_file: own.and_then(|own| own.own_file.clone()).unwrap_or_default(),
        })
    }

    fn check(&self, document: Value) -> Result<CheckedDocument> {
        let (definition, mut warnings) = Definition::new(document, self.unknown, &self.place)?;
        if let ChildAnswer::Rendered { warnings: told, .. } = &self.rendering.answer {
            warnings.extend_from_slice(told);
        }
        let findings = definition.findings(&self.place, &self.skipped);
        warnings.extend(findings.told());
        warnings
            .extend(rules::unknown_names(&self.skipped).into_iter().map(|told| format!("{}: {told}", self.own_file)));
        Ok(CheckedDocument { definition, findings, warnings })
    }

    /// The images of the definition in its form; if the document does not pass the check, those found in it as it is.
    fn images(&self) -> Images {
        let Some(document) = self.rendering.document() else { return vec![] };
        let checked = Definition::new(document.clone(), self.unknown, &self.place);
        let images = checked.as_ref().map_or_else(|_| images_of(&document), |(checked, _)| checked.images());
        images.into_iter().map(|(name, reference)| (name.to_owned(), reference.to_owned())).collect()
    }
}

/// The definition of an app variant; none if the check took longer than until then.
///
/// # Errors
/// What is wrong with the document, or that there is none.
pub async fn checked(app_variant: &AppVariant, place: &str, until: Instant) -> Result<Option<CheckedDocument>> {
    let none = || Error::transient(ErrorKind::RenderError, "its lookups were not fetched");
    let job = Job::of(app_variant, place).ok_or_else(none)?;
    aside(until, move || job.check(job.rendering.document().ok_or_else(none)?)).await.transpose()
}

/// The images of each app variant as its files name them; none if that took longer than until then.
pub async fn written(app_variants: &[Selected], until: Instant) -> Vec<Images> {
    let jobs: Vec<Option<Job>> =
        app_variants.iter().map(|app_variant| Job::of(app_variant, &app_variant.app)).collect();
    let images = move || jobs.iter().map(|job| job.as_ref().map(Job::images).unwrap_or_default()).collect();
    aside(until, images).await.unwrap_or_default()
}
