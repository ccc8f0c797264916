//! The env files of all apps. What they hold is secret, so it is known before anything is rendered with it.

use crate::{
    error::{Error, ErrorKind},
    flow::render_apps::{app_renderer::AppRenderer, app_variant::VariantState, selected::Selected, values},
};
use crema_base::{
    files::{File, MAX_LOADED_BYTES},
    secrecy::Source,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

impl AppRenderer<'_> {
    /// Gives each app variant the secrets of its env files. One of which an env file cannot be had is not rendered.
    pub(in crate::flow) async fn take_env_files(&mut self, app_variants: &mut [Selected]) {
        let sources = self.env_files(app_variants).await;
        let is_confidential = |(name, _): &(&String, &String)| self.settings.confidential_env.contains(*name);
        let confidential = self.settings.visible_env.iter().filter(is_confidential);
        let confidential = confidential.map(|(_, value)| Value::from(value.as_str())).collect();
        let confidential = self.renderings.sources.one(confidential);
        for app_variant in app_variants {
            confidential.iter().for_each(|source| app_variant.secrets.keep(source.clone()));
            let Some(envfiles) = app_variant.own.as_ref().map(|own| own.envfiles.clone()) else { continue };
            app_variant.texts = Some(self.texts.clone());
            for key in &*envfiles {
                match sources.get(key) {
                    Some(Ok(source)) => app_variant.secrets.keep(source.clone()),
                    Some(Err(error)) => app_variant.state = VariantState::Failed(error.clone()),
                    None => {}
                }
            }
        }
    }

    /// The secrets of each env file, or why there are none.
    async fn env_files(&mut self, app_variants: &[Selected]) -> BTreeMap<String, Result<Arc<Source>, Error>> {
        let own = app_variants.iter().filter_map(|app_variant| app_variant.own.as_ref());
        let mut waiting: BTreeSet<&String> = own.flat_map(|own| &*own.envfiles).collect();
        let (mut sources, mut bytes) = (BTreeMap::new(), 0);
        while !waiting.is_empty() {
            let next = self.as_many(waiting.iter().copied());
            let failed = self.load(&next).await;
            for key in next {
                waiting.remove(&key);
                // They are held as long as the app is known, whatever else is loaded.
                bytes += self.files.get(&key).map_or(0, File::loaded_bytes);
                let source = match failed.get(&key) {
                    Some(error) => Err(error.clone()),
                    None if bytes > MAX_LOADED_BYTES => Err(too_much(&key)),
                    None if self.is_lacking(&key) => Err(Error::deadline(format_args!("{key} was read"))),
                    None => Ok(Arc::new(values::env_file(&self.files, &key))),
                };
                sources.insert(key, source);
            }
        }
        sources
    }
}

fn too_much(key: &str) -> Error {
    let what = format!(
        "{key}: the env files of all apps up to this one have more than {MAX_LOADED_BYTES} bytes together; keep in them \
         only what definitions need"
    );
    Error::new(ErrorKind::ConfigError, what)
}
