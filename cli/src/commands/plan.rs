//! `crema plan`: what the function would do if the directory were uploaded.

use super::answer::{self, failed};
use crate::{
    args::{PlanArgs, global::Global},
    desk::{Bench, Reach},
    output::{Out, width},
    stop::{Code, Stop},
};
use crema::{
    flow::desk::examined::none_there,
    outcome::{Decision, answer::Answer},
};

pub async fn run(args: &PlanArgs, global: &Global, out: &Out) -> Result<Code, Stop> {
    let bench = Bench::new(&args.directory, &args.lookups, global, Reach::Everything).await?;
    let progress = out.progress(&format!("comparing {} with what is registered", bench.directory));
    let answer = bench.crema.plan(args.app.as_deref(), bench.until).await?;
    drop(progress);
    if answer.outcomes.is_empty() && answer.warnings.is_empty() {
        return Err(none_there(&bench.directory).into());
    }
    let json = serde_json::to_value(&answer).map_err(|e| Stop::failed(e.to_string()))?;
    let mut report = answer::report(&json, width());
    report.notes = bench.placed(&args.directory, report.notes);
    out.report(&report)?;
    Ok(match failed(&json) {
        true => Code::Wrong,
        false if args.exit_code && registers(&answer) => Code::Planned,
        false => Code::Done,
    })
}

fn registers(answer: &Answer) -> bool {
    answer.outcomes.iter().any(|outcome| outcome.would == Some(Decision::Registered))
}
