//! `crema render`: the documents that would be registered.

use super::check::{not_known, notes};
use crate::{
    args::{RenderArgs, global::Global},
    aws::deployed::Deployed,
    desk::{Bench, Reach},
    output::{Out, Report, note::Note},
    stop::{Code, Stop},
};
use crema::flow::desk::examined::{Exam, ExamResult, Examination, none_there};
use serde_json::Value;

pub async fn run(args: &RenderArgs, global: &Global, out: &Out) -> Result<Code, Stop> {
    if args.offline && Deployed::is_named(&global.deployed) {
        let what = "`--offline` asks nobody, and so not for the settings of a deployed function: leave one of them out";
        return Err(Stop::usage(what));
    }
    let exam = Exam { app: args.app.as_deref(), pins: args.pin };
    let (bench, mut examination) = examine(args, global, exam, out).await?;
    if examination.apps.is_empty() && examination.warnings.is_empty() {
        return Err(none_there(&bench.directory).into());
    }
    let documents: Vec<Value> = examination.apps.iter_mut().filter_map(|app| app.document.take()).collect();
    let mut all = notes(&examination);
    let waiting = examination.apps.iter().filter(|app| app.result == ExamResult::NotKnown);
    all.extend(waiting.map(|app| Note {
        title: "LookupError".to_owned(),
        ..Note::error(anstream::adapter::strip_str(not_known(app).trim_end()).to_string())
    }));
    let is_wrong = examination.apps.iter().any(|app| app.result != ExamResult::Ok);
    let json = match documents.len() {
        // One app of one variant is meant, and not a list that happens to have one.
        1 if examination.apps.len() == 1 => documents.into_iter().next().unwrap_or_default(),
        _ => Value::from(documents),
    };
    let notes = bench.placed(&args.directory, all);
    let text = format!("{json:#}\n");
    // Where nothing rendered, there is no document to be read.
    let text = if is_wrong && (json.is_null() || json == Value::Array(vec![])) { String::new() } else { text };
    out.report(&Report { json, text, notes, summary: String::new() })?;
    Ok(if is_wrong { Code::Wrong } else { Code::Done })
}

/// Examines without AWS where that tells all; else with the credentials that are found.
async fn examine(args: &RenderArgs, global: &Global, exam: Exam<'_>, out: &Out) -> Result<(Bench, Examination), Stop> {
    let _progress = out.progress(&format!("rendering {}", args.directory.display()));
    if !args.pin && !Deployed::is_named(&global.deployed) {
        let bench = Bench::new(&args.directory, &args.lookups, global, Reach::Nobody).await?;
        let examination = bench.crema.examine(exam, bench.until).await?;
        if args.offline || examination.apps.iter().all(|app| app.result != ExamResult::NotKnown) {
            return Ok((bench, examination));
        }
    }
    let bench = Bench::new(&args.directory, &args.lookups, global, Reach::Lookups).await?;
    let examination = bench.crema.examine(exam, bench.until).await?;
    Ok((bench, examination))
}
