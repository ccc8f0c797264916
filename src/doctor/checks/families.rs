//! Whether families can be described: some of them.

use super::super::diagnosis::Several;
use crate::{
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
    ecs::{
        api::{Api, Status},
        sdk::Ecs,
    },
    error::Error,
};
use futures_util::future::join_all;

pub const CHECK: Check = Check { name: "families", reads: false, look: |patient| Box::pin(look(patient)) };

/// So many are looked at.
pub const LOOKED_AT: usize = 25;

async fn look(patient: &Patient<'_>) -> Diagnosis {
    let files = match patient.files() {
        Ok(files) => files,
        Err(unknown) => return unknown,
    };
    let some = files.families.iter().take(LOOKED_AT);
    let answers = join_all(some.map(|key| async move {
        let client = patient.clients.ecs(&key.region);
        let described = Ecs::new(client, key.region.clone(), &patient.limits.ecs).describe(&key.family).await;
        (key, described)
    }))
    .await;
    let (mut several, mut missing) = (Several::default(), vec![]);
    let count = answers.len();
    for (key, described) in answers {
        match described {
            Ok(Some(described)) if described.status == Status::Active => {}
            Ok(_) => missing.push(key.family.as_str()),
            Err(fault) => several.take(Diagnosis::of_error(&Error::from(fault), "see what ECS says")),
        }
    }
    if !missing.is_empty() {
        several.odd.push(format!("no revision is ACTIVE of {}: schedules have nothing to run", missing.join(", ")));
    }
    let well = format!("{count} of {} families could be described, and have an ACTIVE revision", files.families.len());
    several.diagnosis(
        well,
        "register them: `crema register APP`, or the next sweep does; a family on hold by a direct register",
    )
}
