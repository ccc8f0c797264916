//! crema keeps the ECS task definitions of scheduled batch jobs equal to what the configuration in S3 and the images in
//! ECR say, and takes the latest one back on request.
//!
//! What happens to an event, in order:
//! 1. [`trigger`]: any accepted payload becomes a `Trigger`.
//! 2. [`config`]: the files under the prefix become a consistent, settled snapshot; its folders are apps.
//! 3. [`renderer`]: each app and variant becomes a document, in a child process (`crema_render`); [`lookup`] fetches what it
//!    asks for.
//! 4. [`definition`]: the document is checked, its images pinned, its fingerprint taken.
//! 5. [`ecs`]: the history of its family is read.
//! 6. [`decide`]: what to do, decided without I/O.
//!    [`breaker`]: the same of what a stopped task says. [`retention`]: the same of what is old.
//! 7. [`flow`]: the order of all this for each kind of trigger, and the applying of decisions.
//! 8. [`outcome`]: what is said about it; [`metrics`]: what is counted of it; [`notices`]: what others are told;
//!    [`page`]: what a dashboard shows of it.
//!
//! Imports run one way, each module's from those before it: [`error`], [`moment`] (times), [`reference`] (what families
//! and revisions are called), [`aws`] (clients, and what their errors mean), [`trigger`], [`config`], [`renderer`],
//! [`definition`], [`lookup`], [`ecr`], [`preflight`] (whether what a definition names is there), [`schedules`], [`ecs`],
//! [`decide`], [`breaker`], [`retention`], [`outcome`], [`metrics`], [`notices`], [`page`], [`doctor`] (whether the
//! installation is well), [`flow`]. Below all of them lie `crema_base` (image references, texts) and `crema_render`.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod aws;
pub mod breaker;
pub mod config;
pub mod decide;
pub mod definition;
pub mod doctor;
pub mod ecr;
pub mod ecs;
pub mod error;
pub mod flow;
pub mod lookup;
pub mod metrics;
pub mod moment;
pub mod notices;
pub mod outcome;
pub mod page;
pub mod preflight;
pub mod reference;
pub mod renderer;
pub mod retention;
pub mod schedules;
pub mod trigger;
