//! From what was rendered to what is desired: claims, the check, pinning.

pub mod check;
mod circuit_breaker;
pub mod family;
pub mod revision;

use crate::{
    config::settings::Settings,
    definition::{Definition, digests_of, rules::Findings},
    error::{Error, ErrorKind, Result},
    flow::{
        aside::aside,
        desired::{
            check::{CheckedDocument, checked},
            family::DesiredFamily,
            revision::DesiredRevision,
        },
        prefetch::Prefetcher,
        render_apps::{
            app_variant::{AppVariant, VariantState},
            relevance::Relevance,
            selected::Selected,
        },
    },
    outcome::{Outcome, draft::Warning, subject::Subject},
    reference::FamilyKey,
};
use crema_base::{image::EcrImage, secrecy::foreign};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};
use tokio::time::Instant;

/// The results for the app variants that a trigger concerns.
#[derive(Default)]
pub struct Prepared {
    pub desired: Vec<DesiredRevision>,
    /// The outcomes of those that failed or were not reached.
    pub ended: Vec<Outcome>,
    pub warnings: Vec<Warning>,
    /// The digests that ECR returned, by image.
    pub found: BTreeMap<EcrImage, String>,
}

impl Prepared {
    fn fail(&mut self, subject: Subject, error: &Error) {
        self.ended.push(Outcome::of_error(subject, error));
    }

    fn not_reached(&mut self, subject: Subject) {
        self.ended.push(Outcome::not_reached(subject));
    }

    fn warn(&mut self, family: &DesiredFamily, warnings: impl IntoIterator<Item = String>) {
        let secrets = family.subject.confidential(false);
        let warning = |text| Warning::of(format!("{}: {text}", family.name), &secrets);
        self.warnings.extend(warnings.into_iter().map(warning));
    }

    fn leave_alone(&mut self, app_variant: &AppVariant, error: &Error) {
        let name = app_variant.name();
        let text = format!("{name}: {error}; whether this event concerns the app is not known, and it was left alone");
        self.warnings.push(Warning::of(text, &app_variant.confidential()));
    }
}

/// An app variant's definition before it is pinned.
pub struct Checked {
    pub family: DesiredFamily,
    /// The definition's file.
    place: String,
    definition: Definition,
    findings: Findings,
    pins: bool,
    /// Whether tags are given to revisions later, so that some have to be free.
    tags_later: bool,
}

/// Checks everything that the trigger concerns, one after the other on another thread, and nothing after `until`. If it
/// is unknown whether the trigger concerns an app variant that failed to render, a transient failure counts as
/// concerned, so that the event is tried again; a lasting one is a warning, because its own change event has failed
/// already. So is running out of stack, memory or time.
pub async fn check_all(
    settings: &Settings,
    app_variants: impl IntoIterator<Item = &Selected>,
    claims: &Claims<'_>,
    until: Instant,
) -> (Vec<Checked>, Prepared) {
    let mut prepared = Prepared::default();
    let mut checked = vec![];
    // By app: all variants of one may have run out.
    let mut left: BTreeMap<&str, (&AppVariant, &Error, usize)> = BTreeMap::new();
    for app_variant in app_variants {
        let subject = || app_variant.subject(&settings.region);
        match (&app_variant.state, app_variant.relevance) {
            (_, Relevance::No) | (VariantState::Missing(..), Relevance::Unknown) => {}
            (VariantState::Failed(e), Relevance::Unknown) if !e.transient => prepared.leave_alone(app_variant, e),
            (VariantState::RanOut { error, .. } | VariantState::LeftAlone(error), Relevance::Unknown) => {
                left.entry(&app_variant.app).or_insert((app_variant, error, 0)).2 += 1;
            }
            (VariantState::Failed(e) | VariantState::RanOut { error: e, .. } | VariantState::LeftAlone(e), _) => {
                prepared.fail(subject(), &e.clone().in_context(&app_variant.name()));
            }
            (VariantState::NotReached, _) => prepared.not_reached(subject()),
            _ if Instant::now() >= until => prepared.not_reached(subject()),
            (VariantState::Missing(..) | VariantState::Rendered(..), _) => {
                match check(app_variant, claims, settings, until).await {
                    Ok(None) => prepared.not_reached(subject()),
                    Ok(Some((next, warnings))) => {
                        prepared.warn(&next.family, warnings);
                        checked.push(next);
                    }
                    // Of a document that is nothing not even the images are known.
                    Err(e) if app_variant.relevance == Relevance::Unknown && !e.transient => {
                        prepared.leave_alone(app_variant, &e);
                    }
                    Err(e) => prepared.fail(subject(), &e.in_context(&app_variant.name())),
                }
            }
        }
    }
    for (app_variant, error, count) in left.into_values() {
        let more =
            if count > 1 { format!("; so it is with {} more of its variants", count - 1) } else { String::new() };
        prepared.leave_alone(app_variant, &error.clone().reworded(|text| text + &more));
    }
    (checked, prepared)
}

