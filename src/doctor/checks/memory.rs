//! Whether INACTIVE revisions, and their tags, can still be read: what crema knows of rollbacks stands there, and AWS's pages
//! contradict each other.

use super::families::LOOKED_AT;
use crate::{
    definition::tags,
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
    ecs::{
        api::{Api, Described, Status},
        sdk::Ecs,
    },
    error::Error,
    reference::FamilyKey,
};
use futures_util::future::join_all;

pub const CHECK: Check = Check { name: "memory", reads: false, look: |patient| Box::pin(look(patient)) };

const LOST: &str =
    "nothing to mend here: report it; until then go forward by a new image or a changed file after a rollback";

/// So many families are asked for at a time, until one has an INACTIVE revision.
const AT_A_TIME: usize = 5;

/// The newest INACTIVE revision of a family, where there is one.
type Newest = Option<(u32, Option<Described>)>;

async fn look(patient: &Patient<'_>) -> Diagnosis {
    let files = match patient.files() {
        Ok(files) => files,
        Err(unknown) => return unknown,
    };
    for some in files.families[..files.families.len().min(LOOKED_AT)].chunks(AT_A_TIME) {
        for (key, answer) in some.iter().zip(join_all(some.iter().map(|key| newest(patient, key))).await) {
            match answer {
                Err(e) => return Diagnosis::of_error(&e, "see what ECS says"),
                Ok(None) => {}
                Ok(Some((number, described))) => return judged(&key.at(number), described.as_ref()),
            }
        }
    }
    Diagnosis::unknown(
        format!("no INACTIVE revision in the {} families that were looked at", files.families.len().min(LOOKED_AT)),
        "ask again after the first rollback, or deregister a revision that nothing uses",
    )
}

async fn newest(patient: &Patient<'_>, key: &FamilyKey) -> Result<Newest, Error> {
    let ecs = Ecs::new(patient.clients.ecs(&key.region), key.region.clone(), &patient.limits.ecs);
    let newest = ecs.list(&key.family, Status::Inactive, 1).await?.first().copied();
    let Some(number) = newest else { return Ok(None) };
    Ok(Some((number, ecs.describe(&key.at(number)).await?)))
}

fn judged(name: &str, described: Option<&Described>) -> Diagnosis {
    match described {
        None => Diagnosis::warn(
            format!(
                "ECS lists {name} as INACTIVE and does not describe it: here crema remembers no rollback, so a replay may bring back what was taken back"
            ),
            LOST,
        ),
        Some(described) if described.tags.contains_key(tags::FINGERPRINT) => Diagnosis::ok(format!(
            "{name} is INACTIVE and can be read with its tags: here crema remembers what was taken back"
        )),
        Some(_) => Diagnosis::warn(
            format!(
                "{name} is INACTIVE and can be read, without tags of crema's: somebody else registered it, or here ECS gives no tags of INACTIVE revisions, and crema remembers no rollback"
            ),
            "compare with one that crema registered: take one back, and ask again",
        ),
    }
}
