//! What an SDK error means to crema.

use super::denial::{Denial, parameters_of};
use crate::error::{Error, ErrorKind};
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::StatusCode,
};
use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};
use crema_base::secrecy::foreign;

/// How a call to AWS failed, in the kinds that are treated differently. Each holds a text: the words of the service, or
/// after [`Fault::told`] a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A permission is missing, or a policy denies.
    Denied(String),
    /// Too many requests; it may succeed later.
    Throttled(String),
    /// A timeout, a reset, a 5xx or an incomplete answer: whether a change happened is unknown.
    Open(String),
    /// AWS does not accept the credentials, the signature or the clock of the request. Nothing happened, and it says
    /// nothing about what was asked. A new copy of the function has other credentials.
    Unsigned(String),
    /// A quota of the account is used up: nothing happened.
    Quota(String),
    /// The service refused the request itself, with its error code and its words, as far as there are any. Nothing
    /// happened.
    Refused { code: String, text: String },
    /// An error that may not be about the request itself. Nothing happened.
    Unclear(String),
}

/// The error codes of throttling that do not contain the word; S3 says `SlowDown` with status 503.
const THROTTLES: [&str; 7] = [
    "TooManyRequestsException",
    "TooManyRequests",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "ProvisionedThroughputExceededException",
    "PriorRequestNotComplete",
    "SlowDown",
];

/// The error codes for credentials, signatures and clocks, most of them with the statuses 400 and 403.
/// <https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/common-errors.html>
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
const UNSIGNED: [&str; 20] = [
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidToken",
    "InvalidIdentityToken",
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
    "RequestExpired",
    "RequestExpiredException",
    "RequestTimeTooSkewed",
    "RequestInTheFuture",
    "InvalidSignature",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "AuthFailure",
];

/// Those of them that are about the clock.
const CLOCK: [&str; 4] = ["RequestExpired", "RequestExpiredException", "RequestTimeTooSkewed", "RequestInTheFuture"];

/// Error codes of denials other than `AccessDenied`.
const DENIALS: [&str; 5] =
    ["UnauthorizedOperation", "NotAuthorized", "NotAuthorizedException", "AuthorizationError", "Forbidden"];

/// How every service words a missing permission, whatever the error code.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const NOT_AUTHORIZED: &str = "is not authorized to perform";

/// `RegisterTaskDefinition` has no error code of its own for throttling within a family: "Too many concurrent attempts
/// to create a new revision of the specified family."
/// <https://github.com/hashicorp/terraform-provider-aws/issues/9777>
const TOO_MANY: &str = "Too many concurrent attempts";

/// How a connection that did not come about, or broke, is told.
const CONNECTION: &str = "the connection failed";

