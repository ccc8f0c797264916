//! Options that every command takes, as far as they mean something to it.

use clap::{ArgAction, Args, ValueEnum};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub struct Global {
    #[command(flatten)]
    pub definitions: DefinitionArgs,
    #[command(flatten)]
    pub deployed: DeployedArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How definitions are rendered here.
#[derive(Args, Debug)]
#[command(next_help_heading = "Definitions")]
pub struct DefinitionArgs {
    /// An external variable of Jsonnet, a text
    #[arg(long, global = true, value_name = "K=V", value_parser = pair, action = ArgAction::Append)]
    pub ext_str: Vec<(String, String)>,
    /// An external variable of Jsonnet, an expression
    #[arg(long, global = true, value_name = "K=V", value_parser = pair, action = ArgAction::Append)]
    pub ext_code: Vec<(String, String)>,
    /// A file of variables that definitions see
    #[arg(long, global = true, value_name = "FILE", action = ArgAction::Append)]
    pub env_file: Vec<PathBuf>,
    /// Let definitions see this variable of the shell; no other is seen
    #[arg(long, global = true, value_name = "NAME", action = ArgAction::Append)]
    pub env: Vec<String>,
    /// Whether image tags are replaced by digests, as the setting PIN_IMAGES says it
    #[arg(
        long, global = true, value_name = "true|false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", action = ArgAction::Set
    )]
    pub pin_images: Option<bool>,
    /// What the directory stands for: s3://bucket/prefix/
    #[arg(long, global = true, value_name = "URI")]
    pub config_uri: Option<String>,
}

/// Which deployed function is meant, and with whose credentials.
#[derive(Args, Debug)]
#[command(next_help_heading = "AWS")]
pub struct DeployedArgs {
    /// The stack of crema [default of commands that ask it: crema]
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "function")]
    pub stack: Option<String>,
    /// The function to ask, in place of the stack's operator
    #[arg(long, global = true, value_name = "NAME")]
    pub function: Option<String>,
    /// [default: AWS_REGION, or that of the profile]
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// The profile of ~/.aws/config [default: AWS_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// `github`: annotations, and the difference in the step's summary
    #[arg(long, global = true, value_enum, default_value_t = Form::Text)]
    pub output: Form,
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,
    /// No warnings, and nothing about what is under way
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say what is being done, twice for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Text,
    Json,
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// `K=V`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected K=V".to_owned()),
    }
}
