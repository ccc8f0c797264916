//! Start-up only: the rendering child, or the log, the settings, the clients and the loop that Lambda drives.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use crema::{
    config::{settings::Settings, variables::RUST_LOG},
    error::Error,
    flow::crema::Crema,
    outcome::answer::{Failure, Reply},
    trigger::Arrival,
};
use crema_render::child::{self, limits::Limits};
use lambda_runtime::{
    Diagnostic, LambdaEvent, LambdaInvocation, Runtime, layers::TracingLayer, service_fn, tower::util::MapRequestLayer,
};
use std::{
    panic::resume_unwind,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use time::OffsetDateTime;
use tokio::{sync::OnceCell, task::spawn_blocking, time::Instant};
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// Time after which the request for the next event is on its way.
const AFTER_ASKING: Duration = Duration::from_millis(1);

/// A duration longer than any invocation of Lambda.
const LONGEST: Duration = Duration::from_secs(86_400);

fn main() -> ExitCode {
    if let Some(limits) = Limits::of_child(std::env::args()) {
        return child::main(limits);
    }
    start_log();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.map_err(lambda_runtime::Error::from).and_then(|runtime| runtime.block_on(run()));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            tracing::error!(reason = %e, "the function cannot run");
            ExitCode::FAILURE
        }
    }
}

/// Logs JSON lines to standard output. `RUST_LOG` applies to crema's own lines only: at `trace` the SDK would log what
/// it sends.
fn start_log() {
    let given = std::env::var(RUST_LOG.name).ok();
    let level = given.as_deref().into_iter().chain(RUST_LOG.default).find_map(|level| level.parse::<Targets>().ok());
    let own = tracing_subscriber::filter::filter_fn(|about| about.target().starts_with("crema"));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(own)).with(level.unwrap_or_default()).init();
}

/// The function, or what is wrong with its settings: reported in answer to every event, where somebody reads it.
type Made = Result<Crema, Error>;

async fn run() -> Result<(), lambda_runtime::Error> {
    let cell = &OnceCell::new();
    // With provisioned concurrency no event waits yet, and from the first request for one until it comes Lambda freezes
    // the process.
    let is_ahead = std::env::var("AWS_LAMBDA_INITIALIZATION_TYPE").is_ok_and(|kind| kind == "provisioned-concurrency");
    if is_ahead {
        warm_up(made(cell).await).await;
    }
    let handler = service_fn(async move |event: LambdaEvent<String>| answer(made(cell).await, event).await);
    let run = Runtime::new(handler).layer(MapRequestLayer::new(as_text)).layer(TracingLayer::new()).run();
    // Otherwise an event waits already: it is asked for first, and warming up does not hold it back.
    let beside = async {
        if !is_ahead {
            tokio::time::sleep(AFTER_ASKING).await;
            warm_up(made(cell).await).await;
        }
    };
    tokio::join!(run, beside).0
}

/// Makes the function, once, on a thread of its own: reading the system's certificates takes longer than everything
/// else at the start.
async fn made(cell: &OnceCell<Made>) -> &Made {
    let make = || Settings::from_env(std::env::vars()).map(Crema::new);
    let make = async || spawn_blocking(make).await.unwrap_or_else(|e| resume_unwind(e.into_panic()));
    cell.get_or_init(make).await
}

async fn warm_up(made: &Made) {
    if let Ok(crema) = made {
        crema.warm_up().await;
    }
}

/// The first of the 256 characters that stand for the bytes of a payload. None of them is escaped in JSON.
const FIRST: u32 = 0x100;

/// `lambda_runtime` reads a payload as JSON before the handler sees it, and a payload that it cannot read ends without
/// a word from crema. So it gets a JSON text, with one character for each byte of the payload, and crema reads the
/// payload itself.
fn as_text(mut invocation: LambdaInvocation) -> LambdaInvocation {
    let mut text = String::with_capacity(2 * invocation.body.len() + 2);
    text.push('"');
    text.extend(invocation.body.iter().filter_map(|byte| char::from_u32(FIRST + u32::from(*byte))));
    text.push('"');
    invocation.body = text.into();
    invocation
}

/// The payload as it came.
fn as_it_came(text: String) -> Vec<u8> {
    text.chars().filter_map(|c| u32::from(c).checked_sub(FIRST).and_then(|byte| u8::try_from(byte).ok())).collect()
}

/// The time that is left of an invocation. Lambda says when it ends; `cargo lambda watch` says how long it may take,
/// which read as a time is ten minutes after the beginning of 1970.
fn left(deadline: SystemTime) -> Duration {
    let as_time = deadline.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO);
    let as_length = deadline.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    if as_length < LONGEST { as_length } else { as_time }
}

async fn answer(made: &Made, event: LambdaEvent<String>) -> Result<Reply, Ended> {
    let arrival = Arrival {
        request_id: event.context.request_id.clone(),
        time: OffsetDateTime::now_utc(),
        function: event.context.invoked_function_arn.clone(),
    };
    let left = left(event.context.deadline());
    match made {
        Ok(crema) => crema.handle(&as_it_came(event.payload), &arrival, Instant::now() + left).await.map_err(Ended),
        Err(e) => {
            tracing::error!(error_type = e.kind.name(), reason = %e, "failed");
            Err(Ended(Failure::from(e)))
        }
    }
}

/// The error that Lambda hands on.
#[derive(Debug)]
struct Ended(Failure);

impl From<Ended> for Diagnostic {
    fn from(Ended(failure): Ended) -> Diagnostic {
        Diagnostic { error_type: failure.kind.to_owned(), error_message: failure.message }
    }
}
