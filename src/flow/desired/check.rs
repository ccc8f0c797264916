//! The check of rendered documents, which may take long: what it needs is taken along to another thread.

use crate::{
    config::apps::UnknownKeys,
    definition::{Definition, images_of},
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
}

impl Job {
    /// `place` is the file, as messages name it.
    fn of(app_variant: &AppVariant, place: &str) -> Option<Job> {
        let VariantState::Rendered(rendering) = &app_variant.state else { return None };
        let unknown = app_variant.own.as_ref().map(|own| own.unknown_keys).unwrap_or_default();
        Some(Job { rendering: rendering.clone(), unknown, place: place.to_owned() })
    }

    fn check(&self, document: Value) -> Result<(Definition, Vec<String>)> {
        let (definition, mut warnings) = Definition::new(document, self.unknown, &self.place)?;
        if let ChildAnswer::Rendered { warnings: told, .. } = &self.rendering.answer {
            warnings.extend_from_slice(told);
        }
        Ok((definition, warnings))
    }

    /// The images of the definition in its form; of a document that does not pass the check, those found as it stands.
    fn images(&self) -> Images {
        let Some(document) = self.rendering.document() else { return vec![] };
        let checked = self.check(document.clone());
        let images = checked.as_ref().map_or_else(|_| images_of(&document), |(checked, _)| checked.images());
        images.into_iter().map(|(name, reference)| (name.to_owned(), reference.to_owned())).collect()
    }
}

/// The definition of an app variant, and warnings; none where that took longer than until then.
///
/// # Errors
/// What is wrong with the document, or that there is none.
pub async fn checked(
    app_variant: &AppVariant,
    place: &str,
    until: Instant,
) -> Result<Option<(Definition, Vec<String>)>> {
    let none = || Error::transient(ErrorKind::RenderError, "its lookups were not fetched");
    let job = Job::of(app_variant, place).ok_or_else(none)?;
    aside(until, move || job.check(job.rendering.document().ok_or_else(none)?)).await.transpose()
}

/// The images of each app variant as its files name them; none where that took longer than until then.
pub async fn written(app_variants: &[Selected], until: Instant) -> Vec<Images> {
    let jobs: Vec<Option<Job>> =
        app_variants.iter().map(|app_variant| Job::of(app_variant, &app_variant.app)).collect();
    let images = move || jobs.iter().map(|job| job.as_ref().map(Job::images).unwrap_or_default()).collect();
    aside(until, images).await.unwrap_or_default()
}
