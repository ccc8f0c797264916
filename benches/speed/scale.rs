//! More and more apps: an unchanged sweep, one push, a cold start; and memory.

use crate::{
    Subjects, apps,
    subject::Running,
    table::{Times, head, row},
    tls,
};
use crema_testing::{Aws, world::push_event};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub async fn measure(subjects: &Subjects, counts: &[usize]) {
    head(
        "More apps, over TLS (milliseconds)",
        &[
            "apps",
            "delay a call",
            "cold sweep, registers all",
            "unchanged sweep",
            "requests",
            "warm push",
            "requests",
            "cold push",
            "peak memory, function + child",
        ],
    );
    for &count in counts {
        for delay in [0, 10] {
            scale(subjects, count, delay).await;
        }
    }
}

async fn scale(subjects: &Subjects, count: usize, delay: u64) {
    let aws = apps::world(count).await;
    let endpoint = tls::start(&aws, &subjects.certificate).await;
    let start = || subjects.crema.start(&endpoint.url, &subjects.certificate.path, &[]);
    let rounds = if count > 100 { 5 } else { 15 };
    aws.delay(Duration::from_millis(delay));
    let running = start().await;
    running.init().await;
    let (cold, answer) = running.invoke(json!({"action": "sweep"})).await;
    assert_eq!(decided(&answer.expect("the cold sweep failed"), "registered"), count);
    let mut sweeps = Times::default();
    for _ in 0..rounds {
        aws.forget_calls();
        let (time, answer) = running.invoke(json!({"action": "sweep"})).await;
        let answer = answer.expect("a sweep failed");
        assert_eq!(decided(&answer, "registered"), 0, "{answer:#}");
        sweeps.add(time);
    }
    let sweep_calls = aws.calls().len();
    let mut pushes = Times::default();
    for _ in 0..rounds {
        pushes.add(push(&running, &aws, count / 2).await);
    }
    let push_calls = aws.calls().len();
    let (function, child) = running.peaks();
    drop(running);
    let mut cold_pushes = Times::default();
    for _ in 0..3 {
        let running = start().await;
        cold_pushes.add(push(&running, &aws, count / 2).await);
    }
    #[allow(clippy::cast_precision_loss, reason = "megabytes")]
    let mb = |kilobytes: u64| kilobytes as f64 / 1024.0;
    row(&[
        count.to_string(),
        format!("{delay} ms"),
        format!("{:.0}", cold.as_secs_f64() * 1e3),
        sweeps.to_string(),
        sweep_calls.to_string(),
        pushes.to_string(),
        push_calls.to_string(),
        cold_pushes.to_string(),
        format!("{:.1} + {:.1} MB", mb(function), mb(child)),
    ]);
}

async fn push(running: &Running, aws: &Aws, app: usize) -> Duration {
    let name = apps::name(app);
    aws.push_image(&name, "release", &format!("{:?}", Instant::now()));
    aws.forget_calls();
    let (time, answer) = running.invoke(push_event(&name, "release", aws.now())).await;
    assert_eq!(decided(&answer.expect("a push failed"), "registered"), 1);
    time
}

fn decided(answer: &Value, decision: &str) -> usize {
    let outcomes = answer["outcomes"].as_array().map(Vec::as_slice).unwrap_or_default();
    outcomes.iter().filter(|outcome| outcome["decision"] == decision).count()
}
