//! The families of a page: all are known by their files, a few are read.

use super::{Deadlines, Shown, memory::Seen, reads::Reading};
use crate::{
    config::snapshot::Snapshot,
    decide::Origin,
    error::Error,
    flow::{
        crema::Crema,
        desired::{self, Prepared, check},
        prefetch::Prefetcher,
        render_apps::{
            app_variant::{AppVariant, VariantState},
            relevance::Scope,
            selected::Selected,
        },
        status::{
            facts::{FamilyHistory, PreparedApp, StatusFacts},
            report::report,
        },
        tell::{answered, tell},
    },
    outcome::{
        draft::{Draft, Untold, Warning},
        status::{FamilyState, FamilyStatus},
    },
    page::{
        FAMILIES,
        frame::Frame,
        listing::{Listing, Row},
        popup,
        timeline::Dot,
        words::Shown as Look,
    },
    reference::FamilyKey,
    schedules::{self, Found},
    trigger::{About, Trigger},
};
use futures_util::future::{join, join_all};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use time::OffsetDateTime;
use tokio::time::timeout_at;

/// An app and variant.
type Chosen = (String, BTreeMap<String, String>);

/// How much of a family is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Row,
    Details,
}

/// The chosen families as they stand now.
struct Looked {
    families: Vec<FamilyStatus>,
    facts: Vec<Facts>,
    warnings: Vec<Warning>,
}

/// What a status does not say of a family.
struct Facts {
    key: Option<FamilyKey>,
    dots: BTreeMap<u32, Option<Dot>>,
    is_unread: bool,
}

impl Facts {
    /// By number, newest first.
    fn dots(&self) -> Vec<Dot> {
        self.dots.values().rev().flatten().cloned().collect()
    }
}

/// The apps and variants by their files, as far as no lookup is needed for it.
pub(super) struct Known {
    snapshot: Snapshot,
    app_variants: Vec<Selected>,
}

impl Crema {
    /// All apps and variants, with their families.
    ///
    /// # Errors
    /// If the bucket cannot be read.
    pub(super) async fn known(&self, trigger: &Trigger, until: tokio::time::Instant) -> Result<Known, Error> {
        let snapshot = self.snapshot(trigger, until).await?;
        let selected = self.render_apps(&snapshot, &Scope::Families, until).await;
        Ok(Known { snapshot, app_variants: selected.app_variants })
    }

    fn key(&self, app_variant: &AppVariant) -> Option<FamilyKey> {
        Some(FamilyKey::new(app_variant.region(&self.settings.region), app_variant.family()?))
    }

    /// How an app and variant was seen last.
    fn look(&self, app_variant: &AppVariant) -> (Look, Option<OffsetDateTime>) {
        match &app_variant.state {
            VariantState::Failed(_) | VariantState::RanOut { .. } | VariantState::LeftAlone(_) => {
                (Look::Known(FamilyState::Failed), None)
            }
            VariantState::NotReached => (Look::Known(FamilyState::NotReached), None),
            VariantState::Rendered(_) | VariantState::Missing(_) => {
                let seen = self.key(app_variant).and_then(|key| self.seen.state(&key));
                seen.map_or((Look::NotSeen, None), |(look, at)| (look, Some(at)))
            }
        }
    }

