//! One round of an event: which families it looks at, in which order, and for how long.

use crate::{
    config::{lane::Lane, settings::Settings},
    flow::{
        register::allowance::Allowance,
        render_apps::{app_variant::AppVariant, selected::Selected},
    },
    outcome::{Outcome, subject::Subject},
    reference::FamilyKey,
    trigger::{Ask, Trigger, WorkLeft, work_left},
};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::Instant;

/// So long a round of the reconciler looks at families; it ends within a minute.
const ROUND: Duration = Duration::from_secs(50);
/// What was begun then may take so much longer.
const TO_END: Duration = Duration::from_secs(7);
/// So long the registrar looks at families.
const SHORT: Duration = Duration::from_secs(5);
/// What is put on the bus may have a quarter of what a bus takes.
const MAX_DETAIL: usize = 200_000;

/// What one invocation does of an event.
pub struct Round {
    /// As it was asked, whichever round it is.
    pub trigger: Trigger,
    /// Of a later round, what was left.
    pub work: Option<WorkLeft>,
    pub lane: Lane,
    /// Whether what is not done is left to another round.
    pub hands_on: bool,
    /// So many families that are not as desired the registrar does itself.
    pub bulk: usize,
    /// Registrations at once.
    burst: usize,
    /// No family is begun after this.
    pub begin_until: Instant,
    pub until: Instant,
}

impl Round {
    pub fn of(trigger: &Trigger, settings: &Settings, until: Instant) -> Round {
        let (ask, work) = match &trigger.ask {
            Ask::WorkLeft(work) => ((*work.ask).clone(), Some(work.clone())),
            ask => (ask.clone(), None),
        };
        let trigger = Trigger { ask, id: trigger.id.clone(), time: trigger.time };
        let mut round = Round {
            hands_on: settings.lane != Lane::Operator && trigger.is_unattended(),
            lane: settings.lane,
            bulk: settings.bulk,
            burst: settings.ecs_changes.burst as usize,
            begin_until: until,
            until,
            trigger,
            work,
        };
        // What no bus takes is done here.
        round.hands_on &= round.detail(&BTreeSet::new(), None).to_string().len() < MAX_DETAIL;
        if round.hands_on {
            let now = Instant::now();
            if settings.lane == Lane::Reconciler {
                round.until = until.min(now + ROUND + TO_END);
            }
            let left = round.until.saturating_duration_since(now);
            round.begin_until = round.until.checked_sub(TO_END.min(left / 4)).unwrap_or(now);
        }
        round
    }

    /// What is left, as an event: apps that failed, and the family up to which all is done.
    pub fn detail(&self, failed: &BTreeSet<String>, after: Option<FamilyKey>) -> serde_json::Value {
        let ask = Box::new(self.trigger.ask.clone());
        let left = WorkLeft { ask, round: self.next(), failed: failed.iter().cloned().collect(), after };
        work_left::detail(&self.trigger, &left)
    }

    /// The number of the next round.
    pub fn next(&self) -> u32 {
        self.work.as_ref().map_or(0, |work| work.round) + 1
    }

    /// Whether no family may be begun any more.
    pub fn is_late(&self) -> bool {
        Instant::now() >= self.begin_until
    }

    /// Whether so many families are looked at before any of them is registered: a change of many is handed on as a whole,
    /// so that what the account allows at once is left to releases.
    pub fn only_looks(&self, families: usize) -> bool {
        let is_push = matches!(self.trigger.ask, Ask::ImagePush(_));
        self.hands_on && self.lane == Lane::Registrar && !is_push && families > self.bulk
    }

    /// How much may be done here of so many families.
    pub fn allowance(&self, families: usize) -> Allowance {
        let short = self.begin_until.min(Instant::now() + SHORT);
        match self.lane {
            Lane::Registrar if !self.hands_on => Allowance::until(self.begin_until),
            Lane::Registrar if self.only_looks(families) => Allowance::looking(self.bulk, short),
            Lane::Registrar if families > self.bulk => Allowance::of(self.bulk.min(self.burst), short),
            Lane::Registrar => Allowance::until(short),
            Lane::Reconciler | Lane::Operator | Lane::Viewer => Allowance::until(self.begin_until),
        }
    }

    /// Those that are still to be looked at, by family: first what has not failed yet.
    pub fn order<'a>(
        &self,
        ready: Vec<&'a Selected>,
        some: Option<&BTreeSet<FamilyKey>>,
        default: &str,
    ) -> Vec<(FamilyKey, &'a Selected)> {
        let key = |selected: &Selected| FamilyKey::new(selected.region(default), selected.family().unwrap_or_default());
        let mut families: Vec<(FamilyKey, &Selected)> = ready.into_iter().map(|s| (key(s), s)).collect();
        if let Some(some) = some {
            families.retain(|(key, _)| some.contains(key));
        }
        let has_failed = |selected: &Selected| self.has_failed(&selected.app);
        families.retain(|(key, selected)| has_failed(selected) || self.is_ahead(key));
        families.sort_by(|a, b| (has_failed(a.1), &a.0).cmp(&(has_failed(b.1), &b.0)));
        families
    }

    /// Whether this family was not looked at in the rounds before.
    pub fn is_ahead(&self, key: &FamilyKey) -> bool {
        self.work.as_ref().and_then(|work| work.after.as_ref()).is_none_or(|after| key > after)
    }

    /// Whether this app failed in a round before: it is looked at again in the last one.
    pub fn has_failed(&self, app: &str) -> bool {
        self.work.as_ref().is_some_and(|work| work.failed.iter().any(|failed| failed == app))
    }

    /// The family of an app variant that is to be looked at still, if it is known.
    pub fn key_of(&self, app_variant: &AppVariant, default: &str) -> Option<FamilyKey> {
        let key = FamilyKey::new(app_variant.region(default), app_variant.family()?);
        (self.is_ahead(&key) || self.has_failed(&app_variant.app)).then_some(key)
    }

    /// That nothing was done about it here.
    pub fn left(&self, subject: Subject) -> Outcome {
        if self.hands_on { Outcome::handed_on(subject) } else { Outcome::not_reached(subject) }
    }
}

/// The family that an outcome is about.
pub fn key_of(outcome: &Outcome) -> Option<FamilyKey> {
    Some(FamilyKey::new(outcome.subject.region.clone()?, outcome.subject.family.clone()?))
}
