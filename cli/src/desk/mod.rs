//! The function on a desk: a directory in place of the bucket, settings of a person or of the deployed function.

mod settings;

use crate::{
    args::{LookupArgs, global::Global},
    aws::{self, Account, deployed::Deployed},
    output::{note::Note, place::Places},
    stop::Stop,
};
use crema::{
    aws::Clients,
    config::snapshot::Directory,
    flow::{crema::Crema, desk::Desk},
    lookup::given::Given,
};
use std::{collections::BTreeMap, fs, path::Path, thread::available_parallelism, time::Duration};
use tokio::time::Instant;

/// So long the function may take; nobody waits longer at a desk.
const LONGEST: Duration = Duration::from_secs(900);
/// Children that render beside the first are of use up to here.
const MOST_HELPERS: usize = 16;

/// What a command needs of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nothing.
    Nobody,
    /// Lookups and digests.
    Lookups,
    /// Also what is registered: what the directory stands for has to be known.
    Everything,
}

/// A directory that can be rendered.
pub struct Bench {
    pub crema: Crema,
    /// As it was typed.
    pub directory: String,
    pub until: Instant,
}

impl Bench {
    /// # Errors
    /// What of the arguments, the files or the account is not as it has to be.
    pub async fn new(directory: &Path, lookups: &LookupArgs, global: &Global, reach: Reach) -> Result<Bench, Stop> {
        let found = Directory::new(directory)?;
        let mut given = given(lookups)?;
        given.is_all = reach == Reach::Nobody;
        let (clients, region, deployed) = surroundings(global, reach).await?;
        let settings = settings::settings(&global.definitions, region.as_deref(), deployed)?;
        let cores = available_parallelism().map_or(1, usize::from);
        let helpers = if cores > 1 { cores.min(MOST_HELPERS) } else { 0 };
        Ok(Bench {
            crema: Crema::at_desk(settings, clients, Desk { directory: found, given, helpers }),
            directory: directory.display().to_string(),
            until: Instant::now() + LONGEST,
        })
    }

    /// These notes, with the places in the files that they name.
    pub fn placed(&self, directory: &Path, notes: Vec<Note>) -> Vec<Note> {
        let places = Places::new(directory, self.crema.keys());
        notes.into_iter().map(|note| Note { place: places.find(&note.text), ..note }).collect()
    }
}

/// Clients, the region, and the variables of the deployed function, as far as a command needs them.
async fn surroundings(
    global: &Global,
    reach: Reach,
) -> Result<(Clients, Option<String>, Option<BTreeMap<String, String>>), Stop> {
    let args = &global.deployed;
    if reach == Reach::Nobody && !Deployed::is_named(args) {
        let region = aws::region(args).await;
        return Ok((aws::nobody(region.as_deref().unwrap_or(settings::SOME_REGION)), region, None));
    }
    if reach == Reach::Everything && !Deployed::is_named(args) && global.definitions.config_uri.is_none() {
        return Err(Stop::usage(
            "`plan` compares with what crema registered of this configuration: name the stack by `--stack`, the function by \
             `--function`, or what the directory stands for by `--config-uri s3://bucket/prefix/`",
        ));
    }
    let account = aws::account(args).await?;
    let deployed = match Deployed::is_named(args) {
        true => Some(Deployed::of(args).configuration(&account).await?),
        false => None,
    };
    let Account { clients, region } = account;
    Ok((clients, Some(region), deployed))
}

fn given(args: &LookupArgs) -> Result<Given, Stop> {
    let Some(path) = &args.lookups else { return Ok(Given::default()) };
    let text = fs::read_to_string(path)
        .map_err(|e| Stop::failed(format!("{}: {e}; expected a file of lookups in JSON", path.display())))?;
    Ok(Given::read(&path.display().to_string(), &text)?)
}
