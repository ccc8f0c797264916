//! Two files of every app are uploaded again, with another comment: an event for each, and nothing to register.

use super::{Ran, decisions};
use crate::{
    fake::Manners,
    options::Options,
    report::{note, number, row},
    world::{World, name},
};
use std::time::{Duration, Instant};

/// As quick as `aws s3 sync`.
const BETWEEN: Duration = Duration::from_millis(50);
/// For each file one that gets it, and one more in ten to list.
const LISTS: usize = 10;

pub async fn measure(options: &Options, apps: usize) {
    let world = World::start(options, apps, Manners::AWS).await;
    // Both functions have read everything before.
    world.lambda.route(&world.image(0).1);
    world.lambda.quiet().await;
    world.sweep();
    world.lambda.quiet().await;
    world.fake.forget();
    let begun = Instant::now();
    let files: Vec<String> = (0..apps)
        .flat_map(|app| ["ecs-task-def.jsonnet", "ecspresso.yml"].map(|file| format!("{}/{file}", name(app))))
        .collect();
    for (at, key) in files.iter().enumerate() {
        let comment = if key.ends_with("yml") { "#" } else { "//" };
        world.put(key, &format!("{}{comment} again\n", world.text(key)));
        if at + 1 == files.len() {
            world.fake.lock().ecs.described.clear();
        }
        tokio::time::sleep(BETWEEN).await;
    }
    world.lambda.quiet().await;
    let ran = Ran::of(&world.lambda, begun);
    let counts = world.fake.counts();
    let described = world.fake.lock().ecs.described.clone();
    let again = described.values().filter(|times| **times > 1).count();
    let most = files.len() + files.len() / LISTS;
    row(
        &format!("upload of {} files of {} apps, event by event", number(files.len()), number(apps)),
        &format!("{} requests to S3; after it no family described twice", number(most)),
        &format!(
            "{} ({} lists); {} described twice or more",
            number(counts.of_s3()),
            number(counts.lists),
            number(again)
        ),
        Some(counts.of_s3() <= most && again == 0 && ran.is_clean()),
    );
    note(&format!(
        "Upload of {} files: {:.0} s, {}; {} reads of ECS, {} throttled, {} registered; decisions: {}",
        number(files.len()),
        ran.seconds,
        ran.told(),
        number(counts.reads),
        number(counts.throttled),
        number(counts.registered),
        decisions(&ran.decisions),
    ));
}
