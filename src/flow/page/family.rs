//! A family of which a page reads as much as tells how it stands, call by call.

use crate::{
    breaker::proven_at,
    definition::fingerprint::Fingerprint,
    ecs::{
        api::{Described, Status},
        history::Read,
        revision::{Revision, TagSource},
        sdk::Ecs,
    },
    error::{Error, Result},
    page::timeline::Dot,
    reference::FamilyKey,
};
use std::{collections::BTreeMap, sync::Arc};

/// What was read of one family.
pub struct FamilyReading {
    pub history: Option<Result<Read>>,
    /// Whether it was not read far enough to tell whether the family is on hold.
    pub is_unread: bool,
    pub dots: BTreeMap<u32, Option<Dot>>,
}

/// A family on its way.
pub struct PageFamily<'a> {
    pub api: Ecs<'a>,
    pub key: FamilyKey,
    pub source: String,
    pub wanted: Option<&'a Fingerprint>,
    pub described: Vec<Arc<Described>>,
    /// The INACTIVE revisions above A that are not described yet, newest first, once they are listed.
    pub above: Option<Vec<u32>>,
    /// The ACTIVE revisions that are not described yet, newest first, where the latest one was not named.
    pub active: Option<Vec<u32>>,
    pub failed: Option<Error>,
    pub dots: BTreeMap<u32, Option<Dot>>,
}

impl PageFamily<'_> {
    fn source(&self) -> TagSource<'_> {
        TagSource::Of(&self.source)
    }

    /// Takes in a revision.
    pub fn put(&mut self, described: Arc<Described>) {
        let revision = Revision::read(&described, self.source());
        let dot = Dot {
            number: revision.number,
            is_active: revision.is_active(),
            is_own: revision.fingerprint.is_some(),
            registered_at: revision.registered_at,
            deregistered_at: revision.deregistered_at,
            proven_at: proven_at(&described),
        };
        self.dots.insert(dot.number, Some(dot));
        self.described.push(described);
    }

    /// The newest ACTIVE revision, as far as it was read.
    pub fn latest(&self) -> Option<&Arc<Described>> {
        self.described.iter().filter(|described| described.status == Status::Active).max_by_key(|d| d.revision)
    }

    /// What has to be read next to tell how it stands: nothing once what is there is what is wanted or somebody else's, or
    /// what was taken back is seen.
    pub fn next(&self) -> Option<Next> {
        self.wanted.filter(|_| self.failed.is_none())?;
        let latest = self.latest();
        // An emulator names an INACTIVE one as the latest, and so may ECS a moment after a rollback.
        if latest.is_none() && !self.described.is_empty() {
            match self.active.as_deref() {
                None => return Some(Next::ListActive),
                Some([first, ..]) => return Some(Next::Describe(*first)),
                Some([]) => {}
            }
        }
        let own = |d: &Arc<Described>| Revision::read(d, self.source()).fingerprint;
        let is_settled = latest.map(own).is_some_and(|own| own.is_none() || own.as_ref() == self.wanted);
        let a = latest.map_or(0, |latest| latest.revision);
        let is_on_hold = self.described.iter().filter(|d| d.revision > a).any(|d| own(d).is_some());
        match &self.above {
            _ if is_settled || is_on_hold => None,
            None => Some(Next::ListInactive),
            Some(above) => above.first().copied().map(Next::Describe),
        }
    }

    fn is_open(&self) -> bool {
        self.next().is_some()
    }

    /// What was read of it. Nothing above the latest revision is ACTIVE, whatever was seen before.
    pub fn end(mut self) -> (FamilyKey, FamilyReading) {
        let a = self.latest().map_or(0, |latest| latest.revision);
        self.dots.retain(|number, dot| *number <= a || dot.as_ref().is_some_and(|dot| !dot.is_active));
        let is_unread = self.is_open();
        let history = match self.failed {
            Some(error) => Err(error),
            None => Ok(Read::of_all(self.described, TagSource::Of(&self.source))),
        };
        (self.key, FamilyReading { history: Some(history), is_unread, dots: self.dots })
    }
}

/// The next call for a family.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Describe(u32),
    ListActive,
    ListInactive,
}

impl Next {
    /// The calls that it takes until it tells something: a list alone tells little.
    pub fn cost(self) -> usize {
        if matches!(self, Next::Describe(_)) { 1 } else { 2 }
    }
}