/// The app variants that render a family.
pub type Claims<'a> = BTreeMap<FamilyKey, Vec<&'a AppVariant>>;

/// The app variants that render each family of each region, of those families that the trigger concerns.
pub fn claims<'a>(app_variants: &'a [Selected], default: &'a str) -> Claims<'a> {
    let named = |selected: &'a Selected| Some((selected.region(default), selected.family()?));
    let concerns = |selected: &&'a Selected| selected.relevance != Relevance::No;
    let concerned: HashSet<_> = app_variants.iter().filter(concerns).filter_map(named).collect();
    let mut claims = Claims::new();
    for app_variant in app_variants {
        if let Some(named) = named(app_variant).filter(|named| concerned.contains(named)) {
            claims.entry(FamilyKey::new(named.0, named.1)).or_default().push(app_variant);
        }
    }
    claims
}

/// Checks one app variant; none if that took longer than until then.
async fn check(
    app_variant: &AppVariant,
    claims: &Claims<'_>,
    settings: &Settings,
    until: Instant,
) -> Result<Option<(Checked, Vec<String>)>> {
    let place = app_variant
        .config
        .definition
        .as_ref()
        .or(app_variant.own.as_ref().map(|own| &own.config))
        .cloned()
        .unwrap_or_default();
    let Some(document) = checked(app_variant, &place, until).await? else { return Ok(None) };
    let CheckedDocument { mut definition, findings, warnings } = document;
    circuit_breaker::mark(&mut definition, app_variant.own.as_deref(), &place)?;
    let family = DesiredFamily::of(app_variant, definition.family(), settings);
    if let Some(claimed) = claims.get(&family.key).filter(|claimed| claimed.len() > 1) {
        let FamilyKey { region, family } = &family.key;
        let names: Vec<String> = claimed.iter().map(|app_variant| app_variant.name()).collect();
        let message = format!(
            "the family {family} of {region} is rendered by {}: a family belongs to one app and variant, so give each its own \
             `family`, or take one out (`variants` of crema's own file); nothing was registered for it",
            names.join(" and by ")
        );
        return Err(Error::new(ErrorKind::ConfigError, message));
    }
    let pins = app_variant.own.as_ref().and_then(|own| own.pin_images).unwrap_or(settings.pin_images);
    let tags_later = settings.circuit_breaker || settings.keep_revisions.is_some();
    Ok(Some((Checked { family, place, definition, findings, pins, tags_later }, warnings)))
}

