//! Calls to services that the SDK's linked crates do not have: signed and sent by the SDK, their answers left as they came.
//! A crate of its own for each would cost a minute of compiling and hundreds of kilobytes, for one operation.

use super::{CONNECT_TIMEOUT, Clients, fault::Fault};
use aws_sdk_secretsmanager::{
    config::{
        Builder, ConfigBag, Intercept, RuntimeComponents,
        interceptors::{AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut},
    },
    error::BoxError,
};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::{body::SdkBody, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{
    SigningName,
    region::{Region, SigningRegion},
};
use crema_base::registry::partition;
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// A call as it goes over the wire.
#[derive(Clone, Debug, Default)]
pub struct RawCall {
    /// What it is signed for: `iam`, `logs`, `elasticfilesystem`, `ssm`.
    pub service: &'static str,
    /// As variables spell it, for an endpoint of one's own: `IAM` of `AWS_ENDPOINT_URL_IAM`.
    pub variable: &'static str,
    pub region: String,
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl RawCall {
    /// Its endpoint and the region that it is signed for. IAM has one endpoint a partition.
    /// <https://docs.aws.amazon.com/general/latest/gr/iam-service.html>
    fn target(&self, own: Option<&str>) -> (String, String) {
        let region = self.region.as_str();
        let partition = partition(region);
        let (host, signed) = match (self.service, partition.id) {
            ("iam", "aws") => ("iam.amazonaws.com".to_owned(), "us-east-1"),
            ("iam", "aws-cn") => ("iam.cn-north-1.amazonaws.com.cn".to_owned(), "cn-north-1"),
            ("iam", "aws-us-gov") => ("iam.us-gov.amazonaws.com".to_owned(), "us-gov-west-1"),
            // <https://docs.aws.amazon.com/general/latest/gr/ecr.html>
            ("ecr", _) => (format!("api.ecr.{region}.{}", partition.domain), region),
            (service, _) => (format!("{service}.{region}.{}", partition.domain), region),
        };
        let url = own.map_or_else(|| format!("https://{host}"), str::to_owned);
        (format!("{}{}", url.trim_end_matches('/'), self.path), signed.to_owned())
    }
}

impl Clients {
    /// The body of the answer. The SDK tries it again as any other call, where a status or a connection says so.
    ///
    /// # Errors
    /// What the service says, by its status, its code and its words.
    pub async fn raw(&self, call: RawCall) -> Result<Vec<u8>, Fault> {
        self.send(call, None).await
    }

    /// The same of a call that is not tried again by itself, and whose answer is waited for so long.
    ///
    /// # Errors
    /// As [`Clients::raw`].
    pub async fn raw_once(&self, call: RawCall, patience: Duration) -> Result<Vec<u8>, Fault> {
        self.send(call, Some(patience)).await
    }

    async fn send(&self, call: RawCall, once: Option<Duration>) -> Result<Vec<u8>, Fault> {
        let endpoint = self.endpoint(call.variable);
        let vehicle = Vehicle { call: Arc::new(call), endpoint, answer: Arc::default() };
        let sent = self.secrets(&vehicle.call.region).describe_secret().secret_id("-").customize();
        let mut sent = sent.interceptor(vehicle.clone());
        if let Some(patience) = once {
            let timeouts =
                TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(patience);
            let once = Builder::new().retry_config(RetryConfig::disabled()).timeout_config(timeouts.build());
            sent = sent.config_override(once);
        }
        let ended = sent.send().await;
        let answer = vehicle.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (answer, ended) {
            (Some(answer), _) => answer.body_or_fault(),
            (None, Err(e)) => Err(Fault::of(&e)),
            (None, Ok(_)) => Err(Fault::Open("no answer came".to_owned())),
        }
    }
}

/// What came over the wire.
struct RawAnswer {
    status: StatusCode,
    /// The error's code, where a header says it.
    header: Option<String>,
    body: Vec<u8>,
}

impl RawAnswer {
    fn body_or_fault(self) -> Result<Vec<u8>, Fault> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let text = String::from_utf8_lossy(&self.body);
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        let member = |names: &[&str]| names.iter().find_map(|name| json.get(*name)?.as_str()).map(str::to_owned);
        let code = self.header.or_else(|| member(&["__type", "ErrorCode", "code"])).or_else(|| element(&text, "Code"));
        let code = code.unwrap_or_default();
        // `com.amazonaws.logs#ResourceNotFoundException:http://…` is the code in the middle.
        let code = code.rsplit('#').next().and_then(|code| code.split(':').next()).unwrap_or_default();
        let message = member(&["message", "Message"]).or_else(|| element(&text, "Message")).unwrap_or_default();
        Err(Fault::answered(self.status, code, &message))
    }
}

/// The text of the first element of this name in an XML document.
pub fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    Some(plain.iter().fold(text.trim().to_owned(), |text, (from, to)| text.replace(from, to)))
}

