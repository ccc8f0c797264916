//! One family: read it, decide, deregister one after the other, and look again before each.

use crate::{
    aws::fault::Fault,
    breaker::Standing,
    config::reach::FamilyArns,
    definition::fingerprint::Fingerprint,
    ecs::{
        api::{Api, Described, Status},
        cache::Cache,
        history::{Depth, Family},
        revision::{Revision, TagSource},
    },
    flow::{backoff::Backoff, rollback::deregister::deregister_once},
    reference::FamilyKey,
    retention::{self, OF_A_FAMILY, RetentionDecision, RetentionFacts, Under},
};
use futures_util::future::{try_join, try_join_all};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::Instant;

/// Of a family with more ACTIVE revisions nothing goes: to know which are proven takes a read of each.
const MOST_ACTIVE: usize = 2_000;
/// So many revisions are described at a time.
const AT_A_TIME: usize = 10;
/// A deregistration is not begun so shortly before the deadline: it takes ten seconds at most, and is looked for twice.
const TO_DEREGISTER: Duration = Duration::from_secs(15);

/// What expiring works with.
pub struct Expirer<'a, A> {
    /// ECS, at the pace of what yields to everything else.
    pub api: &'a A,
    pub cache: &'a Cache,
    pub key: &'a FamilyKey,
    /// The app's `crema:source`: by whose fingerprint the family is at its wish.
    pub source: &'a str,
    /// `CONFIG_URI`: whose revisions may go.
    pub location: &'a str,
    pub reach: &'a FamilyArns,
    /// `KEEP_REVISIONS`.
    pub keep: usize,
    pub until: Instant,
}

/// What may go of a family, and what it is measured by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aged {
    /// Oldest first.
    pub revisions: Vec<u32>,
    /// Those of them that are proven; two newer ones are as well.
    pub proven: BTreeSet<u32>,
    /// A, which stays.
    pub latest: u32,
}

/// What came of looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpiryFinding {
    Nothing(String),
    Aged(Aged),
    /// What schedules name is not known, so that nothing goes.
    NoSchedules,
    /// More revisions stand than are looked at.
    TooMany(usize),
}

/// Why no more of a family went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    Done,
    /// Something changed meanwhile, or the time is over: the next run decides anew.
    Left(String),
}

