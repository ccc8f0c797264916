//! Why rendering stopped.

use crate::session::protocol::FailureKind;

/// Why rendering stopped.
#[derive(Clone, PartialEq)]
pub enum Stop {
    /// A value is missing; the result of this run is thrown away.
    Missing,
    Failed(RenderFailure),
}

#[derive(Clone, PartialEq)]
pub struct RenderFailure {
    pub kind: FailureKind,
    pub message: String,
}

impl RenderFailure {
    pub(crate) fn config(message: String) -> RenderFailure {
        RenderFailure { kind: FailureKind::Config, message }
    }

    pub(crate) fn render(message: String) -> RenderFailure {
        RenderFailure { kind: FailureKind::Render, message }
    }

    pub(crate) fn lookup(message: String) -> RenderFailure {
        RenderFailure { kind: FailureKind::Lookup, message }
    }
}
