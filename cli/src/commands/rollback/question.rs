//! The question before something is taken back.

use crate::{
    output::{
        Out,
        style::{bold, paint},
    },
    stop::Stop,
};
use std::io::{self, BufRead, IsTerminal};

/// Whether there is somebody to ask.
pub fn may_be_asked() -> bool {
    io::stdin().is_terminal()
}

/// Asks; only a clear yes is one.
///
/// # Errors
/// If the answer cannot be read.
pub fn is_agreed(question: &str, out: &Out) -> Result<bool, Stop> {
    out.tell(&format!("{} [y/N] ", paint(question, bold())));
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|e| Stop::failed(format!("the answer cannot be read: {e}")))?;
    // The end of input ends no line.
    if !line.ends_with('\n') {
        out.tell("\n");
    }
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
