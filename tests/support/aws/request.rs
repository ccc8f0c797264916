//! One call as all services have it, read from HTTP as the SDKs send it; and its reply.

use super::lambda;
use hyper::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    S3,
    Ecs,
    Ecr,
    Ssm,
    SecretsManager,
    CloudFormation,
    EventBridge,
    Scheduler,
    Iam,
    Logs,
    Efs,
    Lambda,
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Call {
    pub service: Service,
    pub operation: String,
    /// From the signature's scope.
    pub region: String,
    /// The JSON body, the form's fields, for S3 bucket, key, query and `if-match`, for Scheduler name and query.
    pub input: Value,
}

impl Call {
    /// A member of the input that is a text, or an empty text.
    pub fn text(&self, name: &str) -> &str {
        self.input.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn read(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Call, String> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let scope: Vec<&str> =
            header("authorization").split(['=', ',']).nth(1).unwrap_or_default().split('/').collect();
        let [_, _, region, signed_for, "aws4_request"] = scope[..] else { return Err("no signature".into()) };
        let region = region.to_owned();
        let target = header("x-amz-target");
        if let Some((name, operation)) = target.split_once('.') {
            let service = match name {
                "AmazonEC2ContainerServiceV20141113" => Service::Ecs,
                "AmazonEC2ContainerRegistry_V20150921" => Service::Ecr,
                "AmazonSSM" => Service::Ssm,
                "secretsmanager" => Service::SecretsManager,
                "AWSEvents" => Service::EventBridge,
                "Logs_20140328" => Service::Logs,
                _ => return Err(format!("no service has the target {target}")),
            };
            let input = serde_json::from_slice(body).map_err(|e| format!("{target}: {e}"))?;
            return Ok(Call { service, operation: operation.to_owned(), region, input });
        }
        if header("content-type").starts_with("application/x-www-form-urlencoded") {
            let fields = fields(std::str::from_utf8(body).map_err(|e| e.to_string())?);
            let operation = fields.get("Action").and_then(Value::as_str).unwrap_or_default().to_owned();
            let service = if signed_for == "iam" { Service::Iam } else { Service::CloudFormation };
            return Ok(Call { service, operation, region, input: Value::Object(fields) });
        }
        let mut input = fields(uri.query().unwrap_or_default());
        let path = uri.path().trim_start_matches('/');
        if signed_for == "lambda" {
            let Some((operation, name)) = lambda::operation(method, path) else {
                return Err(format!("{method} {uri} is no call that the fake knows"));
            };
            let payload: Value = serde_json::from_slice(body).unwrap_or_default();
            let input = json!({"FunctionName": name, "Payload": payload});
            return Ok(Call { service: Service::Lambda, operation: operation.into(), region, input });
        }
        if signed_for == "scheduler" {
            let operation = match (method.as_str(), path.split_once('/')) {
                ("GET", None) if path == "schedules" => "ListSchedules",
                ("GET", Some(("schedules", name))) => {
                    input.insert("Name".into(), json!(percent_decode_str(name).decode_utf8_lossy()));
                    "GetSchedule"
                }
                _ => return Err(format!("{method} {uri} is no call that the fake knows")),
            };
            return Ok(Call {
                service: Service::Scheduler,
                operation: operation.into(),
                region,
                input: Value::Object(input),
            });
        }
        if signed_for == "elasticfilesystem" {
            let operation = match (method.as_str(), path) {
                ("GET", "2015-02-01/file-systems") => "DescribeFileSystems",
                ("GET", "2015-02-01/access-points") => "DescribeAccessPoints",
                _ => return Err(format!("{method} {uri} is no call that the fake knows")),
            };
            return Ok(Call {
                service: Service::Efs,
                operation: operation.into(),
                region,
                input: Value::Object(input),
            });
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let operation = match (method.as_str(), key.is_empty(), input.contains_key("list-type")) {
            ("GET", true, true) => "ListObjectsV2",
            ("GET", false, _) => "GetObject",
            _ => return Err(format!("{method} {uri} is no call that the fake knows")),
        };
        input.insert("bucket".into(), json!(bucket));
        input.insert("key".into(), json!(percent_decode_str(key).decode_utf8_lossy()));
        input.insert("if-match".into(), json!(header("if-match")));
        Ok(Call { service: Service::S3, operation: operation.into(), region, input: Value::Object(input) })
    }
}

/// `a=b&c=d`, as forms and queries have it.
fn fields(text: &str) -> Map<String, Value> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), Value::String(decode(value)))
        })
        .collect()
}

/// A successful answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(body: &Value) -> Answer {
        let headers = vec![("content-type", "application/x-amz-json-1.1".to_owned())];
        Answer { headers, body: body.to_string().into_bytes() }
    }

    pub fn xml(body: &str) -> Answer {
        let headers = vec![("content-type", "application/xml".to_owned())];
        Answer { headers, body: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}").into_bytes() }
    }
}

/// An error answer, not yet in the words of its protocol.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub message: String,
}

pub fn refusal(status: u16, code: &str, message: impl Into<String>) -> Refusal {
    Refusal { status, code: code.to_owned(), message: message.into() }
}

pub type Reply = Result<Answer, Refusal>;

impl Refusal {
    /// As the service's protocol spells errors.
    pub fn answer(&self, service: Service) -> Answer {
        let (code, message) = (&self.code, escape(&self.message));
        match service {
            Service::S3 => {
                let mut answer = Answer::xml(&format!(
                    "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>FAKE</RequestId><HostId>fake</HostId></Error>"
                ));
                if code == "PermanentRedirect" {
                    answer.headers.push(("x-amz-bucket-region", self.message.clone()));
                }
                answer
            }
            Service::CloudFormation | Service::Iam => {
                let kind = if self.status < 500 { "Sender" } else { "Receiver" };
                Answer::xml(&format!(
                    "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>{kind}</Type>\
                     <Code>{code}</Code><Message>{message}</Message></Error><RequestId>fake</RequestId></ErrorResponse>"
                ))
            }
            Service::Scheduler | Service::Efs | Service::Lambda => {
                let mut answer = Answer::json(&json!({"ErrorCode": code, "Message": self.message}));
                answer.headers.push(("x-amzn-errortype", code.clone()));
                answer
            }
            _ => Answer::json(&json!({"__type": code, "message": self.message})),
        }
    }
}

/// Text as XML has it.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The error of an operation that the fake lacks.
pub fn unknown(call: &Call) -> Refusal {
    refusal(400, "UnknownOperationException", format!("the fake has no {:?} {}", call.service, call.operation))
}
