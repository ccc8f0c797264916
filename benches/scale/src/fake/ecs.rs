//! ECS: the four calls on task definitions, behind their two token buckets.

use super::buckets::Bucket;
use crema_testing::{
    ACCOUNT, REGION,
    aws::{
        ecs::client,
        ecs_register,
        request::{Answer, Call, Refusal, Reply, refusal, unknown},
    },
    moment::epoch,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};
use time::OffsetDateTime;

/// One revision; definition and tags as the JSON that is answered, which is a tenth of what values take.
struct Revision {
    active: bool,
    definition: String,
    tags: String,
    registered_at: OffsetDateTime,
    deregistered_at: Option<OffsetDateTime>,
}

/// One registration that was accepted.
#[derive(Clone)]
pub struct Registered {
    pub family: String,
    pub at: Instant,
    /// The image of its first container.
    pub image: String,
}

pub struct Ecs {
    families: BTreeMap<String, Vec<Revision>>,
    changes: Bucket,
    reads: Bucket,
    limits: bool,
    /// How often each family was described or listed.
    pub described: HashMap<String, usize>,
    pub log: Vec<Registered>,
    /// The last body that was accepted.
    pub body: Value,
}

impl Ecs {
    pub fn new(limits: bool) -> Ecs {
        let (changes, reads) = (Bucket::of_changes(), Bucket::of_reads());
        let (described, log, body) = (HashMap::new(), vec![], Value::Null);
        Ecs { families: BTreeMap::new(), changes, reads, limits, described, log, body }
    }

    /// As `RegisterTaskDefinition` does, without its limit.
    pub fn register(&mut self, body: &Value, at: OffsetDateTime) -> Result<(String, usize), Refusal> {
        let (family, definition, tags) = ecs_register::accept(body)?;
        let tags: Value = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        let (definition, tags) = (Value::Object(definition).to_string(), tags.to_string());
        let revisions = self.families.entry(family.clone()).or_default();
        revisions.push(Revision { active: true, definition, tags, registered_at: at, deregistered_at: None });
        Ok((family, revisions.len()))
    }

    /// Families that have so many revisions or more.
    pub fn with_revisions(&self, least: usize) -> usize {
        self.families.values().filter(|revisions| revisions.len() >= least).count()
    }

    /// The definition that a task would run now.
    pub fn latest(&self, family: &str) -> Option<&str> {
        let revisions = self.families.get(family)?;
        revisions.iter().rev().find(|revision| revision.active).map(|revision| revision.definition.as_str())
    }

    pub fn answer(&mut self, call: &Call) -> Reply {
        let is_read = matches!(call.operation.as_str(), "DescribeTaskDefinition" | "ListTaskDefinitions");
        let bucket = if is_read { &mut self.reads } else { &mut self.changes };
        if self.limits && !bucket.take() {
            return Err(refusal(400, "ThrottlingException", "Rate exceeded"));
        }
        let reference =
            call.text(if call.operation == "ListTaskDefinitions" { "familyPrefix" } else { "taskDefinition" });
        let (family, revision) = parts(reference);
        if is_read {
            *self.described.entry(family.to_owned()).or_default() += 1;
        }
        match call.operation.as_str() {
            "RegisterTaskDefinition" => {
                let (family, number) = self.register(&call.input, OffsetDateTime::now_utc())?;
                let image = call.input["containerDefinitions"][0]["image"].as_str().unwrap_or_default().to_owned();
                self.log.push(Registered { family: family.clone(), at: Instant::now(), image });
                self.body.clone_from(&call.input);
                self.shown(&family, number)
            }
            "DeregisterTaskDefinition" => {
                let number = revision.ok_or_else(|| client("Invalid revision number. Number: null"))?;
                let found = self.families.get_mut(family).and_then(|all| all.get_mut(number.wrapping_sub(1)));
                let found = found.ok_or_else(unable)?;
                if std::mem::take(&mut found.active) {
                    found.deregistered_at = Some(OffsetDateTime::now_utc());
                }
                self.shown(family, number)
            }
            "DescribeTaskDefinition" => {
                let latest = |all: &Vec<Revision>| all.iter().rposition(|revision| revision.active).map(|at| at + 1);
                let number = revision.or_else(|| self.families.get(family).and_then(latest)).ok_or_else(unable)?;
                self.shown(family, number)
            }
            "ListTaskDefinitions" => Ok(self.list(call, family)),
            _ => Err(unknown(call)),
        }
    }

    /// Of one family, as crema asks: at most a hundred, in one page.
    fn list(&self, call: &Call, family: &str) -> Answer {
        let active = call.text("status") != "INACTIVE";
        let revisions = self.families.get(family).into_iter().flatten().enumerate();
        let mut arns: Vec<String> =
            revisions.filter(|(_, revision)| revision.active == active).map(|(at, _)| arn(family, at + 1)).collect();
        if call.text("sort") == "DESC" {
            arns.reverse();
        }
        arns.truncate(100);
        Answer::json(&json!({"taskDefinitionArns": arns}))
    }

    /// One revision, with its tags.
    fn shown(&self, family: &str, number: usize) -> Reply {
        let revision = self.families.get(family).and_then(|all| all.get(number.wrapping_sub(1))).ok_or_else(unable)?;
        let Revision { active, definition, tags, registered_at, deregistered_at } = revision;
        let status = if *active { "ACTIVE" } else { "INACTIVE" };
        let ended = deregistered_at.map_or(String::new(), |at| format!(",\"deregisteredAt\":{}", epoch(at)));
        let (arn, registered, definition) =
            (arn(family, number), epoch(*registered_at), &definition[..definition.len() - 1]);
        let body = format!(
            "{{\"taskDefinition\":{definition},\"taskDefinitionArn\":\"{arn}\",\"revision\":{number},\"status\":\"{status}\",\
             \"registeredAt\":{registered}{ended}}},\"tags\":{tags}}}"
        );
        Ok(Answer { headers: vec![("content-type", "application/x-amz-json-1.1".to_owned())], body: body.into_bytes() })
    }
}

fn arn(family: &str, number: usize) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{family}:{number}")
}

/// A name, `family:revision` or an ARN.
fn parts(reference: &str) -> (&str, Option<usize>) {
    let name = reference.rsplit_once("task-definition/").map_or(reference, |(_, name)| name);
    name.split_once(':').map_or((name, None), |(family, revision)| (family, revision.parse().ok()))
}

fn unable() -> Refusal {
    client("Unable to describe task definition.")
}
