//! Which of the stack's functions this one is, and where the operator is.

use crate::error::{Error, ErrorKind, Result};

/// Which part of the work the function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Pushes and changes, as far as they are short; the rest it hands on.
    Registrar,
    /// Sweeps, and what was handed on, in rounds.
    Reconciler,
    /// Whatever it is asked, and all of it.
    Operator,
    /// Only what changes nothing.
    Viewer,
}

impl Lane {
    pub(super) fn parse(text: &str) -> Result<Lane> {
        match text {
            "registrar" => Ok(Lane::Registrar),
            "reconciler" => Ok(Lane::Reconciler),
            "operator" => Ok(Lane::Operator),
            "viewer" => Ok(Lane::Viewer),
            _ => Err(Error::new(
                ErrorKind::ConfigError,
                format!("LANE is {text:?}; expected registrar, reconciler, operator or viewer"),
            )),
        }
    }
}

/// `OPERATOR_ARN`: the ARN of a function, which may end in the name of an alias.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html>
pub(super) fn operator_arn(text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let parts: Vec<&str> = text.split(':').collect();
    let is_arn = matches!(parts.as_slice(), ["arn", partition, "lambda", _, _, "function", _] | ["arn", partition, "lambda", _, _, "function", _, _]
        if partition.starts_with("aws"));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$');
    if is_arn && parts.iter().all(|part| !part.is_empty() && part.chars().all(is_plain)) {
        return Ok(Some(text.to_owned()));
    }
    let expected = "the ARN of a function such as arn:aws:lambda:eu-west-1:123456789012:function:crema-operator";
    Err(Error::new(ErrorKind::ConfigError, format!("OPERATOR_ARN is {text:?}; expected {expected}")))
}

/// The name of the operator, from that of either function.
pub(super) fn operator(name: &str) -> String {
    let stack = name.strip_suffix("-registrar").or_else(|| name.strip_suffix("-viewer"));
    stack.map_or_else(|| name.to_owned(), |stack| format!("{stack}-operator"))
}
