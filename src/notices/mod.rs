//! Notices: one event for each outcome that matters, for other programs and for people. No I/O here.

mod batch;
mod memory;
mod notice;
#[cfg(test)]
mod tests;
mod words;

pub use batch::batches;
pub use memory::Told;
pub use notice::{DETAIL_TYPE, LARGEST_ENTRY, Notice, SOURCE, of_answer};
