//! The families of a page: all are known by their files, a few are read.

use super::{
    Deadlines, PageReply,
    look::{Chosen, Facts, FamiliesNow, KnownApps, PageDepth, name_of},
};
use crate::{
    error::Error,
    flow::{
        crema::Crema,
        render_apps::{
            app_variant::{AppVariant, VariantState},
            relevance::Scope,
            selected::Selected,
        },
        tell::{answered, tell},
    },
    outcome::{
        draft::{Draft, Untold},
        status::{FamilyState, FamilyStatus},
    },
    page::{FAMILIES, frame::Frame, listing::FamilyPage, popup, row::Row, timeline::Dot, words::Look},
    reference::FamilyKey,
    trigger::{About, Trigger},
};
use std::collections::{BTreeMap, HashSet};
use time::OffsetDateTime;
use tokio::time::Instant;

impl Crema {
    /// All apps and variants, with their families.
    ///
    /// # Errors
    /// If the bucket cannot be read.
    pub(super) async fn known(&self, trigger: &Trigger, until: Instant) -> Result<KnownApps, Error> {
        let (snapshot, selected) = self.survey(trigger, &Scope::Families, None, until, until, &mut |_| {}).await?;
        Ok(KnownApps { snapshot, app_variants: selected.app_variants })
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
    ) -> Result<PageReply, Untold> {
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
            matching.iter().skip((page - 1) * FAMILIES).take(FAMILIES).map(|app| name_of(app)).collect();
        let looked = self.look_at(trigger, &known, &chosen, PageDepth::Row, deadlines).await?;
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
        let FamiliesNow { families, facts, warnings } = looked;
        let draft = Draft { families: Some(families), warnings, ..Draft::default() };
        let answer = answered(trigger, tell(draft, Draft::told, Draft::bare, deadlines.late).await);
        let dots: Vec<Vec<Dot>> = facts.iter().map(Facts::dots).collect();
        let rows = self.rows(answer.families.as_deref().unwrap_or_default(), &facts, &dots, &siblings);
        let warnings = &answer.warnings;
        let listing = FamilyPage { rows, counts, oldest, filter, matching, page, warnings };
        let html = listing.html(frame);
        Ok(PageReply::of(html, answer))
    }

    /// All of one family, or of the variants of an app.
    pub(super) async fn details(
        &self,
        trigger: &Trigger,
        frame: &Frame<'_>,
        about: &About,
        deadlines: Deadlines,
    ) -> Result<PageReply, Untold> {
        let known = self.known(trigger, deadlines.until).await?;
        let chosen = self.chosen(&known, about);
        let FamiliesNow { families, facts, warnings } =
            self.look_at(trigger, &known, &chosen, PageDepth::Details, deadlines).await?;
        let siblings = siblings(&known);
        let draft = Draft { families: Some(families), warnings, ..Draft::default() };
        let answer = answered(trigger, tell(draft, Draft::told, Draft::bare, deadlines.late).await);
        let dots: Vec<Vec<Dot>> = facts.iter().map(Facts::dots).collect();
        let rows = self.rows(answer.families.as_deref().unwrap_or_default(), &facts, &dots, &siblings);
        let html = popup::details(frame, &rows, &answer.warnings);
        Ok(PageReply::of(html, answer))
    }

    /// The apps and variants that are meant, as many as a page has.
    pub(super) fn chosen(&self, known: &KnownApps, about: &About) -> Vec<Chosen> {
        let is_meant = |app: &&Selected| match about {
            About::App(name) => app.app == *name,
            About::Family { region, family } => {
                let region = region.as_deref().unwrap_or(&self.settings.region);
                app.family() == Some(family.as_str()) && app.region(&self.settings.region) == region
            }
        };
        known.app_variants.iter().filter(is_meant).take(FAMILIES).map(name_of).collect()
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
}

/// Families of each app.
fn siblings(known: &KnownApps) -> BTreeMap<String, usize> {
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
