//! Loads what apps read and what is not loaded yet: for as many of them at once as may be loaded together.

use crate::{
    config::snapshot::{MAX_AHEAD_OBJECT, MAX_IN_FOLDER},
    error::{Error, ErrorKind},
    flow::render_apps::{
        app_renderer::AppRenderer,
        app_variant::{AppVariant, VariantState},
        reads::Reads,
        selected::Selected,
    },
};
use crema_base::files::{File, MAX_LOADED_BYTES, MAX_OBJECT_BYTES};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};
use tokio::time::timeout_at;

/// Maximum bytes that several apps may want at a time; one alone may want as much as may be loaded.
const MAX_WANTED: u64 = MAX_LOADED_BYTES / 2;

impl AppRenderer<'_> {
    /// Loads these files, which have to fit in what may be loaded. Returns why some cannot be had. Where the deadline
    /// comes first, they are still lacking.
    pub(in crate::flow) async fn load(&mut self, wanted: &BTreeSet<String>) -> BTreeMap<String, Error> {
        if self.is_outdated || !wanted.iter().any(|key| self.is_lacking(key)) {
            return BTreeMap::new();
        }
        let load = self.bucket.load(&self.files, &self.id, wanted, &self.limits.s3);
        match timeout_at(self.until, load).await {
            Ok(Some(load)) => {
                self.files = load.files;
                self.texts.show(self.files.clone());
                load.failed
            }
            Ok(None) => {
                self.is_outdated = true;
                BTreeMap::new()
            }
            Err(_) => BTreeMap::new(),
        }
    }

    /// Takes the next of those that wait, as many as fit, and loads what they read. Those that are returned can be
    /// rendered now; none are left where the snapshot is outdated.
    pub(in crate::flow) async fn load_for(
        &mut self,
        app_variants: &mut [Selected],
        waiting: &mut Vec<usize>,
    ) -> Vec<usize> {
        let (mut wanted, mut bytes, mut count) = (BTreeSet::new(), 0, 0);
        for i in waiting.iter() {
            let own = self.wanted(&app_variants[*i]);
            let more: u64 = own.iter().filter(|key| !wanted.contains(*key)).map(|key| self.bytes_of(key)).sum();
            if count > 0 && bytes + more > MAX_WANTED {
                break;
            }
            bytes += more;
            count += 1;
            wanted.extend(own);
        }
        let mut now: Vec<usize> = waiting.drain(..count).collect();
        let failed = self.load(&wanted).await;
        if self.is_outdated {
            waiting.clear();
            return vec![];
        }
        now.retain(|i| app_variants[*i].lacks.is_empty() || self.is_loaded_for(&mut app_variants[*i], &failed));
        now
    }

    /// Whether what an app variant asked for is loaded now. If not, its state says why.
    pub(in crate::flow) fn is_loaded_for(
        &mut self,
        app_variant: &mut AppVariant,
        failed: &BTreeMap<String, Error>,
    ) -> bool {
        let lacks = std::mem::take(&mut app_variant.lacks);
        if let VariantState::Failed(_) = app_variant.state {
            return false;
        }
        if let Some(error) = lacks.iter().find_map(|key| failed.get(key)) {
            app_variant.state = VariantState::Failed(error.clone());
        } else if lacks.iter().any(|key| self.is_lacking(key)) {
            app_variant.state = VariantState::NotReached;
        } else {
            return true;
        }
        app_variant.reads.add(&self.renderings.reads(lacks, &self.files));
        false
    }

    /// What has to be loaded before an app variant is rendered: what it asked for; or, while not even its configuration
    /// file is loaded, what probably will be asked for.
    fn wanted(&self, app_variant: &AppVariant) -> BTreeSet<String> {
        if !app_variant.lacks.is_empty() {
            return app_variant.lacks.clone();
        }
        let Some(own) = app_variant.own.as_ref().filter(|own| self.is_lacking(&own.config)) else {
            return BTreeSet::new();
        };
        if self.name(app_variant).is_some_and(|name| self.renderings.is_kept(&name, &self.files)) {
            return BTreeSet::new();
        }
        let folder = if own.folder.is_empty() { String::new() } else { format!("{}/", own.folder) };
        let inside = self.files.range::<str, _>((Bound::Included(folder.as_str()), Bound::Unbounded));
        let beside = inside
            .take_while(|(key, _)| key.starts_with(&folder))
            .take(MAX_IN_FOLDER)
            .filter(|(key, file)| !key[folder.len()..].contains('/') && file.bytes <= MAX_AHEAD_OBJECT)
            .map(|(key, _)| key.clone());
        beside.chain([own.config.clone()]).collect()
    }

    /// Notes that contents of these files are lacking, which an app variant reads; all of them have to be there at once.
    pub(in crate::flow) fn lack(&self, app_variant: &mut AppVariant, reads: &Arc<Reads>, lacking: &BTreeSet<String>) {
        let small = |key: &&String| self.files.get(*key).is_some_and(|file| file.bytes <= MAX_OBJECT_BYTES);
        let wanted: BTreeSet<String> = reads.keys().filter(small).cloned().collect();
        let bytes: u64 = wanted.iter().map(|key| self.bytes_of(key)).sum();
        let largest = wanted.iter().max_by_key(|key| self.bytes_of(key)).map_or("", String::as_str);
        if bytes > MAX_LOADED_BYTES {
            let what = format!(
                "the files that {} reads have {bytes} bytes together, more than {MAX_LOADED_BYTES}; the largest is \
                 {largest} ({} bytes): read less, or keep data out of the definition",
                app_variant.name(),
                self.bytes_of(largest)
            );
            app_variant.reads.add(reads);
            app_variant.state = VariantState::Failed(Error::new(ErrorKind::ConfigError, what));
        } else if lacking.iter().any(|key| self.is_lacking(key)) {
            app_variant.state = VariantState::NotReached;
            app_variant.lacks = wanted;
        } else {
            let what = format!("{largest}: the rendering child asks again and again for files that it has");
            app_variant.state = VariantState::Failed(Error::transient(ErrorKind::RenderError, what));
        }
    }

    /// Whether a file can be loaded, and is not.
    pub(in crate::flow) fn is_lacking(&self, key: &str) -> bool {
        self.files.get(key).is_some_and(File::is_lacking)
    }

    fn bytes_of(&self, key: &str) -> u64 {
        self.files.get(key).map_or(0, |file| file.bytes)
    }

    /// The first of these files, as many as several apps may want at a time.
    pub(in crate::flow) fn as_many<'k>(&self, keys: impl Iterator<Item = &'k String>) -> BTreeSet<String> {
        let mut bytes = 0;
        let fits = |key: &&String| {
            let is_first = bytes == 0;
            bytes += self.bytes_of(key);
            is_first || bytes <= MAX_WANTED
        };
        keys.take_while(fits).cloned().collect()
    }
}
