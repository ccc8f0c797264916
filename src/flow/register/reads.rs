//! What registering reads: the history before it decides, and whether a registration happened whose answer was lost.

use crate::{
    ecs::{
        api::{Api, Described},
        history::{Depth, Family, Read},
    },
    error::Result,
    flow::{
        backoff::{self, Backoff},
        desired::revision::DesiredRevision,
        prefetch::{FirstRead, Prefetch, first_look},
        register::registrar::{READ_COUNTS, Registrar},
    },
};
use tokio::time::Instant;

impl<A: Api> Registrar<'_, A> {
    /// The first read, and when it was made. If a describe by family returns an ACTIVE revision with the desired fingerprint, that suffices;
    /// a sweep reads the lists only if it does not.
    pub(super) async fn first_read(
        &self,
        family: &Family<'_, A>,
        desired_revision: &DesiredRevision,
        prefetch: Option<Prefetch>,
    ) -> Result<(Read, Instant)> {
        let mut result = match prefetch {
            Some(prefetch) => prefetch.result().await,
            None => None,
        };
        let mut at = None;
        let first = async || match result.take() {
            Some((result, then)) => {
                at = Some(then);
                result
            }
            None => {
                at = None;
                first_look(family, self.origin).await
            }
        };
        let first = backoff::read(self.until, first).await?;
        let at = at.unwrap_or_else(Instant::now);
        let is_whole = matches!(first, FirstRead::Latest(_));
        let mut latest = match first {
            FirstRead::Read(read) => return Ok((read, at)),
            FirstRead::Latest(latest) | FirstRead::Glance(latest) => latest,
        };
        if let Some(latest) = &latest {
            let alone = Read::of(latest.clone(), family.source);
            if alone
                .history
                .newest_own()
                .is_some_and(|own| own.fingerprint.as_ref() == Some(&desired_revision.fingerprint))
            {
                return Ok((alone, at));
            }
        }
        // What is to be changed is described anew, unless that was just done; and after a wait it is asked for again.
        latest = latest.filter(|_| is_whole && at.elapsed() <= READ_COUNTS);
        let read = backoff::read(self.until, async || family.read(Depth::ToOwn, latest.take()).await).await?;
        Ok((read, Instant::now()))
    }

    /// Finds out whether a registration happened whose answer was lost: two reads, two seconds apart (ECS is eventually
    /// consistent), for a revision above all that were there.
    pub(super) async fn look_for(
        &self,
        family: &Family<'_, A>,
        desired_revision: &DesiredRevision,
        before: &Read,
        backoff: &mut Backoff,
        why: &str,
    ) -> Result<Option<Described>> {
        let newest = before.history.revisions.first().map_or(0, |revision| revision.number);
        for _ in 0..2 {
            backoff.two_seconds(why).await?;
            let read = backoff::read(self.until, async || family.read(Depth::ToOwn, None).await).await?;
            let is_mine = |number: u32, fingerprint: Option<&_>| {
                number > newest && fingerprint == Some(&desired_revision.fingerprint)
            };
            let found = read.history.revisions.iter().find(|r| is_mine(r.number, r.fingerprint.as_ref()));
            // Not asked for again: the next answer may be older than this one.
            if let Some(found) = found.and_then(|found| read.described(found.number)) {
                return Ok(Some(found.clone()));
            }
        }
        Ok(None)
    }
}
