//! The settings of the function on a desk.

use crate::{args::global::DefinitionArgs, stop::Stop};
use crema::config::{
    lane::Lane,
    settings::{Location, Settings},
};
use crema_render::ecspresso::envfile;
use std::{collections::BTreeMap, fs};

/// Where nobody says a region and none is asked.
pub const SOME_REGION: &str = "us-east-1";
/// What a directory stands for where nobody says it.
const SOME_URI: &str = "s3://directory/";

/// Those of the deployed function, or the defaults; what is typed comes first.
pub fn settings(
    args: &DefinitionArgs,
    region: Option<&str>,
    deployed: Option<BTreeMap<String, String>>,
) -> Result<Settings, Stop> {
    let mut variables = deployed.unwrap_or_default();
    if let Some(uri) = &args.config_uri {
        Location::parse(uri).map_err(|e| Stop::usage(e.message.replace("CONFIG_URI is", "--config-uri is")))?;
        variables.insert("CONFIG_URI".to_owned(), uri.clone());
    }
    let is_located = variables.contains_key("CONFIG_URI");
    variables.entry("CONFIG_URI".to_owned()).or_insert_with(|| SOME_URI.to_owned());
    // Lambda sets both.
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        variables.insert(name.to_owned(), region.unwrap_or(SOME_REGION).to_owned());
    }
    let mut settings = Settings::from_env(variables)?;
    // What nobody said is not to be read by a definition.
    if !is_located {
        settings.visible_env.remove("CONFIG_URI");
    }
    if region.is_none() {
        settings.visible_env.retain(|name, _| !name.starts_with("AWS_"));
    }
    settings.lane = Lane::Operator;
    settings.ext_str.extend(args.ext_str.iter().cloned());
    settings.ext_code.extend(args.ext_code.iter().cloned());
    settings.pin_images = args.pin_images.unwrap_or(settings.pin_images);
    for name in &args.env {
        let value = std::env::var(name)
            .map_err(|_| Stop::usage(format!("`--env {name}`: the shell has no such variable (or it is not UTF-8)")))?;
        settings.visible_env.insert(name.clone(), value);
    }
    for path in &args.env_file {
        let place = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|e| Stop::failed(format!("`--env-file {place}`: {e}")))?;
        let read = envfile::parse(&place, &text).map_err(|failure| Stop::failed(failure.message))?;
        settings.confidential_env.extend(read.keys().cloned());
        settings.visible_env.extend(read);
    }
    Ok(settings)
}
