//! The settings: environment variables of the function.

use super::{
    lane::{Lane, operator, operator_arn},
    reach::FamilyArns,
    variables::{self as v, Environment},
};
use crate::{
    aws::pace::Rate,
    error::{Error, ErrorKind, Result},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What the function was configured with.
#[derive(Clone)]
pub struct Settings {
    pub location: Location,
    /// The account that must own the bucket; `None` allows any.
    pub bucket_owner: Option<String>,
    pub ext_str: BTreeMap<String, String>,
    pub ext_code: BTreeMap<String, String>,
    pub pin_images: bool,
    /// How long the prefix must have been quiet before an unattended trigger reads it; zero turns the wait off.
    pub settle: Duration,
    /// How long after a rollback of `latest` the next one does nothing; zero turns this off.
    pub rollback_quiet: Duration,
    pub allow_unmanaged: bool,
    /// The families that a rollback may touch.
    pub family_arns: FamilyArns,
    /// Whether the `allow_last` of a rollback event counts.
    pub allow_last_by_event: bool,
    /// Whether stopped tasks prove revisions and take them back.
    pub circuit_breaker: bool,
    /// So many of a family's ACTIVE revisions are kept at least; none: nothing expires.
    pub keep_revisions: Option<usize>,
    /// Whether each outcome that matters is put on the default event bus.
    pub publish_outcomes: bool,
    /// Whether what a definition names is looked for before it is registered.
    pub preflight: PreflightMode,
    /// Whether the self-check reads how the installation is wired.
    pub doctor_reads: bool,
    /// Maximum calls to one AWS service at a time.
    pub concurrency: usize,
    /// How fast ECS is asked, below the limits of the account.
    pub ecs_reads: Rate,
    pub ecs_changes: Rate,
    pub lane: Lane,
    /// So many families that are not as desired the registrar does itself.
    pub bulk: usize,
    /// The function's own region.
    pub region: String,
    /// The function's memory in MB.
    pub memory_mb: u64,
    /// The function that the buttons of a page call, where that is another one.
    pub operator_arn: Option<String>,
    /// The function to call: this one, or by the template's names the operator beside it.
    pub operator: String,
    /// The part of the function's environment that `env` and `must_env` see.
    pub visible_env: BTreeMap<String, String>,
    /// The names of those whose values are told to nobody. The function's own are no secrets; a person's env file may hold
    /// some.
    pub confidential_env: BTreeSet<String>,
}

/// `PREFLIGHT`: whether AWS is asked for what a definition names, and what becomes of it where something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreflightMode {
    Off,
    /// It is told, and the definition registered.
    Warn,
    /// Nothing is registered.
    Refuse,
}

impl PreflightMode {
    fn read(text: Option<&str>) -> Result<PreflightMode> {
        match text {
            None | Some("off") => Ok(PreflightMode::Off),
            Some("warn") => Ok(PreflightMode::Warn),
            Some("refuse") => Ok(PreflightMode::Refuse),
            Some(other) => {
                let what = format!("PREFLIGHT is {other:?}; expected off, warn or refuse");
                Err(Error::new(ErrorKind::ConfigError, what))
            }
        }
    }
}

/// `CONFIG_URI`: a bucket, and the prefix of all configuration in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub bucket: String,
    /// Empty, or ending in `/`.
    pub prefix: String,
}

