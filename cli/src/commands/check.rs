//! `crema check`: all that is wrong with a directory, without AWS.

use super::counts::counted;
use crate::{
    args::{CheckArgs, global::Global},
    aws::deployed::Deployed,
    desk::{Bench, Reach},
    output::{
        Out, Report,
        note::Note,
        style::{bold, of_word, paint, plain, word},
    },
    stop::{Code, Stop},
};
use crema::flow::desk::examined::{Exam, ExamResult, Examination, Examined, none_there};
use serde_json::json;
use std::collections::BTreeMap;

pub async fn run(args: &CheckArgs, global: &Global, out: &Out) -> Result<Code, Stop> {
    if Deployed::is_named(&global.deployed) {
        let what = "`check` asks nobody, and takes no settings of a deployed function: leave `--stack` and `--function` \
                    out, or use `plan`";
        return Err(Stop::usage(what));
    }
    let bench = Bench::new(&args.directory, &args.lookups, global, Reach::Nobody).await?;
    let progress = out.progress(&format!("checking {}", bench.directory));
    let examination = bench.crema.examine(Exam { app: None, pins: false }, bench.until).await?;
    drop(progress);
    if examination.apps.is_empty() && examination.warnings.is_empty() {
        return Err(none_there(&bench.directory).into());
    }
    let is_wrong = examination.apps.iter().any(|app| matches!(app.result, ExamResult::Failed | ExamResult::NotReached));
    let mut report = report(&examination);
    report.notes = bench.placed(&args.directory, report.notes);
    out.report(&report)?;
    Ok(if is_wrong { Code::Wrong } else { Code::Done })
}

fn report(examination: &Examination) -> Report {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for app in &examination.apps {
        *counts.entry(name(app.result).to_owned()).or_default() += 1;
    }
    let json = json!({"apps": examination.apps, "counts": counts, "warnings": examination.warnings});
    let text =
        examination.apps.iter().filter(|app| app.result == ExamResult::NotKnown).map(not_known).collect::<String>();
    Report { json, text: text + &counted("variant", &counts), notes: notes(examination), summary: String::new() }
}

/// Faults and warnings.
pub fn notes(examination: &Examination) -> Vec<Note> {
    let faults = examination.apps.iter().filter_map(fault);
    let warnings = examination.warnings.iter().map(|text| Note::warning(plain(text)));
    faults.chain(warnings).chain(of_region(examination)).collect()
}

fn fault(app: &Examined) -> Option<Note> {
    let reason = app.reason.as_ref().filter(|_| app.result != ExamResult::Ok && app.result != ExamResult::NotKnown)?;
    let title = app.error_type.unwrap_or("DeadlineExceeded").to_owned();
    Some(Note { title, ..Note::error(plain(reason)) })
}

/// What an app waits for.
pub fn not_known(app: &Examined) -> String {
    let needs: Vec<String> = app.needs.iter().map(|need| plain(need)).collect();
    let word = paint(&word(name(app.result)), of_word(name(app.result)));
    format!("{}: {word}, it needs {}\n", paint(&plain(&app.subject.name()), bold()), needs.join(", "))
}

fn name(verdict: ExamResult) -> &'static str {
    match verdict {
        ExamResult::Ok => "ok",
        ExamResult::Failed => "failed",
        ExamResult::NotKnown => "not_known",
        ExamResult::NotReached => "not_reached",
    }
}

/// What to type where a definition looks for the region and a desk has none.
fn of_region(examination: &Examination) -> Option<Note> {
    let is_missing = |app: &Examined| {
        let reason = app.reason.as_deref().unwrap_or_default();
        ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().any(|name| reason.contains(&format!("{name} is not defined")))
    };
    let what = "Lambda sets AWS_REGION, and this desk has no region: give `--region`, or set AWS_REGION";
    examination.apps.iter().any(is_missing).then(|| Note::warning(what.to_owned()))
}
