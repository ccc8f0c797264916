//! Whether rules and schedules follow the latest revision.

use crate::{
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
    schedules::{self, ScheduleKind},
};
use futures_util::future::join_all;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { name: "schedules", reads: true, look: |patient| Box::pin(look(patient)) };

/// So many regions are looked at, and so many schedules named.
const MOST: usize = 10;

async fn look(patient: &Patient<'_>) -> Diagnosis {
    let files = match patient.files() {
        Ok(files) => files,
        Err(unknown) => return unknown,
    };
    let regions: BTreeSet<&str> = files.families.iter().map(|key| key.region.as_str()).take(MOST).collect();
    let read = regions.iter().map(|region| schedules::of_region(patient.clients, patient.limits, region));
    let found = join_all(read).await;
    let (mut pinned, mut count) = (vec![], 0);
    for (region, found) in regions.iter().zip(&found) {
        let is_ours = |schedule: &&schedules::Schedule| {
            files.families.iter().any(|key| key.region == *region && schedule.runs(&key.family, &key.region))
        };
        for schedule in found.schedules.iter().filter(is_ours) {
            count += 1;
            let kind = if schedule.kind == ScheduleKind::Rule { "rule" } else { "schedule" };
            pinned.extend(
                schedule.revision.map(|number| format!("the {kind} {} to {}:{number}", schedule.name, schedule.family)),
            );
        }
    }
    let unread = found.iter().flat_map(|found| &found.warnings).next();
    match (pinned.len(), unread) {
        (0, None) => {
            Diagnosis::ok(format!("{count} rules and schedules run these families, and none is pinned to a revision"))
        }
        (0, Some(warning)) => {
            Diagnosis::unknown(warning, "set the stack's parameter DoctorReads=true, or permit what is named")
        }
        (many, _) => {
            pinned.truncate(MOST);
            let told = format!("{many} are pinned, and never run a newer revision: {}", pinned.join(", "));
            Diagnosis::warn(told, "let each name the family without its revision: docs/SCHEDULES.md")
        }
    }
}