/// Replaces tags by digests, and checks that written digests exist, all at once. One missing image fails its own app
/// and no other.
pub async fn pin(prefetcher: &mut Prefetcher, checked: Vec<Checked>, until: Instant, prepared: &mut Prepared) {
    let wanted: BTreeSet<EcrImage> =
        checked.iter().filter(|c| c.pins).flat_map(|c| c.definition.wanted().into_keys()).collect();
    let Ok(answers) = tokio::time::timeout_at(until, prefetcher.digests(wanted)).await else {
        checked.into_iter().for_each(|c| prepared.not_reached(c.family.subject));
        return;
    };
    let known = |(image, digest): (&EcrImage, &Result<String>)| Some((image.clone(), digest.clone().ok()?));
    let found: Arc<BTreeMap<_, _>> = Arc::new(answers.iter().filter_map(known).collect());
    prepared.found = BTreeMap::clone(&found);
    for c in checked {
        let mut failed = None;
        if c.pins {
            let Unresolved { error, warnings } = unresolved(&c, &answers);
            failed = error;
            prepared.warn(&c.family, warnings);
        }
        finish(c, found.clone(), failed, until, prepared).await;
    }
}

/// Leaves all images as they are written, and asks nobody.
pub async fn leave_unpinned(checked: Vec<Checked>, until: Instant, prepared: &mut Prepared) {
    for c in checked {
        finish(Checked { pins: false, ..c }, Arc::default(), None, until, prepared).await;
    }
}

async fn finish(
    c: Checked,
    found: Arc<BTreeMap<EcrImage, String>>,
    failed: Option<Error>,
    until: Instant,
    prepared: &mut Prepared,
) {
    let family = c.family.clone();
    match aside(until, move || c.pinned(&found, failed)).await {
        Some(Ok(desired_revision)) => prepared.desired.push(desired_revision),
        Some(Err(e)) => prepared.fail(family.subject.clone(), &family.named(&e)),
        None => prepared.not_reached(family.subject),
    }
}

impl Checked {
    /// The desired revision, with all known tags replaced by digests. An error if it failed before, or is too large.
    fn pinned(mut self, found: &BTreeMap<EcrImage, String>, failed: Option<Error>) -> Result<DesiredRevision> {
        if self.pins {
            self.definition.pin(found);
        }
        let sized = self.definition.check_size(&self.place);
        failed.map_or(Ok(()), Err).and(sized)?;
        Ok(DesiredRevision {
            family: self.family,
            digests: digests_of(self.definition.as_value()),
            warning: circuit_breaker::scarce(&self.definition).filter(|_| self.tags_later),
            fingerprint: self.definition.fingerprint(),
            definition: self.definition,
            findings: self.findings,
            is_pinned: self.pins,
        })
    }
}

/// The images of a definition whose digests ECR did not return.
#[derive(Default)]
struct Unresolved {
    error: Option<Error>,
    warnings: Vec<String>,
}

/// Reports file, containers and reason of every image that was not found; or else of the first that could not be asked
/// for. A digest that crema may not ask for does not prevent registering, because it is written already.
fn unresolved(c: &Checked, answers: &BTreeMap<EcrImage, Result<String>>) -> Unresolved {
    let mut found = Unresolved::default();
    let mut missing = vec![];
    for (image, containers) in c.definition.wanted() {
        let Some(Err(e)) = answers.get(&image) else { continue };
        let plural = if containers.len() > 1 { "containers" } else { "container" };
        let names: Vec<String> = containers.iter().map(|name| foreign(name).to_string()).collect();
        let place = format!("{}: {plural} {}", c.place, names.join(", "));
        match e {
            Error { kind: ErrorKind::ImageNotFound, message, .. } => missing.push(format!("{place}: {message}")),
            Error { kind: ErrorKind::AwsError, message, transient: false, .. } if image.digest().is_some() => found.warnings.push(format!(
                "{place}: whether the image by its digest is there could not be looked at, and it is used as it is written: \
                 {message}"
            )),
            e => found.error = found.error.or_else(|| Some(e.clone().in_context(&place))),
        }
    }
    if !missing.is_empty() {
        found.error = Some(Error::new(ErrorKind::ImageNotFound, missing.join("\n")));
    }
    found
}
