//! Completions and man pages.

use crate::{
    args::Cli,
    output::Out,
    stop::{Code, Stop},
};
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use std::{fs, path::Path};

pub fn completions(shell: Shell, out: &Out) -> Result<Code, Stop> {
    let mut script = vec![];
    generate(shell, &mut Cli::command(), "crema", &mut script);
    out.write(&String::from_utf8_lossy(&script))?;
    Ok(Code::Done)
}

/// One page a command, `crema.1`, `crema-check.1` and so on.
pub fn man(directory: &Path) -> Result<Code, Stop> {
    let wrong = |e: std::io::Error| Stop::failed(format!("{} cannot be written: {e}", directory.display()));
    fs::create_dir_all(directory).map_err(wrong)?;
    clap_mangen::generate_to(Cli::command(), directory).map_err(wrong)?;
    Ok(Code::Done)
}
