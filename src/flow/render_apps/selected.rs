//! The rendered apps under one trigger: which of them it concerns, and what it looks up for those.

use super::{app_variant::AppVariant, relevance::Relevance, rendered_apps::RenderedApps};
use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

/// An app variant under one trigger. It shares the one that was rendered for all triggers until something of it is
/// changed, and is a copy from then on.
#[derive(Clone)]
pub struct Selected {
    rendered: Arc<AppVariant>,
    pub relevance: Relevance,
}

impl Selected {
    pub fn new(rendered: Arc<AppVariant>, relevance: Relevance) -> Selected {
        Selected { rendered, relevance }
    }

    /// The app variant itself.
    pub fn into_rendered(self) -> Arc<AppVariant> {
        self.rendered
    }
}

/// An app variant whose relevance is not known.
impl From<AppVariant> for Selected {
    fn from(app_variant: AppVariant) -> Selected {
        Selected::new(Arc::new(app_variant), Relevance::Unknown)
    }
}

impl Deref for Selected {
    type Target = AppVariant;

    fn deref(&self) -> &AppVariant {
        &self.rendered
    }
}

impl DerefMut for Selected {
    fn deref_mut(&mut self) -> &mut AppVariant {
        Arc::make_mut(&mut self.rendered)
    }
}

/// The rendered apps as one trigger sees them.
pub struct SelectedApps {
    /// The apps as every trigger finds them, without what was looked up for this one.
    pub rendered: Arc<RenderedApps>,
    pub app_variants: Vec<Selected>,
    /// Whether they were rendered for this trigger.
    pub is_new: bool,
    /// Whether an object has changed since it was listed, so that the bucket has to be read again.
    pub is_outdated: bool,
}

impl SelectedApps {
    /// Whether families and images may be different from those under the last trigger.
    pub fn is_news(&self) -> bool {
        let is_other = |(selected, rendered): (&Selected, &Arc<AppVariant>)| !Arc::ptr_eq(&selected.rendered, rendered);
        self.is_new || self.app_variants.iter().zip(&self.rendered.app_variants).any(is_other)
    }
}
