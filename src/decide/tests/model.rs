//! One family in an account, as the random histories play with it: what stands there, who made it, what is desired.

use super::{
    judge::{Standing, Stood},
    *,
};

/// What a revision is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Made {
    /// Pushed by the events that are played.
    pub image: u64,
    /// Of another container, pushed too.
    pub side: u64,
    pub config: u64,
    /// A looked-up value: it changes without an event.
    pub looked_up: u64,
}

impl Made {
    pub(super) fn fingerprint(self) -> Fingerprint {
        fingerprint(&format!("{self:?}"))
    }

    pub(super) fn digests(self) -> BTreeSet<String> {
        BTreeSet::from([format!("sha256:image{}", self.image), format!("sha256:side{}", self.side)])
    }
}

/// A revision, and whether it has crema's tags.
type Revised = Stood<bool>;

/// Oldest first.
#[derive(Clone, Default)]
pub(super) struct Account(pub Vec<Revised>);

pub(super) fn time(ms: u64) -> OffsetDateTime {
    at(0.0) + Duration::milliseconds(i64::try_from(ms).unwrap())
}

impl Account {
    pub(super) fn register(&mut self, made: Option<Made>, tagged: bool, now: u64) -> &Revised {
        let revised = Stood {
            number: u32::try_from(self.0.len()).unwrap() + 1,
            made: made.map(Made::fingerprint),
            digests: made.map(Made::digests).unwrap_or_default(),
            registered: now,
            gone: None,
            more: tagged,
        };
        self.0.push(revised);
        &self.0[self.0.len() - 1]
    }

    pub(super) fn deregister(&mut self, number: u32, now: u64) {
        self.0[number as usize - 1].gone.get_or_insert(now);
    }

    pub(super) fn standing(&self) -> Standing<'_, bool> {
        Standing(&self.0)
    }

    /// As the decisions see it.
    pub(super) fn history(&self) -> History {
        let revision = |stood: &Revised| Revision {
            number: stood.number,
            status: if stood.is_active() { Status::Active } else { Status::Inactive },
            registered_at: Some(time(stood.registered)),
            deregistered_at: stood.gone.map(time),
            fingerprint: stood.made.clone(),
            tagged: stood.more,
            digests: stood.digests.clone(),
        };
        History {
            revisions: self.0.iter().rev().map(revision).collect(),
            active: self.standing().active().map(|stood| stood.number).collect(),
        }
    }
}
