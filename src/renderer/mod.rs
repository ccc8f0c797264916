//! The parent's side of rendering: one living child, what was sent to it, and how it died.

mod exit_status;
pub mod trouble;

use crate::{
    error::{Error, ErrorKind},
    renderer::{
        exit_status::Cause,
        trouble::{RanOut, Trouble},
    },
};
use crema_base::files::{File, Files};
use crema_render::{
    child::{
        TELL_READS,
        limits::{DEADLINE, Limits, MAX_RESIDENT_BYTES},
    },
    session::protocol::{ChildAnswer, ChildAsk, FileHead, Said},
};
use std::{collections::BTreeSet, io, path::PathBuf, process::Stdio, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
    time::{Instant, timeout_at},
};

/// Maximum bytes of an answer: a document of at most 1 MB, escaped, or a list of lookups.
const MAX_LINE_BYTES: u64 = 16 << 20;
/// Bytes that are kept of the end of standard error. They only tell the cause of a death and are never quoted.
const STDERR_TAIL: usize = 8 << 10;

/// Renders in a child process, which is started when it is needed and replaced when it has died.
pub struct Renderer {
    program: PathBuf,
    limits: Limits,
    child: Option<Living>,
}

/// A child and what was sent to it.
struct Living {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    stderr: JoinHandle<Vec<u8>>,
    /// The files that it holds.
    told: Arc<Files>,
    /// The total bytes of their contents.
    held: u64,
}

/// What a child said before it answered.
struct Told {
    /// What is being evaluated.
    file: String,
    reads: BTreeSet<String>,
    /// What to answer if it dies, and whether also if it is late.
    otherwise: Option<(ChildAnswer, bool)>,
}

/// Why a child gave no answer.
enum Lost {
    /// The deadline passed.
    Late,
    /// The child ended, or sent something that is no answer.
    Ended,
}

impl Renderer {
    /// A renderer for a function with this much memory, in megabytes. The child runs this process's own binary.
    pub fn new(memory_mb: u64) -> Renderer {
        // Open although the file may have been replaced; and Lambda's is not.
        Renderer::new_with_program(memory_mb, PathBuf::from("/proc/self/exe"))
    }

    /// Does the same with another binary, which starts the child by the same arguments.
    pub fn new_with_program(memory_mb: u64, program: PathBuf) -> Renderer {
        Renderer { program, limits: Limits::of_function(memory_mb), child: None }
    }

    /// Starts the child if none is running. If that fails, the next ask reports it.
    #[allow(clippy::unused_async, reason = "a process is started within a runtime, which who awaits has")]
    pub async fn warm_up(&mut self) {
        if self.child.is_none() {
            self.child = self.start(&[]).ok();
        }
    }

    /// The process id of the running child.
    pub fn child_id(&self) -> Option<u32> {
        self.child.as_ref()?.process.id()
    }

    /// Asks with these files, of which only changes are sent. Takes at most 10 s, and never continues after `until`.
    ///
    /// # Errors
    /// If it was not asked, or ran out of something; the next ask gets a new child.
    pub async fn ask(&mut self, files: &Arc<Files>, ask: &ChildAsk, until: Instant) -> Result<ChildAnswer, Trouble> {
        let child = self.child.take();
        let (answer, child) = self.ask_of(child, &[], files, ask, until).await?;
        self.child = child;
        Ok(answer)
    }

    /// Asks a fresh child, which serves this ask alone: nothing that others left behind influences its end, and it
    /// tells what was read until then.
    ///
    /// # Errors
    /// As [`Renderer::ask`].
    pub async fn ask_alone(
        &mut self,
        files: &Arc<Files>,
        ask: &ChildAsk,
        until: Instant,
    ) -> Result<ChildAnswer, Trouble> {
        if let Some(child) = self.child.take() {
            // Both would not fit.
            child.end(true).await;
        }
        let (answer, child) = self.ask_of(None, &[TELL_READS], files, ask, until).await?;
        if let Some(child) = child {
            child.end(true).await;
        }
        Ok(answer)
    }

    /// Asks this child, or one that is started with these further arguments. Keeps it if it can serve another ask.
    async fn ask_of(
        &self,
        child: Option<Living>,
        more: &[&str],
        files: &Arc<Files>,
        ask: &ChildAsk,
        until: Instant,
    ) -> Result<(ChildAnswer, Option<Living>), Trouble> {
        let deadline = until.min(Instant::now() + DEADLINE);
        let allowed = deadline.saturating_duration_since(Instant::now());
        let file = match ask {
            ChildAsk::Render(ask) => ask.config.clone(),
            ChildAsk::Evaluate { key, .. } => key.clone(),
            ChildAsk::Files { .. } => {
                return Err(Trouble::NotAsked(transient("files are told by asking with them".into())));
            }
        };
        if allowed.is_zero() {
            return Err(Trouble::NotAsked(transient(exit_status::message(Cause::Late, &file, self.limits, allowed))));
        }
        let mut told = Told { file, reads: BTreeSet::new(), otherwise: None };
        // Where this future is dropped half way, the child goes with it.
        let mut child = match child {
            Some(child) => child,
            None => self.start(more).map_err(|e| {
                let why = format!("{}: the rendering process could not be started: {e}", told.file);
                Trouble::NotAsked(transient(why))
            })?,
        };
        let answer = timeout_at(deadline, child.ask(files, ask, &mut told)).await;
        match answer.unwrap_or(Err(Lost::Late)) {
            Ok(answer) => {
                let is_small = child.resident_bytes().is_some_and(|bytes| bytes <= MAX_RESIDENT_BYTES + child.held);
                Ok((answer, is_small.then_some(child)))
            }
            Err(lost) => {
                let is_late = matches!(lost, Lost::Late);
                let cause = child.end(is_late).await;
                if let Some((answer, late)) = told.otherwise
                    && (late || !is_late)
                {
                    return Ok((answer, None));
                }
                let error = transient(exit_status::message(cause, &told.file, self.limits, allowed));
                let reads = more.contains(&TELL_READS).then_some(told.reads);
                Err(Trouble::RanOut(RanOut { error, is_late, reads }))
            }
        }
    }

