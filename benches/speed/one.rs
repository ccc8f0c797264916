//! One app: start, first event, warm events, round trips and requests, beside the others.

use crate::{
    Subjects, apps,
    subject::Subject,
    table::{Times, head, row},
    tls::{self, Endpoint},
};
use crema_testing::{Aws, world::push_event};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const STARTS: usize = 15;
const EVENTS: usize = 30;

/// Of one function under one delay.
#[derive(Default)]
struct Figures {
    init: Times,
    first: Times,
    both: Times,
    warm: Times,
    first_calls: usize,
    first_trips: usize,
    first_chain: String,
    warm_calls: usize,
    warm_trips: usize,
    warm_chain: String,
    connections: usize,
    /// How long a call really took: timers are late by a millisecond or two.
    call: Times,
}

pub async fn measure(subjects: &Subjects) {
    head(
        "One app (milliseconds: median, and in brackets the 10th and 90th percentile)",
        &["what", "transport", "delay a call", "init", "first push event", "init and first", "warm push event"],
    );
    let aws = apps::world(1).await;
    let plain = Endpoint { url: aws.url(), connections: std::sync::Arc::default() };
    let tls = tls::start(&aws, &subjects.certificate).await;
    let trusted = &subjects.certificate.path;
    let mut slopes = vec![];
    for (transport, endpoint) in [("plain", &plain), ("TLS", &tls)] {
        empty(&subjects.empty, transport, endpoint, trusted).await;
        for (name, subject) in [("crema", &subjects.crema), ("Python", &subjects.python)] {
            let mut both = vec![];
            for delay in [0, 10] {
                let figures = figures(subject, &aws, endpoint, trusted, delay).await;
                let cells = [&figures.init, &figures.first, &figures.both, &figures.warm].map(ToString::to_string);
                let [init, first, sum, warm] = cells;
                row(&[name.to_owned(), transport.to_owned(), format!("{delay} ms"), init, first, sum, warm]);
                both.push(figures);
            }
            slopes.push((name, transport, both));
        }
    }
    head(
        "Round trips and requests",
        &[
            "what",
            "transport",
            "event",
            "slope (ms more, by what a call takes longer)",
            "longest chain",
            "requests",
            "connections",
        ],
    );
    for (name, transport, both) in &slopes {
        let [still, slow] = &both[..] else { continue };
        let slope = |of: fn(&Figures) -> &Times| {
            format!("{:.2}", (of(slow).median() - of(still).median()) / (slow.call.median() - still.call.median()))
        };
        let line = |event: &str, slope: String, trips: usize, calls: usize| {
            let [name, transport, event] = [*name, *transport, event].map(str::to_owned);
            row(&[name, transport, event, slope, trips.to_string(), calls.to_string(), slow.connections.to_string()]);
        };
        line("first push", slope(|f| &f.first), slow.first_trips, slow.first_calls);
        line("warm push", slope(|f| &f.warm), slow.warm_trips, slow.warm_calls);
    }
    println!();
    for (name, transport, both) in &slopes {
        let Some(slow) = both.last() else { continue };
        println!("{name}, {transport}, first push, begin and end of calls in ms: {}", slow.first_chain);
        println!("{name}, {transport}, warm push, begin and end of calls in ms: {}", slow.warm_chain);
    }
}

async fn empty(subject: &Subject, transport: &str, endpoint: &Endpoint, trusted: &Path) {
    let (mut init, mut first, mut warm) = (Times::default(), Times::default(), Times::default());
    for _ in 0..STARTS {
        let running = subject.start(&endpoint.url, trusted, &[]).await;
        let (started, answered, _) = running.first(serde_json::json!({})).await;
        init.add(started);
        first.add(answered);
        warm.add(running.invoke(serde_json::json!({})).await.0);
    }
    let [init, first, warm] = [init, first, warm].map(|times| times.to_string());
    row(&["empty", transport, "–", &init, &first, "–", &warm]);
}

async fn figures(subject: &Subject, aws: &Aws, endpoint: &Endpoint, trusted: &Path, delay: u64) -> Figures {
    let mut figures = Figures::default();
    let mut content = 0;
    let name = apps::name(0);
    let mut push = || {
        content += 1;
        aws.push_image(&name, "release", &format!("{delay} {content} {:?}", Instant::now()));
        push_event(&name, "release", aws.now())
    };
    aws.delay(Duration::from_millis(delay));
    for start in 0..STARTS {
        let event = push();
        let connected = endpoint.connections();
        let running = subject.start(&endpoint.url, trusted, &[]).await;
        aws.forget_calls();
        let (init, first, answer) = running.first(event).await;
        answer.expect("the first event failed");
        figures.init.add(init);
        figures.first.add(first);
        figures.both.add(init + first);
        (figures.first_calls, figures.first_trips) = (aws.calls().len(), aws.round_trips());
        figures.first_chain = chain(aws);
        if start + 1 < STARTS {
            continue;
        }
        for _ in 0..EVENTS {
            let event = push();
            aws.forget_calls();
            let (warm, answer) = running.invoke(event).await;
            answer.expect("a warm event failed");
            for call in aws.calls() {
                figures.call.add(call.ended.map_or(Duration::ZERO, |ended| ended - call.begun));
            }
            figures.warm.add(warm);
        }
        (figures.warm_calls, figures.warm_trips) = (aws.calls().len(), aws.round_trips());
        figures.warm_chain = chain(aws);
        figures.connections = endpoint.connections() - connected;
    }
    aws.delay(Duration::ZERO);
    figures
}

/// Which calls there were, and when.
fn chain(aws: &Aws) -> String {
    let calls = aws.calls();
    let Some(zero) = calls.iter().map(|call| call.begun).min() else { return String::new() };
    let at = |moment: Instant| format!("{:.1}", (moment - zero).as_secs_f64() * 1e3);
    let shown =
        calls.iter().map(|call| format!("{} {}–{}", call.operation, at(call.begun), call.ended.map_or("?".into(), at)));
    shown.collect::<Vec<_>>().join(", ")
}
