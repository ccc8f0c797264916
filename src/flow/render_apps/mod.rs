//! Every app and variant of a snapshot, rendered as far as a trigger needs it.

mod ahead;
pub mod app_renderer;
pub mod app_variant;
pub mod env_files;
pub mod evaluate;
pub mod loading;
pub mod own_files;
pub mod reads;
pub mod relevance;
pub mod rendered_apps;
pub mod renderings;
pub mod selected;
pub mod sources;
pub mod taken;
pub mod troubles;
pub mod turns;
pub mod values;

use crate::{
    config::apps,
    error::{Error, ErrorKind},
    flow::render_apps::{
        app_renderer::AppRenderer,
        app_variant::{AppVariant, VariantState},
        evaluate::Purpose,
        relevance::{Relevance, Scope},
        rendered_apps::RenderedApps,
        selected::{Selected, SelectedApps},
    },
    lookup,
};
use crema_render::session::protocol::Lookup;
use futures_util::future::join_all;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Maximum rounds of lookups of one rendering: one that asks for more and more fails.
const MAX_ROUNDS: u32 = 100;

impl AppRenderer<'_> {
    /// Renders every app and variant once, and those that concern the trigger (or may concern it) until no lookup is
    /// missing. `before` are those of the last trigger, which are reused if the files are the same.
    pub async fn render_apps(mut self, scope: &Scope<'_>, before: Option<Arc<RenderedApps>>) -> SelectedApps {
        let (rendered, is_new) = match before.filter(|before| before.id == self.id) {
            Some(before) => {
                self.texts = before.texts.clone();
                (before, false)
            }
            None => (Arc::new(self.first(scope).await), true),
        };
        self.bytes = rendered.app_variants.iter().map(|app_variant| app_variant.bytes).sum();
        let select = |app_variant: &Arc<AppVariant>| {
            Selected::new(app_variant.clone(), scope.of(app_variant, &rendered.folders))
        };
        let mut app_variants: Vec<Selected> = rendered.app_variants.iter().map(select).collect();
        self.look_up(&mut app_variants, &rendered.folders, scope).await;
        SelectedApps { rendered, app_variants, is_new, is_outdated: self.is_outdated }
    }

    /// All app variants, rendered without looked-up values.
    async fn first(&mut self, scope: &Scope<'_>) -> RenderedApps {
        let found = apps::folders(&self.files);
        let folders: BTreeSet<String> = found.iter().map(|folder| folder.path.clone()).collect();
        let purpose = Purpose { scope, folders: &folders };
        let of_files = self.app_variants(found, purpose).await;
        let mut app_variants: Vec<Selected> = of_files.into_iter().map(Selected::from).collect();
        self.take_env_files(&mut app_variants).await;
        let is_open =
            |selected: &Selected| selected.own.is_some() && matches!(selected.state, VariantState::NotReached);
        let all = (0..app_variants.len()).filter(|i| is_open(&app_variants[*i])).collect();
        self.render_ahead(&app_variants).await;
        self.render_all(&mut app_variants, all, purpose).await;
        app_variants.iter_mut().for_each(|app_variant| app_variant.claim());
        // Where every `config.*` lacks `task_definition` they are another tool's: their folder is no app.
        let express = app_variants.iter().filter(|app_variant| app_variant.is_express());
        let express = express
            .filter_map(|app_variant| Some((app_variant.app.clone(), app_variant.own.as_ref()?.config.clone())))
            .collect();
        app_variants.retain(|app_variant| !app_variant.is_of_another_tool() && !app_variant.is_express());
        if !self.is_outdated {
            self.renderings.forget_unused();
        }
        let folders = app_variants.iter().map(|app_variant| app_variant.folder.clone()).collect();
        let app_variants = app_variants.into_iter().map(Selected::into_rendered).collect();
        RenderedApps { id: self.id.clone(), texts: self.texts.clone(), app_variants, folders, express }
    }

    /// Rounds: all that is missing is fetched at once, and the app variants that wait for it are rendered again, afresh.
    async fn look_up(&mut self, app_variants: &mut [Selected], folders: &BTreeSet<String>, scope: &Scope<'_>) {
        let purpose = Purpose { scope, folders };
        for round in 0.. {
            let waits = |app_variant: &Selected| {
                let is_missing = matches!(app_variant.state, VariantState::Missing(..));
                app_variant.relevance != Relevance::No && is_missing && self.given.may_have(app_variant.missing())
            };
            let mut waiting: Vec<usize> = (0..app_variants.len()).filter(|i| waits(&app_variants[*i])).collect();
            if waiting.is_empty() || self.is_outdated {
                return;
            }
            for i in &waiting {
                // What runs out with looked-up values is not looked up for another app's event.
                self.leave_alone(&mut app_variants[*i], purpose);
            }
            waiting.retain(|i| matches!(app_variants[*i].state, VariantState::Missing(..)));
            if round == MAX_ROUNDS || !self.fetch(waiting.iter().map(|i| &*app_variants[*i])).await {
                for i in waiting {
                    app_variants[i].state = if round == MAX_ROUNDS { endless() } else { VariantState::NotReached };
                }
                return;
            }
            for i in &waiting {
                let app_variant = &mut app_variants[*i];
                app_variant.looks_up = true;
                let found = self.values.secrets_of(app_variant, &self.settings.region, app_variant.missing());
                self.renderings.sources.one(found).into_iter().for_each(|source| app_variant.secrets.keep(source));
            }
            self.render_all(app_variants, waiting.clone(), purpose).await;
            for i in waiting {
                app_variants[i].relevance = scope.of(&app_variants[i], folders);
            }
        }
    }

    /// Fetches what these app variants miss, each value once in an invocation. False if the deadline came first.
    async fn fetch(&mut self, waiting: impl Iterator<Item = &AppVariant>) -> bool {
        let default = self.settings.region.as_str();
        let mut wanted: BTreeMap<&str, BTreeSet<Lookup>> = BTreeMap::new();
        for app_variant in waiting {
            for lookup in app_variant.missing() {
                let region = app_variant.region_of(lookup, default);
                if self.values.is_new(region, lookup) {
                    wanted.entry(region).or_default().insert(lookup.clone());
                }
            }
        }
        let fetches = wanted.into_iter().map(|(region, lookups)| {
            let (clients, limits) = (self.clients, self.limits);
            let (mut results, lookups) = self.given.take(lookups);
            async move {
                results.extend(lookup::fetch(clients, limits, region, lookups).await);
                (region, results)
            }
        });
        let Ok(fetched) = tokio::time::timeout_at(self.until, join_all(fetches)).await else { return false };
        for (region, results) in fetched {
            self.values.keep(region, results);
        }
        true
    }
}

fn endless() -> VariantState {
    let message = format!(
        "it asks for more and more lookups, {MAX_ROUNDS} rounds of them: does a loop look up a name made from what the last \
         one gave?"
    );
    VariantState::Failed(Error::new(ErrorKind::RenderError, message))
}
