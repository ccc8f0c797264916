//! Releases and rollbacks at random moments, while everything else is being registered or swept.

use super::Ran;
use crate::{
    fake::Manners,
    options::Options,
    report::{median, note, number, row, worst},
    world::{World, name},
};
use serde_json::json;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// Families that are rolled back: before, and meanwhile.
const ROLLBACKS: usize = 12;
const BEFORE: usize = 6;
/// Between two releases, in seconds.
const PAUSE: std::ops::Range<u64> = 10..50;
/// What is pushed is taken to be lost after so long.
const LONGEST: Duration = Duration::from_secs(7_200);
const P95: f64 = 5.0;
const WORST: f64 = 15.0;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    Change,
    Sweep,
}

/// A push.
struct Release {
    app: usize,
    digest: String,
    at: Instant,
}

pub async fn measure(options: &Options, apps: usize, meanwhile: Meanwhile) {
    let world = World::start(options, apps, Manners::AWS).await;
    (0..ROLLBACKS).for_each(|app| world.register_again(app));
    // Both functions are warm, as they are in a shop that releases all day.
    world.lambda.route(&world.image(ROLLBACKS).1);
    world.lambda.quiet().await;
    let mut before = vec![];
    for app in 0..BEFORE {
        before.push(roll_back(&world, app).await);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    // The first one starts the operator.
    before.remove(0);
    tokio::time::sleep(Duration::from_secs(30)).await;
    let begun = Instant::now();
    let what = match meanwhile {
        Meanwhile::Change => {
            world.change_library();
            format!("a library's change of {} families", number(apps))
        }
        Meanwhile::Sweep => {
            world.sweep();
            format!("a sweep of {} families", number(apps))
        }
    };
    let (releases, mut during) = disturb(&world, apps, begun).await;
    world.lambda.quiet().await;
    tell(&what, &world, &releases);
    let (without, with) = (median(&mut before.clone()), median(&mut during));
    let (slowest_without, slowest) = (before.iter().copied().fold(0.0, f64::max), during.last().copied());
    row(
        &format!("a rollback during {what}"),
        "as without",
        &format!(
            "{} (without: median {without:.2} s, worst {slowest_without:.2} s)",
            slowest.map_or("none".to_owned(), |worst| format!(
                "median {with:.2} s, worst {worst:.2} s of {}",
                during.len()
            )),
        ),
        slowest.map(|slowest| slowest <= slowest_without + 1.0),
    );
    note(&format!("Releases during {what}: {}", Ran::of(&world.lambda, begun).told()));
}

/// Pushes and rolls back until what is under way has ended.
async fn disturb(world: &World, apps: usize, begun: Instant) -> (Vec<Release>, Vec<f64>) {
    let (mut releases, mut rollbacks, mut taken) = (vec![], vec![], BTreeSet::new());
    while begun.elapsed() < LONGEST {
        tokio::time::sleep(Duration::from_secs(fastrand::u64(PAUSE))).await;
        if world.lambda.long().pending() == 0 && world.lambda.registrar.pending() == 0 {
            break;
        }
        let app = fastrand::usize(ROLLBACKS + 1..apps);
        if taken.insert(app) {
            let (digest, event) = world.image(app);
            releases.push(Release { app, digest, at: Instant::now() });
            world.lambda.route(&event);
        }
        if releases.len() % 3 == 0 && BEFORE + rollbacks.len() < ROLLBACKS {
            rollbacks.push(roll_back(world, BEFORE + rollbacks.len()).await);
        }
    }
    (releases, rollbacks)
}

/// Seconds until the answer.
async fn roll_back(world: &World, app: usize) -> f64 {
    let begun = Instant::now();
    let answer = world.lambda.call(json!({"action": "rollback", "family": name(app)})).await;
    let answer = answer.expect("a rollback failed");
    let decision = &answer["outcomes"][0]["decision"];
    assert_eq!(decision, "rolled_back", "{answer:#}");
    begun.elapsed().as_secs_f64()
}

fn tell(what: &str, world: &World, releases: &[Release]) {
    let state = world.fake.lock();
    let (mut times, mut lost, mut undone) = (vec![], 0, 0);
    for Release { app, digest, at } in releases {
        let family = name(*app);
        let found = state.ecs.log.iter().find(|made| made.family == family && made.image.ends_with(digest.as_str()));
        match found {
            Some(made) => times.push((made.at - *at).as_secs_f64()),
            None => lost += 1,
        }
        if found.is_some() && !state.ecs.latest(&family).is_some_and(|definition| definition.contains(digest.as_str()))
        {
            undone += 1;
        }
    }
    let figures = worst(&mut times);
    let told = figures.map_or("none".to_owned(), |(p95, worst)| format!("p95 {p95:.1} s, worst {worst:.1} s"));
    row(
        &format!("a release pushed during {what}, until registered"),
        "p95 5 s, worst 15 s",
        &format!("{told} of {}; {lost} never, {undone} undone", releases.len()),
        Some(figures.is_some_and(|(p95, worst)| p95 <= P95 && worst <= WORST) && lost == 0 && undone == 0),
    );
}