impl Fault {
    /// Reads an SDK error.
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Fault
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let SdkError::ServiceError(answer) = error else {
            return Fault::Open(match error {
                SdkError::TimeoutError(_) => "no answer in time".into(),
                SdkError::DispatchFailure(_) => format!("{CONNECTION} ({})", innermost(error)),
                SdkError::ResponseError(_) => format!("the answer was cut or unreadable ({})", innermost(error)),
                _ => DisplayErrorContext(error).to_string(),
            });
        };
        let error = answer.err();
        Fault::answered(answer.raw().status(), error.code().unwrap_or_default(), error.message().unwrap_or_default())
    }

    /// What an answer's status, error code and words mean.
    pub fn answered(status: StatusCode, code: &str, message: &str) -> Fault {
        let status_line = format!("HTTP status {}", status.as_u16());
        let message = if code.is_empty() && message.is_empty() { &status_line } else { message };
        let said = said(code, message);
        if is_throttle(status, code, message) {
            Fault::Throttled(said)
        } else if UNSIGNED.contains(&code) {
            Fault::Unsigned(said)
        } else if is_server_fault(status, code) {
            Fault::Open(said)
        } else if is_denial(status, code, message) {
            Fault::Denied(said)
        } else if is_quota(code) {
            Fault::Quota(said)
        } else {
            Fault::Refused { code: code.to_owned(), text: message.to_owned() }
        }
    }

    /// Whether no connection came about: the service may have no endpoint in that Region. To be asked before it is
    /// [`Fault::told`].
    pub fn is_unconnected(&self) -> bool {
        matches!(self, Fault::Open(text) if text.starts_with(CONNECTION))
    }

    /// Whether it may be gone at the next try.
    pub fn is_transient(&self) -> bool {
        matches!(self, Fault::Throttled(_) | Fault::Open(_) | Fault::Unsigned(_))
    }

    /// The text.
    pub fn text(&self) -> &str {
        let (Fault::Denied(text)
        | Fault::Throttled(text)
        | Fault::Open(text)
        | Fault::Unsigned(text)
        | Fault::Quota(text)
        | Fault::Unclear(text)
        | Fault::Refused { text, .. }) = self;
        text
    }

    /// The same fault with its [`Fault::sentence`] as text.
    #[must_use]
    pub fn told(self, call: &str, on: &str, resource: &str) -> Fault {
        self.told_by(call, on, resource, parameters_of(call))
    }

    /// The same, where these parameters of the template give the permission for the call.
    #[must_use]
    pub fn told_by(self, call: &str, on: &str, resource: &str, parameters: &[&str]) -> Fault {
        let text = self.sentence_by(call, on, resource, parameters);
        match self {
            Fault::Denied(_) => Fault::Denied(text),
            Fault::Throttled(_) => Fault::Throttled(text),
            Fault::Open(_) => Fault::Open(text),
            Fault::Unsigned(_) => Fault::Unsigned(text),
            Fault::Quota(_) => Fault::Quota(text),
            Fault::Refused { code, .. } => Fault::Refused { code, text },
            Fault::Unclear(_) => Fault::Unclear(text),
        }
    }

    /// A sentence that names the call, what it was made on and what is wrong; if a permission is missing, which one, on
    /// which resource, and the parameter of the template that grants it. `call` is spelled as IAM does:
    /// `ecs:RegisterTaskDefinition`.
    pub fn sentence(&self, call: &str, on: &str, resource: &str) -> String {
        self.sentence_by(call, on, resource, parameters_of(call))
    }

    /// The same, where these parameters of the template give the permission for the call.
    pub fn sentence_by(&self, call: &str, on: &str, resource: &str, parameters: &[&str]) -> String {
        match self {
            Fault::Denied(said) => {
                let denial = Denial::read(said).told(call, resource, parameters);
                format!("{call} on {on} is denied: {denial} ({})", foreign(said))
            }
            Fault::Throttled(said) => format!("{call} on {on} was throttled beyond patience ({})", foreign(said)),
            Fault::Open(said) => format!("{call} on {on} failed: {}", foreign(said)),
            Fault::Unsigned(said) => format!("{call} on {on} failed: {} ({})", unsigned(said), foreign(said)),
            Fault::Quota(said) => format!(
                "{call} on {on} failed: a quota of the account is used up, which Service Quotas shows and raises ({})",
                foreign(said)
            ),
            Fault::Refused { code, text } => format!("{call} on {on} was refused: {}", foreign(said(code, text))),
            Fault::Unclear(said) => format!("{call} on {on} was refused: {}", foreign(said)),
        }
    }

    /// The fault as the error of a service that crema itself needs (S3, ECR, ECS).
    pub fn into_error(self, call: &str, on: &str, resource: &str) -> Error {
        self.told(call, on, resource).into()
    }

    /// The same, where these parameters of the template give the permission for the call.
    pub fn into_error_by(self, call: &str, on: &str, resource: &str, parameters: &[&str]) -> Error {
        self.told_by(call, on, resource, parameters).into()
    }
}

/// A fault after [`Fault::told`], of a service that crema itself needs.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        Error {
            transient: fault.is_transient(),
            throttled: matches!(fault, Fault::Throttled(_)),
            ..Error::new(ErrorKind::AwsError, fault.text())
        }
    }
}

/// What is wrong with the credentials or the clock.
fn unsigned(said: &str) -> &'static str {
    let code = said.split(':').next().unwrap_or_default();
    if CLOCK.contains(&code) || said.contains("Signature expired") || said.contains("Signature not yet current") {
        "AWS takes the time of the request for wrong, so the function's clock and AWS's differ, or the request was long on \
         its way; the next try has a new time"
    } else {
        "AWS does not accept the function's credentials; a new copy of the function has new ones. A Region that is not \
         enabled for the account answers so as well"
    }
}

/// Error code and words, as far as there are any.
pub fn said(code: &str, message: &str) -> String {
    match (code, message) {
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    }
}

fn is_throttle(status: StatusCode, code: &str, message: &str) -> bool {
    let is_busy = code == "ClientException" && message.starts_with(TOO_MANY);
    // `LimitExceededException` is a quota, but some services mean the rate by it.
    let is_rate = code == "LimitExceededException" && message.to_ascii_lowercase().contains("rate exceeded");
    THROTTLES.contains(&code) || code.contains("Throttl") || status.as_u16() == 429 || is_busy || is_rate
}

fn is_server_fault(status: StatusCode, code: &str) -> bool {
    let is_late = status.as_u16() == 408 || matches!(code, "RequestTimeout" | "RequestTimeoutException");
    status.is_server_error() || is_late || matches!(code, "ServerException" | "InternalError" | "InternalServerError")
}

fn is_denial(status: StatusCode, code: &str, message: &str) -> bool {
    let is_bare = status.as_u16() == 403 && code.is_empty();
    code.contains("AccessDenied")
        || DENIALS.contains(&code)
        || is_bare
        || message.contains(NOT_AUTHORIZED)
        || Denial::is_of_a_key(message)
}

/// Whether the code is one of an exceeded quota: `LimitExceededException`, `ServiceQuotaExceededException` and similar
/// ones.
fn is_quota(code: &str) -> bool {
    code.contains("LimitExceeded") || code.contains("QuotaExceeded")
}

/// The innermost cause; the texts of the wrappers say nothing.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}
