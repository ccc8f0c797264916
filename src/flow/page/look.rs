//! The chosen families of a page: prepared, read, and told as `status` tells them.

use super::{Deadlines, family::FamilyReading, memory::Seen};
use crate::{
    config::snapshot::Snapshot,
    decide::Origin,
    error::Error,
    flow::{
        crema::Crema,
        desired::{self, Prepared, check},
        prefetch::Prefetcher,
        render_apps::{relevance::Scope, selected::Selected},
        status::{
            facts::{FamilyHistory, PreparedApp, StatusFacts},
            report::report,
        },
    },
    outcome::{
        draft::Warning,
        status::{FamilyState, FamilyStatus},
    },
    page::{timeline::Dot, words::Look},
    reference::FamilyKey,
    schedules::{self, Found},
    trigger::Trigger,
};
use futures_util::future::{join, join_all};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use tokio::time::{Instant, timeout_at};

/// An app and variant.
pub type Chosen = (String, BTreeMap<String, String>);

/// How much of a family is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PageDepth {
    Row,
    Details,
}

/// The chosen families as they stand now.
pub struct FamiliesNow {
    pub families: Vec<FamilyStatus>,
    pub facts: Vec<Facts>,
    pub warnings: Vec<Warning>,
}

/// What a status does not say of a family.
pub struct Facts {
    key: Option<FamilyKey>,
    dots: BTreeMap<u32, Option<Dot>>,
    pub is_unread: bool,
}

impl Facts {
    /// By number, newest first.
    pub fn dots(&self) -> Vec<Dot> {
        self.dots.values().rev().flatten().cloned().collect()
    }
}

/// The apps and variants by their files, as far as no lookup is needed for it.
pub struct KnownApps {
    pub snapshot: Snapshot,
    pub app_variants: Vec<Selected>,
}

impl Crema {
    /// Prepares the chosen: rendered with their lookups, checked and pinned.
    ///
    /// # Errors
    /// If the bucket cannot be read.
    pub(super) async fn prepare(
        &self,
        trigger: &Trigger,
        known: &KnownApps,
        chosen: &[Chosen],
        prefetcher: &mut Prefetcher,
        until: Instant,
    ) -> Result<(Prepared, BTreeMap<Chosen, check::Images>), Error> {
        let apps: BTreeSet<String> = chosen.iter().map(|(app, _)| app.clone()).collect();
        let Snapshot { files, id, moment, .. } = &known.snapshot;
        let snapshot = Snapshot { files: files.clone(), id: id.clone(), warnings: vec![], moment: *moment };
        let scope = Scope::Apps(&apps);
        let (_, selected) = self.survey(trigger, &scope, Some(snapshot), until, until, &mut |_| {}).await?;
        let claims = desired::claims(&selected.app_variants, &self.settings.region);
        let is_chosen = |app: &&Selected| chosen.contains(&name_of(app));
        let some: Vec<Selected> = selected.app_variants.iter().filter(is_chosen).cloned().collect();
        let (checked, mut prepared) = desired::check_all(&self.settings, &some, &claims, until).await;
        let written = some.iter().map(name_of).zip(check::written(&some, until).await).collect();
        desired::pin(prefetcher, checked, until, &mut prepared).await;
        Ok((prepared, written))
    }

