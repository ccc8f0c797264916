//! What a person asks at a desk, with a directory in place of the bucket: the same code, and nothing is changed.

pub mod examined;

use crate::{
    aws::Clients,
    config::{
        settings::Settings,
        snapshot::{Bucket, Directory},
    },
    flow::crema::Crema,
    lookup::given::Given,
    outcome::answer::{Answer, Failure},
    trigger::{Ask, Trigger},
};
use time::OffsetDateTime;
use tokio::time::Instant;

/// What a desk has in place of the bucket.
pub struct Desk {
    pub directory: Directory,
    /// Values of lookups.
    pub given: Given,
    /// So many children render beside the first.
    pub helpers: usize,
}

impl Crema {
    /// The function as it would be if the directory were uploaded. No I/O.
    pub fn at_desk(settings: Settings, clients: Clients, desk: Desk) -> Crema {
        let Desk { directory, given, helpers } = desk;
        Crema::of(settings, clients, Bucket::in_place_of(directory), given, helpers)
    }

    /// What it would do, of one app or of all.
    ///
    /// # Errors
    /// What failed as a whole. What failed of one app is an outcome.
    pub async fn plan(&self, app: Option<&str>, until: Instant) -> Result<Answer, Failure> {
        self.told(&trigger(app), until, until).await
    }
}

fn trigger(app: Option<&str>) -> Trigger {
    let id = format!("desk-{:016x}", fastrand::u64(..));
    Trigger { id, time: OffsetDateTime::now_utc(), ask: Ask::Plan { app: app.map(str::to_owned) } }
}
