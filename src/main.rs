use crema::render::{child, limits::Limits};
use std::process::ExitCode;

fn main() -> ExitCode {
    match Limits::of_child(std::env::args()) {
        Some(limits) => child::main(limits),
        None => ExitCode::SUCCESS,
    }
}
