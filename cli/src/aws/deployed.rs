//! The deployed function: what it is called, how it is configured, and what it answers.

use super::Account;
use crate::{args::global::DeployedArgs, stop::Stop};
use crema::aws::{fault::Fault, raw::RawCall};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// The stack that is meant where nobody says it.
pub const STACK: &str = "crema";
/// A function may run for 15 minutes.
const LONGEST: Duration = Duration::from_secs(905);
/// Attempts of a call whose answer was lost, or that was throttled.
const TRIES: u32 = 3;

/// The name of the function to ask.
pub struct Deployed {
    pub name: String,
    /// What was typed, for messages.
    typed: String,
}

impl Deployed {
    /// The function that is named, or the operator of the stack: the template names its functions after it.
    pub fn of(args: &DeployedArgs) -> Deployed {
        match (&args.function, &args.stack) {
            (Some(function), _) => Deployed { name: function.clone(), typed: format!("--function {function}") },
            (None, stack) => {
                let stack = stack.as_deref().unwrap_or(STACK);
                Deployed { name: format!("{stack}-operator"), typed: format!("--stack {stack}") }
            }
        }
    }

    /// Whether one was named.
    pub fn is_named(args: &DeployedArgs) -> bool {
        args.function.is_some() || args.stack.is_some()
    }

    fn call(&self, account: &Account, method: &'static str, path: &str, body: String) -> RawCall {
        let name = utf8_percent_encode(&self.name, NON_ALPHANUMERIC);
        RawCall {
            service: "lambda",
            variable: "LAMBDA",
            region: account.region.clone(),
            method,
            path: format!("/2015-03-31/functions/{name}/{path}"),
            headers: vec![("content-type", "application/json".to_owned())],
            body,
        }
    }

    /// Its environment variables and its memory.
    ///
    /// # Errors
    /// That there is no such function, or why it cannot be looked at.
    pub async fn configuration(&self, account: &Account) -> Result<BTreeMap<String, String>, Stop> {
        let call = self.call(account, "GET", "configuration", String::new());
        let answer = account.clients.raw(call).await;
        let answer = answer.map_err(|fault| self.stop(&fault, account, "lambda:GetFunctionConfiguration"))?;
        let read: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let variables = read.pointer("/Environment/Variables").and_then(Value::as_object);
        let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        let mut variables: BTreeMap<String, String> = variables.into_iter().flatten().filter_map(text).collect();
        if !variables.contains_key("CONFIG_URI") {
            let what = "has no CONFIG_URI among its variables; is it a function of crema?";
            return Err(Stop::failed(format!("{} ({}) {what}", self.name, self.typed)));
        }
        if let Some(memory) = read.get("MemorySize").and_then(Value::as_u64) {
            variables.insert("AWS_LAMBDA_FUNCTION_MEMORY_SIZE".to_owned(), memory.to_string());
        }
        variables.insert("AWS_LAMBDA_FUNCTION_NAME".to_owned(), self.name.clone());
        Ok(variables)
    }

    /// What it answers. Of a call that was throttled, or whose answer was lost, the same payload is sent again: with its
    /// own `id` and `time` it is the same request.
    ///
    /// # Errors
    /// The error that the invocation ended in, or why it could not be asked.
    pub async fn invoke(&self, account: &Account, payload: &Value) -> Result<Value, Stop> {
        let mut tries = 0;
        let answer = loop {
            tries += 1;
            let call = self.call(account, "POST", "invocations", payload.to_string());
            match account.clients.raw_once(call, LONGEST).await {
                Ok(answer) => break answer,
                Err(Fault::Open(_) | Fault::Throttled(_)) if tries < TRIES => {
                    tokio::time::sleep(Duration::from_secs(u64::from(tries))).await;
                }
                Err(fault) => return Err(self.stop(&fault, account, "lambda:InvokeFunction")),
            }
        };
        let read: Value = serde_json::from_slice(&answer)
            .map_err(|_| Stop::failed(format!("{} answered something that is no JSON", self.name)))?;
        match (read.get("errorMessage").and_then(Value::as_str), read.get("trigger")) {
            (Some(message), None) => {
                let kind = read.get("errorType").and_then(Value::as_str).unwrap_or("Unhandled");
                Err(Stop { kind: kind.to_owned(), ..Stop::failed(message) })
            }
            _ => Ok(read),
        }
    }

    fn stop(&self, fault: &Fault, account: &Account, call: &str) -> Stop {
        let (name, region) = (&self.name, &account.region);
        if let Fault::Refused { code, .. } = fault
            && code == "ResourceNotFoundException"
        {
            return Stop::failed(format!(
                "there is no function {name} in {region} ({}): name the stack by `--stack`, or the function by \
                 `--function`, or another `--region` or `--profile`",
                self.typed
            ));
        }
        let said = match fault {
            Fault::Denied(said) => {
                format!("{call} on {name} is denied: whoever asks needs this permission ({said})")
            }
            Fault::Unsigned(said) => {
                format!(
                    "AWS does not accept these credentials, or the clock of this machine is wrong: sign in anew ({said})"
                )
            }
            Fault::Open(said) => format!(
                "{name} could not be asked in {region}: {said}; whether it did something is not known, and `crema status` \
                 shows it"
            ),
            Fault::Throttled(said) => format!("{name} is asked too often at once; try again in a moment ({said})"),
            Fault::Refused { code, text } => format!("{call} on {name} was refused: {code}: {text}"),
            Fault::Quota(said) | Fault::Unclear(said) => format!("{call} on {name} was refused: {said}"),
        };
        Stop { kind: "AwsError".to_owned(), ..Stop::failed(crema_base::secrecy::plain(&said)) }
    }
}
