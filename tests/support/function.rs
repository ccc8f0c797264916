//! The real binary, started as Lambda starts it.

use super::{
    BUCKET, PREFIX, REGION,
    lambda::{Event, Failure, Invocation, RuntimeApi},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
};

/// What an invocation may take unless a test says otherwise.
const TIME_LEFT: Duration = Duration::from_secs(60);

type Lines = Arc<Mutex<Vec<String>>>;

/// A running function; it ends when dropped.
pub struct Function {
    api: RuntimeApi,
    process: tokio::sync::Mutex<Child>,
    pid: u32,
    lines: Lines,
    variables: BTreeMap<String, String>,
    next_id: Mutex<u32>,
}

impl Function {
    /// Starts it with an environment of nothing but what Lambda sets, `CONFIG_URI` and `variables`. An empty value takes
    /// a variable away.
    pub async fn start(endpoint: &str, variables: &[(&str, &str)]) -> Function {
        let api = RuntimeApi::start().await;
        let mut all = environment(&api, endpoint);
        for (name, value) in variables {
            all.insert((*name).to_owned(), (*value).to_owned());
        }
        all.retain(|_, value| !value.is_empty());
        let lines = Lines::default();
        let process = spawn(&all, &lines);
        let pid = process.id().unwrap();
        let process = tokio::sync::Mutex::new(process);
        Function { api, process, pid, lines, variables: all, next_id: Mutex::new(0) }
    }

    /// Invokes with a request id of its own and a minute's time.
    pub async fn invoke(&self, payload: Value) -> Invocation {
        self.invoke_event(payload, &self.request_id(), TIME_LEFT).await
    }

    /// Invokes with so much time until the deadline. Where that passes, Lambda kills the function; here it stays.
    pub async fn invoke_within(&self, payload: Value, time_left: Duration) -> Invocation {
        self.invoke_event(payload, &self.request_id(), time_left).await
    }

    /// Where the process ends meanwhile the error is `Runtime.ExitError`, as Lambda's own is.
    pub async fn invoke_event(&self, payload: Value, request_id: &str, time_left: Duration) -> Invocation {
        self.invoke_bytes(payload.to_string().into(), request_id, time_left).await
    }

    /// Invokes with a payload that may be no JSON.
    pub async fn invoke_raw(&self, payload: impl Into<Vec<u8>>) -> Invocation {
        self.invoke_bytes(payload.into(), &self.request_id(), TIME_LEFT).await
    }

    async fn invoke_bytes(&self, payload: Vec<u8>, request_id: &str, time_left: Duration) -> Invocation {
        let mut answer = self.api.send(Event { payload, request_id: request_id.to_owned(), time_left });
        let end = Instant::now() + time_left + Duration::from_secs(5);
        loop {
            if let Ok(answer) = tokio::time::timeout(Duration::from_millis(20), &mut answer).await {
                return answer.unwrap_or_else(|_| Err(Failure::new("Runtime.ExitError", "forgotten")));
            }
            if let Ok(Some(status)) = self.process.lock().await.try_wait() {
                return Err(Failure::new("Runtime.ExitError", format!("{status}: {}", self.log())));
            }
            if Instant::now() > end {
                return Err(Failure::new("Sandbox.Timedout", format!("no answer: {}", self.log())));
            }
        }
    }

    /// How many events it got.
    pub fn invoked(&self) -> u32 {
        *self.next_id.lock().unwrap()
    }

    fn request_id(&self) -> String {
        let mut next = self.next_id.lock().unwrap();
        *next += 1;
        format!("00000000-0000-4000-8000-{:012}", *next)
    }

    /// Kills it at once, in the middle of whatever it does.
    pub async fn kill(&self) {
        let _ = self.process.lock().await.kill().await;
    }

    /// Starts it again after its end, as Lambda does; the log goes on.
    pub async fn restart(&mut self) {
        self.kill().await;
        self.api.forget();
        self.api = RuntimeApi::start().await;
        self.variables.insert("AWS_LAMBDA_RUNTIME_API".into(), self.api.address.to_string());
        let process = spawn(&self.variables, &self.lines);
        self.pid = process.id().unwrap();
        self.process = tokio::sync::Mutex::new(process);
    }

    /// Waits until it asks for its first event.
    pub async fn ready(&self) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.api.asked() == 0 {
            assert!(Instant::now() < end, "the function does not get ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Those of its environment that whoever deploys it sets.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let is_set = |name: &&String| !name.starts_with("AWS_");
        self.variables.keys().filter(is_set).map(|name| (name.clone(), self.variables[name].clone())).collect()
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the process that was started is still the one that runs.
    pub async fn is_alive(&self) -> bool {
        matches!(self.process.lock().await.try_wait(), Ok(None))
    }

    /// All it wrote to its outputs so far.
    pub fn log(&self) -> String {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// The log lines that are JSON.
    pub fn records(&self) -> Vec<Value> {
        self.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub fn forget_log(&self) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What it reported to `/runtime/init/error`.
    pub fn init_error(&self) -> Option<Failure> {
        self.api.init_error()
    }
}

/// What Lambda sets, and where the fake is.
pub fn environment(api: &RuntimeApi, endpoint: &str) -> BTreeMap<String, String> {
    [
        ("AWS_LAMBDA_RUNTIME_API", api.address.to_string().as_str()),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "AKIDFORTESTSONLY"),
        ("AWS_SECRET_ACCESS_KEY", "secret-key-for-tests-only"),
        ("AWS_SESSION_TOKEN", "session-token-for-tests-only"),
        ("AWS_LAMBDA_FUNCTION_NAME", "crema"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/crema"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/23/[$LATEST]a1b2c3"),
        ("CONFIG_URI", &format!("s3://{BUCKET}/{PREFIX}")),
        ("SETTLE_SECONDS", "0"),
        // The fake has no limits of its own, and most tests are not about them.
        ("ECS_READS_PER_SECOND", "10000"),
        ("ECS_READS_BURST", "10000"),
        ("ECS_CHANGES_PER_SECOND", "10000"),
        ("ECS_CHANGES_BURST", "10000"),
        ("RUST_LOG", "info"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// The function's binary, which Cargo builds beside the tests of its package.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // target/debug/deps/function-0123 → target/debug/bootstrap
    test.parent().and_then(Path::parent).unwrap().join("bootstrap")
}

fn spawn(variables: &BTreeMap<String, String>, lines: &Lines) -> Child {
    let mut process = Command::new(binary())
        .env_clear()
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    collect(process.stdout.take().unwrap(), lines.clone());
    collect(process.stderr.take().unwrap(), lines.clone());
    process
}

fn collect(output: impl AsyncRead + Unpin + Send + 'static, lines: Lines) {
    tokio::spawn(async move {
        let mut output = BufReader::new(output).lines();
        while let Ok(Some(line)) = output.next_line().await {
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
}
