//! The four calls over the SDK. Answers are read from the JSON that came over the wire, and the definition is sent as it
//! was rendered: members that are newer than the SDK pass in both directions.

use super::api::{Api, Described, Status};
use crate::{
    aws::fault::{Fault, said},
    reference::TaskDefinitionRef,
};
use aws_sdk_ecs::{
    Client,
    config::{
        Config, ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef,
    },
    error::BoxError,
    types::{SortOrder, TaskDefinitionField, TaskDefinitionStatus},
};
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::Request,
};
use aws_smithy_types::{
    body::SdkBody, error::metadata::ProvideErrorMetadata, retry::RetryConfig, timeout::TimeoutConfig,
};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

/// ECS takes its time to register; a call that is cut short leaves open whether it happened.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// How ECS says, by a `ClientException`, that there is no such task definition; in lower case. It has no code of its own
/// for that.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html>
const NOT_THERE: [&str; 3] = ["unable to describe task definition", "does not exist", "not found"];

/// Errors that are about what was asked: a definition, a revision. All others leave that open.
const ABOUT_THE_REQUEST: [&str; 6] = [
    "ClientException",
    "InvalidParameterException",
    "InvalidParameterValue",
    "SerializationException",
    "UnsupportedFeatureException",
    "ValidationException",
];

/// ECS of one region.
pub struct Ecs<'a> {
    client: Client,
    region: String,
    calls: &'a Semaphore,
}

impl<'a> Ecs<'a> {
    /// `calls` bounds the requests under way.
    pub fn new(client: Client, region: String, calls: &'a Semaphore) -> Ecs<'a> {
        Ecs { client, region, calls }
    }

    fn fault<E>(&self, error: &SdkError<E, HttpResponse>, call: &str, on: &str) -> Fault
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let fault = Fault::of(error);
        // Describe, list and deregister have no resource level in IAM; register has the family's.
        let resource = match call {
            "ecs:RegisterTaskDefinition" => format!("arn:aws:ecs:{}:*:task-definition/{on}:*", self.region),
            _ => "*".to_owned(),
        };
        let fault = match fault {
            Fault::Refused { code, text } if !ABOUT_THE_REQUEST.contains(&code.as_str()) => {
                Fault::Unclear(said(&code, &text))
            }
            fault => fault,
        };
        fault.told(call, &format!("{on} in {}", self.region), &resource)
    }
}

impl Api for Ecs<'_> {
    async fn describe(&self, reference: &str) -> Result<Option<Described>, Fault> {
        let _permit = self.calls.acquire().await;
        let capture = Capture::default();
        let answer = self
            .client
            .describe_task_definition()
            .task_definition(reference)
            .include(TaskDefinitionField::Tags)
            .customize()
            .interceptor(capture.clone())
            .send()
            .await;
        match answer {
            Ok(_) => capture.described().map(Some).map_err(|what| cut("ecs:DescribeTaskDefinition", reference, what)),
            Err(e) => match Fault::of(&e) {
                Fault::Refused { code, text } if code == "ClientException" && is_not_there(&text) => Ok(None),
                _ => Err(self.fault(&e, "ecs:DescribeTaskDefinition", reference)),
            },
        }
    }

    async fn list(&self, family: &str, status: Status, most: usize) -> Result<Vec<u32>, Fault> {
        let _permit = self.calls.acquire().await;
        let mut revisions = vec![];
        let mut token = None;
        loop {
            let page = self
                .client
                .list_task_definitions()
                .family_prefix(family)
                .status(match status {
                    Status::Active => TaskDefinitionStatus::Active,
                    Status::Inactive => TaskDefinitionStatus::Inactive,
                })
                .sort(SortOrder::Desc)
                .max_results(100)
                .set_next_token(token)
                .send()
                .await
                .map_err(|e| self.fault(&e, "ecs:ListTaskDefinitions", family))?;
            // `familyPrefix` is the exact name on AWS, and "begins with" on emulators.
            revisions.extend(page.task_definition_arns().iter().filter_map(|arn| revision_of(arn, family)));
            token = page.next_token().map(str::to_owned);
            if token.is_none() || revisions.len() >= most {
                break;
            }
        }
        // Emulators do not sort, and ARNs sort as text: 9 after 10.
        revisions.sort_unstable_by(|a, b| b.cmp(a));
        revisions.truncate(most);
        Ok(revisions)
    }

    async fn register(&self, body: &Value) -> Result<Described, Fault> {
        let _permit = self.calls.acquire().await;
        let family = body.get("family").and_then(Value::as_str).unwrap_or_default().to_owned();
        let capture = Capture::default();
        let json = body.to_string();
        let answer = self
            .client
            .register_task_definition()
            // What the SDK itself wants to see; the body is replaced before it is signed.
            .family(&family)
            .set_container_definitions(Some(vec![]))
            .customize()
            .config_override(once())
            .interceptor(capture.clone())
            .mutate_request(move |request| replace_body(request, &json))
            .send()
            .await;
        match answer {
            Ok(_) => capture.described().map_err(|what| cut("ecs:RegisterTaskDefinition", &family, what)),
            Err(e) => Err(self.fault(&e, "ecs:RegisterTaskDefinition", &family)),
        }
    }

    async fn deregister(&self, family: &str, revision: u32) -> Result<Described, Fault> {
        let _permit = self.calls.acquire().await;
        let reference = format!("{family}:{revision}");
        let capture = Capture::default();
        let answer = self
            .client
            .deregister_task_definition()
            .task_definition(&reference)
            .customize()
            .config_override(once())
            .interceptor(capture.clone())
            .send()
            .await;
        match answer {
            Ok(_) => capture.described().map_err(|what| cut("ecs:DeregisterTaskDefinition", &reference, what)),
            Err(e) => Err(self.fault(&e, "ecs:DeregisterTaskDefinition", &reference)),
        }
    }
}

/// A change is never retried by the SDK: ECS has no client token, and a second try would be a second revision.
fn once() -> aws_sdk_ecs::config::Builder {
    Config::builder()
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(CHANGE_TIMEOUT).build())
}

fn replace_body(request: &mut Request, json: &str) {
    request.headers_mut().insert("content-length", json.len().to_string());
    *request.body_mut() = SdkBody::from(json);
}

fn cut(call: &str, on: &str, what: &str) -> Fault {
    Fault::Open(format!("{call} on {on} was answered without {what}"))
}

fn is_not_there(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    NOT_THERE.iter().any(|words| message.contains(words))
}

/// The revision that an ARN names, where the family is exactly this.
fn revision_of(arn: &str, family: &str) -> Option<u32> {
    let named = TaskDefinitionRef::parse(arn).ok()?;
    if named.family == family { named.revision } else { None }
}

/// Keeps the answer's body as it came.
#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Option<Vec<u8>>>>);

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
    /// The task definition of the answer, or what it lacks.
    fn described(&self) -> Result<Described, &'static str> {
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
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()
}
