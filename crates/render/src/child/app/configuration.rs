//! The configuration file: whether it makes an app, and what it says about it. Values that crema does not need may be
//! missing.

use super::work::{Work, config_failure, extension, mentions, text_of};
use crate::{
    child::bounds::CONFIG,
    ecspresso::{self, Configuration, version},
    jsonnet::Evaluated,
    session::{
        failure::RenderFailure,
        gaps::{self, Gaps},
        paths,
    },
    template::{functions::Functions, past::expand_past},
};
use crema_base::{region, secrecy::foreign};

/// What the file is.
pub enum Configured {
    App(Box<Configuration>),
    /// It waits for a value.
    Waits,
    NotAnApp {
        express: bool,
        why: String,
    },
}

impl Work<'_> {
    pub(super) fn configured(&mut self, key: &str) -> Result<Configured, RenderFailure> {
        // Other tools have files of these names as well.
        let shared = key.rsplit('/').next().is_some_and(|name| CONFIG.contains(&name));
        let is_anothers = shared && !mentions(&self.session, key, b"task_definition");
        let mut gaps = Gaps::default();
        let text = text_of(&self.session, key).map_err(|RenderFailure { message, .. }| config_failure(message));
        let read = match text.and_then(|text| self.read(key, text, &mut gaps)) {
            Err(RenderFailure { message, .. }) if is_anothers => {
                return Ok(Configured::NotAnApp { express: false, why: message });
            }
            read => read?,
        };
        let Some(mut read) = read.filter(|_| !self.session.is_speculative()) else { return Ok(Configured::Waits) };
        if read.task_definition.is_none() {
            let why = format!("{key}: {}", missing(&read));
            match read.express_definition {
                true => return Ok(Configured::NotAnApp { express: true, why }),
                false if shared => return Ok(Configured::NotAnApp { express: false, why }),
                false => {}
            }
        }
        if let Some(failure) = gaps.first_in(read.needed(), &self.session) {
            return Err(failure);
        }
        if read.task_definition.is_none() {
            return Err(config_failure(format!("{key}: {}", missing(&read))));
        }
        if let Some(why) = read.app.region.as_deref().and_then(|region| region::check(region).err()) {
            return Err(config_failure(format!("{key}: `region` is {why}")));
        }
        read.app.cluster = read.app.cluster.filter(|cluster| !gaps::is_in(cluster));
        let told = read.unknown.iter().map(|unknown| format!("{key}: {unknown}")).chain(version_warning(key, &read));
        let told: Vec<String> = told.chain(gaps.warnings()).collect();
        self.warnings.extend(told);
        Ok(Configured::App(Box::new(read)))
    }

    /// `None`: it waits for a value.
    fn read(&self, key: &str, text: &str, gaps: &mut Gaps) -> Result<Option<Configuration>, RenderFailure> {
        let functions = Functions::with_defaults(self.session.clone());
        match extension(key) {
            "yml" | "yaml" => {
                let expanded = expand_past(key, text, &functions, gaps)?;
                gaps.locate(&expanded.text);
                let read = ecspresso::from_yaml(key, &expanded.text).map_err(|failure| {
                    let told = expanded.breaks_yaml(key, &|text| ecspresso::from_yaml(key, text).is_ok());
                    // Without a value the rest may be odd: that it could not be had is the cause.
                    gaps.first(&self.session).unwrap_or_else(|| told.map_or(failure, config_failure))
                });
                read.map(Some)
            }
            "json" | "jsonnet" => match self.jsonnet(key, paths::folder(key), &functions, Some(gaps))? {
                Evaluated::Json(text) => {
                    let name = format!("{key} (its JSON)");
                    let expanded = expand_past(&name, &text, &functions, gaps)?;
                    gaps.locate(&expanded.text);
                    let read = ecspresso::from_json(&name, &expanded.text)
                        .map_err(|failure| expanded.breaks_json(&name).map_or(failure, config_failure));
                    read.map(Some)
                }
                Evaluated::Missing(_) => Ok(None),
            },
            _ => Err(config_failure(format!("{key}: expected a name that ends in .yml, .yaml, .json or .jsonnet"))),
        }
    }
}

/// What to say if there is no `task_definition`.
fn missing(read: &Configuration) -> String {
    let slip = read.unknown.iter().find(|unknown| unknown.meant == Some("task_definition"));
    let meant = slip.map(|slip| format!(" (did you mean task_definition by `{}`?)", foreign(&slip.path)));
    let meant = meant.unwrap_or_default();
    format!("`task_definition` is missing{meant}; expected the path of a .json or .jsonnet file")
}

/// What `required_version` asks for, if crema is not compatible with that.
fn version_warning(key: &str, read: &Configuration) -> Option<String> {
    let required = read.required_version.as_ref().filter(|required| !gaps::is_in(required))?;
    let field = format!("{key}: `required_version: {}`", foreign(required));
    let compatible = version::COMPATIBLE;
    match version::excludes(required) {
        Some(false) => None,
        Some(true) => Some(format!(
            "{field} excludes {compatible}, the version of ecspresso that crema is compatible with: what this folder has of \
             another version may be read otherwise, or not at all"
        )),
        None => {
            Some(format!("{field} cannot be read, and was passed over; expected constraints such as `>= 2.0, < 3`"))
        }
    }
}
