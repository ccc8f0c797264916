//! The HTTP side of the fake.

use super::State;
use crema_testing::aws::request::Call;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::net::TcpListener;

/// Serves until the runtime ends.
pub async fn start(state: Arc<Mutex<State>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let state = state.clone();
            let service = service_fn(move |request| {
                let state = state.clone();
                async move { serve(request, &state).await }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

async fn serve(request: Request<Incoming>, state: &Mutex<State>) -> io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let call = Call::read(&head.method, &head.uri, &head.headers, &body).map_err(io::Error::other)?;
    let delay = state.lock().unwrap_or_else(PoisonError::into_inner).delay(&call);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let reply = state.lock().unwrap_or_else(PoisonError::into_inner).act(&call);
    let (status, answer) = match reply {
        Ok(answer) => (200, answer),
        Err(refusal) => (refusal.status, refusal.answer(call.service)),
    };
    let mut response = Response::builder().status(status).header("x-amzn-requestid", "fake");
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    response.body(Full::from(answer.body)).map_err(io::Error::other)
}
