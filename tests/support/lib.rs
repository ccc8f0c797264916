//! What whole-function tests run against: the real binary, a Runtime API of our own, a fake of AWS.
//!
//! - `aws`: S3, ECS, ECR, SSM, Secrets Manager, CloudFormation, EventBridge and its Scheduler over HTTP, to AWS's documentation
//! - `lambda`: the Runtime API; `function`: the binary as Lambda starts it
//! - `world`: both together, with fixtures, so that a test is ten lines
//!
//! All of these with the feature `function`; `rendering` with `render`. Without there are [`tried`], [`drawn`], [`number_of`] and [`all`].

#[cfg(feature = "function")]
pub mod aws;
mod cases;
#[cfg(feature = "function")]
pub mod function;
#[cfg(feature = "function")]
pub mod lambda;
#[cfg(feature = "function")]
pub mod moment;
#[cfg(feature = "render")]
pub mod rendering;
#[cfg(feature = "render")]
pub mod rounds;
#[cfg(feature = "function")]
pub mod task;
mod tried;
#[cfg(feature = "function")]
pub mod world;

pub use cases::all;
pub use tried::{drawn, number_of, tried};
#[cfg(feature = "function")]
pub use {
    aws::{
        Aws,
        faults::{Fault, When},
    },
    function::Function,
    lambda::{Failure, Invocation},
    world::World,
};

/// Runs all of these, at most sixteen at a time: most of each is waiting. Gives how many there were.
#[cfg(feature = "function")]
pub async fn side_by_side<F: Future<Output = ()>>(runs: impl IntoIterator<Item = F>) -> usize {
    use futures_util::StreamExt;
    futures_util::stream::iter(runs).buffer_unordered(16).count().await
}

/// The account of everything in the fake.
pub const ACCOUNT: &str = "123456789012";
/// The region of the function and, unless a test says otherwise, of everything in the fake.
pub const REGION: &str = "ap-northeast-1";
/// `CONFIG_URI` is `s3://crema-config/crema/`.
pub const BUCKET: &str = "crema-config";
pub const PREFIX: &str = "crema/";
