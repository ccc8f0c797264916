//! What rendering apps works with.

use crate::{
    aws::{CallLimits, Clients},
    config::{
        settings::Settings,
        snapshot::{Bucket, SnapshotId},
    },
    flow::render_apps::{app_variant::AppVariant, renderings::Renderings, values::Values},
    lookup::given::Given,
    renderer::Renderer,
};
use crema_base::{files::Files, secrecy::Texts};
use std::sync::Arc;
use tokio::time::Instant;

/// Renders the apps of a snapshot for one trigger.
pub struct AppRenderer<'a> {
    pub settings: &'a Settings,
    pub clients: &'a Clients,
    pub limits: &'a CallLimits,
    pub bucket: &'a Bucket,
    /// The snapshot's files, with the contents that are loaded.
    pub files: Arc<Files>,
    pub id: SnapshotId,
    /// Whether an object has changed since it was listed: there is no such snapshot any more.
    pub is_outdated: bool,
    /// The words of the snapshot's files.
    pub texts: Arc<Texts>,
    pub renderer: &'a mut Renderer,
    /// Children beside it; the function has none.
    pub helpers: &'a mut [Renderer],
    pub renderings: &'a mut Renderings,
    pub values: Values,
    /// Values of lookups that need not be fetched.
    pub given: &'a Given,
    /// No rendering is begun and no lookup waited for after this.
    pub until: Instant,
    /// Stands for missing values in templates.
    pub placeholder: String,
    /// Is told of each app variant as soon as it was rendered, whatever came of it.
    pub rendered: &'a mut (dyn FnMut(&AppVariant) + Send),
    /// Bytes that are needed to keep the answers of all app variants.
    pub bytes: usize,
}
