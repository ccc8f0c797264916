//! How much text a template may make, and how its functions fail.

use gotmpl::TemplateError;

/// No text that a template makes is longer, in bytes.
pub const MAX_TEXT: usize = 8_000_000;

/// What a function of a template gives.
pub type FunctionResult<T> = std::result::Result<T, TemplateError>;

pub fn fail<T>(message: String) -> FunctionResult<T> {
    Err(TemplateError::Exec(message))
}

/// # Errors
/// The text has more than [`MAX_TEXT`] bytes.
pub fn bounded(text: &str) -> FunctionResult<()> {
    match text.len() > MAX_TEXT {
        true => fail(format!("gives a text of more than {MAX_TEXT} bytes")),
        false => Ok(()),
    }
}
