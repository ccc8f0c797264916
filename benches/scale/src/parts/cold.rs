//! The first push that a new process gets: everything is read and rendered.

use crate::{
    fake::Manners,
    options::Options,
    report::{number, row},
    world::World,
};

const FEW: usize = 1_000;
const TIMES: f64 = 12.0;
const SECONDS: f64 = 12.0;

pub async fn measure(options: &Options, apps: usize) {
    let few = cpu(options, FEW).await;
    let many = cpu(options, apps).await;
    row(
        &format!("CPU of a cold push, {} against {} apps", number(apps), number(FEW)),
        "12 ×, and 12 s",
        &format!("{:.1} × ({few:.2} s), {many:.1} s", many / few),
        Some(many <= SECONDS && many / few <= TIMES),
    );
}

/// Of function and child, in seconds.
async fn cpu(options: &Options, apps: usize) -> f64 {
    let world = World::start(options, apps, Manners::NONE).await;
    let (_, event) = world.image(apps / 2);
    world.lambda.registrar.call(&event).await.expect("the push failed");
    assert_eq!(world.fake.counts().registered, 1);
    world.lambda.registrar.usage().await.cpu
}
