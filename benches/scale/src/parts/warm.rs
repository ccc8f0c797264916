//! A push to a function that has seen everything before.

use crate::{
    fake::Manners,
    options::Options,
    report::{median, number, row},
    world::World,
};
use std::time::Instant;

const TIMES: usize = 15;
const MILLISECONDS: f64 = 150.0;

pub async fn measure(options: &Options, apps: usize) {
    let world = World::start(options, apps, Manners { limits: false, ..Manners::AWS }).await;
    let (mut times, mut cold) = (vec![], 0.0);
    for n in 0..=TIMES {
        let (_, event) = world.image((n + 1) * apps / (TIMES + 3));
        let begun = Instant::now();
        world.lambda.registrar.call(&event).await.expect("a push failed");
        if n == 0 {
            cold = world.lambda.registrar.usage().await.cpu;
        } else {
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
    }
    assert_eq!(world.fake.counts().registered, TIMES + 1);
    let middle = median(&mut times);
    #[allow(clippy::cast_precision_loss, reason = "small")]
    let cpu = (world.lambda.registrar.usage().await.cpu - cold) * 1e3 / TIMES as f64;
    row(
        &format!("warm push among {} apps, 10 ms a call, 30 ms a page", number(apps)),
        "150 ms",
        &format!("{middle:.0} ms ({:.0} to {:.0}), of which {cpu:.0} ms CPU", times[0], times[TIMES - 1]),
        Some(middle <= MILLISECONDS),
    );
}
