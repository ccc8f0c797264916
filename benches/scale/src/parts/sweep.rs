//! A scheduled sweep that finds everything as it should be.

use super::{Ran, decisions};
use crate::{
    fake::Manners,
    options::Options,
    report::{note, number, row},
    world::World,
};
use std::time::Instant;

/// Seconds in all rounds.
fn most(apps: usize) -> f64 {
    match apps {
        1_000 => 75.0,
        3_000 => 210.0,
        10_000 => 700.0,
        #[allow(clippy::cast_precision_loss, reason = "small")]
        apps => 10.0 + apps as f64 / 14.0,
    }
}

pub async fn measure(options: &Options, apps: usize) {
    let world = World::start(options, apps, Manners::AWS).await;
    let begun = Instant::now();
    world.sweep();
    world.lambda.quiet().await;
    let ran = Ran::of(&world.lambda, begun);
    let counts = world.fake.counts();
    let seen = world.fake.lock().ecs.described.len();
    let most = most(apps);
    let met = ran.is_clean() && ran.seconds <= most && seen == apps && counts.registered == 0;
    row(
        &format!("unchanged sweep of {} families", number(apps)),
        &format!("{most:.0} s, nothing failed"),
        &format!("{:.0} s, {}", ran.seconds, ran.told()),
        Some(met),
    );
    note(&format!(
        "Sweep of {}: {} families looked at, {} registered; {} reads, {} throttled; {} requests to S3; decisions: {}; peak {:.0} MB",
        number(apps),
        number(seen),
        number(counts.registered),
        number(counts.reads),
        number(counts.throttled),
        number(counts.of_s3()),
        decisions(&ran.decisions),
        world.lambda.usage().await.megabytes(),
    ));
}