/// The members of the first list of this name in an XML document of the query protocol, each as it stands there.
pub fn members(xml: &str, list: &str) -> Vec<String> {
    let mut rest = element(xml, list).unwrap_or_default();
    let (mut all, mut depth, mut member) = (vec![], 0usize, String::new());
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        let tag = rest[at..end].to_owned();
        member.push_str(&rest[..at]);
        match tag.as_str() {
            "<member>" if depth == 0 => (depth, member) = (1, String::new()),
            "</member>" if depth == 1 => {
                depth = 0;
                all.push(std::mem::take(&mut member));
            }
            _ => {
                depth = match tag.as_str() {
                    "<member>" => depth + 1,
                    "</member>" => depth.saturating_sub(1),
                    _ => depth,
                };
                member.push_str(&tag);
            }
        }
        rest = rest.split_off(end);
    }
    all
}

/// Makes another operation's call this one, and keeps the answer.
#[derive(Clone)]
struct Vehicle {
    call: Arc<RawCall>,
    endpoint: Option<String>,
    answer: Arc<Mutex<Option<RawAnswer>>>,
}

impl std::fmt::Debug for Vehicle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vehicle")
    }
}

impl Intercept for Vehicle {
    fn name(&self) -> &'static str {
        "crema-raw"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (url, signed) = self.call.target(self.endpoint.as_deref());
        let request = context.request_mut();
        request.set_uri(url)?;
        request.set_method(self.call.method)?;
        let names: Vec<String> = request.headers().iter().map(|(name, _)| name.to_owned()).collect();
        for name in names.iter().filter(|name| !name.ends_with("user-agent")) {
            request.headers_mut().remove(name);
        }
        for (name, value) in &self.call.headers {
            request.headers_mut().insert(*name, value.clone());
        }
        *request.body_mut() = SdkBody::from(self.call.body.as_str());
        let state = config.interceptor_state();
        state.store_put(SigningName::from(self.call.service));
        state.store_put(SigningRegion::from(Region::new(signed)));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let answer = RawAnswer {
            status: response.status(),
            header: response.headers().get("x-amzn-errortype").map(str::to_owned),
            body: response.body().bytes().map(<[u8]>::to_vec).unwrap_or_default(),
        };
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, header: Option<&str>, body: &str) -> Fault {
        let status = StatusCode::try_from(status).unwrap();
        RawAnswer { status, header: header.map(str::to_owned), body: body.into() }.body_or_fault().unwrap_err()
    }

    #[test]
    fn what_a_service_says_is_read_in_the_words_of_its_protocol() {
        let refused = |code: &str, text: &str| Fault::Refused { code: code.into(), text: text.into() };
        let iam = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role with name a &amp; b \
                   cannot be found.</Message></Error></ErrorResponse>";
        assert_eq!(fault(404, None, iam), refused("NoSuchEntity", "The role with name a & b cannot be found."));
        let efs = r#"{"ErrorCode": "FileSystemNotFound", "Message": "no such"}"#;
        assert_eq!(fault(404, Some("FileSystemNotFound:http://x"), efs), refused("FileSystemNotFound", "no such"));
        let logs = r#"{"__type": "com.amazonaws.logs#InvalidParameterException", "message": "wrong"}"#;
        assert_eq!(fault(400, None, logs), refused("InvalidParameterException", "wrong"));
        assert!(matches!(fault(400, None, "<Code>Throttling</Code>"), Fault::Throttled(_)));
        assert!(matches!(fault(403, None, "<Code>AccessDenied</Code>"), Fault::Denied(_)));
        assert!(matches!(fault(503, None, "<html>"), Fault::Open(_)));
    }

    #[test]
    fn members_of_a_list_may_hold_lists() {
        let xml = "<A><Alarms><member><Name>a</Name><Actions><member>x</member></Actions></member><member><Name>b</Name>\
                   <Actions/></member></Alarms></A>";
        let members = members(xml, "Alarms");
        assert_eq!(members, ["<Name>a</Name><Actions><member>x</member></Actions>", "<Name>b</Name><Actions/>"]);
        assert_eq!(element(&members[1], "Name").as_deref(), Some("b"));
        assert!(super::members("<A/>", "Alarms").is_empty() && super::members("<Alarms><member>", "Alarms").is_empty());
    }

    #[test]
    fn each_service_has_its_endpoint_and_region() {
        let target = |service, region: &str| {
            RawCall { service, region: region.into(), path: "/".into(), ..RawCall::default() }.target(None)
        };
        let owned = |url: &str, region: &str| (url.to_owned(), region.to_owned());
        assert_eq!(target("iam", "eu-west-1"), owned("https://iam.amazonaws.com/", "us-east-1"));
        assert_eq!(target("iam", "cn-northwest-1"), owned("https://iam.cn-north-1.amazonaws.com.cn/", "cn-north-1"));
        assert_eq!(target("logs", "eu-west-1"), owned("https://logs.eu-west-1.amazonaws.com/", "eu-west-1"));
    }
}
