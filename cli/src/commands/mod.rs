//! One file a command.

mod answer;
mod call;
mod check;
mod counts;
mod plan;
mod render;
mod rollback;
mod shell;

use crate::{
    args::{Cli, Command},
    commands::call::Call,
    output::Out,
    stop::{Code, Stop},
};

/// Does what was typed.
///
/// # Errors
/// Why it could not be done.
pub async fn run(cli: &Cli, out: &Out) -> Result<Code, Stop> {
    let global = &cli.global;
    match &cli.command {
        Command::Check(args) => check::run(args, global, out).await,
        Command::Render(args) => render::run(args, global, out).await,
        Command::Plan(args) => plan::run(args, global, out).await,
        Command::Status(args) => {
            let call = Call::new("status", "asking how families stand").with("app", args.app.as_deref());
            call::run(call, global, out).await
        }
        Command::Register(args) => {
            let call = Call::new("register", "registering").with("app", Some(args.app.as_str()));
            call::run(call, global, out).await
        }
        Command::Sweep => call::run(Call::new("sweep", "looking at every app"), global, out).await,
        Command::Expire(args) => {
            let call = Call::new("expire", "expiring").with("app", args.app.as_deref());
            call::run(call.with("dry_run", args.dry_run.then_some(true)), global, out).await
        }
        Command::Doctor => call::run(Call::new("doctor", "looking at the account"), global, out).await,
        Command::Rollback(args) => rollback::run(args, global, out).await,
        Command::Completions { shell } => shell::completions(*shell, out),
        Command::Man { directory } => shell::man(directory),
    }
}
