//! A rollback: which family is meant, whether an app renders it, and what is said about it.

mod beside_expiry;
pub mod deregister;
pub mod operator;

use crate::{
    decide::{AllowLast, Request},
    ecr,
    error::{Error, ErrorKind, Result},
    flow::{
        asked,
        crema::Crema,
        render_apps::{
            app_variant::{AppVariant, VariantState},
            relevance::Scope,
            selected::Selected,
        },
        rollback::operator::Operator,
    },
    outcome::{
        Outcome,
        draft::{Draft, Untold, Warning},
        subject::Subject,
    },
    reference::FamilyKey,
    trigger::{Rollback, Target, Trigger},
};
use crema_base::quote::quoted;
use std::collections::BTreeMap;
use time::Duration;
use tokio::time::{Instant, timeout_at};

/// A warning about a field that was ignored. It is given even if the field would have changed nothing.
const NOT_BY_EVENT: &str = "`allow_last` of a rollback event does not count (ALLOW_LAST_BY_EVENT, by the stack's parameter \
                            `AllowLastByEvent`), and this one was done without it: a direct call may carry it";

impl Crema {
    /// Takes back what a rollback means.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidEvent`] if app, family or revision do not exist or are ambiguous; else the error of a call.
    pub(in crate::flow) async fn roll_back(
        &self,
        trigger: &Trigger,
        rollback: &Rollback,
        until: Instant,
    ) -> std::result::Result<Draft, Untold> {
        let own = rollback.region.as_deref().unwrap_or(&self.settings.region);
        let mut subject = match &rollback.target {
            Target::Family(family) => Subject::of_family(family, own),
            Target::App { app, variant } => self.subject_of(trigger, app, variant.as_ref(), until).await?,
        };
        if let Some(region) = &rollback.region {
            subject.region = Some(region.clone());
        }
        let key = FamilyKey::new(
            subject.region.as_deref().unwrap_or_default(),
            subject.family.as_deref().unwrap_or_default(),
        );
        let is_app = subject.app.is_some();
        let api = self.ecs(&key.region);
        let operator = Operator {
            api: &api,
            cache: &self.cache,
            key: &key,
            request: Request {
                family: &key.family,
                goal: rollback.goal,
                asked: trigger.time,
                again: rollback.again,
                allow_last: self.allow_last(rollback),
                allow_missing_image: rollback.allow_missing_image,
                allow_unmanaged: self.settings.allow_unmanaged,
                outside: None,
                quiet: Duration::seconds_f64(self.settings.rollback_quiet.as_secs_f64()),
            },
            account: rollback.account.as_deref(),
            is_dry: rollback.is_dry,
            reach: &self.settings.family_arns,
            keep: self.settings.keep_revisions,
            rendered: async { Ok(is_app || self.is_rendered(trigger, &key, until).await?) },
            missing: async |images: Vec<_>| ecr::missing(&self.clients, &self.limits, &images).await,
            until,
        };
        let mut warnings = vec![];
        if self.allow_last(rollback) == AllowLast::NotByEvent {
            warnings.push(NOT_BY_EVENT.to_owned());
        }
        let done = match timeout_at(until, operator.roll_back(&subject, &mut warnings)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error @ Error { kind: ErrorKind::InvalidEvent, .. })) => {
                return Err(Untold { error, secrets: subject.confidential(false) });
            }
            Ok(Err(e)) => Outcome::of_error(subject, &e),
            Err(_) => Outcome::not_reached(subject),
        };
        let done = Outcome { request_reason: rollback.reason.clone(), ..done };
        let secrets = done.confidential();
        let warnings = warnings.into_iter().map(|text| Warning::of(text, &secrets)).collect();
        Ok(Draft { outcomes: vec![done], warnings, ..Draft::default() })
    }

    /// Whether the last ACTIVE revision may go. Those who may send events are not always those who may leave a schedule
    /// with nothing to run.
    fn allow_last(&self, rollback: &Rollback) -> AllowLast {
        match rollback.allow_last {
            false => AllowLast::No,
            true if rollback.by_event && !self.settings.allow_last_by_event => AllowLast::NotByEvent,
            true => AllowLast::Yes,
        }
    }

    /// Whether some app of the configuration renders this family.
    async fn is_rendered(&self, trigger: &Trigger, key: &FamilyKey, until: Instant) -> Result<bool> {
        let (_, selected) = self.survey(trigger, &Scope::Families, None, until, until, &mut |_| {}).await?;
        let is_it = |app_variant: &Selected| {
            app_variant.family() == Some(&key.family) && app_variant.region(&self.settings.region) == key.region
        };
        let is_rendered = selected.app_variants.iter().any(is_it);
        Ok(is_rendered)
    }

    /// The family that an app and variant render.
    async fn subject_of(
        &self,
        trigger: &Trigger,
        app: &str,
        variant: Option<&BTreeMap<String, String>>,
        until: Instant,
    ) -> std::result::Result<Subject, Untold> {
        let (_, selected) = self.survey(trigger, &Scope::App(app), None, until, until, &mut |_| {}).await?;
        asked::with_family(app, &selected)?;
        let app_variants = selected.app_variants;
        let is_of_app = |app_variant: &&AppVariant| app_variant.app == app || app_variant.own.is_none();
        let of_app: Vec<&AppVariant> = app_variants.iter().map(|selected| &**selected).filter(is_of_app).collect();
        let meant: Vec<&&AppVariant> =
            of_app.iter().filter(|app_variant| variant.is_none_or(|wanted| app_variant.variant == *wanted)).collect();
        let app_variant = match (meant.as_slice(), variant) {
            ([app_variant], _) => app_variant,
            ([], _) => return Err(no_variant(app, &of_app, "has no such `variant`").into()),
            _ => return Err(no_variant(app, &of_app, "has several variants: say `variant`").into()),
        };
        match (&app_variant.state, app_variant.family()) {
            (_, Some(_)) => Ok(app_variant.subject(&self.settings.region)),
            (VariantState::Failed(e) | VariantState::RanOut { error: e, .. } | VariantState::LeftAlone(e), None) => {
                let lead =
                    format!("{}: which family it renders is not known (name the `family` instead)", app_variant.name());
                Err(Untold { error: e.clone().in_context(&lead), secrets: app_variant.confidential() })
            }
            _ => {
                let before = format!("it was known which family {} renders", app_variant.name());
                Err(Error::deadline(before).into())
            }
        }
    }
}

/// Maximum variants that a message lists.
const SHOWN: usize = 20;

fn no_variant(app: &str, app_variants: &[&AppVariant], what: &str) -> Error {
    let mut all: Vec<String> = app_variants
        .iter()
        .take(SHOWN)
        .filter_map(|app_variant| serde_json::to_string(&app_variant.variant).ok())
        .collect();
    if app_variants.len() > SHOWN {
        all.push(format!("{} more", app_variants.len() - SHOWN));
    }
    Error::new(
        ErrorKind::InvalidEvent,
        format!("`variant`: the app {} {what}; there are {}", quoted(app), all.join(" and ")),
    )
}
