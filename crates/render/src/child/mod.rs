//! The rendering child: it reads asks from standard input and writes answers to standard output, and does no other I/O.

pub mod app;
pub mod bounds;
pub mod document;
pub mod known;
pub mod limits;

use crate::{
    child::{app::Telling, limits::Limits},
    session::{
        FileSet, Held,
        protocol::{ChildAnswer, ChildAsk, FileHead, Said},
    },
};
use crema_base::files::MAX_OBJECT_BYTES;
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    process::ExitCode,
    sync::Arc,
};

/// A further argument: tell each key that is asked for. A child that dies cannot tell them in its answer.
pub const TELL_READS: &str = "--tell-reads";

/// Runs until standard input ends. A failure is an exit code: the parent tells from it, and from what the standard
/// library writes to standard error, what the child ran out of.
pub fn main(limits: Limits) -> ExitCode {
    match run(limits) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(limits: Limits) -> io::Result<()> {
    let bound = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::Core, bound(0))?;
    setrlimit(Resource::As, bound((limits.memory_mb << 20) + mapped()))?;
    // An endless evaluation must not outlive the function. Where these are not allowed, the parent's deadline is enough.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let stack = usize::try_from(limits.stack_mb << 20).unwrap_or(usize::MAX);
    let thread = std::thread::Builder::new().name("render".to_owned()).stack_size(stack).spawn(serve)?;
    // A thread that panicked is a crash, never a quiet end.
    thread.join().unwrap_or_else(|_| Err(io::Error::other("the rendering thread panicked")))
}

/// Bytes of address space that are mapped before anything is evaluated: the binary, whose pages are shared with the
/// function's, and libc.
fn mapped() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")?.split_whitespace().next());
    size.and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or_default() << 10
}

fn serve() -> io::Result<()> {
    let mut files: Arc<FileSet> = Arc::default();
    let read: fn(&str) = if std::env::args().any(|argument| argument == TELL_READS) { tell_read } else { |_| () };
    let mut input = BufReader::new(io::stdin().lock());
    let mut line = String::new();
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let tell = |said: Said| {
            // Only a help in messages: where the parent is gone, answering fails.
            let _ = say(&said);
        };
        let telling = Telling { say: &tell, read };
        let answer: ChildAnswer = match serde_json::from_str(&line)? {
            ChildAsk::Files { changed, gone } => {
                let held = Arc::make_mut(&mut files);
                gone.iter().for_each(|key| drop(held.remove(key)));
                for head in changed {
                    let file = receive(&mut input, &head)?;
                    held.insert(head.key, file);
                }
                continue;
            }
            ChildAsk::Evaluate { key, surroundings } => app::evaluate_telling(&files, &key, &surroundings, &telling),
            ChildAsk::Render(ask) => app::render_telling(&files, *ask, &telling),
        };
        // Nothing collects by itself: each evaluation would leave tens of kilobytes behind.
        jrsonnet_gcmodule::collect_thread_cycles();
        say(&Said::ChildAnswer(Box::new(answer)))?;
    }
}

fn tell_read(key: &str) {
    let _ = say(&Said::Read { key: key.to_owned() });
}

fn receive(input: &mut impl Read, head: &FileHead) -> io::Result<Held> {
    if !head.loaded {
        return Ok(if head.bytes > MAX_OBJECT_BYTES { Held::TooLarge(head.bytes) } else { Held::Later });
    }
    let mut content = vec![0; usize::try_from(head.bytes).map_err(io::Error::other)?];
    input.read_exact(&mut content)?;
    Ok(Held::Loaded(content.into()))
}

fn say(said: &Said) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut line = serde_json::to_vec(said)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}
