//! The one error of the library. Its kinds are the `errorType`s a caller sees.

/// What kind of cause an [`Error`] has: the `errorType` of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The payload is none of the accepted ones, or names something that does not exist.
    InvalidEvent,
    /// A setting, a configuration file or the layout of the bucket is wrong.
    ConfigError,
    /// Jsonnet or template failed, or ran out of stack, memory or time.
    RenderError,
    /// A lookup is missing, denied or failed.
    LookupError,
    /// No such tag, digest or repository.
    ImageNotFound,
    /// The check failed, or ECS refused the definition.
    InvalidDefinition,
    /// Something that the definition names is missing, and the setting `PREFLIGHT` refuses that.
    PreflightFailed,
    /// S3, ECR or ECS denied, throttled for too long, or broke.
    AwsError,
    /// The time of the invocation ended before this was done; AWS refused nothing.
    DeadlineExceeded,
}

impl ErrorKind {
    /// All of them, as `docs/API.md` lists them.
    pub const ALL: [ErrorKind; 9] = [
        ErrorKind::InvalidEvent,
        ErrorKind::ConfigError,
        ErrorKind::RenderError,
        ErrorKind::LookupError,
        ErrorKind::ImageNotFound,
        ErrorKind::InvalidDefinition,
        ErrorKind::PreflightFailed,
        ErrorKind::AwsError,
        ErrorKind::DeadlineExceeded,
    ];

    /// As the answer spells it.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::InvalidEvent => "InvalidEvent",
            ErrorKind::ConfigError => "ConfigError",
            ErrorKind::RenderError => "RenderError",
            ErrorKind::LookupError => "LookupError",
            ErrorKind::ImageNotFound => "ImageNotFound",
            ErrorKind::InvalidDefinition => "InvalidDefinition",
            ErrorKind::PreflightFailed => "PreflightFailed",
            ErrorKind::AwsError => "AwsError",
            ErrorKind::DeadlineExceeded => "DeadlineExceeded",
        }
    }
}

/// Why something failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub kind: ErrorKind,
    /// Readable on its own: where, what is wrong, what was expected.
    pub message: String,
    /// Whether the cause may be gone at the next try (throttling, a timeout, a 5xx, a dead child), or lasts (a syntax error,
    /// a missing file).
    pub transient: bool,
    /// Whether AWS throttled the call until the end: nothing was refused, and nothing happened.
    pub throttled: bool,
}

/// What the library's functions return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error whose cause lasts.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), transient: false, throttled: false }
    }

    /// An error whose cause may be gone at the next try.
    pub fn transient(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { transient: true, ..Error::new(kind, message) }
    }

    /// The time of the invocation ended first: `the deadline came before` what was to be done.
    pub fn deadline(before: impl std::fmt::Display) -> Error {
        Error::transient(ErrorKind::DeadlineExceeded, format!("the deadline came before {before}"))
    }

    /// Whether nothing was refused and nothing broke: time ended before it was done, or AWS throttled it.
    pub fn is_put_off(&self) -> bool {
        self.throttled || self.kind == ErrorKind::DeadlineExceeded
    }

    /// The same error, with `prefix` and a colon in front of its message.
    #[must_use]
    pub fn in_context(self, prefix: &str) -> Error {
        self.reworded(|text| format!("{prefix}: {text}"))
    }

    /// The same error with another message.
    #[must_use]
    pub fn reworded(self, new: impl FnOnce(String) -> String) -> Error {
        Error { message: new(self.message), ..self }
    }
}