impl Location {
    /// Reads `s3://bucket/prefix/`; the last slash may be left out.
    pub fn parse(uri: &str) -> Result<Location> {
        let wrong = |what: &str| {
            Error::new(ErrorKind::ConfigError, format!("CONFIG_URI is {uri:?}: {what}; expected `s3://bucket/prefix/`"))
        };
        let rest = uri.strip_prefix("s3://").ok_or_else(|| wrong("it does not begin with `s3://`"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(allowed) {
            return Err(wrong("the bucket's name is not valid"));
        }
        if prefix.starts_with('/') || prefix.contains("//") || prefix.split('/').any(|part| matches!(part, "." | ".."))
        {
            return Err(wrong("the prefix has an empty, `.` or `..` part"));
        }
        let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        Ok(Location { bucket: bucket.to_owned(), prefix: format!("{prefix}{slash}") })
    }

    /// The key relative to the prefix, if this object is under it.
    pub fn relative<'a>(&self, bucket: &str, key: &'a str) -> Option<&'a str> {
        if bucket == self.bucket { key.strip_prefix(&self.prefix) } else { None }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl Settings {
    /// `CONFIG_URI` and app, as the tag `crema:source` of a revision has it.
    pub fn source(&self, app: &str) -> String {
        format!("{}{app}", self.location)
    }

    /// Reads the settings from the variables of an environment.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] naming the variable, what it says and what was expected.
    pub fn from_env(variables: impl IntoIterator<Item = (String, String)>) -> Result<Settings> {
        let env = Environment::new(variables);
        let uri = env.required(v::CONFIG_URI, "it names where the configuration lies, `s3://bucket/prefix/`")?;
        let region = match env.text(v::AWS_REGION).or(env.text(v::AWS_DEFAULT_REGION)) {
            Some(region) => region,
            None => env.required(v::AWS_REGION, "Lambda sets it; elsewhere name the region, such as eu-west-1")?,
        };
        let location = Location::parse(uri)?;
        let concurrency = env.number(v::CONCURRENCY)?;
        if !(1..=256).contains(&concurrency) {
            return Err(Error::new(ErrorKind::ConfigError, format!("CONCURRENCY is {concurrency}; expected 1 to 256")));
        }
        let lane = Lane::parse(env.text(v::LANE).unwrap_or_default())?;
        Ok(Settings {
            location,
            bucket_owner: env.account(v::CONFIG_BUCKET_OWNER)?,
            ext_str: env.pairs(v::EXT_STR)?,
            ext_code: env.pairs(v::EXT_CODE)?,
            pin_images: env.flag(v::PIN_IMAGES)?,
            settle: Duration::from_secs(env.number(v::SETTLE_SECONDS)?.into()),
            rollback_quiet: Duration::from_secs(env.number(v::ROLLBACK_QUIET_SECONDS)?.into()),
            allow_unmanaged: env.flag(v::ALLOW_UNMANAGED)?,
            family_arns: FamilyArns::parse(env.text(v::FAMILY_ARNS))?,
            allow_last_by_event: env.flag(v::ALLOW_LAST_BY_EVENT)?,
            circuit_breaker: env.switch(v::CIRCUIT_BREAKER)?,
            keep_revisions: env.kept(v::KEEP_REVISIONS)?,
            // What only looks has nothing to tell.
            publish_outcomes: env.flag(v::PUBLISH_OUTCOMES)? && lane != Lane::Viewer,
            doctor_reads: env.flag(v::DOCTOR_READS)?,
            preflight: PreflightMode::read(env.text(v::PREFLIGHT))?,
            concurrency: concurrency as usize,
            ecs_reads: Rate { per_second: env.rate(v::ECS_READS_PER_SECOND)?, burst: env.burst(v::ECS_READS_BURST)? },
            ecs_changes: Rate {
                per_second: env.rate(v::ECS_CHANGES_PER_SECOND)?,
                burst: env.burst(v::ECS_CHANGES_BURST)?,
            },
            lane,
            bulk: env.burst(v::BULK)? as usize,
            region: region.to_owned(),
            memory_mb: env.number(v::AWS_LAMBDA_FUNCTION_MEMORY_SIZE)?.into(),
            operator_arn: operator_arn(env.text(v::OPERATOR_ARN))?,
            operator: operator(env.text(v::AWS_LAMBDA_FUNCTION_NAME).unwrap_or_default()),
            visible_env: env.visible(),
            confidential_env: BTreeSet::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings> {
        let base = [("AWS_REGION", "eu-west-1"), ("CONFIG_URI", "s3://conf-bucket/crema/")];
        Settings::from_env(base.iter().chain(pairs).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn defaults_are_those_of_the_table() {
        let s = read(&[]).unwrap();
        assert_eq!(s.location, Location { bucket: "conf-bucket".into(), prefix: "crema/".into() });
        assert_eq!((s.settle.as_secs(), s.rollback_quiet.as_secs(), s.concurrency), (5, 900, 8));
        assert!(s.pin_images && !s.allow_unmanaged && s.ext_str.is_empty() && s.bucket_owner.is_none());
        assert!(
            s.pin_images && !s.allow_unmanaged && !s.allow_last_by_event && !s.circuit_breaker && !s.publish_outcomes
        );
        assert!(s.family_arns.have("arn:aws:ecs:eu-west-1:123456789012:task-definition/any:1"));
    }

    #[test]
    fn a_malformed_setting_is_named_with_what_was_expected() {
        for (name, value, expected) in [
            ("CONFIG_URI", "https://bucket/x", "s3://bucket/prefix/"),
            ("CONFIG_URI", "s3://", "bucket"),
            ("CONFIG_URI", "s3://UPPER/x/", "bucket"),
            ("CONFIG_URI", "s3://bucket//x/", "prefix"),
            ("CONFIG_URI", "s3://bucket/a/../b/", "prefix"),
            ("SETTLE_SECONDS", "-1", "whole number"),
            ("SETTLE_SECONDS", "5s", "whole number"),
            ("ROLLBACK_QUIET_SECONDS", "soon", "whole number"),
            ("CONCURRENCY", "0", "1 to 256"),
            ("ECS_READS_PER_SECOND", "0", "0.01 to 10000"),
            ("ECS_READS_BURST", "2.5", "whole number"),
            ("ECS_CHANGES_PER_SECOND", "fast", "such as 0.95"),
            ("ECS_CHANGES_PER_SECOND", "NaN", "0.01 to 10000"),
            ("ECS_CHANGES_BURST", "0", "1 to 10000"),
            ("LANE", "fast", "registrar, reconciler, operator or viewer"),
            ("OPERATOR_ARN", "crema-operator", "arn:aws:lambda:"),
            ("BULK", "0", "1 to 10000"),
            ("CONFIG_BUCKET_OWNER", "acme", "12 digits"),
            ("CONFIG_BUCKET_OWNER", "12345678901", "12 digits"),
            ("PIN_IMAGES", "yes", "true or false"),
            ("ALLOW_UNMANAGED", "1", "true or false"),
            ("ALLOW_LAST_BY_EVENT", "yes", "true or false"),
            ("FAMILY_ARNS", "shop-batch", "arn:aws:ecs:"),
            ("CIRCUIT_BREAKER", "true", "on or off"),
            ("KEEP_REVISIONS", "1", "0 (off), or 2"),
            ("KEEP_REVISIONS", "-3", "whole number"),
            ("KEEP_REVISIONS", "all", "whole number"),
            ("KEEP_REVISIONS", "10000", "2 to 9999"),
            ("PUBLISH_OUTCOMES", "on", "true or false"),
            ("PREFLIGHT", "on", "off, warn or refuse"),
            ("DOCTOR_READS", "on", "true or false"),
            ("EXT_STR", "type", "a=b;c=d"),
        ] {
            let error = read(&[(name, value)]).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.contains(name) && error.contains(expected), "{name}={value}: {error}");
        }
        let error = Settings::from_env([]).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("CONFIG_URI is not set"), "{error}");
    }

    #[test]
    fn external_variables_are_separated_by_semicolons_and_may_hold_equal_signs() {
        let s = read(&[("EXT_STR", "type=batch;q=a=b;"), ("EXT_CODE", "n=1+1;spec={cpu: 256}")]).unwrap();
        assert_eq!(s.ext_str, BTreeMap::from([("type".into(), "batch".into()), ("q".into(), "a=b".into())]));
        assert_eq!(s.ext_code["spec"], "{cpu: 256}");
        let s = read(&[("EXT_STR", ";; a=1 ; b=;p=c:\\d"), ("EXT_CODE", r"n=local a = 1\; a;m=2")]).unwrap();
        assert_eq!(s.ext_str, [("a", "1 "), ("b", ""), ("p", "c:\\d")].map(|(k, v)| (k.into(), v.into())).into());
        assert_eq!(s.ext_code, [("n", "local a = 1; a"), ("m", "2")].map(|(k, v)| (k.into(), v.into())).into());
    }

    #[test]
    fn no_credential_and_nothing_of_lambda_is_visible_to_definitions() {
        let s = read(&[
            ("AWS_ACCESS_KEY_ID", "A"),
            ("AWS_SESSION_TOKEN", "T"),
            ("LAMBDA_TASK_ROOT", "/var/task"),
            ("_HANDLER", "h"),
            ("IMAGE_TAG", "v1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ])
        .unwrap();
        let names: Vec<&str> = s.visible_env.keys().map(String::as_str).collect();
        assert_eq!(names, ["AWS_DEFAULT_REGION", "AWS_REGION", "CONFIG_URI", "IMAGE_TAG"]);
    }

    #[test]
    fn a_prefix_may_lack_its_last_slash_or_be_the_whole_bucket() {
        assert_eq!(Location::parse("s3://bucket/a/b").unwrap().prefix, "a/b/");
        assert_eq!(Location::parse("s3://bucket").unwrap().prefix, "");
        assert_eq!(Location::parse("s3://bucket/").unwrap().to_string(), "s3://bucket/");
    }
}
