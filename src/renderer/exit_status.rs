//! Why a rendering child died.

use crema_render::child::limits::Limits;
use std::{os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The parent killed it.
    Late,
    Stack,
    Memory,
    /// Memory or time; a signal alone does not say which of the two.
    StackOrMemory,
    /// Anything else: a bug of the evaluator.
    Crash,
}

/// Tells the cause by the exit status and the end of standard error.
pub fn cause(status: Option<ExitStatus>, said: &str) -> Cause {
    const ABORT: i32 = 6;
    const BUS: i32 = 7;
    const KILL: i32 = 9;
    const SEGV: i32 = 11;
    // By the allocator; by Jsonnet's interner, which asserts that allocating works; by the system, for maps and threads.
    let starved =
        ["memory allocation of", "!data.is_null()", "Cannot allocate memory", "Resource temporarily unavailable"];
    match status.and_then(|status| status.signal()) {
        Some(ABORT) if said.contains("overflowed its stack") => Cause::Stack,
        _ if starved.iter().any(|text| said.contains(text)) => Cause::Memory,
        // Not by the parent: the kernel, out of memory.
        Some(KILL) => Cause::Memory,
        Some(SEGV | BUS) => Cause::StackOrMemory,
        _ => Cause::Crash,
    }
}

/// One sentence that names the file and the limit.
pub fn message(cause: Cause, file: &str, limits: Limits, allowed: Duration) -> String {
    let Limits { memory_mb, stack_mb } = limits;
    match cause {
        Cause::Late => {
            let seconds = allowed.as_secs_f64();
            format!("ran out of time while evaluating {file}: no answer within {seconds:.1} s")
        }
        Cause::Stack => format!(
            "ran out of stack or memory while evaluating {file}: over {stack_mb} MB of stack; \
             a recursion or a structure that never ends?"
        ),
        Cause::Memory => {
            format!("ran out of stack or memory while evaluating {file}: over {memory_mb} MB of memory")
        }
        Cause::StackOrMemory => format!(
            "ran out of stack or memory while evaluating {file}: \
             over {stack_mb} MB of stack or {memory_mb} MB of memory"
        ),
        Cause::Crash => format!("the evaluator crashed while evaluating {file}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_are_told_apart_by_status_and_last_words() {
        let by = |signal: i32, said: &str| cause(Some(ExitStatus::from_raw(signal)), said);
        assert_eq!(by(6, "thread 'render' has overflowed its stack\nfatal runtime error"), Cause::Stack);
        assert_eq!(by(6, "memory allocation of 244 bytes failed"), Cause::Memory);
        assert_eq!(by(6, "panicked at: assertion failed: !data.is_null()"), Cause::Memory);
        assert_eq!(by(101 << 8, "panicked at: assertion failed: !data.is_null()"), Cause::Memory);
        assert_eq!(by(9, ""), Cause::Memory);
        assert_eq!(by(11, ""), Cause::StackOrMemory);
        assert_eq!(by(1 << 8, "Cannot allocate memory (os error 12)"), Cause::Memory);
        assert_eq!(by(6, "panicked at src/x.rs"), Cause::Crash);
        assert_eq!(by(0, ""), Cause::Crash);
        assert_eq!(cause(None, ""), Cause::Crash);
    }
}
