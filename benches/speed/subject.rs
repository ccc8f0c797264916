//! A function that is measured: started as Lambda starts it, with a Runtime API of its own.

use crema_testing::{
    REGION,
    function::environment,
    lambda::{Event, Invocation, RuntimeApi},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// How a function is started.
#[derive(Clone)]
pub struct Subject {
    pub program: PathBuf,
    arguments: Vec<String>,
    folder: Option<PathBuf>,
}

/// One running copy of it; it ends when dropped.
pub struct Running {
    api: RuntimeApi,
    process: Child,
    begun: Instant,
    next_id: AtomicU32,
}

impl Subject {
    pub fn program(program: PathBuf) -> Subject {
        assert!(program.exists(), "{} is not built: `make bench` builds it", program.display());
        Subject { program, arguments: vec![], folder: None }
    }

    pub fn python(python: PathBuf, folder: PathBuf) -> Subject {
        let arguments = ["-m", "awslambdaric", "function.handler"].map(str::to_owned).to_vec();
        Subject { arguments, folder: Some(folder), ..Subject::program(python) }
    }

    /// Starts it; `certificate` is what it is to trust.
    pub async fn start(&self, endpoint: &str, certificate: &Path, more: &[(&str, &str)]) -> Running {
        let api = RuntimeApi::start().await;
        let mut variables: BTreeMap<String, String> = environment(&api, endpoint);
        variables.insert("AWS_CA_BUNDLE".into(), certificate.display().to_string());
        variables.insert("AWS_DEFAULT_REGION".into(), REGION.into());
        variables.insert("LAMBDA_TASK_ROOT".into(), self.folder.clone().unwrap_or_default().display().to_string());
        variables.insert("AWS_LAMBDA_FUNCTION_MEMORY_SIZE".into(), "512".into());
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().envs(&variables);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
        let begun = Instant::now();
        let process = command.spawn().unwrap();
        Running { api, process, begun, next_id: AtomicU32::new(0) }
    }
}

impl Running {
    /// From its start until it asks for its first event.
    pub async fn init(&self) -> Duration {
        loop {
            if let Some(at) = self.api.ready_at() {
                return at - self.begun;
            }
            assert!(self.api.init_error().is_none(), "{:?}", self.api.init_error());
            assert!(self.begun.elapsed() < Duration::from_secs(30), "it does not get ready");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// From the event to its answer.
    pub async fn invoke(&self, payload: Value) -> (Duration, Invocation) {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let request_id = format!("00000000-0000-4000-8000-{id:012}");
        let begun = Instant::now();
        let answer = self.api.send(Event {
            payload: payload.to_string().into(),
            request_id,
            time_left: Duration::from_secs(120),
        });
        let answer = tokio::time::timeout(Duration::from_secs(120), answer).await.expect("no answer").unwrap();
        (begun.elapsed(), answer)
    }

    /// Its init, and from then to the answer of an event that waits for it, as one does on Lambda.
    pub async fn first(&self, payload: Value) -> (Duration, Duration, Invocation) {
        let (_, answer) = self.invoke(payload).await;
        let both = self.begun.elapsed();
        let init = self.init().await;
        (init, both - init, answer)
    }

    /// The most memory in kilobytes that it and its child ever had in RAM, each.
    pub fn peaks(&self) -> (u64, u64) {
        let pid = self.process.id().unwrap();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let child: u64 = children.split_whitespace().filter_map(|child| peak(child.parse().ok()?)).sum();
        (peak(pid).unwrap_or_default(), child)
    }
}

fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