    fn start(&self, more: &[&str]) -> io::Result<Living> {
        let mut command = Command::new(&self.program);
        command.args(self.limits.arguments()).args(more).env_clear();
        // glibc's second arena alone reserves 128 MB of address space.
        command.env("MALLOC_ARENA_MAX", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let pipe = || io::Error::other("a pipe is missing");
        Ok(Living {
            stdin: process.stdin.take().ok_or_else(pipe)?,
            stdout: BufReader::new(process.stdout.take().ok_or_else(pipe)?),
            stderr: tokio::spawn(tail(process.stderr.take().ok_or_else(pipe)?)),
            process,
            told: Arc::default(),
            held: 0,
        })
    }
}

fn transient(message: String) -> Error {
    Error::transient(ErrorKind::RenderError, message)
}

impl Living {
    /// Sends the changes and the ask, and reads the answer and what is said before it.
    async fn ask(&mut self, files: &Arc<Files>, ask: &ChildAsk, told: &mut Told) -> Result<ChildAnswer, Lost> {
        let (news, contents) = self.news(files);
        let (stdin, stdout) = (&mut self.stdin, &mut self.stdout);
        let write = async {
            if let Some(news) = &news {
                stdin.write_all(&line(news)?).await?;
                for content in &contents {
                    stdin.write_all(content).await?;
                }
            }
            stdin.write_all(&line(ask)?).await?;
            stdin.flush().await
        };
        // Both at once, and a failure to write is not told: the child is dead then, and reading ends as well.
        let (_, answer) = tokio::join!(write, read(stdout, told));
        answer
    }

    /// The files that the child does not have yet, and those that it has too much; from now on they count as sent. The
    /// snapshot that was sent last need not be compared.
    fn news(&mut self, files: &Arc<Files>) -> (Option<ChildAsk>, Vec<Arc<[u8]>>) {
        if Arc::ptr_eq(files, &self.told) {
            return (None, vec![]);
        }
        let is_new = |(key, file): &(&String, &File)| {
            let known = self.told.get(*key);
            known.is_none_or(|known| known.etag != file.etag || known.content.is_some() != file.content.is_some())
        };
        let changed: Vec<(&String, &File)> = files.iter().filter(is_new).collect();
        let gone: Vec<String> = self.told.keys().filter(|key| !files.contains_key(*key)).cloned().collect();
        let head = |(key, file): &(&String, &File)| FileHead {
            key: (*key).clone(),
            bytes: file.content.as_ref().map_or(file.bytes, |content| content.len() as u64),
            loaded: file.content.is_some(),
        };
        let heads: Vec<FileHead> = changed.iter().map(head).collect();
        let contents = changed.iter().filter_map(|(_, file)| file.content.clone()).collect();
        self.held = files.values().filter_map(|file| file.content.as_ref()).map(|content| content.len() as u64).sum();
        self.told = files.clone();
        let is_news = !heads.is_empty() || !gone.is_empty();
        (is_news.then_some(ChildAsk::Files { changed: heads, gone }), contents)
    }

    fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let figure = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(figure.split_whitespace().next()?.parse::<u64>().ok()? << 10)
    }

    /// Kills and reaps the child; says why it died, unless it was late.
    async fn end(mut self, late: bool) -> Cause {
        if !late {
            // It has closed its output, so it is dying: its own status tells why.
            let soon = Instant::now() + Duration::from_secs(2);
            let _ = timeout_at(soon, self.process.wait()).await;
        }
        let _ = self.process.start_kill();
        let status = self.process.wait().await;
        let soon = Instant::now() + Duration::from_secs(1);
        let said = timeout_at(soon, &mut self.stderr).await.ok().and_then(std::result::Result::ok).unwrap_or_default();
        self.stderr.abort();
        if late { Cause::Late } else { exit_status::cause(status.ok(), &String::from_utf8_lossy(&said)) }
    }
}

fn line<T: serde::Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

async fn read(stdout: &mut BufReader<ChildStdout>, told: &mut Told) -> Result<ChildAnswer, Lost> {
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut *stdout).take(MAX_LINE_BYTES);
        limited.read_until(b'\n', &mut line).await.map_err(|_| Lost::Ended)?;
        match serde_json::from_slice(&line) {
            Ok(Said::Started { key }) => (told.file, told.otherwise) = (key, None),
            Ok(Said::Read { key }) => drop(told.reads.insert(key)),
            Ok(Said::Otherwise { answer, late }) => told.otherwise = Some((*answer, late)),
            Ok(Said::ChildAnswer(answer)) => return Ok(*answer),
            Err(_) => return Err(Lost::Ended),
        }
    }
}

/// Reads everything to the end, and keeps the last part.
async fn tail(mut stderr: ChildStderr) -> Vec<u8> {
    let (mut kept, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..read]);
        let over = kept.len().saturating_sub(STDERR_TAIL);
        kept.drain(..over);
    }
    kept
}
