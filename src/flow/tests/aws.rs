//! ECS in memory: what a caller gets from the account, and what happens to its calls on the way.

use super::{
    account::{Account, Change, Revised, Run, time},
    faults::Faults,
    wishes::FAMILY,
};
use crate::{
    aws::{Paces, fault::Fault, pace::Token},
    decide::tests::judge::LAG,
    ecs::api::{Api, Described, Status, Tagged},
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::sleep;

/// Maximum delay, in milliseconds, of a change that is done after its caller has given up: it is readable within four
/// seconds.
const LATEST: u64 = 1900;

/// One run's way to the account.
pub struct Caller<'a> {
    pub account: &'a Account,
    pub run: Run,
    /// The buckets of its copy, where there are any.
    pub paces: Option<&'a Paces>,
}

enum Fate {
    Well,
    Throttled,
    /// The request does not arrive.
    Lost,
    /// It arrives, and the reply does not.
    Cut,
    /// The same, but it arrives this many milliseconds after the caller has given up.
    Late(u64),
}

impl Caller<'_> {
    async fn while_it_travels(&self) {
        let wait = self.account.state().dice.between(1, 60);
        sleep(Duration::from_millis(wait)).await;
    }

    async fn fate(&self) -> Fate {
        self.while_it_travels().await;
        let (fate, now) = (self.drawn_fate(), self.account.now());
        let mut state = self.account.state();
        let is_empty = state.buckets.as_mut().is_some_and(|buckets| !buckets.changes.take(now));
        if is_empty {
            state.draw("changes beyond the account's bucket");
        }
        drop(state);
        let fate = if is_empty { Fate::Throttled } else { fate };
        if let Some(paces) = self.paces {
            match fate {
                Fate::Throttled => paces.changes.throttled(),
                _ => paces.changes.passed(),
            }
        }
        fate
    }

    fn drawn_fate(&self) -> Fate {
        let state = &mut *self.account.state();
        let Faults { throttled, lost, late, .. } = state.faults;
        if throttled > 0 && state.dice.one_in(throttled) {
            state.draw("throttled changes");
            return Fate::Throttled;
        }
        if lost > 0 && state.dice.one_in(lost) {
            let is_lost = state.dice.one_in(2);
            let is_late = !is_lost && late && state.more.one_in(2);
            state.draw(match (is_lost, is_late) {
                (true, _) => "lost changes",
                (_, true) => "changes done after their caller gave up",
                _ => "lost replies",
            });
            return match (is_lost, is_late) {
                (true, _) => Fate::Lost,
                (_, true) => Fate::Late(state.more.below(LATEST)),
                _ => Fate::Cut,
            };
        }
        Fate::Well
    }

    /// A client waits a while for an answer that does not come.
    async fn in_vain<T>(&self, what: &str) -> Result<T, Fault> {
        let wait = self.account.state().dice.pick(&[5, 200, 3000]);
        sleep(Duration::from_millis(wait)).await;
        self.account.log(|| format!("run {}: no answer to {what}", self.run.number));
        Err(Fault::Open(format!("{what}: no answer")))
    }

    /// What a read sees: the revisions as they were a moment ago.
    async fn view(&self, what: &str) -> Result<Vec<Revised>, Fault> {
        if let Some(paces) = self.paces {
            paces.reads.token().await.used();
        }
        self.while_it_travels().await;
        let now = self.account.now();
        let seen = {
            let state = &mut *self.account.state();
            if state.buckets.as_mut().is_some_and(|buckets| !buckets.reads.take(now)) {
                state.draw("reads beyond the account's bucket");
                self.paces.iter().for_each(|paces| paces.reads.throttled());
                return Err(Fault::Throttled(format!("{what}: Rate exceeded")));
            }
            self.paces.iter().for_each(|paces| paces.reads.passed());
            let Faults { broken_reads: broken, throttled_reads, .. } = state.faults;
            if throttled_reads > 0 && state.throttles.one_in(throttled_reads) {
                state.draw("throttled reads");
                return Err(Fault::Throttled(format!("{what}: Rate exceeded")));
            }
            if broken > 0 && state.dice.one_in(broken) {
                state.draw("broken reads");
                return Err(Fault::Open(format!("{what}: broken")));
            }
            let lag = if state.faults.stale && state.dice.one_in(2) { state.dice.below(LAG) } else { 0 };
            if lag > 0 {
                state.draw("stale reads");
            }
            let moment = self.account.now() - lag;
            let hidden: Vec<u32> =
                state.proven.iter().filter(|(_, at)| **at > moment).map(|(number, _)| *number).collect();
            let there = state.revisions.iter().filter(|stood| stood.registered <= moment).cloned();
            let there = there.map(|mut stood| {
                if hidden.contains(&stood.number) {
                    std::sync::Arc::make_mut(&mut stood.more.tags).remove(crate::definition::tags::PROVEN_AT);
                }
                stood
            });
            there.map(|stood| Revised { gone: stood.gone.filter(|gone| *gone <= moment), ..stood }).collect()
        };
        self.while_it_travels().await;
        Ok(seen)
    }

    fn told(&self, effect: usize) {
        self.account.state().effects[effect].told = true;
    }
}

