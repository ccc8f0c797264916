//! ECS: the calls on task definitions.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTaskDefinitions.html>

use super::{
    Aws, ecs_register,
    request::{Answer, Call, Refusal, Reply, refusal, unknown},
};
use crate::{ACCOUNT, REGION, moment::epoch};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use time::OffsetDateTime;

/// One revision of a family.
#[derive(Debug, Clone)]
pub struct Revision {
    pub family: String,
    pub revision: u32,
    pub active: bool,
    /// What was registered, with what ECS adds, but for number, ARN, status and times.
    pub definition: Map<String, Value>,
    pub tags: BTreeMap<String, String>,
    pub registered_at: Option<OffsetDateTime>,
    pub deregistered_at: Option<OffsetDateTime>,
}

/// Revisions in the order of their numbers, which are never reused, by region and family.
type Families = BTreeMap<(String, String), Vec<Revision>>;

#[derive(Default)]
pub struct Ecs {
    now: Families,
    /// What there was until each of these moments.
    before: Vec<(Instant, Families)>,
    /// Reads see the state of so long ago.
    stale: Duration,
    /// Nothing is kept of what was, and no read can be stale.
    forgets: bool,
    emulator: bool,
    refuses_inactive: bool,
}

impl Aws {
    /// Revisions of a family, oldest first.
    pub fn revisions(&self, family: &str) -> Vec<Revision> {
        self.revisions_in(REGION, family)
    }

    pub fn revisions_in(&self, region: &str, family: &str) -> Vec<Revision> {
        self.lock().ecs.now.get(&(region.to_owned(), family.to_owned())).cloned().unwrap_or_default()
    }

    /// One revision; panics where there is none.
    pub fn revision(&self, family: &str, revision: u32) -> Revision {
        self.revisions(family).into_iter().find(|r| r.revision == revision).unwrap()
    }

    /// Numbers of the ACTIVE revisions, oldest first.
    pub fn active(&self, family: &str) -> Vec<u32> {
        self.revisions(family).iter().filter(|r| r.active).map(|r| r.revision).collect()
    }

    /// All families that have a revision.
    pub fn families(&self) -> Vec<String> {
        self.lock().ecs.now.keys().map(|(_, family)| family.clone()).collect()
    }

    /// Registers as a person would, with this body (tags included), now. Gives the number.
    pub fn register_by_hand(&self, body: &Value) -> u32 {
        let now = self.now();
        self.lock().ecs.register(REGION, body, now).unwrap().revision
    }

    /// Deregisters as a person would, now.
    pub fn deregister_by_hand(&self, family: &str, revision: u32) {
        let now = self.now();
        self.lock().ecs.deregister(REGION, &format!("{family}:{revision}"), now).unwrap();
    }

    /// Changes tags, times or status of a revision behind everybody's back.
    pub fn edit_revision(&self, family: &str, revision: u32, change: impl FnOnce(&mut Revision)) {
        let mut state = self.lock();
        let family = state.ecs.now.get_mut(&(REGION.to_owned(), family.to_owned())).unwrap();
        change(family.iter_mut().find(|r| r.revision == revision).unwrap());
    }

    /// List and describe serve the state of so long ago, as eventual consistency may.
    pub fn stale_reads(&self, age: Duration) {
        self.lock().ecs.stale = age;
    }

    /// Keeps nothing of what was: for thousands of registrations.
    pub fn forget_the_past(&self) {
        self.lock().ecs.forgets = true;
    }

    /// As moto and ministack differ: describe by family gives the newest whatever its status, no times, lists
    /// unsorted and by what the family begins with, tags unasked but not when registering.
    pub fn like_an_emulator(&self) {
        self.lock().ecs.emulator = true;
    }

    /// Deregistering an INACTIVE revision is a `ClientException` (undocumented; the default is success).
    pub fn refuse_to_deregister_inactive(&self) {
        self.lock().ecs.refuses_inactive = true;
    }
}

