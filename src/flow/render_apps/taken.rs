//! Puts the answer of the rendering child into the app variant that it was asked for.

use crate::{
    error::{Error, ErrorKind},
    flow::render_apps::{
        app_renderer::AppRenderer,
        app_variant::{AppVariant, VariantState},
        renderings::{Rendering, config_of},
        selected::Selected,
    },
};
use crema_base::secrecy;
use crema_render::session::protocol::{ChildAnswer, FailureKind};
use std::sync::Arc;

/// Maximum bytes of the answers of all apps together. An app with less than its even share may keep its answers in any
/// case.
const MOST_BYTES: usize = 40_000_000;

impl AppRenderer<'_> {
    /// Puts an answer into its app variant.
    pub(in crate::flow) fn take(&mut self, app_variant: &mut AppVariant, rendering: Arc<Rendering>) {
        if let Some(lacking) = rendering.lacking() {
            return self.lack(app_variant, &rendering.reads, lacking);
        }
        app_variant.reads.add(&rendering.reads);
        let config = app_variant.own.as_ref().map(|own| own.config.clone()).unwrap_or_default();
        if let Some(config) = config_of(&rendering.answer) {
            app_variant.config = config.clone();
        }
        rendering.kept.iter().for_each(|source| app_variant.secrets.keep(source.clone()));
        rendering.given.iter().for_each(|source| app_variant.secrets.give(source.clone()));
        self.bytes = self.bytes.saturating_sub(app_variant.bytes) + rendering.bytes();
        app_variant.bytes = rendering.bytes();
        app_variant.state = match &rendering.answer {
            ChildAnswer::Rendered { .. } | ChildAnswer::NotAnApp { .. } => VariantState::Rendered(rendering),
            // Nothing to fetch: asked again it would answer the same.
            ChildAnswer::Missing { lookups, .. } if lookups.is_empty() => VariantState::Failed(unexpected(&config)),
            ChildAnswer::Missing { lookups, config, .. } => {
                if config.is_none() {
                    app_variant.early.extend(lookups.iter().cloned());
                }
                VariantState::Missing(rendering)
            }
            ChildAnswer::Failed { kind, message, quoted, lookup, .. } => {
                let region = |lookup| app_variant.region_of(lookup, &self.settings.region);
                let transient = lookup.as_ref().is_some_and(|lookup| self.values.is_transient(region(lookup), lookup));
                VariantState::Failed(failure(*kind, secrecy::join(message, quoted), transient))
            }
            ChildAnswer::Evaluated { .. } => VariantState::Failed(unexpected(&config)),
        };
    }

    /// Fails answers of this app that exceed its even share, if all answers together are too large.
    pub(in crate::flow) fn within_bounds(&mut self, app_variants: &mut [Selected], app: &[usize], apps: usize) {
        let (mut bytes, even_part) = (0, MOST_BYTES / apps.max(1));
        for i in app {
            bytes += app_variants[*i].bytes;
            if self.bytes <= MOST_BYTES || bytes <= even_part {
                continue;
            }
            let what = format!(
                "what the variants of {} render to has more than {even_part} bytes together, and that of all apps more \
                 than {MOST_BYTES}",
                app_variants[*i].app
            );
            if let Some(name) = self.name(&app_variants[*i]) {
                self.renderings.forget(&name);
            }
            self.bytes -= app_variants[*i].bytes;
            bytes -= app_variants[*i].bytes;
            app_variants[*i].bytes = 0;
            app_variants[*i].state = VariantState::Failed(Error::new(ErrorKind::ConfigError, what));
        }
    }
}

pub fn failure(kind: FailureKind, message: String, transient: bool) -> Error {
    match kind {
        FailureKind::Config => Error::new(ErrorKind::ConfigError, message),
        FailureKind::Render => Error { transient, ..Error::new(ErrorKind::RenderError, message) },
        FailureKind::Lookup => Error { transient, ..Error::new(ErrorKind::LookupError, message) },
    }
}

pub fn unexpected(key: &str) -> Error {
    let message = format!("{key}: the rendering child gave an answer that fits no question");
    Error::transient(ErrorKind::RenderError, message)
}