fn described(stood: &Revised) -> Described {
    Described {
        family: FAMILY.to_owned(),
        revision: stood.number,
        status: if stood.is_active() { Status::Active } else { Status::Inactive },
        arn: format!("arn:aws:ecs:ap-northeast-1:123456789012:task-definition/{FAMILY}:{}", stood.number),
        registered_at: Some(time(stood.registered)),
        deregistered_at: stood.gone.map(time),
        tags: (*stood.more.tags).clone(),
        definition: (*stood.more.body).clone(),
    }
}

impl Api for Caller<'_> {
    async fn describe(&self, reference: &str) -> Result<Option<Described>, Fault> {
        let seen = self.view("DescribeTaskDefinition").await?;
        let found = match reference.split_once(':') {
            Some((_, number)) => seen.iter().find(|stood| stood.number.to_string() == number),
            None => seen.iter().rev().find(|stood| stood.is_active()),
        };
        let text = || found.map_or("nothing".into(), |s| format!("{} gone {:?}", s.number, s.gone));
        self.account.log(|| format!("run {}: describe {reference}: {}", self.run.number, text()));
        Ok(found.map(described))
    }

    async fn list(&self, _family: &str, status: Status, most: usize) -> Result<Vec<u32>, Fault> {
        let seen = self.view("ListTaskDefinitions").await?;
        let is_wanted = |stood: &&Revised| stood.is_active() == (status == Status::Active);
        let numbers: Vec<u32> = seen.iter().rev().filter(is_wanted).map(|stood| stood.number).take(most).collect();
        self.account.log(|| format!("run {}: list {status:?}: {numbers:?}", self.run.number));
        Ok(numbers)
    }

    async fn may_register(&self) -> Token {
        match self.paces {
            Some(paces) => paces.changes.token().await,
            None => Token::free(),
        }
    }

    async fn register(&self, body: &Value) -> Result<Described, Fault> {
        let fate = self.fate().await;
        if matches!(fate, Fate::Throttled) {
            return Err(Fault::Throttled("RegisterTaskDefinition: Rate exceeded".into()));
        }
        if matches!(fate, Fate::Lost) {
            return self.in_vain("RegisterTaskDefinition").await;
        }
        if let Fate::Late(wait) = fate {
            let gave_up = self.in_vain("RegisterTaskDefinition").await;
            self.account.do_later(Change::Register(body.clone()), self.run, wait);
            return gave_up;
        }
        let (effect, stood) = self.account.register(body, Some(self.run));
        if matches!(fate, Fate::Cut) {
            return self.in_vain("RegisterTaskDefinition").await;
        }
        self.while_it_travels().await;
        self.told(effect);
        Ok(Described { tags: BTreeMap::new(), ..described(&stood) })
    }

    async fn tag(&self, arn: &str, key: &str, value: &str) -> Result<Tagged, Fault> {
        let number: u32 = arn.rsplit(':').next().and_then(|number| number.parse().ok()).expect("a revision's ARN");
        let fate = self.fate().await;
        if matches!(fate, Fate::Throttled) {
            return Err(Fault::Throttled("TagResource: Rate exceeded".into()));
        }
        // What arrives late is lost here: a tag comes again with the next good run.
        if matches!(fate, Fate::Lost | Fate::Late(_)) {
            return self.in_vain("TagResource").await;
        }
        let effect = self.account.tag(number, key, value, self.run);
        if matches!(fate, Fate::Cut) {
            return self.in_vain("TagResource").await;
        }
        self.while_it_travels().await;
        self.told(effect);
        Ok(Tagged::Done)
    }

    async fn deregister(&self, _family: &str, revision: u32) -> Result<Described, Fault> {
        if let Some(paces) = self.paces {
            paces.changes.token().await.used();
        }
        let fate = self.fate().await;
        if matches!(fate, Fate::Throttled) {
            return Err(Fault::Throttled("DeregisterTaskDefinition: Rate exceeded".into()));
        }
        if matches!(fate, Fate::Lost) {
            return self.in_vain("DeregisterTaskDefinition").await;
        }
        if let Fate::Late(wait) = fate {
            let gave_up = self.in_vain("DeregisterTaskDefinition").await;
            self.account.do_later(Change::Deregister(revision), self.run, wait);
            return gave_up;
        }
        let effect = self.account.deregister(revision, Some(self.run));
        if matches!(fate, Fate::Cut) {
            return self.in_vain("DeregisterTaskDefinition").await;
        }
        self.while_it_travels().await;
        match effect {
            Some(effect) => self.told(effect),
            // Undocumented: success and ClientException are both to be expected.
            None if self.account.state().dice.one_in(2) => {
                return Err(Fault::Refused { code: "ClientException".into(), text: "it is INACTIVE".into() });
            }
            None => {}
        }
        let stood = self.account.state().revisions[revision as usize - 1].clone();
        Ok(described(&stood))
    }
}
