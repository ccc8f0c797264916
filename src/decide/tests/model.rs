//! One family in an account, as the random histories play with it: what stands there, who made it, what is desired.

use super::*;

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

#[derive(Clone, Debug)]
pub(super) struct Stood {
    pub number: u32,
    /// `None`: someone else registered it.
    pub made: Option<Made>,
    pub fingerprint: Option<Fingerprint>,
    pub tagged: bool,
    /// Milliseconds.
    pub registered: u64,
    pub gone: Option<u64>,
}

impl Stood {
    pub(super) fn is_active(&self) -> bool {
        self.gone.is_none()
    }

    /// Copies of a definition are one; what others registered is each its own.
    pub(super) fn definition(&self) -> Result<Made, u32> {
        self.made.ok_or(self.number)
    }
}

/// Oldest first.
#[derive(Clone, Default)]
pub(super) struct Account(pub Vec<Stood>);

pub(super) fn time(ms: u64) -> OffsetDateTime {
    at(0.0) + Duration::milliseconds(i64::try_from(ms).unwrap())
}

impl Account {
    pub(super) fn register(&mut self, made: Option<Made>, tagged: bool, now: u64) {
        let number = u32::try_from(self.0.len()).unwrap() + 1;
        let fingerprint = made.map(Made::fingerprint);
        self.0.push(Stood { number, made, fingerprint, tagged, registered: now, gone: None });
    }

    pub(super) fn deregister(&mut self, number: u32, now: u64) {
        self.0[number as usize - 1].gone.get_or_insert(now);
    }

    pub(super) fn active(&self) -> impl Iterator<Item = &Stood> {
        self.0.iter().rev().filter(|stood| stood.is_active())
    }

    pub(super) fn newest(&self) -> Option<&Stood> {
        self.active().next()
    }

    pub(super) fn newest_own(&self) -> Option<&Stood> {
        self.active().find(|stood| stood.made.is_some())
    }

    /// What of crema's was taken back above the newest that stands.
    pub(super) fn on_hold(&self) -> impl Iterator<Item = Made> + '_ {
        let floor = self.newest_own().map_or(0, |own| own.number);
        self.0.iter().filter(move |stood| stood.number > floor && !stood.is_active()).filter_map(|stood| stood.made)
    }

    /// As the decisions see it.
    pub(super) fn history(&self) -> History {
        let revision = |stood: &Stood| Revision {
            number: stood.number,
            status: if stood.is_active() { Status::Active } else { Status::Inactive },
            registered_at: Some(time(stood.registered)),
            deregistered_at: stood.gone.map(time),
            fingerprint: stood.fingerprint.clone(),
            tagged: stood.tagged,
            digests: stood.made.map(Made::digests).unwrap_or_default(),
        };
        History {
            revisions: self.0.iter().rev().map(revision).collect(),
            active: self.active().map(|stood| stood.number).collect(),
        }
    }
}
