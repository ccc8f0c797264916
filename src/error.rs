//! The one error of the library. Its variants are the `errorType`s a caller sees.

/// Why something failed, readable as it stands: where, what is wrong, what was expected.
///
/// `passing` tells a cause that may be gone at the next try (throttling, a timeout, a 5xx, a dead child)
/// from a lasting one (a syntax error, a missing file).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The payload is none that crema accepts, or names what does not exist.
    #[error("{0}")]
    InvalidEvent(String),
    /// A setting, a configuration file or the layout of the bucket is wrong.
    #[error("{0}")]
    ConfigError(String),
    /// Jsonnet or template failed, or ran out of stack, memory or time.
    #[error("{message}")]
    RenderError { message: String, passing: bool },
    /// A lookup is missing, denied or failed.
    #[error("{message}")]
    LookupError { message: String, passing: bool },
    /// No such tag, digest or repository.
    #[error("{0}")]
    ImageNotFound(String),
    /// The check failed, or ECS refused the definition.
    #[error("{0}")]
    InvalidDefinition(String),
    /// S3, ECR or ECS denied, throttled beyond patience, or broke.
    #[error("{message}")]
    AwsError { message: String, passing: bool },
}

/// What the library's functions return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The `errorType` of the answer.
    pub fn kind(&self) -> &'static str {
        match self {
            Error::InvalidEvent(_) => "InvalidEvent",
            Error::ConfigError(_) => "ConfigError",
            Error::RenderError { .. } => "RenderError",
            Error::LookupError { .. } => "LookupError",
            Error::ImageNotFound(_) => "ImageNotFound",
            Error::InvalidDefinition(_) => "InvalidDefinition",
            Error::AwsError { .. } => "AwsError",
        }
    }

    /// Whether the cause may be gone at the next try.
    pub fn is_passing(&self) -> bool {
        match self {
            Error::RenderError { passing, .. }
            | Error::LookupError { passing, .. }
            | Error::AwsError { passing, .. } => *passing,
            _ => false,
        }
    }

    /// The same error, its message led by `prefix` and a colon.
    #[must_use]
    pub fn in_context(self, prefix: &str) -> Error {
        self.reworded(|text| format!("{prefix}: {text}"))
    }

    /// The same error with another message.
    #[must_use]
    pub fn reworded(self, new: impl FnOnce(String) -> String) -> Error {
        match self {
            Error::InvalidEvent(m) => Error::InvalidEvent(new(m)),
            Error::ConfigError(m) => Error::ConfigError(new(m)),
            Error::RenderError { message, passing } => Error::RenderError { message: new(message), passing },
            Error::LookupError { message, passing } => Error::LookupError { message: new(message), passing },
            Error::ImageNotFound(m) => Error::ImageNotFound(new(m)),
            Error::InvalidDefinition(m) => Error::InvalidDefinition(new(m)),
            Error::AwsError { message, passing } => Error::AwsError { message: new(message), passing },
        }
    }
}
