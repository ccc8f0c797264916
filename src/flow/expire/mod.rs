//! Expiry: what is older than what is kept is deregistered, a few revisions of each family, as far as a run comes. It yields
//! to everything else, and what it leaves is the next run's: that is no error.

pub mod family;
mod run;

use crate::{
    decide::Origin,
    flow::{
        asked,
        crema::Crema,
        desired,
        expire::run::ExpiryRun,
        prefetch::Prefetcher,
        render_apps::{
            relevance::{Relevance, Scope},
            selected::Selected,
        },
    },
    outcome::draft::{Draft, Untold, Warning},
    reference::FamilyKey,
    retention,
    trigger::Trigger,
};
use tokio::time::Instant;

/// Families that are checked and pinned together: so many definitions are held at a time.
const PART: usize = 100;

/// What is said where it is asked for and off.
const OFF: &str = "nothing expires: retention is off (KEEP_REVISIONS, by the stack's parameter `KeepRevisions`)";

impl Crema {
    /// Deregisters what is older than what is kept, of all families or of one app's; or says what that would be.
    ///
    /// # Errors
    /// If the bucket cannot be read, or there is no such app. Everything else is reported in the draft.
    pub(in crate::flow) async fn expire(
        &self,
        trigger: &Trigger,
        app: Option<&str>,
        is_dry: bool,
        until: Instant,
    ) -> std::result::Result<Draft, Untold> {
        let Some(keep) = self.settings.keep_revisions else {
            return Ok(Draft { warnings: vec![OFF.to_owned().into()], ..Draft::default() });
        };
        let scope = Scope::of_trigger(trigger, &self.settings.location);
        let (snapshot, selected) = self.survey(trigger, &scope, None, until, until, &mut |_| {}).await?;
        let told = match app {
            Some(app) => asked::known(app, &selected)?,
            None => None,
        };
        let claims = desired::claims(&selected.app_variants, &self.settings.region);
        let mut run = ExpiryRun::new(self, keep, is_dry, until);
        run.warnings.extend(snapshot.warnings.into_iter().chain(told).map(Warning::from));
        let meant = selected.app_variants.iter().filter(|selected| selected.relevance != Relevance::No);
        let (known, broken): (Vec<&Selected>, Vec<&Selected>) = meant.partition(|selected| selected.family().is_some());
        run.unknown.extend(desired::check_all(&self.settings, broken, &claims, until).await.1.ended);
        let mut prefetcher =
            Prefetcher::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), Origin::Sweep);
        for part in in_turn(known, trigger, &self.settings.region).chunks(PART) {
            if run.is_over() {
                break;
            }
            let part = part.iter().copied();
            let (checked, mut prepared) = desired::check_all(&self.settings, part, &claims, until).await;
            desired::pin(&mut prefetcher, checked, until, &mut prepared).await;
            run.unknown.extend(prepared.ended);
            run.part(&prepared.desired).await;
        }
        Ok(run.into_draft())
    }
}

/// The families in their order, beginning with another each day.
fn in_turn<'a>(mut families: Vec<&'a Selected>, trigger: &Trigger, default: &str) -> Vec<&'a Selected> {
    let key = |selected: &Selected| FamilyKey::new(selected.region(default), selected.family().unwrap_or_default());
    families.sort_by_cached_key(|selected| key(selected));
    let first = retention::beginning(families.len(), trigger.time);
    families.rotate_left(first);
    families
}