    /// A page of the families.
    pub(super) async fn listing(
        &self,
        trigger: &Trigger,
        frame: &Frame<'_>,
        (filter, page): (&str, usize),
        deadlines: Deadlines,
    ) -> Result<Shown, Untold> {
        let known = self.known(trigger, deadlines.until).await?;
        self.seen.keep_only(&known.app_variants.iter().filter_map(|app| self.key(app)).collect::<HashSet<_>>());
        let mut matching: Vec<&Selected> =
            known.app_variants.iter().filter(|app| is_meant(app, filter, &self.settings.region)).collect();
        matching.sort_by(|a, b| {
            let order = |app: &Selected| (self.look(app).0.rank(), app.app.clone(), app.variant.clone());
            order(a).cmp(&order(b))
        });
        let page = page.clamp(1, matching.len().div_ceil(FAMILIES).max(1));
        let chosen: Vec<Chosen> =
            matching.iter().skip((page - 1) * FAMILIES).take(FAMILIES).map(|app| id(app)).collect();
        let looked = self.look_at(trigger, &known, &chosen, Depth::Row, deadlines).await;
        let mut counts: Vec<(Look, usize)> = vec![];
        let mut oldest: Option<OffsetDateTime> = None;
        for app in &known.app_variants {
            let (look, at) = self.look(app);
            oldest = [oldest, at].into_iter().flatten().min();
            match counts.iter_mut().find(|(other, _)| *other == look) {
                Some((_, count)) => *count += 1,
                None => counts.push((look, 1)),
            }
        }
        counts.sort_by_key(|(look, _)| (look.rank(), *look == Look::NotSeen));
        let siblings = siblings(&known);
        let matching = matching.len();
        let Looked { families, facts, warnings } = looked;
        let draft = Draft { outcomes: vec![], families: Some(families), warnings };
        let answer = answered(trigger, tell(draft, Draft::told, Draft::bare, deadlines.late).await);
        let dots: Vec<Vec<Dot>> = facts.iter().map(Facts::dots).collect();
        let rows = self.rows(answer.families.as_deref().unwrap_or_default(), &facts, &dots, &siblings);
        let warnings = &answer.warnings;
        let listing = Listing { rows, counts, oldest, filter, matching, page, warnings };
        let html = listing.html(frame);
        Ok(Shown::of(html, answer))
    }

    /// All of one family, or of the variants of an app.
    pub(super) async fn details(
        &self,
        trigger: &Trigger,
        frame: &Frame<'_>,
        about: &About,
        deadlines: Deadlines,
    ) -> Result<Shown, Untold> {
        let known = self.known(trigger, deadlines.until).await?;
        let chosen = self.chosen(&known, about);
        let Looked { families, facts, warnings } =
            self.look_at(trigger, &known, &chosen, Depth::Details, deadlines).await;
        let siblings = siblings(&known);
        let draft = Draft { outcomes: vec![], families: Some(families), warnings };
        let answer = answered(trigger, tell(draft, Draft::told, Draft::bare, deadlines.late).await);
        let dots: Vec<Vec<Dot>> = facts.iter().map(Facts::dots).collect();
        let rows = self.rows(answer.families.as_deref().unwrap_or_default(), &facts, &dots, &siblings);
        let html = popup::details(frame, &rows, &answer.warnings);
        Ok(Shown::of(html, answer))
    }

    /// The apps and variants that are meant, as many as a page has.
    pub(super) fn chosen(&self, known: &Known, about: &About) -> Vec<Chosen> {
        let is_meant = |app: &&Selected| match about {
            About::App(name) => app.app == *name,
            About::Family { region, family } => {
                let region = region.as_deref().unwrap_or(&self.settings.region);
                app.family() == Some(family.as_str()) && app.region(&self.settings.region) == region
            }
        };
        known.app_variants.iter().filter(is_meant).take(FAMILIES).map(id).collect()
    }

