//! The content of an answer, read from the JSON that came over the wire, so that members newer than the SDK are kept.

use crate::{
    ecs::api::{Described, Status},
    moment,
};
use aws_sdk_ecs::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef},
    error::BoxError,
};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use time::OffsetDateTime;

/// Keeps the answer's body as it came.
#[derive(Clone, Default)]
pub struct Capture(Arc<Mutex<Option<Vec<u8>>>>);

// It holds environment values.
impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Capture")
    }
}

impl Intercept for Capture {
    fn name(&self) -> &'static str {
        "crema-capture"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().map(<[u8]>::to_vec);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body;
        Ok(())
    }
}

impl Capture {
    /// The task definition of the answer, or what the answer lacks.
    pub fn described(&self) -> Result<Described, &'static str> {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        let mut answer: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| "JSON")?;
        let tags = answer.remove("tags").map(tags_of).unwrap_or_default();
        let definition = answer.remove("taskDefinition").ok_or("`taskDefinition`")?;
        let text = |name: &str| definition.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let time = |name: &str| definition.get(name).and_then(time_of);
        let revision = definition.get("revision").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        Ok(Described {
            family: text("family"),
            revision: revision.ok_or("`revision`")?,
            // DELETE_IN_PROGRESS cannot be run either.
            status: if text("status") == "ACTIVE" { Status::Active } else { Status::Inactive },
            arn: text("taskDefinitionArn"),
            registered_at: time("registeredAt"),
            deregistered_at: time("deregisteredAt"),
            tags,
            definition,
        })
    }
}

fn tags_of(tags: Value) -> BTreeMap<String, String> {
    let text = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
    let tags = tags.as_array().map(Vec::as_slice).unwrap_or_default();
    tags.iter().filter_map(|tag| Some((text(tag, "key")?, text(tag, "value").unwrap_or_default()))).collect()
}

/// Seconds since 1970 with a fraction, as the JSON protocol has times.
fn time_of(value: &Value) -> Option<OffsetDateTime> {
    let seconds = value.as_f64()?;
    // Milliseconds, as ECS gives them: finer digits of a double are noise.
    #[allow(clippy::cast_possible_truncation, reason = "in range for the next 280,000 years, and cut by `as` beyond")]
    let milliseconds = (seconds * 1e3).round() as i64;
    moment::of_milliseconds(milliseconds)
}
