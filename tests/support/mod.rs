//! What whole-function tests run against: the real binary, a Runtime API of our own, a fake of AWS.
//!
//! - [`aws`]: S3, ECS, ECR, SSM, Secrets Manager, CloudFormation, EventBridge and its Scheduler over HTTP, to AWS's documentation
//! - [`lambda`]: the Runtime API; [`function`]: the binary as Lambda starts it
//! - [`world`]: both together, with fixtures, so that a test is ten lines
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]

pub mod aws;
pub mod function;
pub mod lambda;
pub mod sdk;
mod tried;
pub mod world;

use futures_util::StreamExt;

pub use aws::{
    Aws,
    faults::{Fault, When},
};
pub use function::Function;
pub use lambda::{Failure, Invocation};
pub use tried::tried;
pub use world::World;

/// Runs all of these, at most sixteen at a time: most of each is waiting. Gives how many there were.
pub async fn side_by_side<F: Future<Output = ()>>(runs: impl IntoIterator<Item = F>) -> usize {
    futures_util::stream::iter(runs).buffer_unordered(16).count().await
}

/// The account of everything in the fake.
pub const ACCOUNT: &str = "123456789012";
/// The region of the function and, unless a test says otherwise, of everything in the fake.
pub const REGION: &str = "ap-northeast-1";
/// `CONFIG_URI` is `s3://crema-config/crema/`.
pub const BUCKET: &str = "crema-config";
pub const PREFIX: &str = "crema/";