    fn rows<'a>(
        &self,
        families: &'a [FamilyStatus],
        facts: &[Facts],
        dots: &'a [Vec<Dot>],
        siblings: &BTreeMap<String, usize>,
    ) -> Vec<Row<'a>> {
        let row = |((status, facts), dots): ((&'a FamilyStatus, &Facts), &'a Vec<Dot>)| Row {
            status,
            dots,
            is_unread: facts.is_unread && status.state == FamilyState::Behind,
            siblings: status.subject.app.as_ref().and_then(|app| siblings.get(app)).copied().unwrap_or(1),
            is_proving: self.settings.circuit_breaker,
        };
        families.iter().zip(facts).zip(dots).map(row).collect()
    }

    /// Prepares the chosen: rendered with their lookups, checked and pinned.
    pub(super) async fn prepare(
        &self,
        known: &Known,
        chosen: &[Chosen],
        prefetcher: &mut Prefetcher,
        until: tokio::time::Instant,
    ) -> (Prepared, BTreeMap<Chosen, check::Images>) {
        let apps: BTreeSet<String> = chosen.iter().map(|(app, _)| app.clone()).collect();
        let selected = self.render_apps(&known.snapshot, &Scope::Apps(&apps), until).await;
        let claims = desired::claims(&selected.app_variants, &self.settings.region);
        let is_chosen = |app: &&Selected| chosen.contains(&id(app));
        let some: Vec<Selected> = selected.app_variants.iter().filter(is_chosen).cloned().collect();
        let (checked, mut prepared) = desired::check_all(&self.settings, &some, &claims, until).await;
        let written = some.iter().map(id).zip(check::written(&some, until).await).collect();
        desired::pin(prefetcher, checked, until, &mut prepared).await;
        (prepared, written)
    }

    /// Looks at the chosen families, in their order.
    async fn look_at(
        &self,
        trigger: &Trigger,
        known: &Known,
        chosen: &[Chosen],
        depth: Depth,
        Deadlines { until, .. }: Deadlines,
    ) -> Looked {
        let mut prefetcher =
            Prefetcher::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), Origin::Sweep);
        let (prepared, written) = self.prepare(known, chosen, &mut prefetcher, until).await;
        let Prepared { desired, ended, warnings: told, found } = prepared;
        let mut apps: Vec<PreparedApp<'_>> = (desired.iter().map(Ok).chain(ended.iter().map(Err)))
            .map(|desired| PreparedApp { desired, written: vec![] })
            .collect();
        let id = |app: &PreparedApp<'_>| -> Chosen {
            let subject = app.subject();
            (subject.app.clone().unwrap_or_default(), subject.variant.clone().unwrap_or_default())
        };
        for app in &mut apps {
            app.written = written.get(&id(app)).cloned().unwrap_or_default();
        }
        apps.sort_by_key(|app| chosen.iter().position(|chosen| *chosen == id(app)));
        let read = async {
            match depth {
                Depth::Row => self.read_rows(&apps, until).await,
                Depth::Details => self.read_details(&apps, until).await,
            }
        };
        let (mut read, schedules) = join(read, self.schedules_of(&apps, depth, until)).await;
        let (mut histories, mut facts): (Vec<FamilyHistory>, Vec<Facts>) = (vec![], vec![]);
        for app in &apps {
            let key = app.family().map(|(family, region)| FamilyKey::new(region, family));
            // Where two claim a family, both are told of the same; what was read goes to the first.
            let reading = key.as_ref().and_then(|key| read.remove(key));
            let Reading { history, is_unread, dots } =
                reading.unwrap_or(Reading { history: None, is_unread: false, dots: BTreeMap::new() });
            histories.push(history);
            facts.push(Facts { key, dots, is_unread });
        }
        let registry = self.registry(&apps, &histories, found, until).await;
        let (pinned, fallbacks) = match depth {
            Depth::Row => (vec![BTreeMap::new(); apps.len()], vec![None; apps.len()]),
            Depth::Details => {
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
        if depth == Depth::Details {
            warnings.extend(schedules.into_values().flat_map(|found| found.warnings).map(Warning::from));
        }
        Looked { families, facts, warnings }
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
        depth: Depth,
        until: tokio::time::Instant,
    ) -> BTreeMap<String, Found> {
        let regions: BTreeSet<String> = apps.iter().filter_map(|app| app.subject().region.clone()).collect();
        let found = regions.into_iter().map(|region| async move {
            if let Some(kept) = self.seen.schedules(&region).filter(|_| depth == Depth::Row) {
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

fn id(app: &Selected) -> Chosen {
    (app.app.clone(), app.variant.clone())
}

fn unread(status: &mut FamilyStatus) {
    let reason = status.reason.take().unwrap_or_default();
    let reason = reason.split(": the next event").next().unwrap_or_default().to_owned();
    status.reason = Some(format!(
        "{reason}; whether it is on hold was not read, as a page reads ECS 50 times at most: see Details"
    ));
}

/// Families of each app.
fn siblings(known: &Known) -> BTreeMap<String, usize> {
    let mut siblings = BTreeMap::new();
    for app in &known.app_variants {
        *siblings.entry(app.app.clone()).or_default() += 1;
    }
    siblings
}

/// Whether the text stands in the name of app, variant or family. The name of a family that is partly a secret is as
/// none: what is found tells of it.
fn is_meant(app: &Selected, filter: &str, region: &str) -> bool {
    let filter = filter.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&filter);
    if filter.is_empty() || has(&app.app) || app.variant.values().any(|value| has(value)) {
        return true;
    }
    let Some(family) = app.family().filter(|family| has(family)) else { return false };
    !app.subject(region).confidential(false).hides(family)
}
