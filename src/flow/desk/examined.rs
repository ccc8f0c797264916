//! Every app and variant by itself: what it renders to, all that is wrong with it, and what is not known of it.

use crate::{
    decide::Origin,
    error::ErrorKind,
    flow::{
        asked,
        crema::Crema,
        desired::{self, Prepared},
        desk::trigger,
        prefetch::Prefetcher,
        render_apps::{
            app_variant::VariantState,
            relevance::{Relevance, Scope},
            selected::Selected,
        },
        tell::tell,
    },
    lookup::given::spelled,
    outcome::{
        Decision, Outcome,
        answer::Failure,
        draft::{Draft, Untold, Warning},
        subject::Subject,
    },
};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

/// What there is to say of an app and variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExamResult {
    Ok,
    Failed,
    /// It depends on lookups whose values are not given.
    NotKnown,
    /// The time was over first.
    NotReached,
}

/// An app and variant. Members that do not apply are left out.
#[derive(Clone, Debug, Serialize)]
pub struct Examined {
    #[serde(flatten)]
    pub subject: Subject,
    pub result: ExamResult,
    #[serde(rename = "errorType", skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'static str>,
    /// All that is wrong, as the function says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The lookups that it waits for, as the files spell them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// What would be registered, without crema's own tags.
    #[serde(skip)]
    pub document: Option<Value>,
}

/// All of them, ordered by app, and what is told beside.
pub struct Examination {
    pub apps: Vec<Examined>,
    pub warnings: Vec<String>,
}

/// What is examined, and how.
#[derive(Clone, Copy, Debug)]
pub struct Exam<'a> {
    /// One app; `None`: all.
    pub app: Option<&'a str>,
    /// Whether ECR is asked for digests, as the function would.
    pub pins: bool,
}

/// An outcome, and what it does not have.
struct Entry {
    outcome: Outcome,
    result: ExamResult,
    needs: Vec<String>,
    document: Option<Value>,
}

impl Entry {
    fn ended(outcome: Outcome) -> Entry {
        let result = match outcome.decision {
            Decision::NotReached => ExamResult::NotReached,
            _ => ExamResult::Failed,
        };
        Entry { outcome, result, needs: vec![], document: None }
    }
}

impl Crema {
    /// Renders, checks and looks at by the rules; nothing is compared with what is registered.
    ///
    /// # Errors
    /// What failed as a whole: files that cannot be read, an app that does not exist.
    pub async fn examine(&self, exam: Exam<'_>, until: Instant) -> Result<Examination, Failure> {
        let examined = Box::pin(self.examined(exam, until)).await;
        let (entries, warnings) = match examined {
            Ok(examined) => examined,
            Err(e) => return Err(Failure::from(&tell(e, Untold::told, Untold::bare, until).await)),
        };
        let (outcomes, rest): (Vec<Outcome>, Vec<_>) =
            entries.into_iter().map(|e| (e.outcome, (e.result, e.needs, e.document))).unzip();
        let draft = Draft { outcomes, warnings, ..Draft::default() };
        let Draft { outcomes, warnings, .. } = tell(draft, Draft::told, Draft::bare, until).await;
        let examined = |(outcome, (result, needs, document)): (Outcome, _)| Examined {
            subject: outcome.subject,
            result,
            error_type: outcome.error_type,
            reason: outcome.reason,
            needs,
            document,
        };
        let mut apps: Vec<Examined> = outcomes.into_iter().zip(rest).map(examined).collect();
        apps.sort_by(|a, b| a.subject.by_app().cmp(&b.subject.by_app()));
        Ok(Examination { apps, warnings: warnings.into_iter().map(|warning| warning.text).collect() })
    }

    async fn examined(&self, exam: Exam<'_>, until: Instant) -> Result<(Vec<Entry>, Vec<Warning>), Untold> {
        let trigger = trigger(exam.app);
        let scope = exam.app.map_or(Scope::Everything, Scope::App);
        let (snapshot, selected) = self.survey(&trigger, &scope, None, until, until, &mut |_| {}).await?;
        let told = match exam.app {
            Some(app) => asked::known(app, &selected)?,
            None => None,
        };
        let mut warnings: Vec<Warning> = snapshot.warnings.into_iter().chain(told).map(Warning::from).collect();
        let claims = desired::claims(&selected.app_variants, &self.settings.region);
        let meant = selected.app_variants.iter().filter(|selected| selected.relevance == Relevance::Yes);
        let (waiting, rest): (Vec<&Selected>, Vec<&Selected>) =
            meant.partition(|selected| matches!(selected.state, VariantState::Missing(..)));
        let (checked, mut prepared) = desired::check_all(&self.settings, rest, &claims, until).await;
        if exam.pins {
            let (clients, limits, cache) = (self.clients.clone(), self.limits.clone(), self.cache.clone());
            let mut prefetcher = Prefetcher::new(clients, limits, cache, Origin::ConfigChange);
            desired::pin(&mut prefetcher, checked, until, &mut prepared).await;
        } else {
            desired::leave_unpinned(checked, until, &mut prepared).await;
        }
        let mut entries: Vec<Entry> = waiting.into_iter().map(|selected| self.waiting(selected)).collect();
        entries.extend(entries_of(&mut prepared));
        warnings.append(&mut prepared.warnings);
        Ok((entries, warnings))
    }

    fn waiting(&self, selected: &Selected) -> Entry {
        let secrets = selected.confidential();
        let needs = self.given.missing(selected.missing()).map(|lookup| secrets.told(&spelled(lookup))).collect();
        let subject = selected.subject(&self.settings.region);
        Entry { result: ExamResult::NotKnown, needs, ..Entry::ended(Outcome::new(subject, Decision::Planned)) }
    }
}

fn entries_of(prepared: &mut Prepared) -> Vec<Entry> {
    let mut entries: Vec<Entry> = prepared.ended.drain(..).map(Entry::ended).collect();
    for desired_revision in prepared.desired.drain(..) {
        let document = Some(desired_revision.definition.as_value().clone());
        entries.push(match desired_revision.findings.refusal() {
            Some(refusal) => Entry { document, ..Entry::ended(desired_revision.of_error(&refusal)) },
            None => {
                let outcome = desired_revision.outcome(Decision::Planned);
                Entry { result: ExamResult::Ok, needs: vec![], outcome, document }
            }
        });
    }
    entries
}

/// That there is no app at all.
pub fn none_there(place: &str) -> Failure {
    let what = format!("{place} holds no app: expected folders with an ecspresso.yml (or .yaml, .json, .jsonnet) each");
    Failure { kind: ErrorKind::ConfigError.name(), message: what }
}
