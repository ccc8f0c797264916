//! What a rollback takes: all its fields as options.

use clap::Args;

#[derive(Args, Debug)]
pub struct RollbackArgs {
    /// The family; or family:revision, or the ARN of a task definition
    #[arg(value_name = "FAMILY")]
    pub family: String,
    /// The revision to take back [default: latest]
    #[arg(long, value_name = "N|latest", value_parser = revision, conflicts_with = "to")]
    pub revision: Option<Revision>,
    /// Go back to this revision: everything above it is taken back
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub to: Option<u32>,
    /// Go further back although another rollback has just been
    #[arg(long)]
    pub again: bool,
    /// Also where no ACTIVE revision remains
    #[arg(long)]
    pub allow_last: bool,
    /// Also where an image of the revision before is gone
    #[arg(long)]
    pub allow_missing_image: bool,
    /// Why, in your own words; it stands in the answer and in the log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The region of the family, where it is another than the function's
    #[arg(long, value_name = "REGION")]
    pub family_region: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    Latest,
    Number(u32),
}

fn revision(text: &str) -> Result<Revision, String> {
    match text.parse() {
        _ if text == "latest" => Ok(Revision::Latest),
        Ok(number @ 1..) => Ok(Revision::Number(number)),
        _ => Err("expected `latest` or a positive number".to_owned()),
    }
}
