//! Credentials and region of a person, by the SDK's whole chain, and the deployed function.

pub mod deployed;

use crate::{args::global::DeployedArgs, stop::Stop};
use aws_config::{BehaviorVersion, Region, SdkConfig, meta::region::ProvideRegion, profile::region::Builder};
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError};
use aws_smithy_types::error::display::DisplayErrorContext;
use crema::aws::{Clients, http_client};
use std::time::Duration;

/// How long credentials are waited for: a process may ask a person for a code.
const TO_SIGN_IN: Duration = Duration::from_secs(120);

/// Who asks, and where.
pub struct Account {
    pub clients: Clients,
    pub region: String,
}

/// The account of the credentials that are found.
///
/// # Errors
/// That there are none, or no region; one sentence with what to do.
pub async fn account(args: &DeployedArgs) -> Result<Account, Stop> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client());
    if let Some(profile) = &args.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &args.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let config = loader.load().await;
    signed_in(&config, args).await?;
    let region = config.region().map(ToString::to_string).ok_or_else(|| {
        Stop::failed(
            "there is no region: give `--region`, or set AWS_REGION, or `region` in the profile (`aws configure`)",
        )
    })?;
    Ok(Account { clients: Clients::of(&config, &region, None), region })
}

/// The region that is known without asking anybody.
pub async fn region(args: &DeployedArgs) -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|region| !region.is_empty());
    if let Some(region) =
        args.region.clone().or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"))
    {
        return Some(region);
    }
    let mut profile = Builder::default();
    if let Some(name) = &args.profile {
        profile = profile.profile_name(name);
    }
    ProvideRegion::region(&profile.build()).await.map(|region| region.to_string())
}

/// Clients that ask nobody.
pub fn nobody(region: &str) -> Clients {
    let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    Clients::of(&config, region, None)
}

/// Asks for the credentials once, so that their absence is one sentence and not the failure of each call.
async fn signed_in(config: &SdkConfig, args: &DeployedArgs) -> Result<(), Stop> {
    let Some(provider) = config.credentials_provider() else { return Err(no_credentials(args, None)) };
    let asked = tokio::time::timeout(TO_SIGN_IN, provider.provide_credentials()).await;
    match asked {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => Err(no_credentials(args, Some(&e))),
        Err(_) => Err(Stop::failed(format!("no credentials came within {} s", TO_SIGN_IN.as_secs()))),
    }
}

/// What is wrong with the credentials, and what to do.
fn no_credentials(args: &DeployedArgs, e: Option<&CredentialsError>) -> Stop {
    let given = args.profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()));
    let of_profile = given.as_deref().map(|name| format!(" --profile {name}")).unwrap_or_default();
    let said = e.map(|e| DisplayErrorContext(e).to_string()).unwrap_or_default();
    Stop::failed(explained(&said, given.as_deref(), &of_profile))
}

/// One sentence of what the SDK says of credentials. Its own texts are chains of causes, and change.
fn explained(said: &str, profile: Option<&str>, of_profile: &str) -> String {
    let low = said.to_ascii_lowercase();
    let named = profile.unwrap_or("default");
    let has = |words: &[&str]| words.iter().any(|word| low.contains(word));
    if has(&["profile"])
        && has(&["was not defined", "not found", "could not find", "missing profile", "missingprofile"])
    {
        return format!(
            "there is no profile {named:?} in ~/.aws/config: give another one by `--profile`, or make it by `aws \
             configure{of_profile}`"
        );
    }
    if has(&["sso", "token"])
        && has(&["expired", "refresh", "cached", "sso token", "no token", "not load", "unauthorized"])
    {
        return format!("the session of the profile {named:?} is over: sign in by `aws sso login{of_profile}`");
    }
    if said.is_empty() || has(&["no providers in chain", "not loaded", "no credentials"]) {
        return "there are no AWS credentials: sign in by `aws sso login` or `aws configure`, or name a profile by \
                `--profile`"
            .to_owned();
    }
    let first = said.lines().next().unwrap_or_default();
    format!(
        "AWS credentials could not be had (profile {named:?}): {first}; `aws sts get-caller-identity{of_profile}` shows more"
    )
}
