//! Registers: every app that a trigger concerns, from the files under the prefix to what was done; or, for a plan, what
//! would be done. Families go through one part after another, and within a part a few at a time.

pub mod allowance;
pub mod difference;
pub mod hand_on;
pub mod part;
pub mod pass;
pub mod plan;
pub mod reads;
pub mod registrar;
pub mod round;
pub mod twins;

use crate::{
    config::snapshot::Snapshot,
    decide::Origin,
    error::Result,
    flow::{
        asked,
        crema::Crema,
        desired,
        prefetch::{AHEAD, Prefetcher, Remembered},
        register::{
            allowance::Allowance,
            part::Part,
            pass::Pass,
            round::{Round, key_of},
        },
        render_apps::{
            app_variant::{AppVariant, VariantState},
            relevance::Relevance,
            relevance::Scope,
            selected::{Selected, SelectedApps},
        },
    },
    outcome::{
        Decision, Outcome,
        draft::{Draft, Untold, Warning},
    },
    reference::FamilyKey,
    trigger::Trigger,
};
use std::{collections::BTreeSet, time::Duration};
use time::OffsetDateTime;
use tokio::time::Instant;

/// Families that are checked and pinned together: so many definitions are held at a time.
const PART: usize = 100;
/// Families that a round of a sweep reads on a guess: about what the burst allows.
const GUESSED: usize = 50;
/// So often a family is read anew that somebody else registers meanwhile.
const PASSES: u32 = 4;
const A_SECOND: Duration = Duration::from_secs(1);

