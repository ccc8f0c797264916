//! One app that has hundreds of variants.

use crate::{
    options::Options,
    report::{number, row},
    world::World,
};
use serde_json::json;

const MEGABYTES: f64 = 40.0;

pub async fn measure(options: &Options, variants: usize) {
    let one = peak(options, 1).await;
    let many = peak(options, variants).await;
    row(
        &format!("{} variants of one app, peak memory", number(variants)),
        "40 MB more than one",
        &format!("{:.0} MB more ({one:.0} and {many:.0} MB)", many - one),
        Some(many - one <= MEGABYTES),
    );
}

/// Registering all of them for the first time, in MB.
async fn peak(options: &Options, variants: usize) -> f64 {
    let world = World::of_variants(options, variants).await;
    world.lambda.long().call(&json!({"action": "sweep"})).await.expect("the sweep failed");
    world.lambda.quiet().await;
    assert_eq!(world.fake.counts().registered, variants);
    world.lambda.usage().await.megabytes()
}
