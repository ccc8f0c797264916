//! From what was read of one family to what is said about it. No I/O.

use crate::{
    decide::{self, Origin, RegisterDecision},
    definition::{images_of, tags},
    ecs::{
        api::{Described, Status},
        history::Read,
        revision::shown,
    },
    error::{Error, ErrorKind, Result},
    flow::{
        register::desired,
        status::{Registry, Subject},
    },
    outcome::{
        Decision,
        status::{FamilyState, FamilyStatus, ImageStatus, Registered, ScheduleStatus, TakenBack},
    },
    schedules::{Found, Schedule, ScheduleKind},
    trigger::Trigger,
};
use crema_base::image::{self, EcrImage, Repository};
use std::collections::BTreeMap;

/// What was read besides the history.
pub struct StatusFacts<'a> {
    pub registry: &'a Registry,
    /// The schedules of the family's region.
    pub found: Option<&'a Found>,
    /// The revisions that schedules are pinned to.
    pub pinned: &'a BTreeMap<u32, Option<Described>>,
}

/// How one family stands.
pub fn report(
    subject: &Subject<'_>,
    history: Option<&Result<Read>>,
    facts: &StatusFacts<'_>,
    trigger: &Trigger,
) -> FamilyStatus {
    let late = subject.outcome.decision == Decision::NotReached;
    let mut status =
        FamilyStatus::of(subject.outcome, if late { FamilyState::NotReached } else { FamilyState::Failed });
    match history {
        Some(Ok(read)) => {
            standing(&mut status, read);
            if let Some(desired_revision) = subject.desired_revision {
                (status.state, status.reason) = state(
                    decide::register(&desired(desired_revision), &read.history, Origin::Sweep, trigger.time),
                    read,
                );
            }
            images(&mut status, subject, read, facts.registry);
        }
        Some(Err(e)) if subject.desired_revision.is_some() => status.fail(e),
        Some(Err(e)) => status.warnings.push(e.to_string()),
        None => {}
    }
    let is_read = matches!(history, Some(Ok(_)));
    if let (Some(found), Some(family), Some(region)) = (facts.found, &subject.outcome.family, &subject.outcome.region) {
        schedules(&mut status, family, region, found, facts.pinned, is_read);
    }
    status
}

/// A sweep overrides nobody and ends no hold: what it would do is how a family stands.
fn state(decision: RegisterDecision, read: &Read) -> (FamilyState, Option<String>) {
    match decision {
        RegisterDecision::Unchanged => (FamilyState::InSync, None),
        RegisterDecision::Held(reason) => (FamilyState::OnHold, Some(reason)),
        RegisterDecision::Drifted(reason) => (FamilyState::Drifted, Some(reason)),
        RegisterDecision::RegisterDecision(_) => {
            let what = match read.latest.as_deref() {
                Some(a) => format!("{}:{} is not what configuration and images say now", a.family, a.revision),
                None => "no revision is ACTIVE".to_owned(),
            };
            (FamilyState::Behind, Some(format!("{what}: the next event or sweep registers one")))
        }
    }
}

/// The newest ACTIVE revision, and what was taken back.
fn standing(status: &mut FamilyStatus, read: &Read) {
    let taken_back = read.history.taken_back();
    status.taken_back =
        taken_back.map(|r| TakenBack { revision: r.number, at: r.deregistered_at.map(shown) }).collect();
    let Some((a, latest)) = read.history.newest_active().zip(read.latest.as_deref()) else { return };
    status.revision = Some(a.number);
    status.arn = Some(latest.arn.clone());
    // Tags that somebody copied along say nothing about this revision.
    let tag = |key: &str| a.fingerprint.as_ref().and_then(|_| latest.tags.get(key).cloned());
    status.registered = Some(Registered {
        at: a.registered_at.map(shown).or_else(|| tag(tags::REGISTERED_AT)),
        trigger: tag(tags::TRIGGER),
        requested_at: tag(tags::REQUESTED_AT),
        principal: latest.definition.get("registeredBy").and_then(|by| by.as_str()).map(str::to_owned),
    });
}

/// Each container's image of a private registry: as the files have it now, and as the revision does.
fn images(status: &mut FamilyStatus, subject: &Subject<'_>, read: &Read, registry: &Registry) {
    let pinned = read.latest.as_deref().map(|latest| images_of(&latest.definition)).unwrap_or_default();
    let pinned_to = |name: &str| pinned.iter().find(|(other, _)| *other == name).map(|(_, reference)| *reference);
    let written = subject.written.iter().map(|(name, reference)| (name.as_str(), reference.as_str()));
    let gone = pinned.iter().filter(|(name, _)| !subject.written.iter().any(|(other, _)| other == name));
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

/// Whether the image that the revision is pinned to is still there; warns where it is not, or is not known.
fn exists(status: &mut FamilyStatus, pinned: &EcrImage, registry: &Registry) -> Option<bool> {
    pinned.digest()?;
    let Repository { account, region, .. } = pinned.repository();
    match registry.get(pinned)? {
        Ok(_) => Some(true),
        Err(Error { kind: ErrorKind::ImageNotFound, .. }) => {
            status.warnings.push(format!(
                "{pinned}, which {}:{} is pinned to, is no longer in the registry {account} in {region}: its tasks \
                 cannot start",
                status.family.as_deref().unwrap_or_default(),
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

/// What runs the family, and whether it will run what is registered.
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
