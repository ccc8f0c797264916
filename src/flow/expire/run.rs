//! One run over families: how many revisions may still go, what schedules name, and what is said.

use crate::{
    aws::fault::Fault,
    error::Error,
    flow::{
        crema::Crema,
        desired::revision::DesiredRevision,
        expire::family::{Aged, Ended, Expirer, ExpiryFinding},
    },
    outcome::{
        Decision, Outcome,
        draft::{Draft, Warning},
    },
    reference::FamilyKey,
    retention::OF_A_RUN,
    schedules,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

/// No family is begun so shortly before the deadline.
const TO_LOOK: Duration = Duration::from_secs(3);

/// A run.
pub struct ExpiryRun<'a> {
    crema: &'a Crema,
    keep: usize,
    is_dry: bool,
    until: Instant,
    /// How many revisions may still go.
    left: usize,
    /// Nothing more is begun.
    is_ended: bool,
    /// The schedules of each region; none where they could not be read as a whole.
    schedules: BTreeMap<String, Option<Vec<schedules::Schedule>>>,
    outcomes: Vec<Outcome>,
    pub warnings: Vec<Warning>,
    /// The outcomes of apps of which it is not known what they are to have.
    pub unknown: Vec<Outcome>,
}

impl<'a> ExpiryRun<'a> {
    pub fn new(crema: &'a Crema, keep: usize, is_dry: bool, until: Instant) -> ExpiryRun<'a> {
        ExpiryRun {
            crema,
            keep,
            is_dry,
            until,
            left: OF_A_RUN,
            is_ended: false,
            schedules: BTreeMap::new(),
            outcomes: vec![],
            warnings: vec![],
            unknown: vec![],
        }
    }

    /// Whether nothing more is begun.
    pub fn is_over(&self) -> bool {
        self.is_ended || self.left == 0 || Instant::now() + TO_LOOK >= self.until
    }

    /// One family after the other.
    pub async fn part(&mut self, desired: &[DesiredRevision]) {
        for desired_revision in desired {
            if self.is_over() {
                return;
            }
            let mut gone = BTreeSet::new();
            let key = &desired_revision.family.key;
            let looked = timeout_at(self.until, self.family(desired_revision, &mut gone)).await;
            let ended = match looked {
                Ok(Ok(ended)) => ended,
                Err(_) => Looked::Left("the time of this run is over".to_owned()),
                // It yields to whoever else calls ECS.
                Ok(Err(Fault::Throttled(text))) => {
                    self.is_ended = true;
                    Looked::Left(text)
                }
                Ok(Err(fault)) if fault.is_transient() => Looked::Left(fault.text().to_owned()),
                Ok(Err(fault)) => Looked::Failed(fault.into()),
            };
            self.left = self.left.saturating_sub(gone.len());
            if let Looked::Left(why) = &ended {
                tracing::info!(family = key.family, region = key.region, reason = why, "left to the next run");
            }
            self.outcomes.extend(self.outcome(desired_revision, &gone, ended));
        }
    }

    async fn family(&mut self, desired_revision: &DesiredRevision, gone: &mut BTreeSet<u32>) -> Result<Looked, Fault> {
        let key = &desired_revision.family.key;
        let crema = self.crema;
        let api = crema.ecs_yielding(&key.region);
        let location = crema.settings.location.to_string();
        let expirer = Expirer {
            api: &api,
            cache: &crema.cache,
            key,
            source: &desired_revision.family.source,
            location: &location,
            reach: &crema.settings.family_arns,
            keep: self.keep,
            until: self.until,
        };
        let left = self.left;
        let found = expirer.find(&desired_revision.fingerprint, left, async || self.pinned(key).await).await?;
        let aged = match found {
            ExpiryFinding::Aged(aged) => aged,
            ExpiryFinding::NoSchedules => return Ok(Looked::Nothing),
            ExpiryFinding::Nothing(why) => {
                tracing::debug!(family = key.family, region = key.region, reason = why, "nothing expires");
                return Ok(Looked::Nothing);
            }
            ExpiryFinding::TooMany(most) => {
                self.warnings.push(too_many(key, most).into());
                return Ok(Looked::Nothing);
            }
        };
        if self.is_dry {
            gone.extend(&aged.revisions);
            return Ok(Looked::Done(aged));
        }
        Ok(match expirer.expire(&aged, gone).await? {
            Ended::Done => Looked::Done(aged),
            Ended::Left(why) => Looked::Left(why),
        })
    }

    /// The revisions of a family that schedules of its region name. Where not all could be read it is not known, and a
    /// warning says so, once a region.
    async fn pinned(&mut self, key: &FamilyKey) -> Option<BTreeSet<u32>> {
        if !self.schedules.contains_key(&key.region) {
            let found = schedules::of_region(&self.crema.clients, &self.crema.limits, &key.region).await;
            let is_whole = found.warnings.is_empty();
            self.warnings.extend(found.warnings.into_iter().map(|warning| {
                Warning::from(format!(
                    "{warning}; so it is not known which revisions schedules of {} name, and nothing expires there",
                    key.region
                ))
            }));
            self.schedules.insert(key.region.clone(), is_whole.then_some(found.schedules));
        }
        let schedules = self.schedules.get(&key.region)?.as_ref()?;
        Some(schedules.iter().filter(|s| s.runs(&key.family, &key.region)).filter_map(|s| s.revision).collect())
    }

    fn outcome(&self, desired_revision: &DesiredRevision, gone: &BTreeSet<u32>, ended: Looked) -> Option<Outcome> {
        let subject = desired_revision.family.subject.clone();
        let key = &desired_revision.family.key;
        let revisions: Vec<u32> = gone.iter().rev().copied().collect();
        let (latest, more) = match ended {
            Looked::Failed(error) => {
                let failed = Outcome::of_error(subject, &desired_revision.family.named(&error));
                return Some(Outcome { revisions, ..failed });
            }
            _ if revisions.is_empty() => return None,
            Looked::Done(aged) => (Some(aged.latest), String::new()),
            Looked::Left(why) => (None, format!("; no more of them now: {why}")),
            Looked::Nothing => (None, String::new()),
        };
        let (decision, verb) = match self.is_dry {
            true => (Decision::WouldExpire, "would be deregistered: older"),
            false => (Decision::Expired, "deregistered: older"),
        };
        let reason = format!(
            "{} of {key} {verb} than the {} newest ACTIVE ones and than what else is kept (KEEP_REVISIONS){more}",
            if revisions.len() == 1 { "1 revision".to_owned() } else { format!("{} revisions", revisions.len()) },
            self.keep
        );
        Some(Outcome { revisions, latest, ..Outcome::new(subject, decision).because(reason) })
    }

    /// What is said.
    pub fn into_draft(mut self) -> Draft {
        if let Some((first, more)) = self.unknown.split_first() {
            let name = first.subject.app.as_deref().unwrap_or_default();
            let why = first.reason.as_deref().unwrap_or_default();
            let more = if more.is_empty() { String::new() } else { format!(" ({} more are so)", more.len()) };
            let told =
                format!("{name}: what its family is to have is not known{more}, and nothing of it expires: {why}");
            self.warnings.push(Warning::of(told, &first.confidential()));
        }
        self.outcomes.sort_by(|a, b| a.subject.by_app().cmp(&b.subject.by_app()));
        Draft { outcomes: self.outcomes, warnings: self.warnings, ..Draft::default() }
    }
}

/// How a family ended.
enum Looked {
    Nothing,
    Done(Aged),
    Left(String),
    Failed(Error),
}

fn too_many(key: &FamilyKey, most: usize) -> String {
    format!(
        "{key} has {} ACTIVE revisions or more, and nothing of it expires: deregister the oldest by hand, or by \
         `ecspresso deregister --keeps`",
        most - 1
    )
}
