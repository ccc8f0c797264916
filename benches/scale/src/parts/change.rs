//! A library changes that every app imports.

use super::{Ran, decisions};
use crate::{
    fake::Manners,
    options::Options,
    report::{note, number, row},
    world::World,
};
use std::time::Instant;

/// Of those that the limit alone takes: the burst at once, and then one a second.
const BURST: usize = 20;
const SLACK: f64 = 1.15;
const READS: f64 = 4.0;
const THROTTLED: f64 = 2.0;

#[allow(clippy::cast_precision_loss, reason = "small")]
pub async fn measure(options: &Options, apps: usize) {
    let world = World::start(options, apps, Manners::AWS).await;
    let begun = Instant::now();
    world.change_library();
    world.lambda.quiet().await;
    let ran = Ran::of(&world.lambda, begun);
    let counts = world.fake.counts();
    let (once, twice) = {
        let state = world.fake.lock();
        (state.ecs.with_revisions(2), state.ecs.with_revisions(3))
    };
    let most = apps.saturating_sub(BURST) as f64 * SLACK;
    let what = format!("a library's change of {} families", number(apps));
    row(
        &what,
        &format!("{most:.0} s; all registered, none twice, no dead letter"),
        &format!("{:.0} s; {} registered, {} twice; {}", ran.seconds, number(once), number(twice), ran.told()),
        Some(ran.is_clean() && ran.seconds <= most && once == apps && twice == 0),
    );
    let reads = counts.reads as f64 / counts.registered.max(1) as f64;
    row(&format!("reads for each registration, {what}"), "4", &format!("{reads:.1}"), Some(reads <= READS));
    let throttled = 100.0 * counts.throttled as f64 / counts.of_ecs().max(1) as f64;
    row(&format!("throttled calls, {what}"), "2 %", &format!("{throttled:.1} %"), Some(throttled <= THROTTLED));
    note(&format!(
        "Change of {}: {} reads, {} registrations, {} throttled; {} requests to S3, {} to ECR; decisions: {}; peak {:.0} MB",
        number(apps),
        number(counts.reads),
        number(counts.registered),
        number(counts.throttled),
        number(counts.of_s3()),
        number(counts.images),
        decisions(&ran.decisions),
        world.lambda.usage().await.megabytes(),
    ));
}
