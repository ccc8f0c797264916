//! Lambda: functions that may be asked, which are the real one, and how they are configured.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>

use super::{
    Aws,
    request::{Answer, Call, Refusal, Reply, refusal, unknown},
    server::Shared,
};
use crate::{ACCOUNT, Invocation, World};
use hyper::Method;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};
use tokio::sync::{mpsc, oneshot};

type Asked = (Value, oneshot::Sender<Invocation>);

#[derive(Default)]
pub struct Lambda {
    functions: BTreeMap<String, Deployed>,
}

struct Deployed {
    variables: Value,
    memory_mb: u32,
    asked: mpsc::UnboundedSender<Asked>,
}

impl World {
    /// Lets Lambda have the function of this world under this name.
    pub fn deploy(self: &Arc<World>, name: &str) {
        let (asked, mut waiting) = mpsc::unbounded_channel::<Asked>();
        let world = self.clone();
        tokio::spawn(async move {
            while let Some((payload, answer)) = waiting.recv().await {
                let _ = answer.send(world.invoke(payload).await);
            }
        });
        let variables = json!(self.function.variables());
        let deployed = Deployed { variables, memory_mb: 256, asked };
        self.aws.lock().lambda.functions.insert(name.to_owned(), deployed);
    }
}

impl Aws {
    /// The payloads of all invocations so far.
    pub fn invoked(&self) -> Vec<Value> {
        self.calls_of("Invoke").into_iter().map(|call| call.input["Payload"].clone()).collect()
    }
}

/// Function and operation of a call.
pub fn operation(method: &Method, path: &str) -> Option<(&'static str, String)> {
    let (name, action) = path.strip_prefix("2015-03-31/functions/")?.split_once('/')?;
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
    match (method.as_str(), action) {
        ("POST", "invocations") => Some(("Invoke", name)),
        ("GET", "configuration") => Some(("GetFunctionConfiguration", name)),
        _ => None,
    }
}

/// Has the function do what an invocation asks.
pub async fn invoke(state: &Shared, call: &Call) -> Reply {
    let asked = {
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.lambda.functions.get(call.text("FunctionName")).map(|function| function.asked.clone())
    };
    let (answer, answered) = oneshot::channel();
    let asked = asked.ok_or_else(|| not_found(call))?;
    asked.send((call.input["Payload"].clone(), answer)).map_err(|_| refusal(502, "ServiceException", "it is gone"))?;
    match answered.await {
        Ok(Ok(answer)) => Ok(Answer::json(&answer)),
        Ok(Err(failure)) => {
            let said = json!({"errorType": failure.error_type, "errorMessage": failure.error_message});
            let mut answer = Answer::json(&said);
            answer.headers.push(("x-amz-function-error", "Unhandled".to_owned()));
            Ok(answer)
        }
        Err(_) => Err(refusal(502, "ServiceException", "it is gone")),
    }
}

fn not_found(call: &Call) -> Refusal {
    let name = call.text("FunctionName");
    let arn = format!("arn:aws:lambda:{}:{ACCOUNT}:function:{name}", call.region);
    refusal(404, "ResourceNotFoundException", format!("Function not found: {arn}"))
}

impl Lambda {
    pub fn answer(&self, call: &Call) -> Reply {
        if call.operation != "GetFunctionConfiguration" {
            return Err(unknown(call));
        }
        let name = call.text("FunctionName");
        let function = self.functions.get(name).ok_or_else(|| not_found(call))?;
        Ok(Answer::json(&json!({
            "FunctionName": name, "MemorySize": function.memory_mb, "Runtime": "provided.al2023",
            "Environment": {"Variables": function.variables},
        })))
    }
}
