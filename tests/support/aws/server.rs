//! The HTTP side: reads calls, logs them, lets faults happen, has them acted on.

use super::{
    State,
    faults::{self, Fault},
    lambda,
    log::Logged,
    request::{Answer, Call, Reply},
};
use http_body_util::BodyExt;
use hyper::{
    Request, Response,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::net::{TcpListener, TcpStream};

pub type Shared = Arc<Mutex<State>>;

/// Serves until the runtime ends.
pub async fn start(state: Shared) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, state.clone()));
        }
    });
    address
}

async fn connection(stream: TcpStream, state: Shared) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let state = state.clone();
        let served: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(async move { serve(request, &state).await });
        served
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    if ended.is_err_and(|e| e.is_user()) {
        // A reset, not an orderly end.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers one call.
pub async fn serve(request: Request<Incoming>, state: &Shared) -> io::Result<Response<Whole>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let call = match Call::read(&head.method, &head.uri, &head.headers, &body) {
        Ok(call) => call,
        // Not a call of AWS's: the test that made it has a mistake.
        Err(what) => return Ok(respond(501, Answer { headers: vec![], body: what.into_bytes() }, None)),
    };
    let (index, fault, delay) = {
        let mut state = lock(state);
        let fault = faults::strike(&mut state, &call);
        state.log.push(Logged::begun(&call));
        (state.log.len() - 1, fault, state.delay)
    };
    let slow = if let Some(Fault::Slow(more)) = fault { more } else { Duration::ZERO };
    let wait = delay + slow;
    // A sleep of nothing still lasts to the next millisecond.
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    let forwarded = match &fault {
        None | Some(Fault::Slow(_) | Fault::ResetAfter | Fault::ErrorAfter) if call.operation == "Invoke" => {
            Some(lambda::invoke(state, &call).await)
        }
        _ => None,
    };
    let act = || {
        let mut state = lock(state);
        let reply = forwarded.clone().unwrap_or_else(|| state.act(&call));
        state.log[index].acted = true;
        reply
    };
    let refuse = |fault: &Fault| Err(faults::refusal_of(fault, &call));
    let (reply, cut) = match &fault {
        None | Some(Fault::Slow(_)) => (act(), false),
        Some(Fault::Reset) => return Err(reset()),
        Some(Fault::ResetAfter) => {
            let _ = act();
            return Err(reset());
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::HangAfter) => {
            let _ = act();
            std::future::pending().await
        }
        Some(Fault::Cut) => (act(), true),
        Some(Fault::Shorter(bytes)) => {
            (act().map(|answer| resized(answer, |length| length.saturating_sub(*bytes))), false)
        }
        Some(Fault::Longer(bytes)) => (act().map(|answer| resized(answer, |length| length + bytes)), false),
        Some(Fault::ErrorAfter) => {
            let _ = act();
            (refuse(&Fault::Error), false)
        }
        Some(fault) => (refuse(fault), false),
    };
    Ok(finish(state, index, &call, reply, cut))
}

fn finish(state: &Shared, index: usize, call: &Call, reply: Reply, cut: bool) -> Response<Whole> {
    let (status, answer) = match reply {
        Ok(answer) => (200, answer),
        Err(refusal) => (refusal.status, refusal.answer(call.service)),
    };
    let logged = &mut lock(state).log[index];
    logged.ended = Some(Instant::now());
    logged.status = Some(status);
    let sent = if cut { answer.body.len() / 2 } else { answer.body.len() };
    respond(status, answer, cut.then_some(sent))
}

fn resized(mut answer: Answer, new: impl FnOnce(usize) -> usize) -> Answer {
    answer.body.resize(new(answer.body.len()), b' ');
    answer
}

fn reset() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "reset, as a test asked")
}

/// `cut`: so many bytes are sent of those that `content-length` promises.
fn respond(status: u16, answer: Answer, cut: Option<usize>) -> Response<Whole> {
    let mut response = Response::builder().status(status).header("x-amzn-requestid", "fake");
    response = response.header("content-length", answer.body.len());
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    let mut body = Bytes::from(answer.body);
    let promised = body.len() as u64;
    if let Some(sent) = cut {
        body.truncate(sent);
    }
    response.body(Whole { left: Some(body), promised, cut: cut.map(|_| None) }).unwrap()
}

/// A body in one piece, after which it may break off.
pub struct Whole {
    left: Option<Bytes>,
    promised: u64,
    /// For a cut body: the pause in which what there is goes out.
    #[allow(clippy::option_option, reason = "whether it is cut, and whether it waits before")]
    cut: Option<Option<Pin<Box<tokio::time::Sleep>>>>,
}

impl Body for Whole {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(bytes) = self.left.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Some(pause) = &mut self.cut else { return Poll::Ready(None) };
        let pause = pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(Duration::from_millis(20))));
        match pause.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(Some(Err(io::Error::other("cut, as a test asked")))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.left.is_some() { self.promised } else { 0 })
    }
}
