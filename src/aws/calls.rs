//! The protocols of calls that are signed and sent as they are ([`super::raw`]): JSON, query and REST.

use super::{Clients, fault::Fault, raw::RawCall};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// All that is not as it is in a signed query.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What an empty body is signed as, where a service wants to see it in a header.
const NOTHING_HASHED: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A service: what its calls are signed for, and how variables of endpoints spell it.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    pub signed: &'static str,
    pub variable: &'static str,
}

impl Service {
    fn call(self, region: &str) -> RawCall {
        RawCall {
            service: self.signed,
            variable: self.variable,
            region: region.to_owned(),
            method: "POST",
            path: "/".to_owned(),
            ..RawCall::default()
        }
    }
}

/// A text as a path or a query holds it.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A call of the JSON protocol, in version `1.0` or `1.1`: `target` names the API and the operation.
///
/// # Errors
/// What the service says.
pub async fn json_call(
    clients: &Clients,
    service: Service,
    version: &str,
    region: &str,
    target: &str,
    body: &Value,
) -> Result<Value, Fault> {
    let headers =
        vec![("content-type", format!("application/x-amz-json-{version}")), ("x-amz-target", target.to_owned())];
    read(&clients.raw(RawCall { headers, body: body.to_string(), ..service.call(region) }).await?)
}

/// A call of the query protocol, with these parameters; the answer is XML.
///
/// # Errors
/// What the service says.
pub async fn query_call(
    clients: &Clients,
    service: Service,
    region: &str,
    parameters: &[(String, String)],
) -> Result<String, Fault> {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    let body = clients.raw(RawCall { headers, body: pairs.join("&"), ..service.call(region) }).await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// A read by path and query; the answer as it came.
///
/// # Errors
/// What the service says.
pub async fn get(clients: &Clients, service: Service, region: &str, path: String) -> Result<Vec<u8>, Fault> {
    // S3 wants it; for all others it is a header like any other.
    let headers = vec![("x-amz-content-sha256", NOTHING_HASHED.to_owned())];
    clients.raw(RawCall { method: "GET", path, headers, ..service.call(region) }).await
}

/// The same, of an answer in JSON.
///
/// # Errors
/// As [`get`].
pub async fn get_json(clients: &Clients, service: Service, region: &str, path: String) -> Result<Value, Fault> {
    read(&get(clients, service, region, path).await?)
}

fn read(body: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(body).map_err(|_| Fault::Open("the answer is no JSON".to_owned()))
}
