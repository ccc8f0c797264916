//! How much text a template may produce, and how its functions fail.

use gotmpl::TemplateError;

/// Maximum bytes of a text that a template produces.
pub const MAX_TEXT: usize = 8_000_000;

/// What a template function returns.
pub type FunctionResult<T> = std::result::Result<T, TemplateError>;

pub fn fail<T>(message: String) -> FunctionResult<T> {
    Err(TemplateError::Exec(message))
}

/// # Errors
/// If the text has more than [`MAX_TEXT`] bytes.
pub fn bounded(text: &str) -> FunctionResult<()> {
    match text.len() > MAX_TEXT {
        true => fail(format!("gives a text of more than {MAX_TEXT} bytes")),
        false => Ok(()),
    }
}
