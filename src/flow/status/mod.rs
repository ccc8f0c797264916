//! `status`: how every family stands. It reads and changes nothing. What cannot be read is reported beside what can.

pub mod facts;
mod fallback;
pub mod report;

use crate::{
    decide::Origin,
    definition::images_of,
    ecr,
    ecs::{
        api::{Api, Described},
        history::{Depth, Family, Read},
        revision::TagSource,
    },
    error::Error,
    flow::{
        asked,
        crema::Crema,
        desired::{self, Prepared, check},
        prefetch::Prefetcher,
        render_apps::relevance::Scope,
        status::{
            facts::{FamilyHistory, PreparedApp, Registry, StatusFacts},
            report::report,
        },
    },
    outcome::draft::{Draft, Untold, Warning},
    reference::FamilyKey,
    schedules::{self, Found},
    trigger::{Ask, Trigger},
};
use crema_base::{
    image::{self, EcrImage},
    secrecy::Secrets,
};
use futures_util::future::{join, join_all};
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::{Instant, timeout_at};

impl Crema {
    /// How the family of every app, or of the one named, stands.
    ///
    /// # Errors
    /// If the bucket cannot be read, or there is no such app. Everything else is reported in the answer.
    pub(in crate::flow) async fn status(
        &self,
        trigger: &Trigger,
        until: Instant,
    ) -> std::result::Result<Draft, Untold> {
        let scope = Scope::of_trigger(trigger, &self.settings.location);
        let (snapshot, selected) = self.survey(trigger, &scope, None, until, until, &mut |_| {}).await?;
        let express = match scope {
            Scope::App(app) => asked::known(app, &selected)?,
            _ => None,
        };
        let claims = desired::claims(&selected.app_variants, &self.settings.region);
        let (checked, mut prepared) = desired::check_all(&self.settings, &selected.app_variants, &claims, until).await;
        let by_app = selected.app_variants.iter().map(|app| (Some(app.app.as_str()), Some(&app.variant)));
        let written: BTreeMap<_, _> = by_app.zip(check::written(&selected.app_variants, until).await).collect();
        let mut prefetcher =
            Prefetcher::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), Origin::Sweep);
        desired::pin(&mut prefetcher, checked, until, &mut prepared).await;
        let Prepared { desired, ended, warnings: told, found } = prepared;
        let mut warnings: Vec<Warning> = snapshot.warnings.into_iter().chain(express).map(Warning::from).collect();
        warnings.extend(told);
        let prepared = desired.iter().map(Ok).chain(ended.iter().map(Err));
        let mut apps: Vec<PreparedApp<'_>> = prepared.map(|desired| PreparedApp { desired, written: vec![] }).collect();
        for app in &mut apps {
            app.written = written.get(&app.subject().by_app()).cloned().unwrap_or_default();
        }
        apps.sort_by(|a, b| a.subject().by_app().cmp(&b.subject().by_app()));

        let is_overview = scope == Scope::Overview;
        let histories = join_all(apps.iter().map(|app| self.history(app, is_overview, until)));
        let (histories, schedules) = join(histories, self.schedules(&apps, until)).await;
        let (registry, pinned) = join(
            self.registry(&apps, &histories, found, until),
            join_all(apps.iter().map(|app| self.pinned_to(app, &schedules, until))),
        )
        .await;
        let looks_below = self.settings.circuit_breaker || matches!(trigger.ask, Ask::Status { app: Some(_) });
        let fallbacks = apps.iter().zip(&histories).map(|(app, history)| async move {
            if looks_below { self.fallback(app, history, until).await } else { None }
        });
        let fallbacks = join_all(fallbacks).await;
        let mut families = vec![];
        for (((app, history), pinned), fallback) in apps.iter().zip(&histories).zip(&pinned).zip(fallbacks) {
            let found = app.subject().region.as_ref().and_then(|region| schedules.get(region));
            let facts = StatusFacts { registry: &registry, found, pinned, fallback };
            families.push(report(app, history.as_ref(), &facts, trigger));
        }
        let secrets = apps.iter().fold(Secrets::default(), |all, app| all.and(&app.subject().secrets));
        warnings.extend(schedules.into_values().flat_map(|found| found.warnings).map(|warning| {
            let what = "which schedules run the families of that region is known in part only, or not at all";
            Warning::of(format!("{warning}; {what}"), &secrets)
        }));
        Ok(Draft { families: Some(families), warnings, ..Draft::default() })
    }

    /// What is there of a family. Where all are asked about, one that is as desired is read no further than that: one call.
    async fn history(&self, app: &PreparedApp<'_>, is_overview: bool, until: Instant) -> FamilyHistory {
        let (name, region) = app.family()?;
        let source = self.settings.source(app.subject().app.as_deref().unwrap_or_default());
        let api = self.ecs(region);
        let key = FamilyKey::new(region, name);
        let family = Family { api: &api, cache: &self.cache, key: &key, source: TagSource::Of(&source) };
        let read = async {
            let mut latest = None;
            if let (true, Ok(desired)) = (is_overview, &app.desired) {
                latest = family.latest().await?;
                let alone = latest.clone().map(|latest| Read::of(latest, family.source));
                let is_desired = |read: &Read| {
                    read.history.newest_own().is_some_and(|own| own.fingerprint.as_ref() == Some(&desired.fingerprint))
                };
                if let Some(read) = alone.filter(is_desired) {
                    return Ok(read);
                }
            }
            family.read(Depth::ToOwn, latest).await
        };
        Some(match timeout_at(until, read).await {
            Ok(read) => read.map_err(Error::from),
            Err(_) => Err(Error::deadline("its revisions were read")),
        })
    }

    /// The schedules, by region.
    async fn schedules(&self, apps: &[PreparedApp<'_>], until: Instant) -> BTreeMap<String, Found> {
        let regions: BTreeSet<String> = apps.iter().filter_map(|app| app.subject().region.clone()).collect();
        let found = regions.into_iter().map(|region| async move {
            let found = timeout_at(until, schedules::of_region(&self.clients, &self.limits, &region)).await;
            let late = |_| Found {
                schedules: vec![],
                warnings: vec![format!("the deadline came before the schedules of {region} were read")],
            };
            (region.clone(), found.unwrap_or_else(late))
        });
        join_all(found).await.into_iter().collect()
    }

    /// The revisions that schedules of the family are pinned to; none if ECS has no such revision.
    pub(in crate::flow) async fn pinned_to(
        &self,
        app: &PreparedApp<'_>,
        schedules: &BTreeMap<String, Found>,
        until: Instant,
    ) -> BTreeMap<u32, Option<Described>> {
        let Some((family, region)) = app.family() else { return BTreeMap::new() };
        let mine = schedules.get(region).into_iter().flat_map(|found| &found.schedules);
        let numbers: BTreeSet<u32> = mine.filter(|s| s.runs(family, region)).filter_map(|s| s.revision).collect();
        let api = &self.ecs(region);
        let described = numbers.into_iter().map(|number| async move {
            let described = timeout_at(until, api.describe(&format!("{family}:{number}"))).await;
            Some((number, described.ok()?.ok()?))
        });
        join_all(described).await.into_iter().flatten().collect()
    }

    /// The current digests of the tags that pinning has not `found`, and whether the digests exist that no tag has.
    pub(in crate::flow) async fn registry(
        &self,
        apps: &[PreparedApp<'_>],
        histories: &[FamilyHistory],
        found: BTreeMap<EcrImage, String>,
        until: Instant,
    ) -> Registry {
        let written = apps.iter().flat_map(|app| &app.written).map(|(_, reference)| reference.as_str());
        let latest = histories.iter().flatten().flatten().filter_map(|read| read.latest.as_deref());
        let pinned = latest.flat_map(|latest| images_of(&latest.definition)).map(|(_, reference)| reference);
        let pinned = pinned.filter_map(image::parse).filter(|image| image.digest().is_some());
        let wanted: BTreeSet<EcrImage> = written.filter_map(image::parse).chain(pinned).collect();
        let of_a_tag = |wanted: &EcrImage| {
            found.iter().any(|(tag, digest)| {
                tag.repository() == wanted.repository() && Some(digest.as_str()) == wanted.digest()
            })
        };
        let known = |image: &EcrImage| {
            found.get(image).cloned().or_else(|| Some(image.digest()?.to_owned()).filter(|_| of_a_tag(image)))
        };
        let (sure, open): (Vec<_>, Vec<_>) =
            wanted.into_iter().map(|image| (known(&image), image)).partition(|(d, _)| d.is_some());
        let open: Vec<EcrImage> = open.into_iter().map(|(_, image)| image).collect();
        let asked = timeout_at(until, ecr::digests(&self.clients, &self.limits, open.clone())).await;
        let mut registry = asked
            .unwrap_or_else(|_| open.into_iter().map(|image| (image, Err(Error::deadline("ECR was asked")))).collect());
        registry.extend(sure.into_iter().filter_map(|(digest, image)| Some((image, Ok(digest?)))));
        registry
    }
}
