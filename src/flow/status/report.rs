//! Makes the status of one family from what was read. No I/O.

use crate::{
    breaker::proven_at,
    decide::{self, Origin, RegisterDecision},
    definition::{images_of, tags},
    ecs::{
        api::{Described, Status},
        history::Read,
    },
    error::{Error, ErrorKind, Result},
    flow::{
        desired::{check::Images, revision::DesiredRevision},
        status::facts::{PreparedApp, Registry, StatusFacts},
    },
    moment::shown,
    outcome::{
        Decision,
        status::{FamilyState, FamilyStatus, ImageStatus, Registered, ScheduleStatus, TakenBack},
    },
    schedules::{Found, Schedule, ScheduleKind},
    trigger::Trigger,
};
use crema_base::image::{self, EcrImage, Repository};
use std::collections::BTreeMap;

/// How one family stands.
pub fn report(
    app: &PreparedApp<'_>,
    history: Option<&Result<Read>>,
    facts: &StatusFacts<'_>,
    trigger: &Trigger,
) -> FamilyStatus {
    let mut status = FamilyStatus::of(app.subject().clone(), FamilyState::Failed);
    if let Err(ended) = app.desired {
        status.reason.clone_from(&ended.reason);
        status.error_type = ended.error_type;
        // What AWS throttles could not be told, as what it denies.
        if ended.decision == Decision::NotReached && ended.error_type.is_none() {
            status.state = FamilyState::NotReached;
        }
    }
    match (history, app.desired) {
        (Some(Ok(read)), desired) => {
            standing(&mut status, read);
            status.fallback = facts.fallback;
            if let Ok(desired_revision) = desired {
                let decision =
                    decide::register(&desired_revision.desired(), &read.history, Origin::Sweep, trigger.time);
                (status.state, status.reason) = state(decision, read);
                rules(&mut status, desired_revision);
            }
            images(&mut status, &app.written, read, facts.registry);
        }
        (Some(Err(e)), Ok(_)) => status.fail(e),
        (Some(Err(e)), Err(_)) => status.warnings.push(e.to_string()),
        (None, _) => {}
    }
    let is_read = matches!(history, Some(Ok(_)));
    if let (Some(found), Some((family, region))) = (facts.found, app.family()) {
        schedules(&mut status, family, region, found, facts.pinned, is_read);
    }
    status
}

/// The state of a family is what a sweep would do, because a sweep overrides nobody and ends no hold.
fn state(decision: RegisterDecision, read: &Read) -> (FamilyState, Option<String>) {
    match decision {
        RegisterDecision::Unchanged => (FamilyState::InSync, None),
        RegisterDecision::Held(reason) => (FamilyState::OnHold, Some(reason)),
        RegisterDecision::Drifted(reason) => (FamilyState::Drifted, Some(reason)),
        RegisterDecision::Register(_) => {
            let what = match read.latest.as_deref() {
                Some(a) => format!("{}:{} is not what configuration and images say now", a.family, a.revision),
                None => "no revision is ACTIVE".to_owned(),
            };
            (FamilyState::Behind, Some(format!("{what}: the next event or sweep registers one")))
        }
    }
}

/// What would be registered and ECS would refuse fails; of what is not registered it is told.
fn rules(status: &mut FamilyStatus, desired_revision: &DesiredRevision) {
    match desired_revision.findings.refusal() {
        Some(refusal) if status.state == FamilyState::Behind => {
            status.fail(&desired_revision.family.named(&refusal));
        }
        _ => status.warnings.extend(desired_revision.tolerated()),
    }
}

/// Adds the newest ACTIVE revision, and what was taken back.
fn standing(status: &mut FamilyStatus, read: &Read) {
    let taken_back = read.history.taken_back();
    status.taken_back =
        taken_back.map(|r| TakenBack { revision: r.number, at: r.deregistered_at.map(shown) }).collect();
    let Some((a, latest)) = read.history.newest_active().zip(read.latest.as_deref()) else { return };
    status.revision = Some(a.number);
    status.arn = Some(latest.arn.clone());
    status.proven_at = a.fingerprint.as_ref().and_then(|_| proven_at(latest)).map(shown);
    // Tags that somebody copied along say nothing about this revision.
    let tag = |key: &str| a.fingerprint.as_ref().and_then(|_| latest.tags.get(key).cloned());
    status.registered = Some(Registered {
        at: a.registered_at.map(shown).or_else(|| tag(tags::REGISTERED_AT)),
        trigger: tag(tags::TRIGGER),
        requested_at: tag(tags::REQUESTED_AT),
        principal: latest.definition.get("registeredBy").and_then(|by| by.as_str()).map(str::to_owned),
    });
}

