//! Lambda's Runtime API of our own, on 127.0.0.1.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use super::{ACCOUNT, REGION};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::{
    net::TcpListener,
    sync::{Notify, oneshot},
};

/// What an invocation gave: the answer, or the error that Lambda would hand on.
pub type Invocation = Result<Value, Failure>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub error_type: String,
    pub error_message: String,
}

impl Failure {
    pub fn new(error_type: &str, error_message: impl Into<String>) -> Failure {
        Failure { error_type: error_type.into(), error_message: error_message.into() }
    }
}

/// One event on its way to the function.
#[derive(Debug, Clone)]
pub struct Event {
    /// As it goes over the wire: mostly JSON.
    pub payload: Vec<u8>,
    pub request_id: String,
    /// How long the function has.
    pub time_left: Duration,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Event>,
    under_way: HashMap<String, oneshot::Sender<Invocation>>,
    /// How often the function asked for work: once means it is ready.
    asked: usize,
    /// When it asked first.
    ready_at: Option<Instant>,
    init_error: Option<Failure>,
}

#[derive(Clone)]
pub struct RuntimeApi {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    pub address: SocketAddr,
}

impl RuntimeApi {
    pub async fn start() -> RuntimeApi {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let api = RuntimeApi { state: Arc::default(), changed: Arc::default(), address };
        let served = api.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let api = served.clone();
                let service = service_fn(move |request| {
                    let api = api.clone();
                    async move { api.serve(request).await }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        api
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event; its end comes through the receiver, or never where the function dies.
    pub fn send(&self, event: Event) -> oneshot::Receiver<Invocation> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.lock();
        state.under_way.insert(event.request_id.clone(), sender);
        state.waiting.push_back(event);
        drop(state);
        self.changed.notify_one();
        receiver
    }

    /// How often the function asked for work.
    pub fn asked(&self) -> usize {
        self.lock().asked
    }

    /// When the function asked for its first work.
    pub fn ready_at(&self) -> Option<Instant> {
        self.lock().ready_at
    }

    /// What the function reported instead of getting ready.
    pub fn init_error(&self) -> Option<Failure> {
        self.lock().init_error.clone()
    }

    /// Events that nobody took: of a function that is gone.
    pub fn forget(&self) {
        let mut state = self.lock();
        state.waiting.clear();
        state.under_way.clear();
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        {
            let mut state = self.lock();
            state.asked += 1;
            state.ready_at.get_or_insert_with(Instant::now);
        }
        let event = loop {
            let changed = self.changed.notified();
            if let Some(event) = self.lock().waiting.pop_front() {
                break event;
            }
            changed.await;
        };
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + event.time_left;
        Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &event.request_id)
            .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
            .header("lambda-runtime-invoked-function-arn", format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:crema"))
            .header(
                "lambda-runtime-trace-id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            )
            .body(Full::from(event.payload))
            .unwrap()
    }

    async fn serve(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().to_owned();
        let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let parts: Vec<&str> = path.trim_start_matches("/2018-06-01/runtime/").split('/').collect();
        match parts[..] {
            ["invocation", "next"] => return Ok(self.next().await),
            ["invocation", id, "response"] => self.end(id, Ok(serde_json::from_slice(&body).unwrap_or_default())),
            ["invocation", id, "error"] => self.end(id, Err(failure(&body))),
            ["init", "error"] => self.lock().init_error = Some(failure(&body)),
            _ => return Ok(reply(404)),
        }
        Ok(reply(202))
    }

    fn end(&self, id: &str, ended: Invocation) {
        if let Some(sender) = self.lock().under_way.remove(id) {
            let _ = sender.send(ended);
        }
    }
}

fn reply(status: u16) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from("{\"status\":\"OK\"}")).unwrap()
}

fn failure(body: &[u8]) -> Failure {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    Failure::new(text("errorType"), text("errorMessage"))
}
