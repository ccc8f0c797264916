//! What an SDK error means to crema.

use crate::error::Error;
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::StatusCode,
};
use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};

/// How a call to AWS failed, in the four kinds that are treated differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A permission is missing.
    Denied(String),
    /// Too many requests; another time it may go through.
    Throttled(String),
    /// A timeout, a reset, a 5xx or a cut answer: for a change it is open whether it happened.
    Open(String),
    /// The service refused the request itself: its error code and its words, as far as it says any.
    Refused { code: String, message: String },
}

/// `Throttling…` and its many spellings; S3 says `SlowDown` with status 503.
const THROTTLES: [&str; 8] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "LimitExceededException",
    "SlowDown",
];

/// `RegisterTaskDefinition` has no code of its own for throttling within a family: "Too many concurrent attempts to create a
/// new revision of the specified family."
/// <https://github.com/hashicorp/terraform-provider-aws/issues/9777>
const TOO_MANY: &str = "Too many concurrent attempts";

impl Fault {
    /// Reads an SDK error.
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Fault
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let SdkError::ServiceError(answer) = error else {
            return Fault::Open(match error {
                SdkError::TimeoutError(_) => "no answer in time".into(),
                SdkError::DispatchFailure(_) => format!("the connection failed ({})", innermost(error)),
                SdkError::ResponseError(_) => format!("the answer was cut or unreadable ({})", innermost(error)),
                _ => DisplayErrorContext(error).to_string(),
            });
        };
        let status = answer.raw().status();
        let code = answer.err().code().unwrap_or_default();
        let message = answer.err().message().unwrap_or_default();
        let status_line = format!("HTTP status {}", status.as_u16());
        let message = if code.is_empty() && message.is_empty() { &status_line } else { message };
        let said = said(code, message);
        if is_throttle(status, code, message) {
            Fault::Throttled(said)
        } else if is_server_fault(status, code) {
            Fault::Open(said)
        } else if status.as_u16() == 403 || code.contains("AccessDenied") || code == "UnauthorizedOperation" {
            Fault::Denied(said)
        } else {
            Fault::Refused { code: code.to_owned(), message: message.to_owned() }
        }
    }

    /// Whether it may be gone at the next try.
    pub fn is_passing(&self) -> bool {
        matches!(self, Fault::Throttled(_) | Fault::Open(_))
    }

    /// A sentence that names the call, what it was made on and what is wrong; where a permission is missing, which
    /// one, on which resource. `call` is `ecs:RegisterTaskDefinition`, as IAM spells it.
    pub fn sentence(&self, call: &str, on: &str, resource: &str) -> String {
        match self {
            Fault::Denied(said) => {
                format!("{call} on {on} is denied: the function's role needs `{call}` on `{resource}` ({said})")
            }
            Fault::Throttled(said) => format!("{call} on {on} was throttled beyond patience ({said})"),
            Fault::Open(said) => format!("{call} on {on} failed: {said}"),
            Fault::Refused { code, message } => format!("{call} on {on} was refused: {}", said(code, message)),
        }
    }

    /// The same as the error of a service that crema itself needs (S3, ECR, ECS).
    pub fn into_error(self, call: &str, on: &str, resource: &str) -> Error {
        Error::AwsError { message: self.sentence(call, on, resource), passing: self.is_passing() }
    }
}

/// Code and words, as far as there are any.
fn said(code: &str, message: &str) -> String {
    match (code, message) {
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    }
}

fn is_throttle(status: StatusCode, code: &str, message: &str) -> bool {
    THROTTLES.contains(&code) || status.as_u16() == 429 || (code == "ClientException" && message.starts_with(TOO_MANY))
}

fn is_server_fault(status: StatusCode, code: &str) -> bool {
    status.is_server_error() || matches!(code, "ServerException" | "InternalError" | "InternalServerError")
}

/// The cause below all wrappers; the wrappers' own texts say nothing.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}