impl Ecs {
    pub fn answer(&mut self, call: &Call, now: OffsetDateTime) -> Reply {
        match call.operation.as_str() {
            "RegisterTaskDefinition" => {
                let revision = self.register(&call.region, &call.input, now)?;
                let mut answer = json!({"taskDefinition": self.shown(&revision, &call.region)});
                if !self.emulator {
                    answer["tags"] = tags(&revision);
                }
                Ok(Answer::json(&answer))
            }
            "DeregisterTaskDefinition" => {
                let revision = self.deregister(&call.region, call.text("taskDefinition"), now)?;
                Ok(Answer::json(&json!({"taskDefinition": self.shown(&revision, &call.region)})))
            }
            "DescribeTaskDefinition" => self.describe(call),
            "ListTaskDefinitions" => self.list(call),
            "TagResource" => self.tag(call),
            _ => Err(unknown(call)),
        }
    }

    pub fn register(&mut self, region: &str, body: &Value, now: OffsetDateTime) -> Result<Revision, Refusal> {
        let (family, definition, tags) = ecs_register::accept(body)?;
        self.keep();
        let revisions = self.now.entry((region.to_owned(), family.clone())).or_default();
        let revision = revisions.last().map_or(0, |last| last.revision) + 1;
        let registered_at = Some(now);
        let new = Revision { family, revision, active: true, definition, tags, registered_at, deregistered_at: None };
        revisions.push(new.clone());
        Ok(new)
    }

    pub fn deregister(&mut self, region: &str, reference: &str, now: OffsetDateTime) -> Result<Revision, Refusal> {
        let (family, revision) = parts(reference);
        let revision = revision.ok_or_else(|| client("Invalid revision number. Number: null"))?;
        let at = find(&self.now, region, family, revision)?;
        if !self.now[&at.0][at.1].active && self.refuses_inactive {
            return Err(client("The specified task definition is inactive."));
        }
        self.keep();
        let revision = &mut self.now.get_mut(&at.0).unwrap()[at.1];
        if revision.active {
            revision.active = false;
            revision.deregistered_at = Some(now);
        }
        Ok(revision.clone())
    }

    /// Merges tags into those of a revision.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TagResource.html>
    fn tag(&mut self, call: &Call) -> Reply {
        let arn = call.text("resourceArn");
        if !arn.contains(":task-definition/") {
            return Err(refusal(400, "InvalidParameterException", "The ARN is not that of a task definition."));
        }
        let (family, revision) = parts(arn);
        let revision = revision.ok_or_else(|| client("Invalid revision number. Number: null"))?;
        let at = find(&self.now, &call.region, family, revision)
            .map_err(|_| refusal(400, "ResourceNotFoundException", "The specified resource was not found."))?;
        let given = ecs_register::tags(call.input.get("tags").cloned())?;
        self.keep();
        let revision = &mut self.now.get_mut(&at.0).unwrap()[at.1];
        let all: BTreeMap<String, String> = revision.tags.clone().into_iter().chain(given).collect();
        if all.len() > 50 {
            return Err(refusal(400, "LimitExceededException", "The number of tags exceeds the limit of 50."));
        }
        revision.tags = all;
        Ok(Answer::json(&json!({})))
    }

    /// Remembers what there is, for reads that are stale.
    fn keep(&mut self) {
        if !self.forgets {
            self.before.push((Instant::now(), self.now.clone()));
        }
    }

    fn seen(&self) -> &Families {
        match Instant::now().checked_sub(self.stale) {
            Some(then) if !self.stale.is_zero() => {
                self.before.iter().find(|(until, _)| *until > then).map_or(&self.now, |(_, families)| families)
            }
            _ => &self.now,
        }
    }

