//! One execution environment: the release binary with a Runtime API of its own.

use crema_testing::{
    Failure, Invocation,
    function::environment,
    lambda::{Event, RuntimeApi},
};
use serde_json::Value;
use std::{path::Path, process::Stdio, time::Duration};
use tokio::process::{Child, Command};

/// What a process took, of its own and of its rendering child.
#[derive(Clone, Copy, Default)]
pub struct Usage {
    /// The most that both had in RAM, in kilobytes.
    pub function: u64,
    pub child: u64,
    /// Seconds of a CPU; what the clock does to the time it does not do to this.
    pub cpu: f64,
}

impl Usage {
    /// The larger of each.
    pub fn or(self, other: Usage) -> Usage {
        let larger = if self.function + self.child >= other.function + other.child { self } else { other };
        Usage { cpu: self.cpu.max(other.cpu), ..larger }
    }

    /// Function and child, in MB.
    #[allow(clippy::cast_precision_loss, reason = "megabytes")]
    pub fn megabytes(&self) -> f64 {
        (self.function + self.child) as f64 / 1024.0
    }
}

pub struct Process {
    api: RuntimeApi,
    child: Child,
}

impl Process {
    /// Starts it; what it writes to its log goes to the end of `log`, where there is one.
    pub async fn start(binary: &Path, endpoint: &str, variables: &[(String, String)], log: Option<&Path>) -> Process {
        let api = RuntimeApi::start().await;
        let mut all = environment(&api, endpoint);
        all.extend(variables.iter().cloned());
        // The clock that runs faster, where there is one.
        let clock = ["LD_PRELOAD", "BENCH_CLOCK"].map(|name| (name, std::env::var_os(name)));
        let clock = clock.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let mut command = Command::new(binary);
        command.env_clear().envs(clock).envs(&all).stdin(Stdio::null()).stdout(output(log)).stderr(output(log));
        let child = command.kill_on_drop(true).spawn().unwrap();
        Process { api, child }
    }

    /// Gives it an event, and `time_left` to answer; without an answer it is of no use any more.
    pub async fn invoke(&mut self, payload: &Value, request_id: String, time_left: Duration) -> (Invocation, bool) {
        let event = Event { payload: payload.to_string().into(), request_id, time_left };
        let answer = self.api.send(event);
        let answer = tokio::select! {
            answer = answer => answer.unwrap_or_else(|_| Err(Failure::new("Runtime.ExitError", "forgotten"))),
            status = self.child.wait() => return (Err(Failure::new("Runtime.ExitError", format!("{status:?}"))), false),
            () = tokio::time::sleep(time_left) => return (Err(Failure::new("Sandbox.Timedout", "killed")), false),
        };
        (answer, true)
    }

    pub fn usage(&self) -> Usage {
        let Some(pid) = self.child.id() else { return Usage::default() };
        let children = read(format!("/proc/{pid}/task/{pid}/children"));
        let children: Vec<u32> = children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
        Usage {
            function: peak(pid),
            child: children.iter().copied().map(peak).sum(),
            cpu: cpu(pid) + children.iter().copied().map(cpu).sum::<f64>(),
        }
    }
}

fn output(log: Option<&Path>) -> Stdio {
    let Some(log) = log else { return Stdio::null() };
    std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap().into()
}

fn read(path: String) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn peak(pid: u32) -> u64 {
    let status = read(format!("/proc/{pid}/status"));
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// `utime`, `stime` and those of children that have ended, in ticks of a hundredth of a second.
fn cpu(pid: u32) -> f64 {
    let stat = read(format!("/proc/{pid}/stat"));
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    after_name.split(' ').skip(11).take(4).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
