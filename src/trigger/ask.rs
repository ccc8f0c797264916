//! What can be asked, and about which app, family or image.

use super::task::StoppedTask;
use crate::reference::FamilyKey;
use crema_base::image::EcrImage;
use std::collections::BTreeMap;
use time::{OffsetDateTime, UtcOffset};

/// What surrounds a payload, and is used if the payload has no id or time of its own.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The request id of the invocation.
    pub request_id: String,
    /// When it arrived.
    pub time: OffsetDateTime,
    /// The ARN by which the function was invoked.
    pub function: String,
}

/// What asked for something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    pub id: String,
    /// The event's own time, in whole seconds if it came through EventBridge; now, for an event whose time is in the
    /// future.
    pub time: OffsetDateTime,
    pub ask: Ask,
}

impl Trigger {
    /// Whether crema acts on its own here, and nobody waits for the answer.
    pub fn is_unattended(&self) -> bool {
        matches!(self.ask, Ask::ImagePush(_) | Ask::ConfigChange(_) | Ask::Sweep | Ask::WorkLeft(_))
    }
}

/// What was asked, and whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A tag that was pushed, replicated or pulled through a cache. `None`: an ECR event that concerns no app (another
    /// action, a failed push, no tag).
    ImagePush(Option<EcrImage>),
    /// Objects that were created or deleted; none if the event concerns none.
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
    /// Deregister what is older than what is kept, or say what that is.
    Expire {
        app: Option<String>,
        dry_run: bool,
    },
    /// Say whether the installation is well.
    Doctor,
    /// A task of ECS that stopped; what it says may concern nobody.
    TaskStopped(Box<StoppedTask>),
    /// What another round left of a push, a change or a sweep; id and time of the trigger are theirs.
    WorkLeft(WorkLeft),
    /// A widget of a CloudWatch dashboard.
    Page(Box<PageAsk>),
}

/// What is left of an event of which one invocation did a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkLeft {
    /// As it was asked: a push, a change or a sweep.
    pub ask: Box<Ask>,
    /// From 1; the event itself is none.
    pub round: u32,
    /// Apps that failed so far, which the last round looks at again.
    pub failed: Vec<String>,
    /// All families up to this one are done, in the order of their keys.
    pub after: Option<FamilyKey>,
}

impl Ask {
    /// Whether it can only be a direct call: somebody waits for the answer, and no bus has to transport it.
    pub fn is_call(&self) -> bool {
        matches!(self, Ask::Register { .. } | Ask::Plan { .. } | Ask::Status { .. } | Ask::Doctor | Ask::Page(_))
    }

    /// Whether it may change anything in AWS. What is not sure to change nothing does.
    pub fn changes(&self) -> bool {
        match self {
            Ask::Plan { .. } | Ask::Status { .. } | Ask::Doctor => false,
            Ask::Page(page) => matches!(page.view, View::Pressed(_)),
            Ask::ImagePush(_)
            | Ask::ConfigChange(_)
            | Ask::Sweep
            | Ask::Register { .. }
            | Ask::Rollback(_)
            | Ask::Expire { .. }
            | Ask::TaskStopped(_)
            | Ask::WorkLeft(_) => true,
        }
    }

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
            Ask::Expire { .. } => "expire",
            Ask::Doctor => "doctor",
            Ask::TaskStopped(_) => "task_stopped",
            Ask::WorkLeft(work) => work.ask.kind(),
            Ask::Page(page) => match &page.view {
                View::Pressed(Pressed::Register { .. }) => "register",
                View::Pressed(Pressed::Rollback(_)) => "rollback",
                View::Describe | View::Families { .. } | View::Details(_) | View::Plan(_) => "page",
            },
        }
    }
}

/// An object of a bucket. Its key is not URL-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub bucket: String,
    pub key: String,
}

/// A request to take revisions back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    pub target: Target,
    pub goal: Goal,
    /// Go further back even if another rollback has just happened.
    pub again: bool,
    pub allow_last: bool,
    pub allow_missing_image: bool,
    /// Whether it is only told what would be taken back.
    pub is_dry: bool,
    /// Whether it came through EventBridge, and not as a direct call.
    pub by_event: bool,
    /// The region; `None` is the function's own, or with `app` the app's.
    pub region: Option<String>,
    /// The account in the ARN, if one was given.
    pub account: Option<String>,
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

/// What a widget asks for, and how it shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAsk {
    pub view: View,
    pub widget: Widget,
}

/// What is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// The widget's documentation.
    Describe,
    /// A page of the families whose name has this text; pages are counted from 1.
    Families {
        filter: String,
        page: usize,
    },
    Details(About),
    Plan(About),
    /// A button was pressed: this is done, and what came of it is shown.
    Pressed(Pressed),
}

/// What a part of the page is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A family; its region, if that is not the function's own.
    Family {
        region: Option<String>,
        family: String,
    },
    App(String),
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pressed {
    Register { app: String },
    Rollback(Rollback),
}

/// How the widget shows what it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widget {
    pub is_dark: bool,
    /// Of the viewer's time zone.
    pub offset: UtcOffset,
    /// Whether the page has buttons that change something.
    pub has_buttons: bool,
    /// The ARN by which this function was invoked: what the page calls for its own parts.
    pub function: String,
    /// What is wrong with the widget's parameters.
    pub warnings: Vec<String>,
}
