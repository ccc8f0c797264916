//! The calls that crema makes to ECS, and what it takes from their answers.

use crate::aws::{fault::Fault, pace::Token};
use serde_json::Value;
use std::{collections::BTreeMap, future::Future};
use time::OffsetDateTime;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Active,
    Inactive,
}

/// One task definition as ECS describes it. Times are missing on some emulators, and are then unknown, never "now".
#[derive(Clone, PartialEq)]
pub struct Described {
    pub family: String,
    pub revision: u32,
    pub status: Status,
    pub arn: String,
    pub registered_at: Option<OffsetDateTime>,
    pub deregistered_at: Option<OffsetDateTime>,
    pub tags: BTreeMap<String, String>,
    /// The `taskDefinition` member of the answer, as it came over the wire.
    pub definition: Value,
}

// A definition holds environment values: they never reach a log line.
impl std::fmt::Debug for Described {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Described({}:{} {:?})", self.family, self.revision, self.status)
    }
}

/// How a tag was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagged {
    Done,
    /// The revision has as many tags as ECS takes (50); in ECS's words.
    NoRoom(String),
}

/// ECS in one region: over the SDK, or in the memory of a test. An error is a sentence that names the call, what it was
/// made on and, if a permission is missing, which.
pub trait Api: Sync {
    /// `DescribeTaskDefinition` with tags. `reference` is a family (the latest ACTIVE revision on AWS, the newest of
    /// any status on emulators), `family:revision` or an ARN. `None` if, and only if, ECS says that there is no such
    /// task definition.
    fn describe(&self, reference: &str) -> impl Future<Output = Result<Option<Described>, Fault>> + Send;

    /// The revision numbers of exactly this family with this status, newest first, at most `most` of them
    /// (`ListTaskDefinitions`, `sort=DESC`).
    fn list(&self, family: &str, status: Status, most: usize) -> impl Future<Output = Result<Vec<u32>, Fault>> + Send;

    /// Waits until something may be registered, as far as the limits of the account go. Taken before a family is read, so
    /// that nothing lies between reading and registering.
    fn may_register(&self) -> impl Future<Output = Token> + Send {
        std::future::ready(Token::free())
    }

    /// `RegisterTaskDefinition` with this body, tags included. Never retried if it is unknown whether it happened.
    fn register(&self, body: &Value) -> impl Future<Output = Result<Described, Fault>> + Send;

    /// `TagResource`: adds this tag to those of a revision, or gives it another value. To do it twice changes nothing.
    /// `Tagged::NoRoom` where the revision has as many tags as ECS takes.
    fn tag(&self, arn: &str, key: &str, value: &str) -> impl Future<Output = Result<Tagged, Fault>> + Send;

    /// `DeregisterTaskDefinition` of `family:revision`. Never retried if it is unknown whether it happened.
    fn deregister(&self, family: &str, revision: u32) -> impl Future<Output = Result<Described, Fault>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::apps::UnknownKeys, definition::Definition};
    use crema_base::{
        files::File,
        secrecy::{Secrets, Source},
    };
    use crema_render::session::protocol::{ChildAnswer, Fetched, Surroundings};
    use crema_testing::tried;
    use serde_json::json;

    /// Of all types that hold a definition, a looked-up value, a variable or a file.
    #[test]
    fn what_holds_a_value_does_not_tell_it_as_debug_output() {
        let marked = "hunter2-marked-value";
        let document = json!({"family": "a", "containerDefinitions": [{"name": "app", "image": "busybox", "memory": 128,
            "environment": [{"name": "PASSWORD", "value": marked}]}]});
        let mut secrets = Secrets::default();
        secrets.keep(Source::of(vec![json!(marked)]).into());
        let definition = Definition::new(document.clone(), UnknownKeys::Error, "a").unwrap().0;
        let described = Described {
            family: "a".to_owned(),
            revision: 1,
            status: Status::Active,
            arn: String::new(),
            registered_at: None,
            deregistered_at: None,
            tags: BTreeMap::new(),
            definition: document.clone(),
        };
        let answer = ChildAnswer::Rendered {
            document,
            config: crema_render::session::protocol::AppConfig::default(),
            reads: [].into(),
            warnings: vec![],
            kept: vec![json!(marked)],
        };
        let env = [("PASSWORD".to_owned(), marked.to_owned())].into();
        let told = [
            format!("{secrets:?}"),
            format!("{definition:?}"),
            format!("{described:?}"),
            format!("{answer:?}"),
            format!("{:?}", Fetched::Found(json!(marked))),
            format!("{:?}", Surroundings { env, ..Surroundings::default() }),
            format!("{:?}", File { etag: String::new(), bytes: 1, content: Some(marked.as_bytes().into()) }),
        ];
        let bytes = format!("{:?}", &marked.as_bytes()[..4]);
        for text in &told {
            assert!(!text.contains(marked) && !text.contains(&bytes[1..bytes.len() - 1]), "{text}");
        }
        tried(told.len(), "types");
    }
}