impl Crema {
    /// Brings the families that a trigger concerns to what is desired, or plans that.
    ///
    /// # Errors
    /// If the bucket cannot be read, or there is no such app. Everything else is reported in the outcomes.
    pub(in crate::flow) async fn register(
        &self,
        trigger: &Trigger,
        origin: Origin,
        until: Instant,
    ) -> std::result::Result<Draft, Untold> {
        let round = Round::of(trigger, &self.settings, until);
        let scope = Scope::of_trigger(&round.trigger, &self.settings.location);
        if scope == Scope::Nothing {
            return Ok(Draft::default());
        }
        let mut prefetcher = Prefetcher::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), origin);
        if let Scope::Image(pushed) = &scope {
            prefetcher.guess(pushed, &self.kept().remembered);
        }
        let mut all = self.pass(&round, origin, &scope, &mut prefetcher, None, None).await?;
        let looked = all.outcomes.iter().filter(|outcome| outcome.decision == Decision::HandedOn).count();
        if round.only_looks(all.order.len()) && looked > 0 && looked <= round.bulk && Instant::now() < round.begin_until
        {
            let some = all.outcomes.iter().filter(|o| o.decision == Decision::HandedOn).filter_map(key_of).collect();
            let allowance = Allowance::until(round.begin_until);
            let next = self.pass(&round, origin, &scope, &mut prefetcher, Some(&some), Some(allowance)).await?;
            all.replace(&some, next);
        }
        for _ in 1..PASSES {
            if all.outdated.is_empty() || round.is_late() {
                break;
            }
            // The times of S3 are in whole seconds.
            tokio::time::sleep(A_SECOND).await;
            let some = std::mem::take(&mut all.outdated);
            let allowance = Allowance::until(round.begin_until);
            let next = self.pass(&round, origin, &scope, &mut prefetcher, Some(&some), Some(allowance)).await?;
            all.outdated.clone_from(&next.outdated);
            all.replace(&some, next);
        }
        all.leave_outdated();
        let warnings = std::mem::take(&mut all.warnings);
        let mut outcomes = self.hand_on(&round, all).await;
        outcomes.sort_by(|a, b| a.subject.by_app().cmp(&b.subject.by_app()));
        Ok(Draft { outcomes, warnings, ..Draft::default() })
    }

    /// Looks at all families that the trigger concerns, or at these.
    async fn pass(
        &self,
        round: &Round,
        origin: Origin,
        scope: &Scope<'_>,
        prefetcher: &mut Prefetcher,
        some: Option<&BTreeSet<FamilyKey>>,
        allowance: Option<Allowance>,
    ) -> std::result::Result<Pass, Untold> {
        let mut pass = Pass::default();
        // Each round lists anew.
        let may_be_known = some.is_none() && round.work.is_none();
        let known = may_be_known.then(|| self.listed_since(&round.trigger)).flatten();
        let before = self.renderings().await;
        let reads_early = some.is_none() && origin == Origin::Sweep;
        let (snapshot, selected) =
            self.read_files(round, scope, known, reads_early.then_some(&mut *prefetcher)).await?;
        prefetcher.settle();
        pass.has_rendered = self.renderings().await > before;
        let told = match scope {
            Scope::App(app) => asked::known(app, &selected)?,
            _ => None,
        };
        let default = self.settings.region.as_str();
        let claims = desired::claims(&selected.app_variants, default);
        let (ready, rest): (Vec<&Selected>, Vec<&Selected>) = selected.app_variants.iter().partition(|s| is_ready(s));
        let families = round.order(ready, some, default);
        let (done, families): (Vec<_>, Vec<_>) =
            families.into_iter().partition(|(key, _)| may_be_known && self.is_done(&round.trigger, key));
        pass.outcomes.extend(done.into_iter().map(|(_, selected)| Outcome::looked_at(selected.subject(default))));
        pass.order = families.iter().map(|(key, _)| key.clone()).collect();
        let has_failed = families.iter().filter(|(_, selected)| round.has_failed(&selected.app));
        pass.again = has_failed.map(|(key, _)| key.clone()).collect();
        if some.is_none() {
            let (_, prepared) = desired::check_all(&self.settings, rest, &claims, round.until).await;
            pass.outcomes.extend(prepared.ended);
            pass.warnings.extend(snapshot.warnings.into_iter().chain(told).map(Warning::from));
            pass.warnings.extend(prepared.warnings);
        }
        let allowance = allowance.unwrap_or_else(|| round.allowance(families.len()));
        for families in families.chunks(PART) {
            if allowance.is_over() || round.is_late() {
                let left = |(_, selected): &(FamilyKey, &Selected)| round.left(selected.subject(default));
                pass.outcomes.extend(families.iter().map(left));
                continue;
            }
            pass.has_begun = true;
            let before_pinning = OffsetDateTime::now_utc();
            let moment = snapshot.moment.map_or(before_pinning, |listed| listed.min(before_pinning));
            let families = families.iter().map(|(_, selected)| *selected);
            let (checked, mut prepared) = desired::check_all(&self.settings, families, &claims, round.until).await;
            if pass.order.len() <= AHEAD {
                prefetcher.prefetch_all(checked.iter().map(|checked| &checked.family));
            }
            desired::pin(prefetcher, checked, round.until, &mut prepared).await;
            let part = Part { round, origin, moment: Some(moment), allowance: &allowance };
            self.take_part(&part, prepared, prefetcher, &mut pass).await;
        }
        let is_done = |o: &&Outcome| matches!(o.decision, Decision::Registered | Decision::Unchanged);
        self.done(pass.outcomes.iter().filter(is_done).filter_map(key_of), snapshot.moment);
        Ok(pass)
    }

    /// The files under the prefix, unless they are known, and the apps in them. What a sweep will look at is read meanwhile:
    /// first, while the bucket is listed, what comes first if everything is as it was; then each family as its app is
    /// rendered.
    async fn read_files(
        &self,
        round: &Round,
        scope: &Scope<'_>,
        known: Option<Snapshot>,
        mut early: Option<&mut Prefetcher>,
    ) -> Result<(Snapshot, SelectedApps)> {
        if let Some(prefetcher) = &mut early {
            let mut guess: Vec<FamilyKey> = {
                let kept = self.kept();
                kept.remembered.iter().map(Remembered::key).filter(|key| round.is_ahead(key)).cloned().collect()
            };
            guess.sort_unstable();
            guess.into_iter().take(GUESSED).for_each(|key| prefetcher.read_early(key));
        }
        let mut rendered = |app_variant: &AppVariant| {
            if let (Some(prefetcher), Some(key)) = (&mut early, round.key_of(app_variant, &self.settings.region)) {
                prefetcher.read_early(key);
            }
        };
        self.survey(&round.trigger, scope, known, round.until, round.begin_until, &mut rendered).await
    }
}

/// Whether it is rendered as far as the trigger needs it: all others end before a family is looked at.
fn is_ready(selected: &Selected) -> bool {
    match (&selected.state, selected.relevance) {
        (_, Relevance::No) | (VariantState::Missing(..), Relevance::Unknown) => false,
        (VariantState::Rendered(..) | VariantState::Missing(..), _) => true,
        _ => false,
    }
}
