//! How one family stands: what `status` answers for it.

use super::subject::Subject;
use crate::error::Error;
use serde::Serialize;

/// How a family compares with what configuration and images say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FamilyState {
    /// The latest ACTIVE revision is as they say.
    InSync,
    /// What they say was taken back, or something newer than the latest ACTIVE revision was.
    OnHold,
    /// Somebody else registered the latest ACTIVE revision.
    Drifted,
    /// The next event or sweep registers a revision.
    Behind,
    Failed,
    /// The deadline came first.
    NotReached,
}

impl FamilyState {
    /// As answers spell it.
    pub fn name(self) -> &'static str {
        match self {
            FamilyState::InSync => "in_sync",
            FamilyState::OnHold => "on_hold",
            FamilyState::Drifted => "drifted",
            FamilyState::Behind => "behind",
            FamilyState::Failed => "failed",
            FamilyState::NotReached => "not_reached",
        }
    }
}

/// Members that do not apply, or are not known, are left out.
#[derive(Clone, Debug, Serialize)]
pub struct FamilyStatus {
    #[serde(flatten)]
    pub subject: Subject,
    pub state: FamilyState,
    /// The reason in a sentence, unless it is [`FamilyState::InSync`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(rename = "errorType", skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'static str>,
    /// The newest ACTIVE revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered: Option<Registered>,
    /// When a task of that revision ran well first; RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<String>,
    /// What the circuit breaker would go back to from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<u32>,
    /// Newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken_back: Vec<TakenBack>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageStatus>,
    /// `None` if nothing could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedules: Option<Vec<ScheduleStatus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl FamilyStatus {
    /// A status of this subject, with nothing else known yet.
    pub fn of(subject: Subject, state: FamilyState) -> FamilyStatus {
        FamilyStatus {
            subject,
            state,
            reason: None,
            error_type: None,
            revision: None,
            arn: None,
            registered: None,
            proven_at: None,
            fallback: None,
            taken_back: vec![],
            images: vec![],
            schedules: None,
            note: None,
            warnings: vec![],
        }
    }

    /// Notes that the state is unknown because of this error.
    pub fn fail(&mut self, error: &Error) {
        self.state = FamilyState::Failed;
        self.error_type = Some(error.kind.name());
        self.reason = Some(error.to_string());
    }
}

/// When and by what the newest ACTIVE revision was registered. Times are RFC 3339, UTC.
#[derive(Clone, Debug, Serialize)]
pub struct Registered {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Kind and id of crema's trigger; none if somebody else registered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<String>,
    /// Who called ECS, as ECS names the principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TakenBack {
    pub revision: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// A container's image of a private ECR registry.
#[derive(Clone, Debug, Serialize)]
pub struct ImageStatus {
    pub container: String,
    /// The reference in the files; for a container that they lack, the one in the revision.
    pub image: String,
    /// The digest that the reference has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What the newest ACTIVE revision is pinned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned_is_current: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned_exists: Option<bool>,
}

/// Something that runs the family on a schedule.
#[derive(Clone, Debug, Serialize)]
pub struct ScheduleStatus {
    /// `rule` or `schedule`.
    pub kind: &'static str,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    pub enabled: bool,
    /// The revision that it is pinned to; none runs the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
}