impl<A: Api> Expirer<'_, A> {
    /// What may go of the family that is to have this fingerprint: at most so many revisions. `pinned` reads which of its
    /// revisions schedules name; none where that is not known.
    ///
    /// # Errors
    /// The error of a call.
    pub async fn find(
        &self,
        desired: &Fingerprint,
        most: usize,
        pinned: impl AsyncFnOnce() -> Option<BTreeSet<u32>>,
    ) -> Result<ExpiryFinding, Fault> {
        let family = Family { api: self.api, cache: self.cache, key: self.key, source: TagSource::Of(self.source) };
        let Some(latest) = family.latest().await? else { return Ok(nothing("no revision is ACTIVE")) };
        let is_desired =
            |described: &Described| Revision::read(described, family.source).fingerprint.as_ref() == Some(desired);
        let mut facts = RetentionFacts {
            is_within: self.reach.have(&latest.arn),
            is_at_wish: is_desired(&latest),
            is_on_hold: false,
            under: None,
        };
        if let RetentionDecision::Nothing(why) = retention::decide(&facts, most) {
            return Ok(nothing(why));
        }
        let active = self.api.list(&self.key.family, Status::Active, MOST_ACTIVE + 1).await?;
        if active.len() <= self.keep {
            return Ok(nothing("no more stand than are kept"));
        }
        if active.len() > MOST_ACTIVE {
            return Ok(ExpiryFinding::TooMany(active.len()));
        }
        let read = family.read(Depth::ToOwn, Some(latest)).await?;
        let a = read.latest.as_deref();
        facts.is_at_wish = a.is_some_and(|a| is_desired(a) && active.first() == Some(&a.revision));
        facts.is_on_hold = read.history.taken_back().next().is_some();
        if let RetentionDecision::Nothing(why) = retention::decide(&facts, most) {
            return Ok(nothing(why));
        }
        let floor = self.floor(&active).await?;
        if active.last().is_none_or(|oldest| *oldest >= floor) {
            return Ok(nothing("nothing is older than what is kept"));
        }
        let Some(pinned) = pinned().await else { return Ok(ExpiryFinding::NoSchedules) };
        let most = most.min(OF_A_FAMILY);
        let oldest = self.oldest(&active, floor, &pinned, most).await?;
        facts.under = Some(Under { floor, oldest: &oldest, pinned: Some(&pinned) });
        Ok(match retention::decide(&facts, most) {
            RetentionDecision::Expire(revisions) => {
                let proven = oldest.iter().filter(|standing| standing.proven_at.is_some());
                let proven = proven.map(|standing| standing.revision.number).collect();
                ExpiryFinding::Aged(Aged { revisions, proven, latest: active[0] })
            }
            RetentionDecision::Nothing(why) => nothing(why),
            RetentionDecision::AskUnder => nothing("it could not be decided"),
        })
    }

    /// The floor, for which revisions are described from the newest downwards until it is known.
    async fn floor(&self, active: &[u32]) -> Result<u32, Fault> {
        let mut looked_at: Vec<Standing> = vec![];
        loop {
            if let Some(floor) = retention::floor(self.keep, active, &looked_at) {
                return Ok(floor);
            }
            let next = &active[looked_at.len()..];
            let next = &next[..next.len().min(AT_A_TIME)];
            for (number, standing) in next.iter().zip(try_join_all(next.iter().map(|n| self.standing(*n))).await?) {
                looked_at.push(standing.ok_or_else(|| {
                    Fault::Open(format!("ECS lists {} and does not describe it", self.key.at(*number)))
                })?);
            }
        }
    }

    /// The oldest below the floor, so far up that enough of them may go.
    async fn oldest(
        &self,
        active: &[u32],
        floor: u32,
        pinned: &BTreeSet<u32>,
        most: usize,
    ) -> Result<Vec<Standing>, Fault> {
        let below: Vec<u32> = active.iter().rev().copied().take_while(|number| *number < floor).collect();
        let may_go = |standing: &&Standing| standing.is_own() && !pinned.contains(&standing.revision.number);
        let mut oldest: Vec<Standing> = vec![];
        for some in below.chunks(AT_A_TIME) {
            oldest.extend(try_join_all(some.iter().map(|n| self.standing(*n))).await?.into_iter().flatten());
            if oldest.iter().filter(may_go).count() >= most {
                break;
            }
        }
        Ok(oldest)
    }

    /// A revision as it stands now; none if ECS does not know it.
    async fn standing(&self, number: u32) -> Result<Option<Standing>, Fault> {
        let described = self.api.describe(&self.key.at(number)).await?;
        let described = described.filter(|d| d.revision == number && d.family == self.key.family);
        let described = described.map(|described| self.cache.seen(&self.key.region, described));
        Ok(described.map(|described| Standing::read(&described, TagSource::Within(self.location))))
    }

    /// Deregisters what was found, oldest first, as long as all is as it was found. `gone` gets each that went.
    ///
    /// # Errors
    /// The error of a call; throttled, it is left to the next run.
    pub async fn expire(&self, aged: &Aged, gone: &mut BTreeSet<u32>) -> Result<Ended, Fault> {
        let family =
            Family { api: self.api, cache: self.cache, key: self.key, source: TagSource::Within(self.location) };
        let backoff = Backoff::new(self.until);
        for number in &aged.revisions {
            // The right to change something is taken before it is looked, so that nothing lies between the two.
            drop(self.api.may_register().await);
            if Instant::now() + TO_DEREGISTER >= self.until {
                return Ok(Ended::Left("the time of this run is over".to_owned()));
            }
            if let Some(why) = self.changed(aged, *number).await? {
                return Ok(Ended::Left(why));
            }
            match deregister_once(&family, *number, &backoff).await {
                Ok(()) => gone.insert(*number),
                Err(Fault::Open(text)) => return Ok(Ended::Left(text)),
                Err(fault) => return Err(fault),
            };
        }
        Ok(Ended::Done)
    }

    /// What is not as it was found, if anything: another revision is the latest, fewer than are kept stand above this one,
    /// or it is proven since or gone.
    async fn changed(&self, aged: &Aged, number: u32) -> Result<Option<String>, Fault> {
        let most = self.keep.max(100);
        let (active, standing) =
            try_join(self.api.list(&self.key.family, Status::Active, most), self.standing(number)).await?;
        let name = self.key.at(number);
        let above = active.iter().filter(|other| **other > number).count();
        Ok(if active.first() != Some(&aged.latest) {
            Some(format!("{} is not the latest any more", self.key.at(aged.latest)))
        } else if above < self.keep {
            Some(format!("only {above} ACTIVE revisions stand above {name}"))
        } else if !standing.as_ref().is_some_and(|standing| standing.revision.is_active() && standing.is_own()) {
            Some(format!("{name} is gone meanwhile"))
        } else if !aged.proven.contains(&number) && standing.is_some_and(|standing| standing.proven_at.is_some()) {
            Some(format!("a task of {name} ran well meanwhile"))
        } else {
            None
        })
    }
}

fn nothing(why: &str) -> ExpiryFinding {
    ExpiryFinding::Nothing(why.to_owned())
}
