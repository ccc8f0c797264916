//! The first read of a family.

use crate::{
    aws::fault::Fault,
    decide::Origin,
    ecs::{
        api::{Api, Described},
        history::{Depth, Family, Read},
    },
};

/// So many families are read before it is known whether that is needed: of more, each is read when it has its turn.
pub const AHEAD: usize = 16;

/// The result of the first read of a family.
pub enum FirstRead {
    /// The latest revision, for a sweep, which mostly needs no more.
    Latest(Option<Described>),
    /// The same as it was some time ago, without its definition: enough to see that nothing is to be done.
    Glance(Option<Described>),
    Read(Read),
}

/// What a first read comes to.
pub type FirstResult = std::result::Result<FirstRead, Fault>;

/// Reads a family for the first time. For a sweep the latest revision mostly suffices.
pub async fn first_look<A: Api>(family: &Family<'_, A>, origin: Origin) -> FirstResult {
    match origin {
        Origin::Sweep => family.latest().await.map(FirstRead::Latest),
        _ => family.read(Depth::ToOwn, None).await.map(FirstRead::Read),
    }
}
