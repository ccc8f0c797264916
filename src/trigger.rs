//! What asked: any accepted payload becomes a [`Trigger`].

use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What asked, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    pub id: String,
    /// When it was asked: the event's own time, in whole seconds where it came through EventBridge.
    pub time: OffsetDateTime,
    pub ask: Ask,
}

/// What was asked, and whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// `None`: an ECR event that concerns no app (another action, a failed push, no tag).
    ImagePush(Option<PushedImage>),
    /// Objects created or deleted; none where the event concerns none.
    ConfigChange(Vec<Object>),
    Sweep,
    Register {
        app: String,
    },
    Plan {
        app: Option<String>,
    },
    Status {
        app: Option<String>,
    },
    Rollback(Rollback),
}

impl Ask {
    /// The `kind` of the answer's trigger.
    pub fn kind(&self) -> &'static str {
        match self {
            Ask::ImagePush(_) => "image_push",
            Ask::ConfigChange(_) => "config_change",
            Ask::Sweep => "sweep",
            Ask::Register { .. } => "register",
            Ask::Plan { .. } => "plan",
            Ask::Status { .. } => "status",
            Ask::Rollback(_) => "rollback",
        }
    }
}

/// A tag that was pushed to a private repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedImage {
    pub account: String,
    pub region: String,
    pub repository: String,
    pub tag: String,
}

/// An object of a bucket, its key not URL-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub bucket: String,
    pub key: String,
}

/// A request to take a revision back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    pub target: Target,
    pub goal: Goal,
    /// Go further back although another rollback has just happened.
    pub again: bool,
    pub allow_last: bool,
    pub allow_missing_image: bool,
    /// `None`: the function's own, or with `app` the app's.
    pub region: Option<String>,
    /// The caller's own words; `request_reason` of the answer.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Family(String),
    App { app: String, variant: Option<BTreeMap<String, String>> },
}

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The newest ACTIVE revision goes.
    Latest,
    /// Exactly this one goes.
    Revision(u32),
    /// Everything above this one goes.
    To(u32),
}
