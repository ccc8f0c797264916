//! The command `crema`: the function's own code on a desk and in a pull request, and the deployed function asked by a
//! person.
//!
//! Imports run one way, each module's from those before it: [`stop`] (why the command ends, and its exit codes), [`args`]
//! (what may be typed), [`output`] (how anything is shown), [`aws`] (credentials, and the deployed function), [`desk`]
//! (a directory in place of the bucket), [`commands`] (one file a command).
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod args;
mod aws;
mod commands;
mod desk;
mod output;
mod stop;

use args::Cli;
use clap::Parser;
use crema_render::child::{self, limits::Limits};
use output::Out;
use std::process::ExitCode;
use stop::Code;

fn main() -> ExitCode {
    if let Some(limits) = Limits::of_child(std::env::args_os().filter_map(|argument| argument.into_string().ok())) {
        return child::main(limits);
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // `--help` and `--version` are no errors.
        Err(e) => {
            let code = if e.use_stderr() { Code::Usage } else { Code::Done };
            return if e.print().is_ok() { code.into() } else { Code::Wrong.into() };
        }
    };
    let out = Out::new(&cli.global.output);
    let ended = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(commands::run(&cli, &out)),
        Err(e) => Err(stop::Stop::failed(format!("the command cannot run: {e}"))),
    };
    match ended {
        Ok(code) => code.into(),
        Err(stop) => out.stop(&stop).into(),
    }
}