    /// Looks at the chosen families, in their order.
    pub(super) async fn look_at(
        &self,
        trigger: &Trigger,
        known: &KnownApps,
        chosen: &[Chosen],
        depth: PageDepth,
        Deadlines { until, .. }: Deadlines,
    ) -> Result<FamiliesNow, Error> {
        let mut prefetcher =
            Prefetcher::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), Origin::Sweep);
        let (prepared, written) = self.prepare(trigger, known, chosen, &mut prefetcher, until).await?;
        let Prepared { desired, ended, warnings: told, found } = prepared;
        let mut apps: Vec<PreparedApp<'_>> = (desired.iter().map(Ok).chain(ended.iter().map(Err)))
            .map(|desired| PreparedApp { desired, written: vec![] })
            .collect();
        let name = |app: &PreparedApp<'_>| -> Chosen {
            let subject = app.subject();
            (subject.app.clone().unwrap_or_default(), subject.variant.clone().unwrap_or_default())
        };
        for app in &mut apps {
            app.written = written.get(&name(app)).cloned().unwrap_or_default();
        }
        apps.sort_by_key(|app| chosen.iter().position(|chosen| *chosen == name(app)));
        let read = async {
            match depth {
                PageDepth::Row => self.read_rows(&apps, until).await,
                PageDepth::Details => self.read_details(&apps, until).await,
            }
        };
        let (mut read, schedules) = join(read, self.schedules_of(&apps, depth, until)).await;
        let (mut histories, mut facts): (Vec<FamilyHistory>, Vec<Facts>) = (vec![], vec![]);
        for app in &apps {
            let key = app.family().map(|(family, region)| FamilyKey::new(region, family));
            // Where two claim a family, both are told of the same; what was read goes to the first.
            let reading = key.as_ref().and_then(|key| read.remove(key));
            let FamilyReading { history, is_unread, dots } =
                reading.unwrap_or(FamilyReading { history: None, is_unread: false, dots: BTreeMap::new() });
            histories.push(history);
            facts.push(Facts { key, dots, is_unread });
        }
        let registry = self.registry(&apps, &histories, found, until).await;
        let (pinned, fallbacks) = match depth {
            PageDepth::Row => (vec![BTreeMap::new(); apps.len()], vec![None; apps.len()]),
            PageDepth::Details => {
                let pinned = join_all(apps.iter().map(|app| self.pinned_to(app, &schedules, until)));
                let fallbacks = apps.iter().zip(&histories).map(|(app, history)| self.fallback(app, history, until));
                join(pinned, join_all(fallbacks)).await
            }
        };
        let mut families = vec![];
        for (i, app) in apps.iter().enumerate() {
            let found = app.subject().region.as_ref().and_then(|region| schedules.get(region));
            let of_family = StatusFacts { registry: &registry, found, pinned: &pinned[i], fallback: fallbacks[i] };
            let mut status = report(app, histories[i].as_ref(), &of_family, trigger);
            if facts[i].is_unread && status.state == FamilyState::Behind {
                unread(&mut status);
            }
            self.remember(&status, &facts[i]);
            families.push(status);
        }
        let mut warnings: Vec<Warning> = known.snapshot.warnings.iter().cloned().map(Warning::from).collect();
        warnings.extend(told);
        if depth == PageDepth::Details {
            warnings.extend(schedules.into_values().flat_map(|found| found.warnings).map(Warning::from));
        }
        Ok(FamiliesNow { families, facts, warnings })
    }

    fn remember(&self, status: &FamilyStatus, facts: &Facts) {
        let Some(key) = facts.key.clone() else { return };
        let is_unread = facts.is_unread && status.state == FamilyState::Behind;
        let shown = if is_unread { Look::Differs } else { Look::Known(status.state) };
        self.seen.put(key, Seen { shown, at: OffsetDateTime::now_utc(), dots: facts.dots.clone() });
    }

    /// The schedules of the regions of these apps; for rows, those of a while ago count.
    async fn schedules_of(
        &self,
        apps: &[PreparedApp<'_>],
        depth: PageDepth,
        until: Instant,
    ) -> BTreeMap<String, Found> {
        let regions: BTreeSet<String> = apps.iter().filter_map(|app| app.subject().region.clone()).collect();
        let found = regions.into_iter().map(|region| async move {
            if let Some(kept) = self.seen.schedules(&region).filter(|_| depth == PageDepth::Row) {
                return (region, kept);
            }
            let found = timeout_at(until, schedules::of_region(&self.clients, &self.limits, &region)).await;
            let late = |_| Found {
                schedules: vec![],
                warnings: vec![format!("the deadline came before the schedules of {region} were read")],
            };
            let found = found.unwrap_or_else(late);
            self.seen.put_schedules(&region, found.clone());
            (region, found)
        });
        join_all(found).await.into_iter().collect()
    }
}

pub fn name_of(app: &Selected) -> Chosen {
    (app.app.clone(), app.variant.clone())
}

fn unread(status: &mut FamilyStatus) {
    let reason = status.reason.take().unwrap_or_default();
    let reason = reason.split(": the next event").next().unwrap_or_default().to_owned();
    status.reason = Some(format!(
        "{reason}; whether it is on hold was not read, as a page reads ECS 50 times at most: see Details"
    ));
}
