//! The apps of a snapshot, rendered.

use crate::{
    config::snapshot::SnapshotId,
    flow::render_apps::app_variant::{AppVariant, VariantState},
};
use crema_base::secrecy::Texts;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Every app and variant of a snapshot, rendered as far as possible without looked-up values. It does not change: what
/// one trigger adds is in `SelectedApps`.
pub struct RenderedApps {
    pub(super) id: SnapshotId,
    pub(super) texts: Arc<Texts>,
    pub(super) app_variants: Vec<Arc<AppVariant>>,
    /// The folders of their apps.
    pub(super) folders: BTreeSet<String>,
    /// ECS Express services, which are no apps: their names and configuration files.
    pub express: BTreeMap<String, String>,
}

impl RenderedApps {
    /// Whether it is also valid for the next trigger, as long as the files are the same: not if it contains a failure
    /// that may be gone at the next try.
    pub fn may_be_kept(&self) -> bool {
        let may_change = |app_variant: &Arc<AppVariant>| match &app_variant.state {
            VariantState::Failed(e) => e.transient,
            VariantState::RanOut { .. } | VariantState::LeftAlone(_) | VariantState::NotReached => true,
            VariantState::Rendered(..) | VariantState::Missing(..) => false,
        };
        !self.app_variants.iter().any(may_change)
    }
}