    /// By family: the latest ACTIVE revision. By number: any.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html>
    fn describe(&self, call: &Call) -> Reply {
        let (family, revision) = parts(call.text("taskDefinition"));
        let families = self.seen();
        let found = if let Some(revision) = revision {
            let (key, index) = find(families, &call.region, family, revision)?;
            &families[&key][index]
        } else {
            let revisions = families.get(&(call.region.clone(), family.to_owned())).into_iter().flatten();
            revisions.rev().find(|r| r.active || self.emulator).ok_or_else(unable)?
        };
        let mut answer = json!({"taskDefinition": self.shown(found, &call.region)});
        let asked = call.input.get("include").and_then(Value::as_array).is_some_and(|all| all.contains(&json!("TAGS")));
        if asked || self.emulator {
            answer["tags"] = tags(found);
        }
        Ok(Answer::json(&answer))
    }

    fn list(&self, call: &Call) -> Reply {
        let most = call.input.get("maxResults").map_or(Some(100), Value::as_u64);
        let most = most.filter(|most| (1..=100).contains(most)).and_then(|most| usize::try_from(most).ok());
        let most = most.ok_or_else(|| refusal(400, "InvalidParameterException", "maxResults must be 1 to 100"))?;
        let status = call.input.get("status").and_then(Value::as_str).unwrap_or("ACTIVE");
        let prefix = call.text("familyPrefix");
        let matches =
            |family: &str| prefix.is_empty() || family == prefix || (self.emulator && family.starts_with(prefix));
        let families = self.seen().iter().filter(|((region, family), _)| *region == call.region && matches(family));
        let mut arns: Vec<String> = families
            .flat_map(|(_, revisions)| revisions)
            .filter(|r| r.active == (status == "ACTIVE"))
            .map(|r| arn(r, &call.region))
            .collect();
        // By family name and number; both lists are in that order already.
        if call.text("sort") == "DESC" && !self.emulator {
            arns.reverse();
        }
        let start = match call.text("nextToken") {
            "" => 0,
            token => token
                .strip_prefix("page-")
                .and_then(|start| start.parse().ok())
                .ok_or_else(|| refusal(400, "InvalidParameterException", "Invalid token"))?,
        };
        let end = if self.emulator { arns.len() } else { arns.len().min(start + most) };
        let mut answer = json!({"taskDefinitionArns": arns.get(start..end).unwrap_or_default()});
        if end < arns.len() {
            answer["nextToken"] = json!(format!("page-{end}"));
        }
        Ok(Answer::json(&answer))
    }

    fn shown(&self, revision: &Revision, region: &str) -> Value {
        let mut shown = revision.definition.clone();
        shown.insert("taskDefinitionArn".into(), json!(arn(revision, region)));
        shown.insert("revision".into(), json!(revision.revision));
        shown.insert("status".into(), json!(if revision.active { "ACTIVE" } else { "INACTIVE" }));
        let times = [("registeredAt", revision.registered_at), ("deregisteredAt", revision.deregistered_at)];
        for (name, time) in times.into_iter().filter(|_| !self.emulator) {
            if let Some(time) = time {
                shown.insert(name.into(), json!(epoch(time)));
            }
        }
        Value::Object(shown)
    }
}

fn tags(revision: &Revision) -> Value {
    revision.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

pub fn arn(revision: &Revision, region: &str) -> String {
    format!("arn:aws:ecs:{region}:{ACCOUNT}:task-definition/{}:{}", revision.family, revision.revision)
}

/// A name, `family:revision` or an ARN.
fn parts(reference: &str) -> (&str, Option<u32>) {
    let name = reference.rsplit_once("task-definition/").map_or(reference, |(_, name)| name);
    name.split_once(':').map_or((name, None), |(family, revision)| (family, revision.parse().ok()))
}

fn find(families: &Families, region: &str, family: &str, revision: u32) -> Result<((String, String), usize), Refusal> {
    let key = (region.to_owned(), family.to_owned());
    let index = families.get(&key).and_then(|all| all.iter().position(|r| r.revision == revision));
    index.map(|index| (key, index)).ok_or_else(unable)
}

pub fn client(message: impl Into<String>) -> Refusal {
    refusal(400, "ClientException", message)
}

fn unable() -> Refusal {
    client("Unable to describe task definition.")
}
