//! The four calls over the SDK. Answers are read from the JSON that came over the wire, and the definition is sent as it
//! was rendered: members that are newer than the SDK pass in both directions.

mod capture;
mod retries;

use super::api::{Api, Described, Status, Tagged};
use crate::{
    aws::{
        EcsLimits, Paces,
        fault::{Fault, said},
        pace::{Pace, Token},
    },
    reference::TaskDefinitionRef,
};
use aws_sdk_ecs::{
    Client,
    config::Config,
    operation::list_task_definitions::ListTaskDefinitionsOutput,
    types::{SortOrder, Tag, TaskDefinitionField, TaskDefinitionStatus},
};
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::Request,
};
use aws_smithy_types::{
    body::SdkBody, error::metadata::ProvideErrorMetadata, retry::RetryConfig, timeout::TimeoutConfig,
};
use capture::Capture;
use retries::NoThrottles;
use serde_json::Value;
use std::time::Duration;
use tokio::time::sleep;

/// Maximum time of a change. ECS may take long to register, and a call that is cut short leaves its result unknown.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum attempts of a throttled read before its error is returned.
const READ_TRIES: u32 = 3;
/// The wait before the second attempt; before each further one it is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The words, in lower case, with which a `ClientException` says that there is no such task definition. There is no
/// error code for that.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html>
const NOT_THERE: [&str; 3] = ["unable to describe task definition", "does not exist", "not found"];

/// Error codes that are about what was asked: a definition, a revision. All others may be about something else.
const ABOUT_THE_REQUEST: [&str; 6] = [
    "ClientException",
    "InvalidParameterException",
    "InvalidParameterValue",
    "SerializationException",
    "UnsupportedFeatureException",
    "ValidationException",
];

/// ECS in one region.
pub struct Ecs<'a> {
    client: Client,
    region: String,
    limits: &'a EcsLimits,
    paces: Paces,
}

impl<'a> Ecs<'a> {
    /// `limits` bound the requests under way, and their rate.
    pub fn new(client: Client, region: String, limits: &'a EcsLimits) -> Ecs<'a> {
        Ecs { client, paces: limits.paces(&region), region, limits }
    }

    /// Makes a read when its turn has come, and repeats it if it is throttled, because a throttled call did nothing.
    async fn read<T, F: Future<Output = Result<T, Fault>>>(&self, call: impl Fn() -> F) -> Result<T, Fault> {
        let mut tries = 0;
        loop {
            self.paces.reads.token().await.used();
            let answer = self.paced(&self.paces.reads, call()).await;
            tries += 1;
            if tries == READ_TRIES || !matches!(answer, Err(Fault::Throttled(_))) {
                return answer;
            }
            // Some of it by chance, so that those who were throttled together do not come back together.
            sleep(FIRST_WAIT.mul_f64(f64::from(1 << (tries - 1)) * (1.0 + fastrand::f64()))).await;
        }
    }

    /// Makes a call, and adapts the rate of further calls to its answer.
    async fn paced<T>(&self, pace: &Pace, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let _permit = self.limits.calls.acquire().await;
        let answer = call.await;
        match &answer {
            Err(Fault::Throttled(_)) => pace.throttled(),
            _ => pace.passed(),
        }
        answer
    }

    fn fault<E>(&self, error: &SdkError<E, HttpResponse>, call: &str, on: &str) -> Fault
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let fault = Fault::of(error);
        // Describe, list and deregister have no resource level in IAM; register has the family's.
        let resource = match call {
            "ecs:TagResource" => on.to_owned(),
            "ecs:RegisterTaskDefinition" => format!("arn:aws:ecs:{}:*:task-definition/{on}:*", self.region),
            _ => "*".to_owned(),
        };
        let fault = match fault {
            Fault::Refused { code, text } if !ABOUT_THE_REQUEST.contains(&code.as_str()) => {
                Fault::Unclear(said(&code, &text))
            }
            fault => fault,
        };
        let on = format!("{on} in {}", self.region);
        match call {
            // Beside a registration the permission for tags comes with the circuit breaker.
            "ecs:TagResource" => fault.told_by(call, &on, &resource, &["FamilyArns", "CircuitBreaker"]),
            _ => fault.told(call, &on, &resource),
        }
    }
}

