//! The self-check: reads what all checks look at, and has them made.

use crate::{
    decide::Origin,
    doctor::{self, Diagnosis, FilesSeen, Patient, stack::StackResources},
    error::Result,
    flow::{
        crema::Crema,
        desired,
        prefetch::Prefetcher,
        render_apps::{
            relevance::{Relevance, Scope},
            selected::Selected,
        },
    },
    outcome::draft::Draft,
    trigger::Trigger,
};
use crema_base::image;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::{Instant, timeout_at};

/// Maximum time of reading and rendering all.
const TO_READ: Duration = Duration::from_secs(60);
/// Definitions that are checked and pinned together.
const PART: usize = 100;

impl Crema {
    /// Whether the installation is well. It always succeeds: what fails is what is found.
    pub(in crate::flow) async fn doctor(&self, trigger: &Trigger, until: Instant) -> Draft {
        let read_until = until.min(Instant::now() + TO_READ);
        let stack = async {
            if !self.settings.doctor_reads {
                return Err(Diagnosis::unknown("not looked at", ""));
            }
            let read = StackResources::read(&self.clients, &self.settings.region, &self.settings.operator);
            let late = |_| Err(Diagnosis::unknown("CloudFormation did not answer in time", "ask again"));
            timeout_at(read_until, read).await.unwrap_or_else(late)
        };
        let (files, stack) = tokio::join!(self.files(trigger, read_until), stack);
        let patient = Patient { settings: &self.settings, clients: &self.clients, limits: &self.limits, files, stack };
        Draft { checks: Some(doctor::examine(&patient, until).await), ..Draft::default() }
    }

    async fn files(&self, trigger: &Trigger, until: Instant) -> Result<FilesSeen> {
        let before = OffsetDateTime::now_utc();
        let scope = Scope::of_trigger(trigger, &self.settings.location);
        let (snapshot, selected) = self.survey(trigger, &scope, None, until, until, &mut |_| {}).await?;
        let after = OffsetDateTime::now_utc();
        let meant: Vec<&Selected> = selected.app_variants.iter().filter(|s| s.relevance != Relevance::No).collect();
        let mut files = FilesSeen { count: snapshot.files.len(), apps: meant.len(), ..FilesSeen::default() };
        files.skew = snapshot.moment.map(|moment| apart(moment, before, after));
        let claims = desired::claims(&selected.app_variants, &self.settings.region);
        let mut prefetcher =
            Prefetcher::new(self.clients.clone(), self.limits.clone(), self.cache.clone(), Origin::Sweep);
        for part in meant.chunks(PART) {
            let (checked, mut prepared) =
                desired::check_all(&self.settings, part.iter().copied(), &claims, until).await;
            files.unrendered.append(&mut prepared.ended);
            desired::pin(&mut prefetcher, checked, until, &mut prepared).await;
            files.unpinned.append(&mut prepared.ended);
            for desired_revision in prepared.desired {
                let images = desired_revision.definition.images();
                let repositories =
                    images.iter().filter_map(|(_, image)| Some(image::parse(image)?.repository().clone()));
                files.repositories.extend(repositories);
                files.families.push(desired_revision.family.key);
            }
        }
        files.families.sort();
        Ok(files)
    }
}

/// How far this lies outside of the two. S3's times are in whole seconds.
fn apart(moment: OffsetDateTime, before: OffsetDateTime, after: OffsetDateTime) -> Duration {
    let outside = (before - moment - time::Duration::SECOND).max(moment - after).max(time::Duration::ZERO);
    outside.unsigned_abs()
}