/// Adds each container's image of a private registry: the current one of the files, and the one of the revision.
fn images(status: &mut FamilyStatus, written: &Images, read: &Read, registry: &Registry) {
    let pinned = read.latest.as_deref().map(|latest| images_of(&latest.definition)).unwrap_or_default();
    let pinned_to = |name: &str| pinned.iter().find(|(other, _)| *other == name).map(|(_, reference)| *reference);
    let gone = pinned.iter().filter(|(name, _)| !written.iter().any(|(other, _)| other == name));
    let written = written.iter().map(|(name, reference)| (name.as_str(), reference.as_str()));
    for (name, reference) in written.chain(gone.copied()) {
        let Some(image) = image::parse(reference) else { continue };
        let pinned = pinned_to(name).and_then(image::parse);
        let digest = match image.digest() {
            Some(digest) => Some(digest.to_owned()),
            None => match registry.get(&image) {
                Some(Ok(digest)) => Some(digest.clone()),
                Some(Err(e)) => {
                    // A missing tag is what the state is about, where the app pins.
                    status.warnings.extend((status.state != FamilyState::Failed).then(|| e.to_string()));
                    None
                }
                None => None,
            },
        };
        let exists = pinned.as_ref().and_then(|pinned| exists(status, pinned, registry));
        let pinned = pinned.and_then(|pinned| pinned.digest().map(str::to_owned));
        status.images.push(ImageStatus {
            container: name.to_owned(),
            image: reference.to_owned(),
            pinned_is_current: digest.as_ref().zip(pinned.as_ref()).map(|(now, pinned)| now == pinned),
            digest,
            pinned,
            pinned_exists: exists,
        });
    }
}

/// Whether the image that the revision is pinned to still exists. Adds a warning if it does not, or that is unknown.
fn exists(status: &mut FamilyStatus, pinned: &EcrImage, registry: &Registry) -> Option<bool> {
    pinned.digest()?;
    let Repository { account, region, .. } = pinned.repository();
    match registry.get(pinned)? {
        Ok(_) => Some(true),
        Err(Error { kind: ErrorKind::ImageNotFound, .. }) => {
            status.warnings.push(format!(
                "{pinned}, which {}:{} is pinned to, is no longer in the registry {account} in {region}: its tasks \
                 cannot start",
                status.subject.family.as_deref().unwrap_or_default(),
                status.revision.unwrap_or_default(),
            ));
            Some(false)
        }
        Err(e) => {
            status.warnings.push(e.to_string());
            None
        }
    }
}

/// Adds what runs the family, and warns if that will not run what is registered.
fn schedules(
    status: &mut FamilyStatus,
    family: &str,
    region: &str,
    found: &Found,
    pinned: &BTreeMap<u32, Option<Described>>,
    is_read: bool,
) {
    let mine: Vec<&Schedule> = found.schedules.iter().filter(|schedule| schedule.runs(family, region)).collect();
    for schedule in &mine {
        status.warnings.extend(schedule.revision.map(|number| pinned_warning(schedule, number, pinned.get(&number))));
    }
    let follows = mine.iter().any(|schedule| schedule.revision.is_none());
    if follows && is_read && status.revision.is_none() {
        status.warnings.push(format!("schedules name {family}, and it has no ACTIVE revision that they could run"));
    }
    let is_all = found.warnings.is_empty();
    if mine.is_empty() && is_all {
        status.note = Some(format!(
            "no EventBridge rule of the default bus and no schedule of EventBridge Scheduler in {region} names {family}"
        ));
    } else if is_all && mine.iter().all(|schedule| !schedule.enabled) {
        status.note = Some(format!("everything in {region} that names {family} is disabled"));
    }
    if is_all || !mine.is_empty() {
        status.schedules = Some(mine.into_iter().map(shown_schedule).collect());
    }
}

fn pinned_warning(schedule: &Schedule, number: u32, described: Option<&Option<Described>>) -> String {
    let Schedule { family, name, .. } = schedule;
    let kind = kind(schedule);
    match described {
        Some(Some(described)) if described.status == Status::Inactive => {
            format!(
                "the {kind} {name} names {family}:{number}, which is INACTIVE: it starts nothing; let it name {family}"
            )
        }
        Some(None) => {
            format!(
                "the {kind} {name} names {family}:{number}, which does not exist: it starts nothing; let it name {family}"
            )
        }
        _ => format!(
            "the {kind} {name} is pinned to {family}:{number} and never runs a newer revision; let it name {family}"
        ),
    }
}

fn kind(schedule: &Schedule) -> &'static str {
    match schedule.kind {
        ScheduleKind::Rule => "rule",
        ScheduleKind::Schedule => "schedule",
    }
}

fn shown_schedule(schedule: &Schedule) -> ScheduleStatus {
    ScheduleStatus {
        kind: kind(schedule),
        name: schedule.name.clone(),
        expression: schedule.expression.clone(),
        enabled: schedule.enabled,
        revision: schedule.revision,
    }
}
