//! Why the command ends without having done what was asked, and its exit codes.

use crema::{error::Error, outcome::answer::Failure};
use std::process::ExitCode;

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// It is done, and nothing is wrong.
    Done = 0,
    /// An error, or a fault that was found; a rollback that was not done.
    Wrong = 1,
    /// With `--exit-code`: something would be registered.
    Planned = 2,
    /// What was typed is wrong.
    Usage = 64,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> ExitCode {
        ExitCode::from(code as u8)
    }
}

/// One sentence that says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    pub code: Code,
    /// The `errorType` of the function, or one of the command's own.
    pub kind: String,
    pub message: String,
}

impl Stop {
    /// Something on the way is not as it has to be.
    pub fn failed(message: impl Into<String>) -> Stop {
        Stop { code: Code::Wrong, kind: "CommandError".to_owned(), message: message.into() }
    }

    /// What was typed is wrong.
    pub fn usage(message: impl Into<String>) -> Stop {
        Stop { code: Code::Usage, kind: "UsageError".to_owned(), message: message.into() }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        let Failure { kind, message } = failure;
        Stop { kind: kind.to_owned(), ..Stop::failed(message) }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop { kind: error.kind.name().to_owned(), ..Stop::failed(error.message) }
    }
}
