//! How crema does with a hundred to ten thousand apps, under the limits that AWS publishes.
//!
//! `make bench-scale` builds the release binary and runs this: a fake of S3, ECR and ECS with ECS's token buckets, a model of Lambda and
//! EventBridge (`lambda/`), and, where limits are modelled, a time that runs several times as fast for the bench and for the
//! function (`clock.c`). The rendering child starts with an empty environment and lives in our time, as does the CPU: at the factor
//! of 8 a function has an eighth of a CPU of its time, about what Lambda gives to 256 MB.

mod clock;
mod fake;
mod lambda;
mod options;
mod parts;
mod report;
mod world;

use options::Options;
use serde_json::Value;
use std::{
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(what) => {
            eprintln!("{what}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(part) = &options.part {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(parts::run(part, &options));
        return ExitCode::SUCCESS;
    }
    let library = clock::compile(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench"));
    let lines: Vec<Value> =
        parts::planned(&options).iter().flat_map(|planned| measure(planned, &options, &library)).collect();
    let _ = std::fs::remove_file(&library);
    println!("{}\n\n{}", about(&options), report::table(&lines));
    ExitCode::SUCCESS
}

/// Where and when it was measured; on a machine that is busy otherwise the time that runs faster is worth little.
fn about(options: &Options) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').take(3).collect::<Vec<_>>().join(", ");
    let (date, lanes) = (time::OffsetDateTime::now_utc().date(), if options.lanes { "two lanes" } else { "one lane" });
    let set: String = options.set.iter().map(|(name, value)| format!(", {name}={value}")).collect();
    let (processor, factor) = (std::env::consts::ARCH, options.factor);
    format!("{date}, {processor}, {cores} cores, load {load} at the end, factor {factor}, {lanes}{set}.")
}

/// Runs one part in a process of its own, and gives what it printed.
fn measure(planned: &parts::Planned, options: &Options, library: &Path) -> Vec<Value> {
    let factor = if planned.is_quick { options.factor } else { 1 };
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--binary").arg(&options.binary);
    command.args(["--part", planned.part, "--apps", &planned.apps.to_string()]);
    command.args(["--lanes", if options.lanes { "true" } else { "false" }]);
    for (name, value) in &options.set {
        command.args(["--set", &format!("{name}={value}")]);
    }
    if let Some(folder) = &options.log {
        std::fs::create_dir_all(folder).unwrap();
        command.arg("--log").arg(folder.canonicalize().unwrap());
    }
    clock::quicken(&mut command, library, factor);
    let begun = Instant::now();
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    eprint!("{printed}");
    let took = begun.elapsed().as_secs();
    eprintln!("{} {}: {took} s of ours, {} s of the run's", planned.part, planned.apps, took * u64::from(factor));
    let mut lines: Vec<Value> = printed.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    if !output.status.success() {
        let what = format!("{} {}", planned.part, planned.apps);
        lines.push(serde_json::json!({"what": what, "most": "", "measured": "the bench itself failed", "met": false}));
    }
    lines
}