impl Api for Ecs<'_> {
    async fn describe(&self, reference: &str) -> Result<Option<Described>, Fault> {
        self.read(|| self.describe_once(reference)).await
    }

    async fn list(&self, family: &str, status: Status, most: usize) -> Result<Vec<u32>, Fault> {
        let mut revisions = vec![];
        let mut token = None;
        loop {
            let page = self.read(|| self.page(family, status, token.clone())).await?;
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

    async fn may_register(&self) -> Token {
        self.paces.changes.token().await
    }

    async fn register(&self, body: &Value) -> Result<Described, Fault> {
        self.paced(&self.paces.changes, self.register_once(body)).await
    }

    /// Tags have a bucket of their own in ECS (20 at once, 10 a second), and are given once a revision.
    async fn tag(&self, arn: &str, key: &str, value: &str) -> Result<Tagged, Fault> {
        let _permit = self.limits.calls.acquire().await;
        let tag = Tag::builder().key(key).value(value).build();
        match self.client.tag_resource().resource_arn(arn).tags(tag).send().await {
            Ok(_) => Ok(Tagged::Done),
            Err(e) => match Fault::of(&e) {
                Fault::Quota(text) => Ok(Tagged::NoRoom(text)),
                Fault::Refused { text, .. } if says_no_room(&text) => Ok(Tagged::NoRoom(text)),
                _ => Err(self.fault(&e, "ecs:TagResource", arn)),
            },
        }
    }

    async fn deregister(&self, family: &str, revision: u32) -> Result<Described, Fault> {
        self.paces.changes.token().await.used();
        self.paced(&self.paces.changes, self.deregister_once(family, revision)).await
    }
}

/// The calls themselves.
impl Ecs<'_> {
    async fn describe_once(&self, reference: &str) -> Result<Option<Described>, Fault> {
        let capture = Capture::default();
        let answer = self
            .client
            .describe_task_definition()
            .task_definition(reference)
            .include(TaskDefinitionField::Tags)
            .customize()
            .config_override(Config::builder().retry_classifier(NoThrottles))
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

    async fn page(
        &self,
        family: &str,
        status: Status,
        token: Option<String>,
    ) -> Result<ListTaskDefinitionsOutput, Fault> {
        self.client
            .list_task_definitions()
            .family_prefix(family)
            .status(match status {
                Status::Active => TaskDefinitionStatus::Active,
                Status::Inactive => TaskDefinitionStatus::Inactive,
            })
            .sort(SortOrder::Desc)
            .max_results(100)
            .set_next_token(token)
            .customize()
            .config_override(Config::builder().retry_classifier(NoThrottles))
            .send()
            .await
            .map_err(|e| self.fault(&e, "ecs:ListTaskDefinitions", family))
    }

    async fn register_once(&self, body: &Value) -> Result<Described, Fault> {
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

    async fn deregister_once(&self, family: &str, revision: u32) -> Result<Described, Fault> {
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

/// Changes are never retried by the SDK: ECS has no client token, and a second attempt would be a second revision.
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

/// Whether ECS says that a revision has as many tags as it may have. Registering refuses so by `InvalidParameterException`,
/// tagging by `LimitExceededException`, as its page says.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TagResource.html>
fn says_no_room(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("tags") && ["exceed", "limit", "maximum"].iter().any(|word| message.contains(word))
}

fn is_not_there(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    NOT_THERE.iter().any(|words| message.contains(words))
}

/// The revision that an ARN names, if the family is exactly this one.
fn revision_of(arn: &str, family: &str) -> Option<u32> {
    let named = TaskDefinitionRef::parse(arn).ok()?;
    if named.family == family { named.revision } else { None }
}
