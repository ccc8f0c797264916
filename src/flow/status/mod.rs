//! `status`: how every family stands. Reads, and changes nothing; what cannot be read is said beside what can.

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
    error::{Error, Result},
    flow::{
        Crema, asked,
        desired::{self, DesiredRevision, Prepared, check},
        register::prefetch::Prefetcher,
        render_apps::{app_variant::AppVariant, relevance::Scope},
        status::report::{StatusFacts, report},
    },
    outcome::{
        Outcome,
        draft::{Draft, Untold, Warning},
    },
    reference::FamilyKey,
    schedules::{self, Found},
    trigger::Trigger,
};
use crema_base::{
    image::{self, EcrImage},
    secrecy::Secrets,
};
use futures_util::future::{join, join_all};
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::{Instant, timeout_at};

/// Container name and image reference.
pub type Images = Vec<(String, String)>;

/// One app and variant, as far as it was prepared.
pub struct Subject<'a> {
    pub outcome: &'a Outcome,
    pub desired_revision: Option<&'a DesiredRevision>,
    /// The images as the files name them.
    pub written: Images,
}

/// What ECR says: the digest of each image that was asked for, or why there is none.
pub type Registry = BTreeMap<EcrImage, Result<String>>;

/// What is read of one family.
type History = Option<Result<Read>>;

impl Crema {
    /// How the family of every app, or of the one named, stands.
    ///
    /// # Errors
    /// Where the bucket cannot be read, or there is no such app. All else is said in the answer.
    pub(in crate::flow) async fn status(
        &self,
        trigger: &Trigger,
        until: Instant,
    ) -> std::result::Result<Draft, Untold> {
        let scope = Scope::of_trigger(trigger, &self.settings.location);
        let snapshot = self.snapshot(trigger, until).await?;
        let selected = self.render_apps(&snapshot, &scope, until).await;
        let express = match scope {
            Scope::App(app) => asked::known(app, &selected)?,
            _ => None,
        };
        let (checked, mut prepared) = desired::check_all(&self.settings, &selected.app_variants, until).await;
        let keys: Vec<Key> = selected.app_variants.iter().map(|selected| key_of_app_variant(selected)).collect();
        let written: BTreeMap<_, _> =
            keys.into_iter().zip(check::written(&selected.app_variants, until).await).collect();
        let mut prefetcher =
            Prefetcher::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), Origin::Sweep);
        desired::pin(&mut prefetcher, checked, until, &mut prepared).await;
        let Prepared { desired, ended, warnings: told, found } = prepared;
        let mut warnings: Vec<Warning> = snapshot.warnings.into_iter().chain(express).map(Warning::from).collect();
        warnings.extend(told);
        let subject = |outcome, desired_revision| Subject {
            outcome,
            desired_revision,
            written: written.get(&key_of(outcome)).cloned().unwrap_or_default(),
        };
        let mut subjects: Vec<Subject<'_>> =
            desired.iter().map(|revision| subject(&revision.outcome, Some(revision))).collect();
        subjects.extend(ended.iter().map(|outcome| subject(outcome, None)));
        subjects.sort_by_key(|subject| key_of(subject.outcome));

        let histories = join_all(subjects.iter().map(|subject| self.history(subject, until)));
        let (histories, schedules) = join(histories, self.schedules(&subjects, until)).await;
        let (registry, pinned) = join(
            self.registry(&subjects, &histories, found, until),
            join_all(subjects.iter().map(|subject| self.pinned_to(subject, &schedules, until))),
        )
        .await;
        let mut families = vec![];
        for ((subject, history), pinned) in subjects.iter().zip(&histories).zip(&pinned) {
            let found = subject.outcome.region.as_ref().and_then(|region| schedules.get(region));
            families.push(report(
                subject,
                history.as_ref(),
                &StatusFacts { registry: &registry, found, pinned },
                trigger,
            ));
        }
        let secrets = subjects.iter().fold(Secrets::default(), |all, subject| all.and(&subject.outcome.secrets));
        warnings.extend(schedules.into_values().flat_map(|found| found.warnings).map(|warning| {
            let what = "which schedules run the families of that region is known in part only, or not at all";
            Warning::of(format!("{warning}; {what}"), &secrets)
        }));
        Ok(Draft { outcomes: vec![], families: Some(families), warnings })
    }

    async fn history(&self, subject: &Subject<'_>, until: Instant) -> History {
        let (name, region) = subject.outcome.family.as_deref().zip(subject.outcome.region.as_deref())?;
        let source = self.settings.source(subject.outcome.app.as_deref().unwrap_or_default());
        let api = self.ecs(region);
        let key = FamilyKey::new(region, name);
        let family = Family { api: &api, cache: &self.cache, key: &key, source: TagSource::Of(&source) };
        Some(match timeout_at(until, family.read(Depth::ToOwn, None)).await {
            Ok(read) => read.map_err(Error::from),
            Err(_) => Err(Error::deadline("its revisions were read")),
        })
    }

    /// What schedules run, by region.
    async fn schedules(&self, subjects: &[Subject<'_>], until: Instant) -> BTreeMap<String, Found> {
        let regions: BTreeSet<String> = subjects.iter().filter_map(|subject| subject.outcome.region.clone()).collect();
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

    /// The revisions that schedules of the family are pinned to; none where ECS knows no such revision.
    async fn pinned_to(
        &self,
        subject: &Subject<'_>,
        schedules: &BTreeMap<String, Found>,
        until: Instant,
    ) -> BTreeMap<u32, Option<Described>> {
        let Some((family, region)) = subject.outcome.family.as_deref().zip(subject.outcome.region.as_deref()) else {
            return BTreeMap::new();
        };
        let mine = schedules.get(region).into_iter().flat_map(|found| &found.schedules);
        let numbers: BTreeSet<u32> = mine.filter(|s| s.runs(family, region)).filter_map(|s| s.revision).collect();
        let api = &self.ecs(region);
        let described = numbers.into_iter().map(|number| async move {
            let described = timeout_at(until, api.describe(&format!("{family}:{number}"))).await;
            Some((number, described.ok()?.ok()?))
        });
        join_all(described).await.into_iter().flatten().collect()
    }

    /// What the tags have now that pinning has not `found`, and whether the digests are still there that no tag gives.
    async fn registry(
        &self,
        subjects: &[Subject<'_>],
        histories: &[History],
        found: BTreeMap<EcrImage, String>,
        until: Instant,
    ) -> Registry {
        let written = subjects.iter().flat_map(|subject| &subject.written).map(|(_, reference)| reference.as_str());
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

type Key = (Option<String>, Option<BTreeMap<String, String>>);

fn key_of(outcome: &Outcome) -> Key {
    (outcome.app.clone(), outcome.variant.clone())
}

fn key_of_app_variant(app_variant: &AppVariant) -> Key {
    (Some(app_variant.app.clone()), Some(app_variant.variant.clone()))
}
