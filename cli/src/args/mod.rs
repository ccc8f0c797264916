//! What may be typed: commands and options, read by clap.

pub mod global;
pub mod rollback;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use global::Global;
use rollback::RollbackArgs;
use std::path::PathBuf;

const ABOUT: &str = "Task definitions of scheduled jobs: what crema would do with a directory, and what the deployed \
                     function says and does";

const EXAMPLES: &str = "\
Examples:
  crema check deploy                     all that is wrong with the folders under deploy/, without AWS
  crema render deploy shop               the documents of one app
  crema plan deploy --stack crema        what the function would do if deploy/ were uploaded, with the difference
  crema status                           how every family stands
  crema rollback shop-batch              take the latest revision back, after a question

Exit codes: 0 done, nothing wrong; 1 an error or a fault found, or a rollback that was not done; 2 with --exit-code and
a registration planned; 64 wrong usage.";

#[derive(Debug, Parser)]
#[command(name = "crema", version, about = ABOUT, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read, render and check every app and variant of a directory, without AWS
    ///
    /// All faults of all apps are told, not the first. What depends on a lookup (SSM, Secrets Manager, CloudFormation, a
    /// Terraform state in S3) is not known, which is no fault; `--lookups` gives values.
    #[command(
        after_help = "Examples:\n  crema check deploy\n  crema check deploy --lookups lookups.json --output github"
    )]
    Check(CheckArgs),
    /// Print the documents that would be registered, as JSON
    ///
    /// Without crema's own tags, and with the images as they are written. A list where there are several. Lookups are
    /// fetched with your credentials.
    #[command(
        after_help = "Examples:\n  crema render deploy shop --offline\n  crema render deploy --pin --stack crema"
    )]
    Render(RenderArgs),
    /// Show what the function would do if the directory were uploaded, with the difference
    ///
    /// Nothing is changed. Values of environment variables are hidden. `--stack` or `--function` takes the settings of
    /// the deployed function; else `--config-uri` says what the directory stands for.
    #[command(after_help = "Examples:\n  crema plan deploy --stack crema\n  \
                            crema plan deploy shop --config-uri s3://acme-crema/crema/ --exit-code")]
    Plan(PlanArgs),
    /// Ask the deployed function how families stand
    #[command(after_help = "Examples:\n  crema status\n  crema status shop --output json")]
    Status(StatusArgs),
    /// Let the deployed function register an app, also what was taken back
    #[command(after_help = "Example:\n  crema register shop")]
    Register(AppArgs),
    /// Let the deployed function look at every app
    Sweep,
    /// Let the deployed function expire old revisions, where it keeps a number of them
    #[command(after_help = "Example:\n  crema expire --dry-run")]
    Expire(ExpireArgs),
    /// Let the deployed function look whether its account is as it needs it
    Doctor,
    /// Take the latest revision of a family back
    ///
    /// Shows what it would do, and asks, unless `--yes`. Schedules run the revision before it from then on.
    #[command(after_help = "Examples:\n  crema rollback shop-batch\n  \
                            crema rollback shop-batch --to 41 --reason 'double bookings' --yes")]
    Rollback(RollbackArgs),
    /// Print the completions of a shell
    #[command(after_help = "Example:\n  crema completions bash > ~/.local/share/bash-completion/completions/crema")]
    Completions {
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Write the man pages into a directory
    #[command(hide = true)]
    Man {
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
}

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// The directory that is uploaded: the folders with ecspresso.yml and their libraries
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    #[command(flatten)]
    pub lookups: LookupArgs,
}

#[derive(Args, Debug)]
pub struct RenderArgs {
    /// The directory that is uploaded
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// One app; else all
    #[arg(value_name = "APP")]
    pub app: Option<String>,
    /// Replace image tags by the digests that they have now
    #[arg(long, conflicts_with = "offline")]
    pub pin: bool,
    /// Ask AWS for nothing: an app that needs a lookup is an error
    #[arg(long)]
    pub offline: bool,
    #[command(flatten)]
    pub lookups: LookupArgs,
}

#[derive(Args, Debug)]
pub struct PlanArgs {
    /// The directory that would be uploaded
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// One app; else all
    #[arg(value_name = "APP")]
    pub app: Option<String>,
    /// End with 2 where something would be registered
    #[arg(long)]
    pub exit_code: bool,
    #[command(flatten)]
    pub lookups: LookupArgs,
}

#[derive(Args, Debug)]
pub struct LookupArgs {
    /// Values of lookups: {"ssm": {"/shop/points": "on"}}
    #[arg(long, value_name = "FILE.json")]
    pub lookups: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct StatusArgs {
    /// One app, and more of it; else all
    #[arg(value_name = "APP")]
    pub app: Option<String>,
}

#[derive(Args, Debug)]
pub struct AppArgs {
    #[arg(value_name = "APP")]
    pub app: String,
}

#[derive(Args, Debug)]
pub struct ExpireArgs {
    /// One app; else all
    #[arg(value_name = "APP")]
    pub app: Option<String>,
    /// Show what would go, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
