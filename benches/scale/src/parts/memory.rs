//! The most memory that function and child need: a cold push, a sweep, a change of everything.

use crate::{
    fake::Manners,
    options::Options,
    report::{number, row},
    world::World,
};

fn most(apps: usize) -> f64 {
    match apps {
        0..=1_000 => 64.0,
        1_001..=3_000 => 128.0,
        _ => 400.0,
    }
}

pub async fn measure(options: &Options, apps: usize) {
    let world = World::start(options, apps, Manners::NONE).await;
    let mut peaks = vec![];
    for (what, act) in [("push", 0), ("sweep", 1), ("change", 2)] {
        match act {
            0 => world.lambda.route(&world.image(apps / 2).1),
            1 => world.sweep(),
            _ => world.change_library(),
        }
        world.lambda.quiet().await;
        let usage = world.lambda.usage().await;
        peaks.push(format!("{what} {:.0}", usage.megabytes()));
    }
    assert_eq!(world.lambda.dead_letters(), 0);
    assert_eq!(world.fake.counts().registered, apps + 1);
    let peak = world.lambda.usage().await.megabytes();
    row(
        &format!("peak memory with {} apps, function and child", number(apps)),
        &format!("{:.0} MB", most(apps)),
        &format!("{peak:.0} MB (up to a {})", peaks.join(", a ")),
        Some(peak <= most(apps)),
    );
}
