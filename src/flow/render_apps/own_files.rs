//! crema's own file in each folder: which apps and variants there are.

use crate::{
    config::apps::Folder,
    error::Result,
    flow::render_apps::{
        app_renderer::AppRenderer,
        app_variant::{AppVariant, VariantState},
        evaluate::{Lost, Purpose, TO_LOSE},
        renderings::{Rendering, Try},
        taken::{failure, unexpected},
        troubles::LONG_ENOUGH,
        turns::Turns,
    },
};
use crema_base::secrecy;
use crema_render::session::protocol::{ChildAnswer, ChildAsk, Surroundings};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;

impl AppRenderer<'_> {
    /// The apps and variants that the folders name. A folder whose own file is broken is one app variant that failed.
    pub(in crate::flow) async fn app_variants(
        &mut self,
        folders: Vec<Folder>,
        purpose: Purpose<'_>,
    ) -> Vec<AppVariant> {
        let mut app_variants = vec![];
        let left = self.until.saturating_duration_since(Instant::now());
        let mut turns = Turns::new(left / 2, folders.iter().filter(|folder| folder.jsonnet().is_some()).count());
        let mut failed = BTreeMap::new();
        for (n, folder) in folders.iter().enumerate() {
            if folder.own.as_ref().is_some_and(|own| self.is_lacking(own) && !failed.contains_key(own)) {
                let next = self.as_many(folders[n..].iter().filter_map(|folder| folder.own.as_ref()));
                failed.extend(self.load(&next).await);
            }
            let mut app_variant =
                AppVariant::broken(folder, &self.renderings.reads(folder.own.iter().cloned(), &self.files));
            let unread = folder.own.as_ref().filter(|own| self.is_lacking(own));
            let own = match folder.jsonnet() {
                _ if unread.is_some() => match unread.and_then(|own| failed.get(own)) {
                    Some(error) => Err(error.clone()),
                    None => {
                        app_variants.push(app_variant);
                        continue;
                    }
                },
                None => folder.json(&self.files),
                Some(key) => {
                    let (turn, begun) = (turns.next(), Instant::now());
                    let own = self.own_file(key, turn.most.min(TO_LOSE), &mut app_variant, purpose).await;
                    turns.used(turn, begun.elapsed());
                    match own {
                        Some(own) => own,
                        // Its state says why.
                        None => {
                            app_variants.push(app_variant);
                            continue;
                        }
                    }
                }
            };
            match own.and_then(|own| folder.apps(own, &self.files)) {
                Ok(apps) => {
                    for app in apps {
                        let variants = 0..app.variants.len();
                        let app = Arc::new(app);
                        app_variants.extend(
                            variants.map(|place| AppVariant::new(&app, place, self.settings, &app_variant.reads)),
                        );
                    }
                }
                Err(e) => {
                    app_variant.state = VariantState::Failed(e);
                    app_variants.push(app_variant);
                }
            }
        }
        app_variants
    }

    /// The value of `crema.jsonnet`, or the error in it. None if it ran out of something or was not reached; the state
    /// of the app variant then says so.
    async fn own_file(
        &mut self,
        key: &str,
        most: Duration,
        app_variant: &mut AppVariant,
        purpose: Purpose<'_>,
    ) -> Option<Result<Option<Value>>> {
        let surroundings = Surroundings {
            ext_str: self.settings.ext_str.clone(),
            ext_code: self.settings.ext_code.clone(),
            env: self.settings.visible_env.clone(),
        };
        let ask = ChildAsk::Evaluate { key: key.to_owned(), surroundings };
        let mut rendering = None;
        if !self.ran_out_before(&ask) {
            rendering = self.evaluate_loaded(app_variant, &ask, most / 2, Try::First, purpose).await;
        }
        if rendering.is_none() && !matches!(app_variant.state, VariantState::Failed(_)) {
            rendering = self.evaluate_loaded(app_variant, &ask, most / 2, Try::Alone, purpose).await;
        }
        match &app_variant.state {
            // The wait was too short to tell.
            VariantState::RanOut { waited: Some(waited), .. } if *waited < LONG_ENOUGH => {
                app_variant.state = VariantState::NotReached;
            }
            VariantState::RanOut { error, reads: Some(reads), waited } => {
                let name = self.renderings.name_of(&ask);
                self.renderings.troubles.failed(name, error.clone(), reads.clone(), *waited);
            }
            _ => {}
        }
        let rendering = rendering?;
        Some(match &rendering.answer {
            ChildAnswer::Evaluated { .. } => Ok(rendering.document()),
            ChildAnswer::Failed { kind, message, quoted, .. } => {
                rendering.given.iter().for_each(|source| app_variant.secrets.give(source.clone()));
                Err(failure(*kind, secrecy::join(message, quoted), false))
            }
            _ => Err(unexpected(key)),
        })
    }

    /// Asks the child until nothing that it reads is lacking.
    async fn evaluate_loaded(
        &mut self,
        app_variant: &mut AppVariant,
        ask: &ChildAsk,
        most: Duration,
        how: Try,
        purpose: Purpose<'_>,
    ) -> Option<Arc<Rendering>> {
        loop {
            let rendering = self.evaluate(app_variant, ask, most, how, &Lost::default(), purpose).await?;
            let Some(lacking) = rendering.lacking() else { return Some(rendering) };
            self.lack(app_variant, &rendering.reads, lacking);
            let wanted = app_variant.lacks.clone();
            let failed = self.load(&wanted).await;
            if !self.is_loaded_for(app_variant, &failed) {
                return None;
            }
        }
    }
}
